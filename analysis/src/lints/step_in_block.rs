use std::collections::BTreeSet;

use super::{Cause, Context};
use crate::cfg::{Certain, SiteId};
use crate::flow::Observed;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A block or a closure of a spec that steps the spec's optimizer.
    ///
    /// ## Why it matters
    ///
    /// The generated loop counts only the updates of its own `step`.
    /// `max_steps`, `validate(every = 100 steps)`, the schedule and the history depend on this count.
    /// An update in a block is not counted.
    ///
    /// ## Example
    ///
    /// ```text
    /// max_steps = 1000,
    /// train_order = [forward, loss, zero_grad, backward, { optimizer.step(); }],   // <- not counted
    /// ```
    ///
    /// ## Instead
    ///
    /// Name `step` in the order: `train_order = [forward, loss, zero_grad, backward, step]`.
    ///
    /// ## Limits
    ///
    /// Checked only in specs.
    /// A step inside a function that the block calls is not found.
    /// If an epoch has no counted update, the run ends with an error.
    /// A block may step an optimizer other than the optimizer of the spec.
    step_in_block, Error, "a block of a spec steps the optimizer, and the update is not counted"
}

fn check(cx: &mut Context<'_>) {
    let takes = |what: &Observed| matches!(what, Observed::Effect(id, Effect::Take, _) if cx.counts(*id));
    let in_evaluation =
        |site: SiteId| cx.options.evaluates.iter().any(|block| block.holds(&cx.site(site).place));
    let visits = cx.solution.visits.iter().filter(|visit| takes(&visit.what)).map(|visit| visit.site);
    let (own, listed): (BTreeSet<SiteId>, BTreeSet<SiteId>) =
        visits.filter(|site| !in_evaluation(*site)).partition(|site| cx.site(*site).own);
    let help = if listed.is_empty() {
        "name `step` in `train_order` in place of this call"
    } else {
        "remove this call: the stage `step` makes the update"
    };
    for site in own {
        let message = format!("{} makes an update that the loop does not count", cx.call(site));
        cx.report(site, Cause::Alone(site, LINT.name), 0, Certain::Every, message)
            .note("`max_steps`, `validate`, the schedule and the history count the updates of the stage `step`")
            .help(help);
    }
}

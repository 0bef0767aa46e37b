use super::{Cause, Context};
use crate::cfg::{Certain, Computation, Deps, OptimizerId, SiteId};
use crate::flow::{Observed, StateSet};
use crate::stage::{Effect, Stage};

lint! {
    /// ## What it finds
    ///
    /// A `step` on gradients of two losses, if one of the losses is the loss of another optimizer, which has already stepped.
    /// Typically the `backward` of the discriminator's loss also ran through the generator, and no `zero_grad` of the generator ran before the generator's own `backward`.
    ///
    /// ## Why it matters
    ///
    /// The generator's step then also follows the objective of the discriminator, which is the opposite of the generator's objective.
    /// Self-Attention-GAN (issue 48) and DBPN-Pytorch (issue 37) ask about the `detach`.
    /// With a `zero_grad` between the two `backward` calls, a missing `detach` only wastes time.
    ///
    /// ## Example
    ///
    /// ```text
    /// opt_g.zero_grad();
    /// opt_d.zero_grad();
    /// let d_loss = critic(&discriminator.forward(&generator.forward(&noise)));
    /// d_loss.backward();                      // fills the gradients of both   <-
    /// opt_d.step();
    /// let g_loss = aim(&discriminator.forward(&generator.forward(&noise)));
    /// g_loss.backward();                      // adds to the gradients of the generator
    /// opt_g.step();                           // follows both losses
    /// ```
    ///
    /// ## Instead
    ///
    /// Compute the discriminator's loss from `generator.forward(&noise).detach()`, or call `opt_g.zero_grad()` before the generator's own `backward`.
    ///
    /// ## Limits
    ///
    /// Silent if the gradients are zeroed before use, or if the fault exists only on some paths.
    /// Silent if both networks are trained on purpose: one loss trains both networks (joint training), or both losses train a part that the networks share.
    /// Silent if the other loss is computed directly from the output of the optimizer's own model.
    missing_detach, Warning, "gradients of a step still contain another network's loss"
}

fn check(cx: &mut Context<'_>) {
    for visit in &cx.solution.visits {
        let Observed::Facts(optimizer, Effect::Take, facts) = visit.what else { continue };
        let foreign = facts.mixed.by(StateSet::MIXED);
        let (Some(Certain::Every), Some(foreign)) = (facts.mixed.certainty(StateSet::MIXED), foreign) else { continue };
        let step = visit.site;
        if visit.maybe_not_first || breaks(cx, foreign) || is_joint(cx, optimizer, foreign) {
            continue;
        }
        let name = cx.name(optimizer).to_owned();
        let own = own_backward(cx, optimizer, foreign, step);
        let message = format!("{} also fills the gradients of `{name}`, and {} uses them", cx.call(foreign), cx.call(step));
        let used = format!("{} uses them together with the gradients of its own loss", cx.call_at(step));
        let zero = own.map_or_else(String::new, |own| format!(", or call `{name}.zero_grad();` before line {}", cx.line(own)));
        let report = cx
            .report(foreign, Cause::Gradients(step, optimizer), visit.rank, Certain::Every, message)
            .note_at(step, used);
        report
            .note("the step also follows the other network's objective")
            .help(format!("`detach()` the output of the network of `{name}` before this loss uses it{zero}"));
    }
}

/// Whether a later `backward` runs through a graph that this `backward` freed.
///
/// If so, the program panics at the later `backward`, and `backward_repeated` reports the fault.
fn breaks(cx: &Context<'_>, backward: SiteId) -> bool {
    cx.solution.visits.iter().any(|visit| {
        matches!(visit.what, Observed::Backward(_, used) if used.by == Some(backward) && used.certainty() == Some(Certain::Every))
    })
}

/// Whether the other loss is computed from the output of the optimizer's own model, without a model
/// in between.
///
/// The optimizer's model is then meant to follow the other loss as well. An example is the loss of
/// an image that an encoder and a generator reconstruct together.
fn is_joint(cx: &Context<'_>, optimizer: OptimizerId, foreign: SiteId) -> bool {
    let run = |site: SiteId| cx.cfg.facts.at::<Computation>(site);
    let Some(backward) = run(foreign) else { return false };
    let Some(owned) = &cx.cfg.optimizers[optimizer].owned else { return false };
    let forwards = || {
        let known = backward.past.computed.known().iter().copied();
        known.filter_map(|site| Some((site, run(site)?))).filter(|(_, run)| run.stage == Stage::Forward)
    };
    let is_last = |site: SiteId| !forwards().any(|(other, run)| other != site && run.past.computed.known().contains(&site));
    forwards().any(|(site, run)| {
        let own = run.model.is_some_and(|model| owned.overlaps(&Deps::one(model), &cx.cfg.paths) == Some(true));
        own && is_last(site)
    })
}

/// The last `backward` before `step`, other than `foreign`, that fills the optimizer's gradients.
fn own_backward(cx: &Context<'_>, optimizer: OptimizerId, foreign: SiteId, step: SiteId) -> Option<SiteId> {
    let mut all = cx.acting(optimizer, Effect::Fill).into_iter();
    all.rfind(|&site| site != foreign && site < step)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn round(body: &str) -> Vec<(&'static str, usize)> {
        let source = format!(
            "fn fit(g: &mut G, d: &mut D, train: &L) {{
                let mut opt_g = Adam::new(g.parameters(), 1e-3); let mut opt_d = Adam::new(d.parameters(), 1e-3);
                for x in train {{
                    {body}
                }}
            }}"
        );
        found(&source, true)
    }

    const WRONG: &str = "opt_g.zero_grad(); opt_d.zero_grad(); let d_loss = f(&d.forward(&g.forward(x)));
        d_loss.backward();
        opt_d.step(); let g_loss = h(&d.forward(&g.forward(x)));
        g_loss.backward(); opt_g.step();";

    #[test]
    fn left_in_or_kept_out() {
        assert_eq!(round(WRONG), [("missing_detach", 5)]);
        assert!(round(&WRONG.replacen("g.forward(x)", "g.forward(x).detach()", 1)).is_empty());
        assert!(round(&WRONG.replace("g_loss.backward();", "opt_g.zero_grad(); g_loss.backward();")).is_empty());
    }

    #[test]
    fn joint_training_is_right() {
        assert!(round("opt_g.zero_grad(); opt_d.zero_grad(); let loss = f(&d.forward(&g.forward(x))); loss.backward(); opt_d.step(); opt_g.step();").is_empty());
    }
}

use super::unrelated_optimizer::unrelated;
use super::{Cause, Context};
use crate::cfg::Certain;
use crate::fix::{Applicability, Edit, Fix};
use crate::flow::What;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// Gradients that are computed in a loop and that no `step` ever uses, although an optimizer of these parameters is at hand.
    ///
    /// ## Why it matters
    ///
    /// The model never changes: the loop computes gradients and throws them away.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut optimizer = Sgd::new(model.parameters(), 0.1);  // gradients:
    /// for batch in train {
    ///     optimizer.zero_grad();                              // {empty}   later rounds {discarded}
    ///     let output = model.forward(&batch.input);
    ///     let loss = cross_entropy(&output, &batch.target);
    ///     loss.backward();                                    // {filled}  <- used by nothing
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `optimizer.step()` after `loss.backward()`.
    ///
    /// ## Limits
    ///
    /// Silent where the optimizer is returned, stored or handed on, where it belongs to the caller of a function without the attribute, and where the function reads gradients itself or writes the update by hand.
    missing_step, Error, "gradients are computed and no `step` uses them"
}

fn check(cx: &mut Context<'_>) {
    for id in 0..cx.cfg.optimizers.len() {
        let optimizer = &cx.cfg.optimizers[id];
        let of_caller = optimizer.from_caller && !cx.options.annotated;
        // Another one that moves the same parameters uses them.
        let shared = (0..cx.cfg.optimizers.len()).any(|other| {
            let (mine, theirs) = (&optimizer.owned, &cx.cfg.optimizers[other].owned);
            let overlap = mine.as_ref().zip(theirs.as_ref()).and_then(|(mine, theirs)| mine.overlaps(theirs, &cx.cfg.paths));
            other != id && overlap == Some(true) && !cx.acting(other, Effect::Take).is_empty()
        });
        if shared || of_caller || cx.cfg.reads_gradients || cx.is_handed_on(id) || !cx.acting(id, Effect::Take).is_empty() {
            continue;
        }
        // One optimizer steps in place of another: `unrelated_optimizer` tells it.
        if (0..cx.cfg.optimizers.len()).any(|other| unrelated(cx, other).is_some()) {
            continue;
        }
        let fills = |what: &What| matches!(what, What::Gradients(of, Effect::Fill, _) if *of == id);
        let in_a_loop = |visit: &&crate::flow::Visit| !cx.site(visit.site).loops.is_empty();
        let found = cx.solution.visits.iter().filter(|visit| fills(&visit.what)).find(in_a_loop);
        let Some(visit) = found.copied() else { continue };
        let step = format!("`{}.step()`", optimizer.name);
        let (message, help) = if cx.of_spec() {
            ("`backward` computes gradients that no `step` uses".to_owned(), "put `step` after `backward`".to_owned())
        } else {
            (
                format!("{} computes gradients that no {step} ever uses", cx.call(visit.site)),
                format!("call `{}.step();` after line {}", optimizer.name, cx.line(visit.site)),
            )
        };
        let alone = !cx.of_spec() && cx.acting(id, Effect::Fill).len() == 1 && !cx.site(visit.site).conditional;
        let place = cx.site(visit.site).place;
        let fix = alone.then(|| Edit::After(place, format!("{}.step();", optimizer.name)));
        let fix = fix.map(|edit| Fix::new(Applicability::Safe, edit));
        // What happens at the backward itself comes before what is missing at the end.
        cx.report(visit.site, Cause::Gradients(visit.site, id), usize::MAX, Certain::Every, message)
            .note("the parameters never change, and nothing is learnt")
            .help(help)
            .fix(fix);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, in_loop};

    #[test]
    fn with_and_without_step() {
        let body = "optimizer.zero_grad();\n let loss = f(&model.forward(x));\n loss.backward();";
        assert_eq!(in_loop(body), [("missing_step", 7)]);
        assert!(in_loop(&format!("{body} finish(&mut optimizer);")).is_empty());
        assert!(in_loop(&format!("{body} let seen = model.weight.grad();")).is_empty());
    }

    #[test]
    fn helpers_that_only_run_backward_are_right() {
        let source = "fn gather(model: &M, optimizer: &mut Sgd, data: &D) {
            optimizer.zero_grad();
            for x in data { f(&model.forward(x)).backward(); }
        }";
        assert!(found(source, false).is_empty());
        assert_eq!(found(source, true), [("missing_step", 3)]);
    }
}

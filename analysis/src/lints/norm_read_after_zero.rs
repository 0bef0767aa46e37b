use super::{Cause, Context};
use crate::cfg::{Action, Deps, PathId, SiteId};
use crate::flow::{GradientStates, Observed};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A gradient norm that is read after `zero_grad` and before the next `backward`.
    ///
    /// ## Why it matters
    ///
    /// The norm is always zero.
    /// A log of zeros hides exploding and vanishing gradients, and a decision based on the norm is always the same.
    ///
    /// ## Example
    ///
    /// ```text
    /// loss.backward();
    /// optimizer.step();
    /// optimizer.zero_grad();                  // gradients: {empty}
    /// println!("{}", model.grad_norm());      // 0
    /// ```
    ///
    /// ## Instead
    ///
    /// Read the norm between `backward` and `zero_grad`, for instance from the return value of `clip_grad_norm`.
    ///
    /// ## Limits
    ///
    /// Checked only for calls that are known to return a norm, and only if the gradients are empty on every path.
    norm_read_after_zero, Warning, "a gradient norm read after `zero_grad`"
}

fn check(cx: &mut Context<'_>) {
    let empty = GradientStates::EMPTY | GradientStates::DISCARDED;
    for visit in &cx.solution.visits {
        let Observed::Effect(optimizer, Effect::Nothing, gradients) = visit.what else { continue };
        if visit.maybe_not_first || !gradients.all.within(empty) || gradients.certainty(empty).is_none() {
            continue;
        }
        if !reads_model(cx, visit.site) {
            continue;
        }
        let zeroed = gradients.all.states().filter_map(|state| gradients.provenance(state).zeroed).min();
        let Some(zeroed) = zeroed else { continue };
        let site = visit.site;
        let message = format!("{} is zero here: the gradients are empty", cx.call(site));
        let note = format!("{}{} emptied them", cx.when(zeroed, site), cx.call_at(zeroed));
        let help = format!("read it between `backward` and line {}", cx.line(zeroed));
        let cause = Cause::Gradients(site, optimizer);
        cx.report(site, cause, visit.rank, crate::cfg::Certain::Every, message)
            .note_at(zeroed, note)
            .note("the norm is not that of the gradients that the step uses")
            .help(help);
    }
}

/// Whether the norm is computed from an optimizer or a model, and not read from a stored record.
fn reads_model(cx: &Context<'_>, site: SiteId) -> bool {
    let mut events = cx.cfg.events().filter(|(_, event)| event.site == site);
    events.any(|(_, event)| match &event.action {
        Action::Effect(..) => true,
        Action::Through(deps, _) => {
            let of_model = |&path: &PathId| cx.cfg.function.models.paths().iter().any(|&model| cx.cfg.paths.overlap(model, path));
            !deps.is_empty() && *deps != Deps::Anything && deps.paths().iter().all(of_model)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    #[test]
    fn after_zero_and_before_backward() {
        let forward = "let loss = mse_loss(&model.forward(x), y);";
        let late = format!("{forward} loss.backward(); optimizer.step(); optimizer.zero_grad();\n println!(\"{{}}\", model.grad_norm());");
        assert_eq!(in_loop(&late), [("norm_read_after_zero", 6)]);
        let of_parameters = late.replace("model.grad_norm()", "grad_norm(&model.parameters())");
        assert_eq!(in_loop(&of_parameters), [("norm_read_after_zero", 6)]);
        for right in [
            format!("optimizer.zero_grad(); {forward} loss.backward(); println!(\"{{}}\", model.grad_norm()); optimizer.step();"),
            format!("{forward} loss.backward(); optimizer.step(); println!(\"{{}}\", model.grad_norm()); optimizer.zero_grad();"),
            format!("{forward} loss.backward(); optimizer.step(); if k > 0 {{ optimizer.zero_grad(); }} println!(\"{{}}\", model.grad_norm()); optimizer.zero_grad();"),
        ] {
            assert!(in_loop(&right).is_empty(), "{right}: {:?}", in_loop(&right));
        }
    }
}

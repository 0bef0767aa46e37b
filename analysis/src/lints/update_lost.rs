use super::{Cause, Context};
use crate::cfg::{Certain, Fate, Gives, OptimizerId, Outcome, PathId, SiteId, Use, UseKind};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `step` that returns the updated model, if the result is dropped.
    /// The call is a statement, or its result is assigned to `_` or to a variable that is never read.
    ///
    /// ## Why it matters
    ///
    /// In libraries such as burn, `step` takes the model by value and returns the updated model.
    /// The original model does not change.
    /// The loop runs, the loss is printed, and nothing is trained.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {
    ///     let loss = loss_of(model.forward(batch.input), batch.target);
    ///     let grads = GradientsParams::from_grads(loss.backward(), &model);
    ///     optimizer.step(1e-3, model.clone(), grads);                 // <- the update is dropped
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Bind the result to the model again: `model = optimizer.step(1e-3, model, grads);`.
    ///
    /// ## Limits
    ///
    /// Silent if:
    ///
    /// - the model is passed by reference, because `step` may update it in place,
    /// - a single step outside of every loop updates a model that the function built itself (a warning, if the function uses the model afterwards),
    /// - the gradients do not come from a `backward` in the function,
    /// - the function reads the variable of the result.
    update_lost, Error, "the updated model that `step` returns is dropped"
}

fn check(cx: &mut Context<'_>) {
    for (_, outcome) in cx.cfg.facts.all::<Outcome>() {
        let Gives::Model(model) = outcome.gives else { continue };
        let named = match outcome.fate {
            Fate::Dropped => None,
            Fate::Unread(path) => Some(path),
            Fate::Kept | Fate::Named(_) => continue,
        };
        let (site, call) = (outcome.site, cx.call(outcome.site));
        // A single step of a model that the function builds may only demonstrate the step.
        let demonstrates = cx.site(site).loops.is_empty() && !is_of_caller(cx, site, model);
        if demonstrates && !is_read_after(cx, site, model) {
            continue;
        }
        let name = cx.cfg.paths.name(model);
        let message = match named {
            None => format!("{call} returns the updated `{name}`, and the result is dropped"),
            Some(path) if cx.cfg.paths.name(path) == name => {
                format!("{call} returns the updated `{name}` into a new `{name}` that nothing reads")
            }
            Some(path) => {
                format!("{call} returns the updated `{name}`, and nothing reads `{}`", cx.cfg.paths.name(path))
            }
        };
        let text = &cx.site(site).text;
        let report = cx.report(site, Cause::Alone(site, "update_lost"), site, Certain::Every, message)
            .note(format!("`{name}` does not change, so nothing is trained"))
            .help(format!("write `{name} = {text};`"));
        if demonstrates {
            report.only_warns();
        }
    }
}

/// Whether the model of a step belongs to the caller: it is a parameter, or comes from one.
fn is_of_caller(cx: &Context<'_>, step: SiteId, model: PathId) -> bool {
    // A device or a data set among the parameters makes no model.
    let is_parameter = |path: PathId| {
        cx.cfg.facts.variable(cx.cfg.paths.root_of(path)).is_some_and(|known| known.is_parameter && !known.is_bare)
    };
    let steps = |id: &OptimizerId| cx.acting(*id, Effect::Take).contains(&step);
    let mut owned = (0..cx.cfg.optimizers.len()).filter(steps).filter_map(|id| cx.cfg.optimizers[id].owned.as_ref());
    is_parameter(model) || owned.any(|owned| owned.paths().iter().any(|path| is_parameter(*path)))
}

/// Whether the function uses a model after a step.
fn is_read_after(cx: &Context<'_>, step: SiteId, model: PathId) -> bool {
    let reads = |used: &Use| matches!(used.kind, UseKind::Read | UseKind::Forward);
    let inside = |site: SiteId| cx.site(step).place.holds(&cx.site(site).place);
    let mut uses = cx.cfg.facts.uses(model).iter().filter(|used| reads(used));
    uses.any(|used| !inside(used.site) && cx.order(used.site) > cx.order(step))
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, messages};

    fn training(update: &str) -> String {
        format!(
            "fn train(mut model: Net, mut optim: impl Optimizer<Net>, loader: &Loader) -> Net {{
                for batch in loader.iter() {{
                    let loss = loss_of(model.forward(batch.input), batch.target);
                    let grads = loss.backward();
                    let grads = GradientsParams::from_grads(grads, &model);
                    {update}
                }}
                model
            }}"
        )
    }

    #[test]
    fn dropped_unread_or_bound_again() {
        for lost in [
            "optim.step(1e-3, model.clone(), grads);",
            "let _ = optim.step(1e-3, model.clone(), grads);",
            "let updated = optim.step(1e-3, model.clone(), grads);",
            "let model = optim.step(1e-3, model.clone(), grads);",
        ] {
            assert_eq!(found(&training(lost), false), [("update_lost", 6)], "{lost}");
        }
        for kept in [
            "model = optim.step(1e-3, model, grads);",
            "let updated = optim.step(1e-3, model, grads); model = updated;",
            "let updated = optim.step(1e-3, model.clone(), grads); compare(&model, &updated);",
            "model = if warm { optim.step(1e-4, model, grads) } else { optim.step(1e-3, model, grads) };",
        ] {
            assert!(found(&training(kept), false).is_empty(), "{kept}");
        }
    }

    #[test]
    fn in_place_it_is_right() {
        for update in ["optim.step(&mut model, &grads, 1e-3);", "optim.step(1e-3, &mut model, grads);", "optim.step(1e-3, model.clone(), 5);"] {
            assert!(found(&training(update), false).is_empty(), "{update}");
        }
        let borrowed = training("optim.step(1e-3, model, grads);").replace("mut model: Net,", "model: &mut Net,");
        assert!(found(&borrowed, false).is_empty());
    }

    #[test]
    fn the_way_out_is_code() {
        let all = messages(&training("optim.step(1e-3, model.clone(), grads);"), false);
        assert!(all.contains("help: write `model = optim.step(1e-3, model.clone(), grads);`"), "{all}");
    }
}

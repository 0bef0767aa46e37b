use super::{Cause, Context};
use crate::cfg::{Action, Certain, Deps, OptimizerId, PathId, Root, SiteId};
use crate::flow::Observed;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `step` of an optimizer, if no loss of the function depends on the optimizer's parameters.
    /// Every `backward` runs through other models.
    ///
    /// ## Why it matters
    ///
    /// The optimizer never gets a gradient, and its step does not update the model of the loss.
    /// This happens with two optimizers that have similar names, and with a model that was rebuilt under the same name.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut optimizer = Adam::new(target.parameters(), 1e-3);
    /// for batch in train {
    ///     optimizer.zero_grad();
    ///     let loss = mse_loss(&online.forward(&batch.input), &batch.target);
    ///     loss.backward();                    // fills the gradients of `online`
    ///     optimizer.step();                   // <- updates `target`
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Build the optimizer from the parameters of the model that computes the loss, or step the other optimizer.
    ///
    /// ## Limits
    ///
    /// Found only if both models are known and cannot share parameters.
    /// The models cannot share parameters if another optimizer updates the model of the loss, or if the function builds one model independently of the other model.
    /// If both models are `&mut` parameters, the finding is a warning, because they may hold shared pointers to the same parameters.
    /// The finding is a warning if an optimizer updates one model but is named after another model,
    /// which no optimizer updates.
    /// Silent if the function reads or writes gradients itself.
    unrelated_optimizer, Error, "`step` on an optimizer of a model that no loss depends on"
}

fn check(cx: &mut Context<'_>) {
    for id in 0..cx.cfg.optimizers.len() {
        let Some((backward, model)) = unrelated(cx, id) else {
            misnamed(cx, id);
            continue;
        };
        let optimizer = &cx.cfg.optimizers[id];
        let owned = optimizer.owned.as_ref().and_then(|owned| owned.paths().first());
        let (Some(&owned), name) = (owned, cx.name(id)) else { continue };
        let assumed = !is_moved(cx, id, model) && !cx.cfg.independent(owned, model);
        let (owned, model) = (format!("`{}`", cx.cfg.paths.name(owned)), format!("`{}`", cx.cfg.paths.name(model)));
        // Two models may have the same name.
        let owned = if owned == model { format!("the earlier {owned}") } else { owned };
        let built = optimizer.built.first().map(|&(site, _)| (site, format!("`{name}` is built on line {}, for {owned}", cx.line(site))));
        let at = format!("{} runs through {model}; no loss depends on {owned}", cx.call_at(backward));
        for step in cx.acting(id, Effect::Take) {
            let met = cx.solution.visits.iter().find(|visit| visit.site == step && matches!(visit.what, Observed::Effect(of, ..) if of == id));
            // The last loss before the step is probably the one meant for it.
            let last = cx.cfg.facts.all::<Root>().map(|(site, _)| site).filter(|root| *root < step).max();
            let cut = last.and_then(|last| cx.detached(last));
            let rank = met.map_or(0, |visit| visit.rank);
            let message = format!("{} updates {owned}, which no loss depends on", cx.call(step));
            let mut report = cx.report(step, Cause::Gradients(step, id), rank, Certain::Every, message).note_at(backward, at.clone());
            if let Some((site, note)) = &built {
                report = report.note_at(*site, note.clone());
            }
            let report = if assumed {
                report.note(format!("{owned} and {model} are taken to share no parameters")).only_warns()
            } else {
                report
            };
            report
                .note(format!("{owned} is not trained, and this step does not update {model}"))
                .help(match &cut {
                    Some(cut) => format!("pass `{cut}` itself: `detach` cuts off {owned}"),
                    None => {
                        format!("build `{name}` from the parameters of {model}, or step the optimizer of {model}")
                    }
                });
        }
    }
}

/// Reports the steps of an optimizer that is named after one model but updates another model, if no
/// optimizer updates the model that it is named after.
fn misnamed(cx: &mut Context<'_>, id: OptimizerId) {
    let Some((model, forward)) = cx.cfg.named_after(id).filter(|_| !cx.of_spec()) else { return };
    let Some(&held) = cx.cfg.optimizers[id].owned.as_ref().and_then(|owned| owned.paths().first()) else { return };
    let (held, model) = (cx.cfg.paths.name(held), cx.cfg.paths.name(model));
    let built = cx.cfg.optimizers[id].built.first().map(|(site, _)| *site);
    for step in cx.acting(id, Effect::Take) {
        let message = format!("{} updates `{held}`, and no optimizer updates `{model}`", cx.call(step));
        let note = format!("a loss depends on {}, so `{model}` gets gradients", cx.call_at(forward));
        let mut report = cx.report(step, Cause::Gradients(step, id), 0, Certain::Every, message).note_at(forward, note);
        if let Some(built) = built {
            report = report.note_at(built, format!("the optimizer is built here, for `{held}`"));
        }
        report
            .note(format!("the name of the optimizer is taken to say that it belongs to `{model}`"))
            .help(format!("build the optimizer from the parameters of `{model}`"))
            .only_warns();
    }
}

/// Whether another optimizer certainly updates a model.
fn is_moved(cx: &Context<'_>, id: OptimizerId, model: PathId) -> bool {
    let mut others = cx.cfg.optimizers.iter().enumerate().filter(|(other, _)| *other != id);
    let overlaps = |owned: &Deps| owned.overlaps(&Deps::one(model), &cx.cfg.paths) == Some(true);
    others.any(|(_, other)| other.owned.as_ref().is_some_and(overlaps))
}

/// One `backward` and the model that its loss depends on, if no `backward` reaches the optimizer's
/// parameters.
///
/// `None` if some `backward` of the function may reach the parameters.
pub(super) fn unrelated(cx: &Context<'_>, id: OptimizerId) -> Option<(SiteId, PathId)> {
    let optimizer = &cx.cfg.optimizers[id];
    let owned = optimizer.owned.as_ref().filter(|owned| !owned.is_empty())?;
    if optimizer.lost || cx.cfg.function.reads_gradients || cx.of_spec() {
        return None;
    }
    let mut found = None;
    for (_, event) in cx.cfg.events() {
        match &event.action {
            Action::Touch(deps) if cx.cfg.touches(id, deps) => return None,
            Action::Forget(of) if *of == id => return None,
            // `stale_parameters` reports a replaced model.
            Action::Replace(path) if Deps::one(*path).overlaps(owned, &cx.cfg.paths) != Some(false) => return None,
            Action::Backward { deps, .. } => {
                let model = apart(cx, id, owned, deps)?;
                found = found.or(Some((event.site, model)));
            }
            _ => {}
        }
    }
    found
}

/// The model that a loss depends on, if the model cannot share parameters with the models of the
/// optimizer.
fn apart(cx: &Context<'_>, id: OptimizerId, owned: &Deps, deps: &Deps) -> Option<PathId> {
    let paths = &cx.cfg.paths;
    if owned.overlaps(deps, paths) != Some(false) {
        return None;
    }
    let is_model = |&&path: &&PathId| Deps::one(path).overlaps(&cx.cfg.function.models, paths) == Some(true);
    let models: Vec<PathId> = deps.paths().iter().filter(is_model).copied().collect();
    let moved = |&&path: &&PathId| is_moved(cx, id, path);
    let own = owned.paths().iter();
    let known = own.clone().all(|path| is_model(&path));
    if let Some(&model) = models.iter().find(moved).filter(|_| known) {
        return Some(model);
    }
    // A value of unknown kind may be a model that opaque code runs.
    let apart = |mine: usize, from: usize| {
        cx.cfg.is_data(from) || cx.cfg.independent(mine, from) || cx.cfg.are_exclusive(mine, from)
    };
    let independent = own.clone().all(|&mine| deps.paths().iter().all(|&from| apart(mine, from)));
    models.first().copied().filter(|_| independent)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, messages};

    const TWO: &str = "fn fit(train: &L) -> Net {
        let online = Net::new(); let target = Net::new();
        let mut optimizer = Adam::new(target.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&online.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
        online
    }";

    #[test]
    fn the_other_model() {
        assert_eq!(found(TWO, true), [("unrelated_optimizer", 8)]);
        let all = messages(TWO, true);
        assert!(all.contains("`loss.backward()` on line 7 runs through `online`; no loss depends on `target`"), "{all}");
        assert!(found(&TWO.replace("Adam::new(target", "Adam::new(online"), true).is_empty());
    }

    #[test]
    fn of_two_optimizers() {
        let source = "fn fit(a: &mut A, b: &mut B, train: &L) {
            let mut opt_a = Adam::new(a.parameters(), 0.1); let mut opt_b = Adam::new(b.parameters(), 0.1);
            for x in train {
                opt_a.zero_grad(); opt_b.zero_grad();
                let loss = mse_loss(&a.forward(x), x);
                loss.backward();
                opt_a.step();
                opt_b.step();
            }
        }";
        assert_eq!(found(source, true), [("unrelated_optimizer", 8)]);
        assert!(found(&source.replace("&a.forward(x)", "&b.forward(&a.forward(x))"), true).is_empty());
    }

    #[test]
    fn what_may_share_parameters_is_left_alone() {
        for related in [
            TWO.replace("let target = Net::new();", "let target = Wrapper::new(&online);"),
            TWO.replace("let online = Net::new(); let target = Net::new();", "let (online, target) = nets();"),
            TWO.replace("train: &L", "train: &L, online: &Net, target: &Net").replace("let online = Net::new(); let target = Net::new();", ""),
            TWO.replace("optimizer.step();", "optimizer.step(); track(&mut target, &online);"),
        ] {
            assert!(found(&related, true).is_empty(), "{related}");
        }
    }
}

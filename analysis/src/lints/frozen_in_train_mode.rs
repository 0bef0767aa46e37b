use super::{Cause, Context};
use crate::cfg::{Action, Certain, Deps, Mark, Mode, PathId, SiteId};
use crate::flow::{Observed, StateSet, Visit};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `train()` call that switches the whole model and undoes the `eval()` of a frozen part.
    ///
    /// ## Why it matters
    ///
    /// The parameters of the part stay frozen, but its dropout is active again, and its batch norm follows the new data.
    /// The pretrained features change during the training, although nothing in them is trained.
    /// gt-pyg (pgniewko/gt-pyg#112) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// model.encoder.freeze();
    /// model.encoder.eval();                                   // mode of the encoder: {eval}
    /// let mut optimizer = Adam::new(model.head.parameters(), 1e-3);
    /// for epoch in 0..epochs {
    ///     model.train();                                      // {train}  <- for all layers
    ///     for batch in train { /* forward, backward, step */ }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `model.encoder.eval()` again after each `model.train()`, or call only
    /// `model.head.train()`.
    ///
    /// ## Limits
    ///
    /// A part is a field of the model, or a variable that a struct literal or a constructor in the file moves into the model.
    /// It counts as frozen if a call freezes it (`freeze`, `set_requires_grad(false)`), or if every optimizer of the function updates other parameters.
    /// Silent if:
    ///
    /// - the part is thawed somewhere in the function,
    /// - its `eval()` is after `train()` in the source, so that it may belong to an evaluation,
    /// - no training in the function runs the part after `train()`,
    /// - the model's own `train` is in the same file, because it may leave the part alone.
    frozen_in_train_mode, Warning, "`train()` of the model undoes `eval()` of a frozen part"
}

/// A `train()` call that switches a whole model and undoes the `eval()` of a part.
struct Undone {
    part: PathId,
    train: SiteId,
    eval: SiteId,
}

fn check(cx: &mut Context<'_>) {
    let mut found: Vec<Undone> = cx.solution.visits.iter().filter_map(|visit| undone(cx, visit)).collect();
    found.retain(|undone| is_frozen(cx, undone.part) && trains_after(cx, undone));
    for Undone { part, train, eval } in found {
        let named = || cx.cfg.paths.name(part).to_owned();
        let part = cx.site(eval).receiver.as_ref().map_or_else(named, ToString::to_string);
        let message = format!("{} puts the frozen `{part}` back into training mode", cx.call(train));
        let note = format!("{} put it into evaluation mode", cx.call_at(eval));
        let help = format!("call `{part}.eval();` again after line {}", cx.line(train));
        cx.report(train, Cause::Alone(train, LINT.name), 0, Certain::Every, message)
            .note_at(eval, note)
            .note("its dropout is active, and its batch norm follows the data, although its parameters are frozen")
            .help(help);
    }
}

/// The `train()` at a visit, if it certainly undoes an `eval()` of a part of its model.
fn undone(cx: &Context<'_>, visit: &Visit) -> Option<Undone> {
    let Observed::Switch(part, mode) = visit.what else { return None };
    let eval = mode.by(StateSet::EVAL).filter(|_| mode.all.within(StateSet::EVAL) && !visit.maybe_not_first)?;
    let set = |site: SiteId, to: Mode| {
        let events = cx.cfg.events().filter(move |(_, event)| event.site == site);
        events.filter_map(move |(_, event)| match event.action {
            Action::Mode(path, Some(mode)) if mode == to => Some(path),
            _ => None,
        })
    };
    let evaluated = set(eval, Mode::Eval).find(|path| cx.cfg.paths.holds(*path, part))?;
    // A struct that was made of the part sets the mode of the part's variable as well.
    let mut wholes = set(visit.site, Mode::Train);
    let around = |whole: PathId| whole != evaluated && !cx.cfg.paths.holds(evaluated, whole);
    let inside = wholes.any(around);
    let (train, loops) = (visit.site, &cx.site(visit.site).loops);
    (inside && !cx.cfg.facts.is(train, Mark::OwnMode) && cx.order(eval) < cx.order(train) && loops.starts_with(&cx.site(eval).loops))
        .then_some(Undone { part: evaluated, train, eval })
}

/// Whether a part is frozen: a call says so, or every optimizer updates other parameters.
fn is_frozen(cx: &Context<'_>, part: PathId) -> bool {
    let overlapping = || cx.cfg.facts.variables().filter(|(path, _)| cx.cfg.paths.overlap(*path, part));
    if overlapping().any(|(_, known)| known.thawed) {
        return false;
    }
    let elsewhere = |owned: &Option<Deps>| {
        let apart = |owned: &Deps| owned.overlaps(&Deps::one(part), &cx.cfg.paths) == Some(false);
        owned.as_ref().is_some_and(apart)
    };
    let optimizers = &cx.cfg.optimizers;
    let of_others = !optimizers.is_empty() && optimizers.iter().all(|one| !one.lost && elsewhere(&one.owned));
    of_others || overlapping().any(|(path, known)| known.frozen && cx.cfg.paths.holds(path, part))
}

/// Whether a training loop runs the part, or a model around it, in the mode that `train()` set.
fn trains_after(cx: &Context<'_>, undone: &Undone) -> bool {
    let in_training = |site: SiteId| {
        cx.site(site).loops.last().is_none_or(|around| cx.trains_in(*around)) && cx.cfg.sites_with(Effect::Take).count() > 0
    };
    cx.solution.visits.iter().any(|visit| {
        let mode = match visit.what {
            Observed::Part(part, mode) if part == undone.part => mode,
            Observed::Computation(Some(mode), _) => {
                let model = cx.cfg.facts.at::<crate::cfg::Computation>(visit.site).and_then(|run| run.model);
                if !model.is_some_and(|model| cx.cfg.paths.holds(undone.part, model)) {
                    return false;
                }
                mode
            }
            _ => return false,
        };
        mode.all.within(StateSet::TRAIN) && mode.by(StateSet::TRAIN) == Some(undone.train) && in_training(visit.site)
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, messages};

    const LOOP: &str = "fn tune(model: &mut Net, train: &L) {
        model.encoder.eval();
        let mut optimizer = Adam::new(model.head.parameters(), 0.1);
        for epoch in 0..10 {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                let loss = mse_loss(&model.head.forward(&model.encoder.forward(&batch.x)), &batch.y);
                loss.backward();
                optimizer.step();
            }
        }
    }";

    fn fails(source: &str) -> bool {
        found(source, true).iter().any(|(lint, _)| *lint == "frozen_in_train_mode")
    }

    #[test]
    fn a_part_of_no_optimizer() {
        assert!(fails(LOOP));
        assert!(messages(LOOP, true).contains("`model.train()` puts the frozen `model.encoder` back"));
        assert!(!fails(&LOOP.replace("model.train();", "model.train(); model.encoder.eval();")));
        assert!(!fails(&LOOP.replace("model.train();", "model.head.train();")));
        assert!(!fails(&LOOP.replace("model.train();", "")));
    }

    #[test]
    fn a_part_that_a_call_freezes() {
        let whole = LOOP.replace("model.head.parameters()", "model.parameters()");
        assert!(!fails(&whole), "it is trained");
        let frozen = whole.replace("model.encoder.eval();", "model.encoder.freeze(); model.encoder.eval();");
        assert!(fails(&frozen));
        let forward = frozen.replace("model.head.forward(&model.encoder.forward(&batch.x))", "model.forward(&batch.x)");
        assert!(fails(&forward));
        assert!(!fails(&forward.replace("model.train();", "model.train(); model.encoder.eval();")));
        assert!(!fails(&frozen.replace("model.train();", "if epoch == 3 { model.encoder.unfreeze(); } model.train();")));
    }

    #[test]
    fn an_evaluation_is_over_with_train() {
        let probed = LOOP.replace("model.encoder.eval();", "").replace("model.train();", "model.train(); if epoch > 0 { model.encoder.eval(); probe(&model.encoder); model.train(); }");
        let _ = fails(&probed);
        let after = LOOP.replace("model.encoder.eval();", "").replace("            }\n        }", "            }\n model.encoder.eval(); measure(&model.encoder); }");
        assert!(!fails(&after));
    }
}

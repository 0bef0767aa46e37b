use super::Context;
use crate::cfg::{Checkpoint, CheckpointKind, Mark, OptimizerId, SiteId};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A checkpoint that contains only the model, if training is resumed from it and the optimizer keeps state, such as the moments of Adam or a momentum.
    ///
    /// ## Why it matters
    ///
    /// A resumed run starts with empty moments.
    /// Adam's first updates are then as large as the learning rate for every parameter, and the loss jumps after each restart.
    /// OneVision-Encoder (EvolvingLMMs-Lab/OneVision-Encoder#65) and entrenar (paiml/entrenar#98), a Rust project, had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut optimizer = Adam::new(model.parameters(), 1e-3);
    /// if resume {
    ///     model.load("checkpoint.safetensors")?;
    /// }
    /// for epoch in 0..epochs {
    ///     train_epoch(&mut model, &mut optimizer, train);
    ///     model.save("checkpoint.safetensors")?;              // <- without the moments
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Save and restore `optimizer.state_dict()` as well, in burn `optimizer.to_record()`.
    ///
    /// ## Limits
    ///
    /// Found if the function saves to a path from which it also restores before it trains.
    /// Found as well if another function of the file restores from the same literal or constant and steps an optimizer.
    /// An optimizer counts as one with state if its type keeps state (`Adam`, `RmsProp`, ..), or if it is built with a momentum.
    /// Silent if:
    ///
    /// - the state of an optimizer is read or written anywhere in the function,
    /// - the optimizer is in an argument of a call that saves or restores,
    /// - the optimizer is stored, returned or passed to unknown code,
    /// - the name of what is saved is that of data (`replay_buffer.save(path)`),
    /// - the paths differ, as for a pretrained model that is tuned and then saved to another path.
    ///
    /// Optimizers of tch, candle and dfdx are not checked: these libraries cannot save their state.
    /// In burn, the type of the settings tells whether the optimizer has state: `AdamConfig`, or a call of `with_momentum`.
    optimizer_state_not_saved, Warning, "a checkpoint to resume from lacks the optimizer's state"
}

fn check(cx: &mut Context<'_>) {
    let Some(state) = cx.cfg.function.optimizer_state.filter(|_| !cx.cfg.function.keeps_optimizer_state) else { return };
    let Some(optimizer) = (0..cx.cfg.optimizers.len()).find(|id| has_state(cx, *id)) else { return };
    let steps = cx.acting(optimizer, Effect::Take);
    let all = |kind: CheckpointKind| {
        cx.cfg.facts.all::<Checkpoint>().filter(move |(_, known)| known.kind == kind)
    };
    let trains_after = |site: SiteId| steps.iter().any(|step| cx.order(site) < cx.order(*step));
    let mut found = None;
    for (saves, saved) in all(CheckpointKind::Saves) {
        let same = |restored: &Checkpoint| restored.paths.iter().any(|path| saved.paths.contains(path));
        let resumed = all(CheckpointKind::Restores).find(|(site, restored)| same(restored) && trains_after(*site));
        if resumed.is_some() || saved.resumed_elsewhere {
            found = Some((saves, resumed.map(|(site, _)| site)));
            break;
        }
    }
    let Some((saves, resumed)) = found else { return };
    let name = cx.name(optimizer).to_owned();
    let message = format!("{} saves the model without the state of `{name}`", cx.call(saves));
    let note = resumed.map(|site| (site, format!("{} resumes from it, and `{name}` starts anew", cx.call_at(site))));
    let mut report = cx.report_alone(saves, message);
    report = match note {
        Some((site, note)) => report.note_at(site, note),
        None => report.note(format!("another function of the file resumes from it, and `{name}` starts anew")),
    };
    report
        .note("the moments of the optimizer are lost, and the loss jumps after a restart")
        .help(format!("save and restore `{name}.{state}()` as well"));
}

/// Whether an optimizer of the function keeps state for each parameter, and no other code can save it.
fn has_state(cx: &Context<'_>, id: OptimizerId) -> bool {
    let known = &cx.cfg.optimizers[id];
    let by_type = cx.cfg.facts.variable(known.path).is_some_and(|variable| variable.stateful);
    let built = known.built.iter().any(|(site, _)| cx.cfg.facts.is(*site, Mark::StatefulOptimizer));
    let handed = cx.cfg.facts.all::<crate::cfg::Opaque>().any(|(_, opaque)| opaque.0.paths().contains(&known.path));
    (by_type || built) && !known.escapes && !known.lost && !handed && !cx.acting(id, Effect::Take).is_empty()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(optimizer: &str, before: &str, save: &str) -> bool {
        let source = format!(
            "fn fit(model: &mut Net, train: &L, resume: bool, path: &str) -> Result<()> {{
                let mut optimizer = {optimizer};
                {before}
                for epoch in 0..10 {{
                    for batch in train {{
                        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                        optimizer.zero_grad(); loss.backward(); optimizer.step();
                    }}
                    {save}
                }}
                Ok(())
            }}"
        );
        found(&source, true).iter().any(|(lint, _)| *lint == "optimizer_state_not_saved")
    }

    const ADAM: &str = "Adam::new(model.parameters(), 1e-3)";

    #[test]
    fn resumed_without_moments() {
        assert!(with(ADAM, "if resume { model.load(\"last.bin\")?; }", "model.save(\"last.bin\")?;"));
        assert!(with(ADAM, "if resume { model.load(path)?; }", "model.save(path)?;"));
        assert!(with(ADAM, "let file = \"last.bin\"; if resume { load_checkpoint(model, file)?; }", "save_checkpoint(&model, &file)?;"));
        assert!(with("Sgd::new(model.parameters(), 0.1).momentum(0.9)", "model.load(path)?;", "model.save(path)?;"));
    }

    #[test]
    fn whole_checkpoints_and_other_files() {
        let load = "if resume { model.load(path)?; }";
        assert!(!with("Sgd::new(model.parameters(), 0.1)", load, "model.save(path)?;"), "no state");
        assert!(!with(ADAM, load, "model.save(\"final.bin\")?;"), "another file");
        assert!(!with(ADAM, "", "model.save(path)?;"), "never resumed");
        assert!(!with(ADAM, load, "model.save(path)?; optimizer.state_dict().save(\"optimizer.bin\")?;"));
        assert!(!with(ADAM, load, "save_checkpoint(path, &model, &optimizer)?;"));
        assert!(!with(ADAM, "load_checkpoint(path, model, &mut optimizer)?;", "model.save(path)?;"));
        assert!(!with(ADAM, load, "let checkpoint = Checkpoint { model: model.state_dict(), optimizer: optimizer.state_dict() }; checkpoint.save(path)?;"));
    }
}

use std::collections::BTreeSet;

use super::Context;
use crate::cfg::{Average, AverageStep, PathId, SiteId};

lint! {
    /// ## What it finds
    ///
    /// A stochastic weight average that is evaluated or saved without `update_bn`.
    ///
    /// ## Why it matters
    ///
    /// The parameters of the averaged model are a mean.
    /// The running batch norm statistics are those of the first or of the last model alone.
    /// The averaged model is then worse than each of the models that were averaged, often by far.
    /// mosaicml/composer#624 reports a very poor averaged model for this reason, and leela-zero/leela-zero#1090 fixes the fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut swa_model = AveragedModel::new(&model);
    /// for epoch in 0..epochs {
    ///     train_epoch(&mut model, train);
    ///     swa_model.update_parameters(&model);
    /// }
    /// evaluate(&swa_model, valid);                            // <- with statistics of other parameters
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `update_bn(train, &mut swa_model)` after the last update and before the average is used.
    ///
    /// ## Limits
    ///
    /// An average is recognised by its type (`AveragedModel`) or by its name (`swa`, `averaged`).
    /// A moving average with a decay (`ema`) usually averages the buffers as well, and is not checked.
    /// Silent if:
    ///
    /// - the model is a known layer without batch norm (`Mlp`), or its type is in the same file and has none,
    /// - the constructor of the average mentions buffers,
    /// - `train()` of the average is called, as in a hand-written `update_bn`,
    /// - the average is passed by value or by `&mut` to a function that is not in the file.
    swa_without_update_bn, Warning, "averaged weights used with the batch norm statistics of other weights"
}

fn check(cx: &mut Context<'_>) {
    let all: Vec<(SiteId, Average)> = cx.cfg.facts.all::<Average>().map(|(site, known)| (site, *known)).collect();
    let sites = |of: PathId, step: AverageStep| {
        all.iter().filter(move |(_, known)| known.of == of && known.step == step).map(|(site, _)| *site)
    };
    let objects: BTreeSet<PathId> = all.iter().map(|(_, known)| known.of).collect();
    let mut found = Vec::new();
    for of in objects {
        let after = |first: SiteId, second: SiteId| {
            cx.order(first) < cx.order(second) || cx.common_loop(first, second).is_some()
        };
        let moves: Vec<SiteId> = sites(of, AverageStep::Moves).collect();
        let served = sites(of, AverageStep::Serves)
            .filter(|serves| !sites(of, AverageStep::Refits).any(|refits| after(refits, *serves)))
            .find_map(|serves| Some((serves, *moves.iter().find(|moves| after(**moves, serves))?)));
        found.extend(served.map(|(serves, moves)| (of, serves, moves)));
    }
    for (of, serves, moves) in found {
        let name = cx.cfg.paths.name(of).to_owned();
        let message = format!("{} uses `{name}` with batch norm statistics that do not belong to its parameters", cx.call(serves));
        let note = format!("{} averages the parameters, and not the statistics of batch norm", cx.call_at(moves));
        let help = format!("call `update_bn` with the training data and `{name}` before line {}", cx.line(serves));
        cx.report_alone(serves, message)
            .note_at(moves, note)
            .note("this holds if the model has batch norm; the checker does not see its layers")
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(name: &str, after: &str) -> bool {
        let source = format!(
            "fn fit(model: &mut Net, train: &L, valid: &L) -> Result<()> {{
                let mut optimizer = Sgd::new(model.parameters(), 0.1);
                let mut {name} = AveragedModel::new(model);
                for epoch in 0..10 {{
                    for batch in train {{
                        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                        optimizer.zero_grad(); loss.backward(); optimizer.step();
                    }}
                    {name}.update_parameters(model);
                }}
                {after}
                Ok(())
            }}"
        );
        found(&source, true).iter().any(|(lint, _)| *lint == "swa_without_update_bn")
    }

    #[test]
    fn evaluated_or_saved() {
        for after in ["evaluate(&swa_model, valid);", "swa_model.save(\"swa.bin\")?;", "let output = swa_model.forward(&valid.x);", "save(&swa_model, path)?;"] {
            assert!(with("swa_model", after), "{after}");
            assert!(with("copy", &after.replace("swa_model", "copy")), "{after}");
            for before in ["update_bn(train, &mut swa_model);", "swa_model.update_bn(train);", "finish(&mut swa_model);", "swa_model.train(); for batch in train { swa_model.forward(&batch.x); }"] {
                assert!(!with("swa_model", &format!("{before} {after}")), "{before} {after}");
            }
        }
        assert!(with("swa_model", "evaluate(&swa_model, valid); update_bn(train, &mut swa_model);"));
        assert!(!with("swa_model", ""));
    }
}

use super::{Cause, Context};
use crate::cfg::{Certain, Reads};

lint! {
    /// ## What it finds
    ///
    /// A model that is saved between `backward` and `step`.
    ///
    /// ## Why it matters
    ///
    /// The file contains the parameters from before the update, and no gradients.
    /// A run that resumes from the file loses the gradients of this batch and counts one update too many.
    ///
    /// ## Example
    ///
    /// ```text
    /// for (i, batch) in train.iter().enumerate() {            // gradients:
    ///     optimizer.zero_grad();                              // {empty}
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();                                    // {filled}
    ///     if i % 1000 == 0 {
    ///         model.save("model.safetensors")?;               // <- in the middle of an update
    ///     }
    ///     optimizer.step();                                   // {used}
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Save after `step`, or at the start of the loop body.
    ///
    /// ## Limits
    ///
    /// A call counts as a save by its name, such as `save` or `save_checkpoint`.
    /// The call must save a model, the values of a model, or a variable named as a checkpoint.
    /// Silent if the checker does not know whether gradients are pending.
    checkpoint_mid_update, Warning, "saved between `backward` and `step`"
}

fn check(cx: &mut Context<'_>) {
    for (site, &what) in cx.cfg.facts.all::<Reads>() {
        if what != Reads::Save {
            continue;
        }
        let Some((_, backward, step)) = cx.mid_update(site) else { continue };
        let message = format!("{} saves in the middle of an update", cx.call(site));
        let note = format!("{} computed gradients that {} has not yet used", cx.call_at(backward), cx.call_at(step));
        let help = if cx.of_spec() {
            "save in a block after `step` in `train_order`".to_owned()
        } else {
            format!("move it to after `{};` on line {}", cx.site(step).text, cx.line(step))
        };
        cx.report(site, Cause::Alone(site, LINT.name), usize::MAX, Certain::Every, message)
            .note_at(backward, note)
            .note("the file lacks this update, and its gradients are not saved")
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn found(body: &str) -> bool {
        in_loop(body).iter().any(|(lint, _)| *lint == "checkpoint_mid_update")
    }

    #[test]
    fn after_the_step_or_at_the_head_it_is_right() {
        let pass = "optimizer.zero_grad(); let output = model.forward(x); let loss = f(&output); loss.backward();";
        for save in [
            "model.save(path)?;",
            "if i % 100 == 0 { save_checkpoint(&model, i); }",
            "save(&model.state_dict(), path);",
            "checkpoint.save(i);",
            "model.state_dict().save(path)?;",
        ] {
            assert!(found(&format!("{pass} {save} optimizer.step();")), "{save}");
            assert!(!found(&format!("{pass} optimizer.step(); {save}")), "{save}");
            assert!(!found(&format!("{save} {pass} optimizer.step();")), "{save}");
        }
        for other in ["history.save(path);", "output.save(path);", "save_image(&output, path);", "best.push(model.state_dict());"] {
            assert!(!found(&format!("{pass} {other} optimizer.step();")), "{other}");
        }
    }
}

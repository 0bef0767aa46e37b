use super::{Cause, Context};
use crate::cfg::{Certain, Reads, SiteId};

lint! {
    /// ## What it finds
    ///
    /// A moving average of the parameters that is updated between `backward` and `step`, or in every batch of an accumulation window.
    ///
    /// ## Why it matters
    ///
    /// Before the step, the parameters are the result of the previous update.
    /// The average is therefore always one update behind and misses the last update.
    /// An average that is updated in every batch of a window includes the same parameters several times.
    /// Its decay is faster by a factor equal to the number of batches.
    /// F5-TTS (issue 631) and lightly-train (issue 968) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     optimizer.zero_grad();                              // {empty}
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();                                    // {filled}
    ///     ema.update(&model);                                 // <- the parameters before the update
    ///     optimizer.step();                                   // {used}
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Update the average after `step`, under the same condition as `step`.
    ///
    /// ## Limits
    ///
    /// An average is recognised by one of the names `ema`, `swa`, `averaged` and `polyak`.
    /// An update at the start of the loop body, before `backward`, averages the result of the previous iteration and is not reported.
    ema_before_step, Warning, "a parameter average updated before the step"
}

fn check(cx: &mut Context<'_>) {
    let mut windows = cx.counted_windows();
    windows.extend(cx.windows_before_step());
    for (site, &what) in cx.cfg.facts.all::<Reads>() {
        if what != Reads::Average {
            continue;
        }
        if let Some(window) = windows.iter().find(|window| cx.runs_every_iteration(window, site)) {
            let message = format!("{} averages the parameters with each batch, but the optimizer steps less often", cx.call(site));
            let note = cx.step_note(window);
            let help = if cx.of_spec() {
                in_a_block(cx, site)
            } else {
                format!("move `{};` to after `{};` on line {}", cx.site(site).text, cx.site(window.step).text, cx.line(window.step))
            };
            cx.report(site, Cause::Alone(site, LINT.name), usize::MAX, Certain::Every, message)
                .note_at(window.step, note)
                .note("the same parameters count several times, so the average decays as many times faster")
                .help(help);
            continue;
        }
        let Some((_, backward, step)) = cx.mid_update(site) else { continue };
        if cx.site(step).loops != cx.site(site).loops {
            continue;
        }
        let message = format!("{} averages the parameters before {} updates them", cx.call(site), cx.call(step));
        let note = format!("{} computed gradients that {} has not yet used", cx.call_at(backward), cx.call_at(step));
        let help = if cx.of_spec() {
            in_a_block(cx, site)
        } else {
            format!("move `{};` to after line {}", cx.site(site).text, cx.line(step))
        };
        cx.report(site, Cause::Alone(site, LINT.name), usize::MAX, Certain::Every, message)
            .note_at(backward, note)
            .note("the average is always one update behind, and misses the last one")
            .help(help);
    }
}

/// The help for a spec. It suggests a block after `step` in `train_order`. The block updates the
/// average.
fn in_a_block(cx: &Context<'_>, site: SiteId) -> String {
    format!("put `{{ {}; }}` after `step` in `train_order`", cx.site(site).text)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn found(body: &str) -> bool {
        in_loop(body).iter().any(|(lint, _)| *lint == "ema_before_step")
    }

    #[test]
    fn after_the_step_it_is_right() {
        let pass = "optimizer.zero_grad(); let loss = f(&model.forward(x)); loss.backward();";
        for update in ["ema.update(&model);", "self.ema.update();", "update_ema(&mut shadow, &model, 0.999);", "model_ema.step(model.parameters());"] {
            assert!(found(&format!("{pass} {update} optimizer.step();")), "{update}");
            assert!(!found(&format!("{pass} optimizer.step(); {update}")), "{update}");
            assert!(!found(&format!("{update} {pass} optimizer.step();")), "{update}");
        }
        assert!(!found(&format!("{pass} loss_ema.update(loss.item()); optimizer.step();")));
        assert!(!found(&format!("{pass} ema.update(loss.item()); optimizer.step();")));
    }

    #[test]
    fn with_each_batch_of_a_window() {
        let step = "if (i + 1) % k == 0 { optimizer.step(); optimizer.zero_grad(); EMA }";
        let pass = "let loss = f(&model.forward(x)) / k; loss.backward();";
        assert!(found(&format!("{pass} {} ema.update(&model);", step.replace("EMA", ""))));
        assert!(!found(&format!("{pass} {}", step.replace("EMA", "ema.update(&model);"))));
    }
}

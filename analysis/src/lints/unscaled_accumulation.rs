use super::window::Window;
use super::{Cause, Context};
use crate::cfg::{Certain, Period, Root, SiteId, Source};
use crate::stage::Effect;
use crate::vocabulary::names_settings;
use std::collections::BTreeSet;

lint! {
    /// ## What it finds
    ///
    /// Gradient accumulation with a mean loss that is not divided by the number of batches.
    ///
    /// ## Why it matters
    ///
    /// The step uses the sum of the gradients over the window, while one large batch would have their mean.
    /// The sum is larger than the mean by a factor of the number of batches, so the update is too large by the same factor.
    /// With clipping, the clip scales the gradients down by this factor.
    /// nanoGPT (issue 206) and `neural_sp` (issue 168) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for (i, batch) in train.iter().enumerate() {
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();                                    // <- the sum of four means
    ///     if (i + 1) % 4 == 0 {
    ///         optimizer.step();
    ///         optimizer.zero_grad();
    ///     }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Divide the loss by the number of batches: `(&loss / 4.0).backward()`.
    /// If the batches have different sizes, weight each batch by its share of the samples.
    ///
    /// ## Limits
    ///
    /// An inner loop counts as a loop over micro-batches only if it has one of these forms:
    /// `for _ in 0..k`, a loop over one chunk of `chunks(k)` or one window of the runtime's `windows`, a loop over the next `k` batches of a borrowed iterator, or a loop over the parts `batch.chunk(k, 0)`.
    /// A loop `for i in 0..k` that uses `i` counts only if a name in its head mentions micro-batches or accumulation.
    /// Silent if the condition of the step counts samples instead of batches, or if a call with a
    /// name such as `scale_grad` scales the gradients.
    /// Silent if a value such as the learning rate is multiplied or divided by the size of the window, if the loss is a sum, or if the loss comes from an opaque call.
    /// An optimizer that normalizes its gradients, such as Adam, is hardly affected unless the gradients are clipped.
    unscaled_accumulation, Warning, "accumulated gradients of a mean loss that is not divided"
}

fn check(cx: &mut Context<'_>) {
    for window in cx.accumulating_windows() {
        // If the step follows a number of samples, the number of batches is unknown.
        let Some((_, counter)) = window.counter.filter(|(_, counter)| !counter.of_samples) else { continue };
        if scales(cx, counter.every.number, &counter.every.names) {
            continue;
        }
        let Some(&backward) = window.backwards.iter().find(|backward| is_plain(cx, **backward)) else { continue };
        if !window.backwards.iter().all(|backward| is_plain(cx, *backward)) {
            continue;
        }
        report_finding(cx, &window, backward, &counter.every, &window.size(), None);
    }
    if cx.of_spec() {
        of_spec(cx);
    } else {
        micro_batches(cx);
    }
}

/// Checks inner loops over the micro-batches of one update.
fn micro_batches(cx: &mut Context<'_>) {
    for window in cx.windows_before_step() {
        let Some((size, weighs)) = size_of(cx, &window) else { continue };
        let scaled = scales(cx, size.number, &size.names);
        let plain = window.backwards.iter().all(|backward| is_plain(cx, *backward));
        if scaled || !plain || !cx.in_every_iteration(&window, Effect::Zero).is_empty() {
            continue;
        }
        report_finding(cx, &window, window.backwards[0], size, &format!("`{}`", size.text), weighs.as_deref());
    }
}

/// The number of micro-batches in one update. For windows of the runtime, also the call that returns a
/// batch's weight.
///
/// Loops of the form `for _ in 0..k`, or over one chunk of `chunks(k)` or one window of `windows(epoch, k)`,
/// are recognised.
pub(super) fn size_of<'a>(cx: &Context<'a>, window: &Window<'_>) -> Option<(&'a Period, Option<String>)> {
    let inner = &cx.cfg.loops[window.batch_loop].head;
    if let Some(size) = &inner.repeats {
        return Some((size, None));
    }
    let outer = &cx.cfg.loops[*cx.site(window.step).loops.last()?].head;
    let (group, groups) = (outer.item.as_ref()?, outer.groups.as_ref()?);
    if inner.source.as_ref()?.collection != group.value {
        return None;
    }
    let weight = match (groups.weighs, &inner.item) {
        (true, Some(batch)) => Some(format!("{}.weight({})", group.name, batch.name)),
        (true, None) => return None,
        (false, _) => None,
    };
    Some((&groups.size, weight))
}

/// Checks the blocks of a spec that run `backward` themselves. The stage `backward` is correct,
/// because it weights each batch.
fn of_spec(cx: &mut Context<'_>) {
    for window in cx.windows_before_step() {
        let plain = |&&backward: &&SiteId| cx.site(backward).own && is_plain(cx, backward);
        let Some(&backward) = window.backwards.iter().find(plain) else { continue };
        if !cx.in_every_iteration(&window, Effect::Zero).is_empty() || cx.cfg.function.factors.sums {
            continue;
        }
        let message = format!("{} accumulates the gradients of a window, and the loss is not divided", cx.call(backward));
        let note = cx.step_note(&window);
        cx.report(backward, Cause::Alone(backward, LINT.name), 0, Certain::Every, message)
            .note_at(window.step, note)
            .note("the summed gradient is larger than the mean by the number of batches in the window")
            .help("name `backward` in `train_order`: it weights each batch by its share of the window");
    }
}

fn report_finding(cx: &mut Context<'_>, window: &Window<'_>, backward: SiteId, every: &Period, size: &str, weight: Option<&str>) {
    let message = format!("{} accumulates the gradients of {size} batches, and the loss is not divided", cx.call(backward));
    let note = cx.step_note(window);
    let harm = format!("the summed gradient is {size} times the mean of the batches");
    let divisor = match every.number {
        Some(number) => format!("{number}.0"),
        None => format!("{} as f32", every.text),
    };
    let loss = cx.site(backward).receiver.as_ref().map_or_else(|| "loss".to_owned(), ToString::to_string);
    let help = match weight {
        Some(weight) => format!("weight the loss by its share of the window: `(&{loss} * {weight}).backward();`"),
        None => format!("divide the loss: `(&{loss} / {divisor}).backward();`"),
    };
    cx.report(backward, Cause::Alone(backward, LINT.name), 0, Certain::Every, message)
        .note_at(window.step, note)
        .note(harm)
        .help(help);
}

/// Whether the loss of a `backward` is certainly not scaled between its computation and the
/// `backward`.
fn is_plain(cx: &Context<'_>, backward: SiteId) -> bool {
    let plain = |origin: &crate::cfg::Origin| {
        origin.source == Source::Computed && !origin.scaled && origin.unreduced.is_none()
    };
    cx.cfg.facts.at::<Root>(backward).is_some_and(|root| plain(&root.origin))
}

/// Whether the function multiplies or divides by the size of a window, or a loss has the reduction `Sum`.
fn scales(cx: &Context<'_>, number: Option<i64>, names: &BTreeSet<String>) -> bool {
    let factors = &cx.cfg.function.factors;
    let same = |factor: &String, number: f64| {
        let equals = |factor: f64| factor.to_bits() == number.to_bits() || factor.to_bits() == (1.0 / number).to_bits();
        factor.parse().is_ok_and(equals)
    };
    factors.sums
        || factors.scales_gradients
        || match number {
            Some(number) => factors.names.iter().any(|factor| same(factor, number as f64)),
            None => names.iter().any(|name| !names_settings(name) && factors.names.contains(name)),
        }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{in_loop, messages};

    fn found(loss: &str) -> bool {
        let body = format!("let output = model.forward(x);\n {loss} loss.backward(); if (i + 1) % k == 0 {{ optimizer.step(); optimizer.zero_grad(); }}");
        in_loop(&body).iter().any(|(lint, _)| *lint == "unscaled_accumulation")
    }

    #[test]
    fn the_batches_of_an_update_are_a_loop_of_their_own() {
        let said = |outer: &str, inner: &str, body: &str| {
            messages(
                &format!(
                    "fn fit(model: &Mlp, train: &DataLoader, batches: &[Batch], k: usize) {{
                        let mut opt = Sgd::new(model.parameters(), 0.1);
                        {outer} {{
                            opt.zero_grad();
                            {inner} {{
                                let loss = cross_entropy(&model.forward(&b.input), &b.target);
                                {body}
                            }}
                            opt.step();
                        }}
                    }}"
                ),
                true,
            )
        };
        let plain = "loss.backward();";
        for (outer, inner, told) in [
            ("for w in train.windows(e, k)", "for b in &w", "(&loss * w.weight(b))"),
            ("for w in train.windows(e, 4)", "for b in w.iter()", "(&loss * w.weight(b))"),
            ("for part in batches.chunks(4)", "for b in part", "(&loss / 4.0)"),
            ("for _ in 0..100", "for _ in 0..4", "(&loss / 4.0)"),
            ("while go()", "for _micro in 0..config.steps", "(&loss / config.steps as f32)"),
        ] {
            let said = said(outer, inner, plain);
            assert!(said.contains("unscaled_accumulation:") && said.contains(told), "{outer} {inner}: {said}");
        }
        for (outer, inner, body) in [
            ("for w in train.windows(e, k)", "for b in &w", "(loss * w.weight(b)).backward();"),
            ("for part in batches.chunks(4)", "for b in part", "(loss / part.len() as f32).backward();"),
            ("for part in batches.chunks(4)", "for b in others", plain),
            ("for e in 0..9", "for b in train.epoch(e)", plain),
            ("for e in 0..9", "for t in 0..9", plain),
            ("for e in 0..9", "for _ in 0..1", plain),
            ("for e in 0..9", "for task in &tasks", plain),
        ] {
            let said = said(outer, inner, body);
            assert!(!said.contains("unscaled_accumulation:"), "{outer} {inner}: {said}");
        }
    }

    #[test]
    fn the_loss_is_divided_somewhere() {
        assert!(found("let loss = mse_loss(&output, y);"));
        assert!(found("let loss = mse_loss(&output, y) + l1_loss(&output, y);"));
        for right in [
            "let loss = mse_loss(&output, y) / k;",
            "let loss = mse_loss(&output, y) * weight;",
            "let loss = mse_loss(&output, y).div_scalar(k);",
            "let loss = mse_loss(&output, y); let loss = &loss / 4.0;",
            "let loss = mse_loss(&output, y); let rate = 0.1 / k as f64;",
            "let loss = own(&output, y);",
            "let loss = output.mse_loss(y, Reduction::Sum);",
        ] {
            assert!(!found(right), "{right}");
        }
    }
}

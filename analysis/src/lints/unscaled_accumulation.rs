use super::window::Window;
use super::{Cause, Context};
use crate::cfg::{Certain, SiteId, Source};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// Several backwards for one step, and a mean loss that is divided by nothing.
    ///
    /// ## Why it matters
    ///
    /// Gradients add up: the step uses the sum over the window where one large batch would give the mean, so it is as many times too long, or is clipped as many times too hard.
    /// nanoGPT (issue 206) and `neural_sp` (issue 168) had it.
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
    /// `(loss / 4.0).backward()`; with batches of different size, weight each by its share of the samples.
    ///
    /// ## Limits
    ///
    /// Silent where anything is multiplied or divided by the size of the window, as a learning rate may be, where the loss is a sum, and where it comes from a function that is not seen.
    /// An optimizer that divides by the size of its gradients, as Adam does, hides most of it unless they are clipped.
    unscaled_accumulation, Warning, "several backwards for one step, the loss divided by nothing"
}

fn check(cx: &mut Context<'_>) {
    for window in cx.gathered() {
        let Some((_, counter)) = window.counter else { continue };
        if cx.cfg.factors.iter().any(|factor| factor == "Sum" || mentions(&counter.every, factor)) {
            continue;
        }
        let Some(&backward) = window.backwards.iter().find(|backward| is_plain(cx, **backward)) else { continue };
        if !window.backwards.iter().all(|backward| is_plain(cx, *backward)) {
            continue;
        }
        tell(cx, &window, backward, &counter.every);
    }
    if cx.of_spec() {
        of_spec(cx);
    }
}

/// A block of a spec that runs `backward` itself; the stage weighs each batch of a window.
fn of_spec(cx: &mut Context<'_>) {
    for window in cx.looped() {
        let plain = |&&backward: &&SiteId| cx.site(backward).own && is_plain(cx, backward);
        let Some(&backward) = window.backwards.iter().find(plain) else { continue };
        if !cx.each_round(&window, Effect::Zero).is_empty() || cx.cfg.factors.iter().any(|factor| factor == "Sum") {
            continue;
        }
        let message = format!("{} adds up the gradients of a window, and the loss is divided by nothing", cx.call(backward));
        let note = cx.its_step(&window);
        cx.report(backward, Cause::Alone(backward, LINT.name), 0, Certain::Every, message)
            .note_at(window.step, note)
            .note("the step is as many times as long as the window has batches, or clipped so much harder")
            .help("name `backward` in `train_order`: it weighs each batch by its share of the window");
    }
}

fn tell(cx: &mut Context<'_>, window: &Window<'_>, backward: SiteId, every: &str) {
    let message = format!("{} adds up the gradients of {} batches, and the loss is divided by nothing", cx.call(backward), window.size());
    let note = cx.its_step(window);
    let harm = format!("the step is {} times as long as for the mean of the batches, or clipped so much harder", window.size());
    let divisor = if every.parse::<u32>().is_ok() { format!("{every}.0") } else { format!("{every} as f32") };
    let loss = cx.site(backward).text.strip_suffix(".backward()").unwrap_or("loss").to_owned();
    let help = format!("divide the loss: `({loss} / {divisor}).backward();`");
    cx.report(backward, Cause::Alone(backward, LINT.name), 0, Certain::Every, message)
        .note_at(window.step, note)
        .note(harm)
        .help(help);
}

/// Whether a backward starts from a loss that is known to be as it was computed.
fn is_plain(cx: &Context<'_>, backward: SiteId) -> bool {
    let mut roots = cx.cfg.roots.iter().filter(|root| root.site == backward).peekable();
    let plain = |origin: &crate::cfg::Origin| {
        origin.source == Source::Computed && !origin.scaled && origin.unreduced.is_none()
    };
    roots.peek().is_some() && roots.all(|root| plain(&root.origin))
}

/// Whether an expression is the factor, mentions it, or is the same number.
fn mentions(every: &str, factor: &str) -> bool {
    let words = |text: &str| {
        let split = text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned);
        split.filter(|word| !word.is_empty()).collect::<Vec<_>>()
    };
    match every.parse::<f64>() {
        Ok(number) => factor.parse::<f64>().is_ok_and(|factor| factor.to_bits() == number.to_bits() || factor.to_bits() == (1.0 / number).to_bits()),
        Err(_) => words(every).iter().any(|word| word == factor && !matches!(word.as_str(), "self" | "config" | "cfg" | "args")),
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn found(loss: &str) -> bool {
        let body = format!("let output = model.forward(x);\n {loss} loss.backward(); if (i + 1) % k == 0 {{ optimizer.step(); optimizer.zero_grad(); }}");
        in_loop(&body).iter().any(|(lint, _)| *lint == "unscaled_accumulation")
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

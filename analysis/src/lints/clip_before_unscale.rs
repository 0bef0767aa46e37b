use crate::cfg::{Mark, Scaler};
use super::{Cause, Context};
use crate::flow::{Observed, StateSet};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A clip of gradients that still contain the factor of a loss scaler.
    /// The loss was scaled before `backward`, and no call unscaled the gradients.
    ///
    /// ## Why it matters
    ///
    /// The factor is typically greater than ten thousand, so the norm of the gradients exceeds the limit of the clip.
    /// After unscaling, every update is almost zero.
    /// allennlp (issue 5426), Lightning (issue 9599) and miles-credit (issue 141) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     optimizer.zero_grad();
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     scaler.scale(&loss).backward();                     // {scaled}
    ///     optimizer.clip_grad_norm(1.0);                      // {scaled}   <-
    ///     scaler.step(&mut optimizer);
    ///     scaler.update();
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `scaler.unscale(&mut optimizer)` between `backward` and the clip.
    ///
    /// ## Limits
    ///
    /// A loss multiplied by hand does not count as scaled.
    /// A clip whose limit mentions the scaler is taken as intended.
    /// Silent if the function calls code of its own that is named after unscaling (`self.unscale_gradients(&mut grads)`).
    clip_before_unscale, Error, "a clip of gradients that are still scaled"
}

fn check(cx: &mut Context<'_>) {
    if cx.cfg.function.unscales_by_hand {
        return;
    }
    for visit in &cx.solution.visits {
        let Observed::Facts(optimizer, Effect::Clip, facts) = visit.what else { continue };
        let (clip, scaled) = (visit.site, facts.scale.by(StateSet::SCALED));
        let (Some(certain), Some(backward)) = (facts.scale.certainty(StateSet::SCALED), scaled) else { continue };
        if visit.maybe_not_first || cx.cfg.facts.is(clip, Mark::ScaledClip) {
            continue;
        }
        let note = format!("{} computed them from the scaled loss; nothing unscaled them", cx.call_at(backward));
        let scaler = cx.cfg.facts.at::<Scaler>(backward).map_or_else(|| "scaler".to_owned(), |known| known.0.to_string());
        let help = format!("call `{scaler}.unscale(&mut {});` before line {}", cx.name(optimizer), cx.line(clip));
        let message = format!("{} clips gradients that are still scaled", cx.call(clip));
        cx.report(clip, Cause::Gradients(clip, optimizer), visit.rank, certain, message)
            .note_at(backward, note)
            .note("the scaled gradients exceed the limit, and after unscaling every update is almost zero")
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn step(between: &str) -> Vec<(&'static str, usize)> {
        let source = format!(
            "fn fit(model: &mut Mlp, train: &L) {{
                let mut optimizer = AdamW::new(model.parameters(), 1e-3); let mut scaler = GradScaler::new();
                for batch in train {{
                    optimizer.zero_grad();
                    scaler.scale(&mse_loss(&model.forward(&batch.x), &batch.y)).backward();
                    {between}
                    scaler.step(&mut optimizer);
                    scaler.update();
                }}
            }}"
        );
        found(&source, true)
    }

    #[test]
    fn before_and_after_unscaling() {
        assert_eq!(step("optimizer.clip_grad_norm(1.0);"), [("clip_before_unscale", 6)]);
        assert_eq!(step("optimizer.clip_grad_norm(1.0); scaler.unscale(&mut optimizer);"), [("clip_before_unscale", 6)]);
        assert!(step("scaler.unscale(&mut optimizer); optimizer.clip_grad_norm(1.0);").is_empty());
        assert!(step("optimizer.clip_grad_norm(scaler.get_scale());").is_empty());
        assert!(step("").is_empty());
    }
}

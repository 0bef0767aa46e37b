use crate::cfg::{Mark, Scaler};
use super::{Cause, Context};
use crate::flow::{Observed, StateSet};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A clip of gradients that still carry a scaler's factor: the loss was scaled before `backward`, and nothing took the factor out of the gradients since.
    ///
    /// ## Why it matters
    ///
    /// The factor is in the tens of thousands, so every gradient is over the limit, and after the scaler has divided, every update is next to nothing.
    /// allennlp (issue 5426), Lightning (issue 9599) and miles-credit (issue 141) had it.
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
    /// A loss that is multiplied by hand is not known to be scaled, and a clip whose limit mentions the scaler is taken to know what it does.
    clip_before_unscale, Error, "a clip of gradients that carry a scaler's factor"
}

fn check(cx: &mut Context<'_>) {
    for visit in &cx.solution.visits {
        let Observed::Facts(optimizer, Effect::Clip, facts) = visit.what else { continue };
        let (clip, scaled) = (visit.site, facts.scale.by(StateSet::SCALED));
        let (Some(certain), Some(backward)) = (facts.scale.certainty(StateSet::SCALED), scaled) else { continue };
        if visit.maybe_not_first || cx.cfg.facts.is(clip, Mark::ScaledClip) {
            continue;
        }
        let note = format!("{} computed them times the scaler's factor; nothing took it out since", cx.call_at(backward));
        let scaler = cx.cfg.facts.at::<Scaler>(backward).map_or_else(|| "scaler".to_owned(), |known| known.0.to_string());
        let help = format!("call `{scaler}.unscale(&mut {});` before line {}", cx.name(optimizer), cx.line(clip));
        let message = format!("{} clips gradients that still carry the scaler's factor", cx.call(clip));
        cx.report(clip, Cause::Gradients(clip, optimizer), visit.rank, certain, message)
            .note_at(backward, note)
            .note("all of them are over the limit, and without the factor every update is next to nothing")
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

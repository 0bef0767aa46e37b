use super::{Cause, Context};
use crate::cfg::{Action, Certain, GraphId, OptimizerId, SiteId};
use crate::flow::{GradientStates, Visit, Observed};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `backward` before a fused call that zeroes the gradients and runs `backward` itself, such as `backward_step` of tch.
    ///
    /// ## Why it matters
    ///
    /// The fused call discards the gradients of the first `backward` and every change made to them.
    /// For example, clipped gradients are recomputed without the clip.
    /// If the first `backward` freed the graph, the second `backward` panics.
    ///
    /// ## Example
    ///
    /// ```text
    /// for (x, y) in batches {                                            // gradients:
    ///     let loss = net.forward(&x).cross_entropy_for_logits(&y);
    ///     loss.backward();                                               // {filled}  <- lost
    ///     opt.clip_grad_norm(1.0);
    ///     opt.backward_step(&loss);                                      // {discarded}, {filled}, {used}
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Remove the first `backward`, or write `zero_grad`, `backward`, the clip and `step` as separate calls.
    ///
    /// ## Limits
    ///
    /// With several optimizers, the lint reports only a `backward` of the same loss as in the fused call.
    /// A different loss may belong to a different optimizer.
    /// Silent if the function reads gradients.
    backward_ignored, Error, "gradients computed, and then computed again by a fused call"
}

/// A `backward` whose gradients are discarded by a fused call, such as `backward_step`.
pub(super) struct Ignored {
    backward: SiteId,
    /// The site of the fused call's `backward`.
    pub fused: SiteId,
    clipped: Option<SiteId>,
    /// Whether the fused call computes the gradients of the same loss again, and not of a different
    /// loss.
    same: bool,
    optimizer: OptimizerId,
    rank: usize,
}

fn check(cx: &mut Context<'_>) {
    for lost in ignored(cx) {
        let (backward, fused) = (cx.call(lost.backward), cx.call(lost.fused));
        let (what, harm) = if lost.same {
            ("and recomputes them", "the gradients of the first `backward` are lost, with every change made to them")
        } else {
            ("before it computes its own", "the step uses the gradients of the last loss alone")
        };
        let message = format!("{fused} discards the gradients of {backward} {what}");
        let clip = lost.clipped.map(|clip| (clip, format!("{} clipped them without effect", cx.call_at(clip))));
        let help = match lost.clipped {
            Some(_) => format!("write `zero_grad` before line {}, and `step` in place of line {}", cx.line(lost.backward), cx.line(lost.fused)),
            None if lost.same => format!("remove line {}", cx.line(lost.backward)),
            None => format!("add the losses on line {}, and remove line {}", cx.line(lost.fused), cx.line(lost.backward)),
        };
        let does = if cx.cfg.returns_gradients(lost.fused) { "runs `backward`" } else { "zeroes the gradients and runs `backward`" };
        let note = format!("{} {does} before it steps", cx.call_at(lost.fused));
        let cause = Cause::Gradients(lost.backward, lost.optimizer);
        let mut report = cx.report(lost.backward, cause, lost.rank, Certain::Every, message).note_at(lost.fused, note);
        if let Some((clip, note)) = clip {
            report = report.note_at(clip, note);
        }
        report.note(harm).help(help);
    }
}

/// Every `backward` whose gradients a fused call discards on every path.
pub(super) fn ignored(cx: &Context<'_>) -> Vec<Ignored> {
    if cx.cfg.function.reads_gradients {
        return Vec::new();
    }
    let mut all: Vec<Ignored> = Vec::new();
    for visit in &cx.solution.visits {
        if let Some(lost) = same_loss(cx, visit)
            && all.iter().all(|known| known.backward != lost.backward)
        {
            all.push(lost);
        }
        let Observed::Effect(optimizer, Effect::Zero, gradients) = visit.what else { continue };
        let certain = gradients.certainty(GradientStates::FILLED | GradientStates::STALE) == Some(Certain::Every);
        if !certain || !cx.site(visit.site).fused || visit.maybe_not_first {
            continue;
        }
        let state = if gradients.all.meets(GradientStates::FILLED) { GradientStates::FILLED } else { GradientStates::STALE };
        let provenance = gradients.provenance(state);
        let Some(backward) = provenance.filled.filter(|&backward| !cx.site(backward).fused) else { continue };
        let Some(fused) = fill_of(cx, visit.site) else { continue };
        let same = graphs(cx, backward).iter().any(|graph| graphs(cx, fused).contains(graph));
        let here = cx.site(backward).loops == cx.site(fused).loops && backward < fused;
        let other = cx.cfg.optimizers.len() == 1 && !cx.cfg.reads_part(backward);
        if here && (same || other) && all.iter().all(|known| known.backward != backward) {
            all.push(Ignored { backward, fused, clipped: provenance.clipped, same, optimizer, rank: visit.rank });
        }
    }
    all
}

/// The earlier `backward` of the same loss, if this visit is the `backward` of a fused call.
fn same_loss(cx: &Context<'_>, visit: &Visit) -> Option<Ignored> {
    let Observed::Backward(graph, used) = visit.what else { return None };
    let (fused, backward) = (visit.site, used.by?);
    let certain = used.certainty() == Some(Certain::Every) && !visit.maybe_not_first;
    let here = cx.site(backward).loops == cx.site(fused).loops && backward < fused;
    if !certain || !here || !cx.site(fused).fused || cx.site(backward).fused {
        return None;
    }
    let steps = |id: OptimizerId| cx.acting(id, Effect::Take).into_iter().any(|site| together(cx, site, fused));
    let optimizer = (0..cx.cfg.optimizers.len()).find(|&id| steps(id));
    let clipped = cx.cfg.sites_with(Effect::Clip).map(|(site, _)| site).find(|site| (backward..fused).contains(site));
    let clipped = clipped.filter(|&clip| cx.site(clip).loops == cx.site(fused).loops);
    let same = graphs(cx, backward).contains(&graph);
    same.then_some(Ignored { backward, fused, clipped, same, optimizer: optimizer?, rank: visit.rank })
}

/// The `backward` in the same fused call as this `zero_grad`.
fn fill_of(cx: &Context<'_>, zero: SiteId) -> Option<SiteId> {
    cx.cfg.sites_with(Effect::Fill).map(|(site, _)| site).find(|&site| together(cx, site, zero))
}

/// Whether two sites are stages of the same fused call.
fn together(cx: &Context<'_>, a: SiteId, b: SiteId) -> bool {
    let place = |site: SiteId| (cx.line(site), cx.site(site).place.column());
    cx.site(a).fused && cx.site(b).fused && place(a) == place(b)
}

/// The graphs that a `backward` runs through.
fn graphs(cx: &Context<'_>, site: SiteId) -> Vec<GraphId> {
    let through = cx.cfg.events().filter(|(_, event)| event.site == site);
    let mut all = Vec::new();
    for (_, event) in through {
        if let Action::Backward { graphs, .. } = &event.action {
            all.extend(graphs.iter().copied());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{in_loop, messages};

    #[test]
    fn computed_twice_or_once() {
        let twice = "let loss = f(&model.forward(x));\n loss.backward();\n optimizer.backward_step(&loss);";
        assert_eq!(in_loop(twice), [("backward_ignored", 6)]);
        assert!(in_loop("let loss = f(&model.forward(x)); optimizer.backward_step(&loss);").is_empty());
    }

    #[test]
    fn of_another_loss_with_one_optimizer() {
        let other = "let loss = f(&model.forward(x)); let aux = f(&model.forward(z));\n aux.backward();\n optimizer.backward_step(&loss);";
        assert_eq!(in_loop(other), [("backward_ignored", 6)]);
        let read = other.replace("aux.backward();", "aux.backward(); log(z.grad());");
        assert!(in_loop(&read).is_empty());
    }

    #[test]
    fn the_clip_is_lost_too() {
        let source = "fn fit(net: &Net, train: &L) {
            let mut opt = Adam::new(net.parameters(), 0.1);
            for x in train {
                let loss = f(&net.forward(x));
                loss.backward();
                opt.clip_grad_norm(1.0);
                opt.backward_step(&loss);
            }
        }";
        let all = messages(source, true);
        assert!(all.contains("`opt.clip_grad_norm(1.0)` on line 6 clipped them without effect"), "{all}");
        assert!(all.contains("`step` in place of line 7"), "{all}");
    }
}

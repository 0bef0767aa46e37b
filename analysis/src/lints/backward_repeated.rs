use std::collections::BTreeSet;

use super::backward_ignored::ignored;
use super::{Cause, Context};
use crate::cfg::{Action, Deps, GraphId, OptimizerId, SiteId};
use crate::flow::{GraphUse, Observed};
use crate::limits;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A second `backward` through the same graph.
    /// The loss, or a value that the loss depends on, was not recomputed.
    /// Examples are an output that is computed before the loop, and a hidden state that the next iteration uses without `detach`.
    ///
    /// Two equal fused steps in a row are at least a warning.
    ///
    /// ## Why it matters
    ///
    /// `backward` frees the graph, so the second `backward` panics.
    /// In a library that does not free the graph, the same gradients are added twice.
    ///
    /// ## Example
    ///
    /// ```text
    /// let output = model.forward(&batch.input);               // graphs:
    /// for _ in 0..10 {
    ///     let loss = cross_entropy(&output, &batch.target);   // {fresh}     later iterations {consumed}
    ///     optimizer.zero_grad();
    ///     loss.backward();                                    // {consumed}  <- from the second iteration on
    ///     optimizer.step();
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Recompute the output and the loss in every iteration, or add several losses and run `backward` once.
    /// To run `backward` several times on purpose, call `backward_retain_graph()` for every run but the last.
    /// Call `detach()` on a state that the next iteration uses.
    ///
    /// ## Limits
    ///
    /// An output is checked only if an optimizer of this function updates the model, because the output of a frozen model has no graph.
    /// The graphs of candle stay.
    /// There, a second `backward` is reported only if a step runs between the two, and it is an error only if the same optimizer steps twice for one loss, or if every iteration uses an output from before the loop.
    /// In `tch`, the output of a model whose `VarStore` the function constructs is a warning, if no function of the file freezes parameters.
    /// Silent for the `backward` of a layer, and for a loss that a `forward` without arguments recomputes.
    /// Silent if a variable is assigned in several places, so that its origin is ambiguous.
    /// If the data flow cannot follow the graph, a `backward` that the next statement repeats is a warning, if an update of parameters comes after it, or if the function trains and is no test.
    /// The `backward` of a layer is included, although a library may overwrite the gradients; the repeated call is then only superfluous.
    backward_repeated, Error, "a second `backward` through the same graph"
}

fn check(cx: &mut Context<'_>) {
    let ignored = ignored(cx);
    for visit in cx.solution.visits.iter().filter(|_| !cx.cfg.function.reads_gradients) {
        let Observed::Backward(graph, used) = visit.what else { continue };
        let (Some(certain), Some(by), false) = (used.certainty(), used.by, visit.maybe_not_first) else { continue };
        let site = visit.site;
        // `backward_ignored` reports a fused call that discards an earlier `backward`.
        if ignored.iter().any(|lost| lost.fused == site) {
            continue;
        }
        let second = Second { graph, by, site };
        // The graphs of candle stay, and `backward` computes new gradients from them.
        let stays = cx.cfg.function.always_records && cx.cfg.renews(site);
        if stays && !second.is_late(cx) {
            continue;
        }
        let when = if by == site || cx.crosses_iteration(by, site) { "in the previous iteration, " } else { "" };
        let freed = if stays { "" } else { " and freed it" };
        let note = format!("{when}{} ran through it{freed}; nothing recomputed it", cx.call_at(by));
        let (what, harm) = if stays {
            ("through the same graph a second time", "the gradients are those of the parameters before the first step")
        } else {
            ("through a graph that `backward` already freed", "the second `backward` panics")
        };
        let help = second.help(cx, stays);
        let doubtful = stays && !second.is_sure(cx) || is_of_store(cx, site, graph);
        let message = format!("{} runs {what}", cx.call(site));
        let paths = cx.when_not_always(visit, GraphUse::BAD);
        let report = cx
            .report(site, Cause::Graph(site, graph), visit.rank, certain, message)
            .when(paths)
            .note_at(by, note)
            .note(harm)
            .help(help);
        if doubtful {
            report.only_warns();
        }
    }
}

/// A second `backward` through a graph.
struct Second {
    graph: GraphId,
    /// The first `backward`.
    by: SiteId,
    /// The second `backward`.
    site: SiteId,
}

impl Second {
    /// Whether a `backward` runs from the tensor of the graph itself.
    fn is_from(&self, cx: &Context<'_>, backward: SiteId) -> bool {
        cx.cfg.events().any(|(_, event)| {
            event.site == backward
                && matches!(&event.action, Action::Backward { graphs, .. } if graphs.contains(&self.graph))
        })
    }

    /// Whether both run from the same tensor, and the same optimizers step with the gradients.
    fn is_same_step(&self, cx: &Context<'_>) -> bool {
        let same = takers(cx, self.by) == takers(cx, self.site);
        same && self.is_from(cx, self.by) && self.is_from(cx, self.site)
    }

    /// Whether the second gradients are of no use although the graph stays: the optimizers have them already, or
    /// every iteration uses an output that was computed before the loop.
    fn is_sure(&self, cx: &Context<'_>) -> bool {
        self.is_same_step(cx) || self.by == self.site && !cx.cfg.graphs[self.graph].assigned
    }

    /// Whether an optimizer of the graph's models steps between the two, so that the second gradients are those of
    /// older parameters.
    fn is_late(&self, cx: &Context<'_>) -> bool {
        let (from, to) = (cx.order(self.by), cx.order(self.site));
        let crosses = self.by == self.site || cx.crosses_iteration(self.by, self.site);
        let between = |step: &SiteId| crosses || from <= cx.order(*step) && cx.order(*step) < to;
        let models = self.shared_models(cx);
        let direct = if self.is_from(cx, self.by) { takers(cx, self.by) } else { BTreeSet::new() };
        let updates = |id: &OptimizerId| {
            let owned = cx.cfg.optimizers[*id].owned.as_ref();
            direct.contains(id) || owned.is_none_or(|owned| owned.overlaps(&models, &cx.cfg.paths) != Some(false))
        };
        (0..cx.cfg.optimizers.len()).filter(updates).any(|id| cx.acting(id, Effect::Take).iter().any(between))
    }

    /// The models of the graphs that both run through.
    fn shared_models(&self, cx: &Context<'_>) -> Deps {
        let (first, second) = (graphs_behind(cx, self.by), graphs_behind(cx, self.site));
        let shared = first.intersection(&second).map(|graph| &cx.cfg.graphs[*graph].models);
        shared.fold(Deps::none(), |all, models| all.union(models))
    }

    fn help(&self, cx: &Context<'_>, stays: bool) -> String {
        let Self { graph, by, site } = *self;
        let name = &cx.cfg.graphs[graph].name;
        if !self.is_from(cx, site) && by != site && !cx.of_spec() && cx.site(by).loops == cx.site(site).loops {
            format!("add the losses and run `backward` once, or keep the graph on line {}", cx.line(by))
        } else if cx.of_spec() {
            "name `backward` once, after `forward` and `loss`".to_owned()
        } else if by == site || !self.is_from(cx, by) {
            let parents = cx.cfg.graphs[graph].parents.iter().map(|&parent| &cx.cfg.graphs[parent].name);
            let names: Vec<String> = parents.chain([name]).map(|name| format!("`{name}`")).collect();
            let (anew, line) = (names.join(" and "), cx.line(site));
            if by == site {
                format!("recompute {anew} inside the loop, before line {line}; `detach()` a state that is carried over")
            } else {
                format!("recompute {anew} before line {line}")
            }
        } else if stays && !self.is_same_step(cx) {
            format!("compute the gradients once, `let gradients = {name}.backward()?;`, and pass them to both steps")
        } else if stays {
            format!("remove line {}", cx.line(site))
        } else {
            format!("remove line {}, or call `backward_retain_graph()` on line {}", cx.line(site), cx.line(by))
        }
    }
}

/// The graphs that a `backward` runs through.
fn graphs_behind(cx: &Context<'_>, backward: SiteId) -> BTreeSet<GraphId> {
    let at = cx.cfg.events().filter(|(_, event)| event.site == backward);
    let heads = at.filter_map(|(_, event)| match &event.action {
        Action::Backward { graphs, .. } => Some(graphs),
        _ => None,
    });
    let mut open: Vec<GraphId> = heads.flatten().copied().collect();
    let mut all = BTreeSet::new();
    while let Some(graph) = open.pop() {
        if all.insert(graph) {
            open.extend(&cx.cfg.graphs[graph].parents);
        }
    }
    all
}

/// The optimizers that step with the gradients of a `backward` that returns them.
fn takers(cx: &Context<'_>, site: SiteId) -> BTreeSet<OptimizerId> {
    let mut stores = cx.cfg.stores.iter().enumerate().filter(|(_, store)| store.site == site);
    stores.next().map(|(id, _)| cx.cfg.takers(id)).unwrap_or_default()
}

/// Whether the tensors from which every iteration starts have a graph only because their model
/// belongs to a store of the function. Such a model may still detach its output itself.
fn is_of_store(cx: &Context<'_>, site: SiteId, graph: GraphId) -> bool {
    let (cfg, around) = (cx.cfg, cx.site(site).loops.last().copied());
    let holds = |owned: &Deps, models: &Deps| owned.overlaps(models, &cfg.paths) == Some(true);
    let by_store = |graph: &GraphId| {
        let models = &cfg.graphs[*graph].models;
        let owned = cfg.optimizers.iter().filter_map(|optimizer| optimizer.owned.as_ref());
        holds(&cfg.function.stores, models) && !owned.into_iter().any(|owned| holds(owned, models))
    };
    let mut open = vec![graph];
    let mut carried = Vec::new();
    let mut seen = BTreeSet::new();
    while let Some(graph) = open.pop() {
        if seen.insert(graph) && seen.len() <= limits::ANCESTORS {
            open.extend(&cfg.graphs[graph].parents);
            carried.extend((cfg.graphs[graph].defined != Some(around)).then_some(graph));
        }
    }
    !carried.is_empty() && carried.iter().all(by_store)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, in_loop};

    #[test]
    fn twice_on_one_loss() {
        let body = "optimizer.zero_grad(); let loss = mse_loss(&model.forward(x), y);\n loss.backward();\n loss.backward();\n optimizer.step();";
        assert_eq!(in_loop(body), [("backward_repeated", 7)]);
        assert!(in_loop(&body.replacen("backward", "backward_retain_graph", 1)).is_empty());
    }

    #[test]
    fn output_from_before_the_loop() {
        let source = "fn fit(model: &mut M, x: &Tensor, y: &Tensor) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            let output = model.forward(x);
            for _ in 0..10 {
                let loss = mse_loss(&output, y);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }";
        assert_eq!(found(source, true), [("backward_repeated", 7)]);
        let frozen = source.replace("model.parameters()", "head.parameters()").replace("mse_loss(&output", "mse_loss(&head.forward(&output)");
        assert!(found(&frozen, true).is_empty());
    }

    #[test]
    fn carried_over_state_wants_a_detach() {
        let source = "fn fit(rnn: &mut Rnn, train: &L) {
            let mut optimizer = Sgd::new(rnn.parameters(), 0.1);
            let mut hidden = rnn.start();
            for batch in train {
                let (output, next) = rnn.forward(&batch.input, &hidden);
                let loss = mse_loss(&output, &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                hidden = next;
            }
        }";
        assert_eq!(found(source, true), [("backward_repeated", 8)]);
        assert!(found(&source.replace("= next;", "= next.detach();"), true).is_empty());
    }

    #[test]
    fn two_losses_of_two_outputs_are_right() {
        let body = "optimizer.zero_grad(); let real = mse_loss(&model.forward(x), y); let fake = mse_loss(&model.forward(z), y); real.backward(); fake.backward(); optimizer.step();";
        assert!(in_loop(body).is_empty());
    }
}

use std::collections::BTreeSet;

use super::backward_ignored::ignored;
use super::{Cause, Context};
use crate::cfg::{Action, Deps, GraphId, SiteId};
use crate::flow::{GraphUse, Observed};
use crate::limits;

lint! {
    /// ## What it finds
    ///
    /// A second `backward` through the same graph.
    /// The loss, or a value that the loss depends on, was not recomputed.
    /// Examples are an output that is computed before the loop, and a hidden state that the next iteration uses without `detach`.
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
    /// In `tch`, the output of a model whose `VarStore` the function constructs is a warning, if no function of the file freezes parameters.
    /// Silent for the `backward` of a layer, and for a loss that a `forward` without arguments recomputes.
    /// Silent if a variable is assigned in several places, so that its origin is ambiguous.
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
        let name = &cx.cfg.graphs[graph].name;
        let when = if by == site || cx.crosses_iteration(by, site) { "in the previous iteration, " } else { "" };
        let note = format!("{when}{} ran through it and freed it; nothing recomputed it", cx.call_at(by));
        let directly = cx.cfg.events().any(|(_, event)| {
            event.site == by && matches!(&event.action, Action::Backward { graphs, .. } if graphs.contains(&graph))
        });
        let heads = cx.cfg.events().all(|(_, event)| {
            event.site != site || !matches!(&event.action, Action::Backward { graphs, .. } if graphs.contains(&graph))
        });
        let help = if heads && by != site && !cx.of_spec() && cx.site(by).loops == cx.site(site).loops {
            format!("add the losses and run `backward` once, or keep the graph on line {}", cx.line(by))
        } else if cx.of_spec() {
            "name `backward` once, after `forward` and `loss`".to_owned()
        } else if by == site || !directly {
            let parents = cx.cfg.graphs[graph].parents.iter().map(|&parent| &cx.cfg.graphs[parent].name);
            let names: Vec<String> = parents.chain([name]).map(|name| format!("`{name}`")).collect();
            let (anew, line) = (names.join(" and "), cx.line(site));
            if by == site {
                format!("recompute {anew} inside the loop, before line {line}; `detach()` a state that is carried over")
            } else {
                format!("recompute {anew} before line {line}")
            }
        } else {
            format!("remove line {}, or call `backward_retain_graph()` on line {}", cx.line(site), cx.line(by))
        };
        let message = format!("{} runs through a graph that `backward` already freed", cx.call(site));
        let paths = cx.when_not_always(visit, GraphUse::BAD);
        let of_store = is_of_store(cx, site, graph);
        let report = cx.report(site, Cause::Graph(site, graph), visit.rank, certain, message)
            .when(paths)
            .note_at(by, note)
            .note("the second `backward` panics")
            .help(help);
        if of_store {
            report.only_warns();
        }
    }
}

/// Whether only a store of the function shows that the tensors have a graph from which the loop starts in every
/// iteration. Their model may still detach its output itself.
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

use std::collections::BTreeSet;

use super::Context;
use crate::cfg::{Action, Computation, Deps, GraphId, OptimizerId, Recorded, SiteId};
use crate::limits;
use crate::stage::{Effect, Stage};

lint! {
    /// ## What it finds
    ///
    /// A `backward` through a model whose parameters a `step` changed after the forward pass.
    ///
    /// ## Why it matters
    ///
    /// The graph of the forward pass refers to the parameters, and the step writes them in place.
    /// libtorch notices it and panics: "one of the variables needed for gradient computation has been modified by an inplace operation".
    ///
    /// ## Example
    ///
    /// ```text
    /// let loss_d = critic_loss(&critic, &fake.detach(), &real);
    /// let loss_g = -critic.forward(&fake).mean(Kind::Float);
    /// opt_d.backward_step(&loss_d);                           // writes the parameters of `critic`
    /// opt_g.backward_step(&loss_g);                           // <- panics
    /// ```
    ///
    /// ## Instead
    ///
    /// Run the forward pass after the step, or run every `backward` before the first step.
    ///
    /// ## Limits
    ///
    /// Only for `tch`.
    /// Forward pass, step and `backward` must be in one iteration of one loop, and every forward pass of the model that the loss depends on must come before the step.
    /// Silent if one of these forward passes is detached, because the loss may depend on that one alone.
    /// A model of a single layer may have a graph that does not refer to the parameters, so the finding is a warning.
    graph_outdated, Warning, "a `backward` through parameters that a `step` changed since the forward"
}

fn check(cx: &mut Context<'_>) {
    if !cx.cfg.function.writes_in_place || cx.of_spec() {
        return;
    }
    let backwards: Vec<SiteId> = cx.backwards().map(|(site, _)| site).collect();
    for backward in backwards {
        let Some((step, forward)) = outdated(cx, backward) else { continue };
        let message = format!("{} runs through parameters that a step changed after the forward pass", cx.call(backward));
        let (stepped, ran) = (cx.call_at(step), cx.call_at(forward));
        let help = format!("run the forward pass of line {} after line {}", cx.line(forward), cx.line(step));
        cx.report_alone(backward, message)
            .note_at(forward, format!("{ran} uses the parameters"))
            .note_at(step, format!("{stepped} writes them in place"))
            .note("libtorch panics, because the graph needs the earlier values")
            .help(help);
    }
}

/// The step between a forward pass and the `backward` through it, and the forward pass.
fn outdated(cx: &Context<'_>, backward: SiteId) -> Option<(SiteId, SiteId)> {
    let cfg = cx.cfg;
    let through = models_behind(cx, backward);
    let run = cfg.facts.at::<Computation>(backward)?;
    if run.past.computed.is_unknown() {
        return None;
    }
    let past: Vec<(SiteId, &Computation)> = run.past.computed.known().iter().filter_map(|site| Some((*site, cfg.facts.at::<Computation>(*site)?))).collect();
    (0..cfg.optimizers.len()).find_map(|id| {
        let of_optimizer = |(_, run): &&(SiteId, &Computation)| run.stage == Stage::Forward && updates(cx, id, run);
        let forwards: Vec<&(SiteId, &Computation)> = past.iter().filter(of_optimizer).collect();
        let behind = |run: &Computation| run.own.union(&run.model.map_or_else(Deps::none, Deps::one)).overlaps(&through, &cfg.paths) == Some(true);
        let whole = |(site, run): &&&(SiteId, &Computation)| {
            run.recorded == Recorded::Yes && !cfg.function.detached.may_hold(*site) && behind(run)
        };
        if forwards.is_empty() || !forwards.iter().all(|forward| whole(&forward)) {
            return None;
        }
        let between = |step: &SiteId| {
            let before = |site: SiteId| cx.site(site).loops == cx.site(*step).loops && cx.order(site) < cx.order(*step);
            let after = cx.site(backward).loops == cx.site(*step).loops && cx.order(*step) < cx.order(backward);
            after && cfg.runs_with(cx.site(*step), cx.site(backward)) && forwards.iter().all(|(site, _)| before(*site))
        };
        let step = cx.acting(id, Effect::Take).into_iter().find(between)?;
        Some((step, forwards[0].0))
    })
}

/// Whether an optimizer updates the model of a forward pass: the function builds it so, or the model holds it.
fn updates(cx: &Context<'_>, id: OptimizerId, run: &Computation) -> bool {
    let (optimizer, paths) = (&cx.cfg.optimizers[id], &cx.cfg.paths);
    let model = run.model.map_or_else(|| run.own.clone(), |model| run.own.union(&Deps::one(model)));
    let owned = optimizer.owned.as_ref().is_some_and(|owned| owned.overlaps(&model, paths) == Some(true));
    owned || run.model.is_some_and(|model| model != optimizer.path && paths.holds(model, optimizer.path))
}

/// The models through which a `backward` runs.
fn models_behind(cx: &Context<'_>, backward: SiteId) -> Deps {
    let mut open: Vec<GraphId> = Vec::new();
    for (_, event) in cx.cfg.events().filter(|(_, event)| event.site == backward) {
        if let Action::Backward { graphs, .. } = &event.action {
            open.extend(graphs);
        }
    }
    let (mut seen, mut models) = (BTreeSet::new(), Deps::none());
    while let Some(graph) = open.pop() {
        if seen.insert(graph) && seen.len() <= limits::ANCESTORS {
            models = models.union(&cx.cfg.graphs[graph].models);
            open.extend(&cx.cfg.graphs[graph].parents);
        }
    }
    models
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(body: &str) -> Vec<(&'static str, usize)> {
        let source = format!(
            "fn fit(vs_g: &tch::nn::VarStore, vs_d: &tch::nn::VarStore, data: &Data) {{
                let (g, d) = (Net::new(vs_g), Net::new(vs_d));
                let mut opt_g = nn::Adam::default().build(vs_g, 1e-3).unwrap();
                let mut opt_d = nn::Adam::default().build(vs_d, 1e-3).unwrap();
                for batch in data {{
                    let fake = g.forward(&batch.noise);
                    let loss_d = d.forward(&batch.real).mean(Kind::Float) - d.forward(&fake.detach()).mean(Kind::Float);
                    {body}
                }}
            }}"
        );
        found(&source, false)
    }

    #[test]
    fn the_forward_before_the_step_of_its_model() {
        let loss = "let loss_g = -d.forward(&fake).mean(Kind::Float);\n";
        let step = "opt_d.backward_step(&loss_d);\n";
        assert_eq!(with(&format!("{loss}{step} opt_g.backward_step(&loss_g);")), [("graph_outdated", 10)]);
        assert!(with(&format!("{step}{loss} opt_g.backward_step(&loss_g);")).is_empty());
        let detached = loss.replace("(&fake)", "(&fake).detach()");
        assert!(with(&format!("{detached}{step} opt_g.backward_step(&loss_g);")).iter().all(|(lint, _)| *lint != "graph_outdated"));
    }
}

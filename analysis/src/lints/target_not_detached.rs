use super::Context;
use crate::vocabulary::{names_next_state, names_next_value, names_target, names_target_network};
use crate::cfg::{Argument, Computation, Difference, LossCall, Origin, Root, SiteId, Source, Weighting};

lint! {
    /// ## What it finds
    ///
    /// A target computed by a forward pass of the trained model itself, without `detach()` or `no_grad`.
    /// Also an advantage that depends on a trained value estimate and weights the log-probabilities of an actor, without `detach()`.
    ///
    /// ## Why it matters
    ///
    /// The gradient also moves the target towards the output.
    /// The loss falls because the target and the output approach each other, not because the output improves.
    /// In reinforcement learning this can make training diverge.
    /// Through an advantage with a graph, the loss of the actor changes the value estimate so that good actions look worse.
    ///
    /// ## Example
    ///
    /// ```text
    /// let q = model.forward(&state);
    /// let target = &reward + gamma * model.forward(&next);   // has a graph
    /// let loss = mse_loss(&q, &target);                      // trains the target as well
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `detach()` on the target, or compute the target inside `no_grad`.
    /// The best target comes from a copy of the model that is updated less often.
    ///
    /// ## Limits
    ///
    /// Only a variable or field that is named as a target, as returns or as an advantage is checked, a sum of a reward and discounted values, and an output for the next state (`next_states`) that is multiplied by a factor.
    /// Losses between two outputs (contrastive, siamese, consistency) are not reported.
    /// A target from a model that no optimizer of the function updates is correct.
    /// A difference that is detached before the `backward`, such as an advantage, is also correct.
    target_not_detached, Warning, "a target computed from the trained model without detach"
}

fn check(cx: &mut Context<'_>) {
    targets(cx);
    advantages(cx);
}

/// Whether a loss of the function, on which `backward` is called, contains a comparison or a product.
fn is_trained_on(cx: &Context<'_>, site: SiteId) -> bool {
    cx.cfg.facts.all::<Root>().any(|(_, root)| root.origin.compared.contains(&site))
}

/// Reports advantages through which the loss of the actor trains the value estimate.
fn advantages(cx: &mut Context<'_>) {
    for (site, weighting) in cx.cfg.facts.all::<Weighting>() {
        let weight = &weighting.weight;
        let Some(&forward) = weight.origin.forwards.first() else { continue };
        if !is_trained_on(cx, site) || !has_graph(&weight.origin) || !cx.is_trained(&weight.origin.models) {
            continue;
        }
        let text = &weight.text;
        let detached = if weight.is_operand { text.to_string() } else { format!("({text})") };
        let message = format!("the advantage `{text}` has a graph, so the loss of the actor also trains the value estimate");
        let note = format!("{} computed the value estimate", cx.call_at(forward));
        cx.report_alone(site, message)
            .note_at(forward, note)
            .note("the update moves the value estimate so that the weighted actions look worse")
            .help(format!("use `{detached}.detach()` as the weight"));
    }
}

/// Reports targets that have a graph through the trained model.
fn targets(cx: &mut Context<'_>) {
    let losses = cx.cfg.facts.all::<LossCall>().map(|(_, call)| call).filter(|call| call.loss.symmetric);
    let losses = losses.map(|call| (call.site, &call.output, &call.target));
    let by_hand = cx.cfg.facts.all::<Difference>().map(|(_, call)| (call.site, &call.output, &call.target));
    for (site, first, second) in losses.chain(by_hand) {
        // The difference may be an advantage, which is detached later.
        if !is_trained_on(cx, site) {
            continue;
        }
        for (output, target) in [(first, second), (second, first)] {
            if let Some(forward) = fault(cx, output, target) {
                let message = format!("the target `{}` has a graph through the model that is trained on it", target.text);
                let text = &target.text;
                let detached = if target.is_operand { text.to_string() } else { format!("({text})") };
                let note = format!("{} computed it from the model that is trained", cx.call_at(forward));
                cx.report_alone(site, message)
                    .note_at(forward, note)
                    .note("the update moves the target towards the output as well")
                    .help(format!("pass `{detached}.detach()`, or compute it inside `no_grad`"));
                break;
            }
        }
    }
}

/// The forward pass of the target, if the target is trained together with the output.
fn fault(cx: &Context<'_>, output: &Argument, target: &Argument) -> Option<SiteId> {
    let named = |argument: &Argument| {
        match &argument.name {
            _ if argument.bootstraps => true,
            Some(name) => names_target(name),
            None => argument.root.as_deref().is_some_and(names_target) || argument.names.iter().any(|name| names_next_value(name)),
        }
    };
    let is_target = named(target) || is_bellman_target(cx, &target.origin) && !is_bellman_target(cx, &output.origin);
    if !is_target || named(output) || !has_graph(&output.origin) || !has_graph(&target.origin) {
        return None;
    }
    let same = output.origin.models.overlaps(&target.origin.models, &cx.cfg.paths) == Some(true);
    let forward = target.origin.forwards.iter().find(|forward| !output.origin.forwards.contains(forward))?;
    // A target network may have started as a copy of the trained model.
    if cx.site(*forward).callee.iter().any(|name| names_target_network(name)) {
        return None;
    }
    (same && cx.is_trained(&target.origin.models)).then_some(*forward)
}

/// Whether a value is the model's output for the next state, times a factor: `rewards + gamma * model(&next_states)`.
///
/// Without a factor, an output for the next state may be trained too, as in a model of the world.
fn is_bellman_target(cx: &Context<'_>, origin: &Origin) -> bool {
    let of_next = |forward: &SiteId| {
        let run = cx.cfg.facts.at::<Computation>(*forward);
        run.is_some_and(|run| run.given.paths().iter().any(|path| names_next_state(cx.cfg.paths.name(*path))))
    };
    origin.scaled && origin.forwards.iter().any(of_next)
}

fn has_graph(origin: &Origin) -> bool {
    origin.source == Source::Computed && origin.cut.is_none() && !origin.unrecorded
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn with(target: &str, loss: &str) -> Vec<(&'static str, usize)> {
        in_loop(&format!(
            "let q = model.forward(x);\nlet target = {target};\nlet loss = {loss};\n optimizer.zero_grad(); loss.backward(); optimizer.step();"
        ))
    }

    #[test]
    fn only_the_trained_model_with_its_graph() {
        let wrong = "y + 0.9 * model.forward(z)";
        assert_eq!(with(wrong, "mse_loss(&q, &target)"), [("target_not_detached", 7)]);
        assert_eq!(with(wrong, "(&target - &q).square().mean()"), [("target_not_detached", 7)]);
        assert!(with(wrong, "mse_loss(&q, &target.detach())").is_empty());
        for right in [
            "(y + 0.9 * model.forward(z)).detach()",
            "y + 0.9 * model.forward(z).detach()",
            "no_grad(|| y + 0.9 * model.forward(z))",
            "y + 0.9 * frozen.forward(z)",
            "{ let target_net = model.clone(); y + 0.9 * target_net.forward(z) }",
            "y + 0.9 * q.detach()",
        ] {
            assert!(with(right, "mse_loss(&q, &target)").is_empty(), "{right}");
        }
        assert!(with("y", "mse_loss(&q, &model.forward(z))").is_empty(), "two outputs");
    }
}

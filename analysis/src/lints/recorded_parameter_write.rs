use super::Context;
use crate::cfg::{Action, Mark, SiteId};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A write to a parameter in place, outside of `no_grad`, in a function that trains.
    ///
    /// ## Why it matters
    ///
    /// A parameter is a leaf of the graph, and libtorch panics if a recorded operation writes a leaf in place.
    /// Such writes copy weights to a target network, reset a layer, or update parameters by hand.
    ///
    /// ## Example
    ///
    /// ```text
    /// optimizer.backward_step(&loss);
    /// if step % 100 == 0 {
    ///     target.fc.ws.copy_(&online.fc.ws);                  // <- panics
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Write parameters inside `tch::no_grad(|| ..)`, or copy whole stores with `VarStore::copy`.
    ///
    /// ## Limits
    ///
    /// Only for `tch`: the fields `ws` and `bs` of its layers, and the items of a `for` loop over `trainable_variables()`.
    /// Silent if some function of the file freezes parameters, and if the function runs no `backward`, because its caller may have switched recording off.
    recorded_parameter_write, Warning, "a parameter written in place while a graph is recorded"
}

fn check(cx: &mut Context<'_>) {
    let switched = cx.cfg.events().any(|(_, event)| matches!(event.action, Action::Recording(_)));
    if switched || cx.cfg.sites_with(Effect::Fill).next().is_none() {
        return;
    }
    let written: Vec<SiteId> = cx.cfg.facts.marked(Mark::WritesParameter).collect();
    for site in written {
        let message = format!("{} writes a parameter in place while a graph is recorded", cx.call(site));
        cx.report_alone(site, message)
            .note("a parameter is a leaf of the graph, and libtorch panics on a recorded write to a leaf")
            .help("write it inside `tch::no_grad(|| ..)`");
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(body: &str, more: &str) -> Vec<(&'static str, usize)> {
        let source = format!(
            "fn fit(net: &Net, target: &mut Net, opt: &mut tch::nn::Optimizer, data: &Data) {{
                for batch in data {{
                    let loss = net.forward(&batch.x).mse_loss(&batch.y, tch::Reduction::Mean);
                    opt.backward_step(&loss);
                    {body}
                }}
                {more}
            }}"
        );
        found(&source, false)
    }

    #[test]
    fn parameters_and_only_while_recording() {
        for wrong in [
            "target.fc.ws.copy_(&net.fc.ws);",
            "target.fc.bs.as_mut().unwrap().copy_(&other);",
            "target.fc.ws += &net.fc.ws;",
            "if let Some(weight) = &mut target.norm.ws { weight.init(one); }",
            "for mut weight in vs.trainable_variables() { let _ = weight.fill_(0.0); }",
            "for (mut old, new) in vs.trainable_variables().iter_mut().zip(kept) { old.copy_(&new); }",
        ] {
            assert_eq!(with(wrong, ""), [("recorded_parameter_write", 5)], "{wrong}");
        }
        for right in [
            "tch::no_grad(|| target.fc.ws.copy_(&net.fc.ws));",
            "target.mean.copy_(&net.mean);",
            "for (old, new) in kept.iter_mut().zip(vs.trainable_variables()) { old.copy_(&new); }",
        ] {
            assert!(with(right, "").is_empty(), "{right}");
        }
        assert!(with("target.fc.ws.copy_(&net.fc.ws);", "vs.freeze();").is_empty());
    }
}

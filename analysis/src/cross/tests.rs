//! Tests of the rules between clauses.

use proc_macro2::TokenStream;

use crate::bag::Bag;
use crate::diagnostic::Diagnostic;
use crate::item::SpecFn;
use crate::spec::Spec;

/// All messages for a spec, each with its help.
fn said(args: &str, signature: &str) -> Vec<(String, String)> {
    let bag = Bag::new();
    let args: TokenStream = args.parse().expect("tokens");
    let item: SpecFn = syn::parse_str(signature).expect("a signature");
    let mut spec = Spec::parse(&bag, args.clone());
    spec.take_parameters(&item, &args);
    super::check(&bag, &spec, &item);
    let text = |found: Diagnostic| (found.message, found.help.unwrap_or_default());
    bag.check().into_iter().map(text).collect()
}

const FIT: &str = "fn fit(model: &mut M, train: &L, valid: &L) -> Result<History>";

fn with(clause: &str) -> Vec<(String, String)> {
    said(&format!("optimizer = o, epochs = 1, {clause}"), FIT)
}

#[test]
fn a_loss_before_the_output_is_told() {
    for (body, help) in [
        ("(loss, output)", "write `(output, loss)`"),
        ("{ let y = f(model); let l = 0; (cross_entropy(&y, t), y) }", "write `(y, cross_entropy(&y, t))`"),
        ("{ { (total_loss, logits.clone()) } }", "write `(logits.clone(), total_loss)`"),
        ("{ let o = f(model); let l = mse_loss(&o, t); let l = l * 2.0; (l, o) }", "write `(o, l)`"),
        ("(self.loss(&y), y)", "write `(y, self.loss(&y))`"),
    ] {
        let found = with(&format!("training_step = |model, batch| {body}"));
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(found[0].0.contains("returns the loss before the output") && found[0].1 == help, "{found:?}");
    }
    for body in [
        "(output, loss)",
        "loss",
        "(y, l)",
        "step(model, batch)",
        "(loss_input, loss)",
        "(loss, [(\"kl\", kl)])",
        "{ let (_, loss, parts) = step(model, batch); (loss, parts) }",
        "{ let l = f(y); (l, y) }",
    ] {
        assert_eq!(with(&format!("training_step = |model, batch| {body}")), [], "{body}");
    }
}

#[test]
fn metrics_in_an_order_need_the_clause() {
    let order = "loss = f, train_order = [forward, loss, zero_grad, backward, step, metrics]";
    let found = with(order);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].0 == "there are no `train_metrics`" && found[0].1.contains("train_metrics = [accuracy]")
    );
    assert_eq!(with(&format!("{order}, train_metrics = [accuracy]")), []);
    assert_eq!(with("loss = f, eval_order = [forward, loss, metrics]")[0].0, "there are no `metrics`");
}

#[test]
fn one_metric_in_two_spellings_is_one() {
    assert_eq!(with("loss = f, metrics = [accuracy(), accuracy]")[0].0, "`accuracy` is measured twice");
    assert_eq!(with("loss = f, metrics = [(accuracy), top_k(5), top_k(1)]"), []);
}

#[test]
fn the_training_data_under_another_spelling_is_the_same() {
    for valid in ["train", "&train", "(train.clone())"] {
        let found = said(
            &format!("optimizer = o, loss = f, epochs = 1, valid = {valid}"),
            "fn fit(model: &mut M, train: L) -> R",
        );
        assert_eq!(found[0].0, "validates on the training data", "{valid}");
    }
}

#[test]
fn what_is_missing_is_told_at_the_parameter_that_was_meant() {
    let found =
        said("optimizer = o, loss = f", "fn fit(model: &mut M, train_loader: &L, n_epochs: usize) -> R");
    let missing: Vec<&str> = found.iter().map(|(message, _)| message.as_str()).collect();
    assert!(missing.contains(&"the loop has no training data") && missing.contains(&"the run never ends"));
    let helps: Vec<&str> = found.iter().map(|(_, help)| help.as_str()).collect();
    assert!(helps.contains(&"call the parameter `epochs`, or write `epochs = n_epochs`"), "{helps:?}");
    assert_eq!(found.len(), 2, "no second word on the same parameter: {found:?}");
}

#[test]
fn a_block_reads_what_an_earlier_entry_computed() {
    let order = |list: &str| with(&format!("loss = f, train_order = [{list}]"));
    for (list, message, help) in [
        (
            "{ look(&output); }, forward, loss, zero_grad, backward, step",
            "this block runs before `forward`: there is no `output` yet",
            "put the block after `forward` in `train_order`",
        ),
        (
            "forward, { println!(\"{loss}\"); }, loss, zero_grad, backward, step",
            "this block runs before `loss`: there is no `loss` yet",
            "put the block after `loss` in `train_order`",
        ),
        (
            "forward, loss, zero_grad, backward, { println!(\"{grad_norm:.3}\"); }, clip_grad_norm(1.0), step",
            "this block runs before `clip_grad_norm`: there is no `grad_norm` yet",
            "put the block after `clip_grad_norm` in `train_order`",
        ),
        (
            "forward, loss, zero_grad, backward, { println!(\"{}\", grad_norm); }, step",
            "only `clip_grad_norm` computes a `grad_norm`",
            "add `clip_grad_norm(1.0)` before the block in `train_order`; it clips only norms above its limit",
        ),
    ] {
        assert_eq!(order(list), [(message.to_owned(), help.to_owned())], "{list}");
    }
    for list in [
        "{ let output = look(); show(output); }, forward, loss, zero_grad, backward, step",
        "{ println!(\"{loss} {}\", x, loss = last); loss(1); state.loss; S { loss: 1 }; }, \
         forward, loss, zero_grad, backward, step",
        "forward, loss, { show(&output, &loss, batch); }, zero_grad, backward, step",
        "forward, loss, zero_grad, backward, clip_grad_norm(1.0), { norms.push(grad_norm); }, step",
    ] {
        assert_eq!(order(list), [], "{list}");
    }
    let clauses = "loss = f, optimizer = o, epochs = 1, \
                   train_order = [forward, loss, zero_grad, backward, { grad_norm.push(1.0); }, step]";
    assert_eq!(
        said(clauses, "fn fit(model: &mut M, train: &L, grad_norm: &mut Vec<f32>) -> Result<History>"),
        []
    );
    for (hook, message, help) in [
        (
            "epoch_end = |_, s| println!(\"{loss}\")",
            "`epoch_end` runs after the batches: there is no `loss`",
            "write `state.loss`, with `epoch_end = |model, state| ...`",
        ),
        (
            "validation_end = |_, _| show(&output)",
            "`validation_end` runs after the batches: there is no `output`",
            "a hook after each batch has it: `on(batch_end = |model, state| ...)`",
        ),
        (
            "before_step = |_, _| norms.push(grad_norm)",
            "only `clip_grad_norm` computes a `grad_norm`",
            "add the clause `clip_grad_norm = 1.0`; it clips only norms above its limit",
        ),
    ] {
        let found = with(&format!("loss = f, valid = valid, on({hook})"));
        assert_eq!(found, [(message.to_owned(), help.to_owned())], "{hook}");
    }
    for hook in [
        "epoch_end = |_, s| println!(\"{} {loss}\", s.loss, loss = s.loss), batch_end = |_, _| show(&loss, &output, batch)",
        "epoch_end = |_, s| { let loss = s.loss; println!(\"{loss}\"); }",
    ] {
        assert_eq!(with(&format!("loss = f, on({hook})")), [], "{hook}");
    }
    assert_eq!(with("loss = f, clip_grad_norm = 1.0, on(before_step = |_, _| norms.push(grad_norm))"), []);
    let found = with("loss = f, eval_order = [forward, loss, { show(grad_norm); }]");
    assert_eq!(found[0].0, "evaluation has no gradients: there is no `grad_norm`");
    let found = with("training_step = s, eval_order = [{ show(&output); }, training_step]");
    assert_eq!(found[0].0, "this block runs before `training_step`: there is no `output` yet");
}

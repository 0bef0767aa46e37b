//! Tests of whole items in the pipeline, token for token.

use proc_macro2::TokenStream;
use syn::ItemFn;

use super::attribute;

/// The tokens of an item, and the tokens that the attribute returns for the item.
fn expanded(args: &str, item: &str) -> (String, String) {
    let item: TokenStream = item.parse().unwrap_or_else(|error| panic!("{item}: {error}"));
    let args = args.parse().unwrap_or_else(|error| panic!("{args}: {error}"));
    (item.to_string(), attribute(args, &item).to_string())
}

#[test]
fn a_right_loop_comes_out_token_for_token() {
    let (item, code) = expanded(
        "allow(missing_step), optimizer = opt",
        "/// Doc.
        pub(crate) async unsafe fn fit<'a, T: Clone>(self: &'a mut Self, (a, b): (T, &'a T)) -> Result<()>
        where T: Copy {
            #![allow(unused)]
            for batch in a { opt.zero_grad(); loss(batch).backward(); opt.step(); }
            Ok(())
        }",
    );
    assert_eq!(item, code);
}

#[test]
fn a_warning_stands_behind_the_inner_attributes() {
    let (_, code) = expanded(
        "",
        "fn fit(model: &M, train: &D, now: bool) {
            #![allow(unused)]
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                if now { optimizer.zero_grad(); }
                loss.backward();
                optimizer.step();
            }
        }",
    );
    let attribute = code.find("allow (unused)").expect("the attribute");
    assert!(attribute < code.find("# [deprecated").expect("a warning"), "{code}");
    assert!(!code.contains("compile_error"), "{code}");
    assert!(syn::parse_str::<ItemFn>(&code).is_ok(), "{code}");
}

#[test]
fn levels_turn_a_finding_off_and_on() {
    let item = "fn fit(model: &M, train: &D) -> Result<History>;";
    let spec = |level: &str| {
        format!(
            "loss = f, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1, {level}
             train_order = [forward, loss, backward, step]"
        )
    };
    assert!(expanded(&spec(""), item).1.contains("compile_error"));
    assert!(!expanded(&spec("allow(missing_zero_grad),"), item).1.contains("compile_error"));
    let warned = expanded(&spec("warn(missing_zero_grad),"), item).1;
    assert!(warned.contains("deprecated") && !warned.contains("compile_error"));
}

const STEP: &str = "fn step(model: &Mlp, opt: &mut Sgd, batch: &Batch) {
    let loss = mse_loss(&model.forward(&batch.input), &batch.target);
    loss.backward();
    opt.step();
}";
const FIT: &str = "pub fn fit(model: &Mlp, train: &DataLoader) {
    let mut opt = Sgd::new(model.parameters(), 0.1);
    for batch in train { step(model, &mut opt, &batch); }
}";

#[test]
fn functions_of_a_module_are_checked_together() {
    let (_, code) = expanded("", &format!("pub mod training {{ use super::*; {STEP} {FIT} }}"));
    assert!(code.contains("adds to gradients") && code.contains("called from `fit`"), "{code}");
    assert_eq!(code.matches("compile_error").count(), 1, "{code}");
    let right = FIT.replace("step(model", "opt.zero_grad(); step(model");
    let (item, code) = expanded("", &format!("pub mod training {{ //! Doc.\n {STEP} {right} }}"));
    assert_eq!(item, code);
}

#[test]
fn methods_of_an_impl_are_checked_together() {
    let methods = |zero: &str| {
        format!(
            "impl<M: Module> Trainer<M> {{
                fn step(&mut self, batch: &Batch) {{
                    {zero}
                    mse_loss(&self.model.forward(&batch.input), &batch.target).backward();
                    self.optimizer.step();
                }}
                pub fn fit(&mut self, train: &DataLoader) {{
                    for batch in train {{ self.step(&batch); }}
                }}
            }}"
        )
    };
    assert!(expanded("", &methods("")).1.contains("compile_error"));
    let (item, code) = expanded("", &methods("self.optimizer.zero_grad();"));
    assert_eq!(item, code);
}

#[test]
fn inner_attributes_are_honoured_and_not_run_again() {
    let inner = format!("mod training {{ #[training_loop(allow(missing_zero_grad))] {STEP} {FIT} }}");
    let (_, code) = expanded("", &inner);
    assert!(!code.contains("compile_error") && !code.contains("training_loop"), "{code}");
    let spec = "mod training { #[training_loop(loss = f, epochs = 1)] fn fit(model: &M, train: &D) -> Result<History>; }";
    let (item, code) = expanded("", spec);
    assert_eq!(item, code);
    let (_, code) = expanded("", &inner.replace("allow(missing_zero_grad)", "epochs = 3"));
    assert!(code.contains("has no effect on a function with a body"), "{code}");
}

#[test]
fn clauses_above_hold_for_all_functions() {
    let module = format!("mod training {{ {STEP} {FIT} }}");
    assert!(!expanded("allow(missing_zero_grad)", &module).1.contains("compile_error"));
    let warned = expanded("warn(missing_zero_grad)", &module).1;
    assert!(warned.contains("deprecated") && !warned.contains("compile_error"), "{warned}");
    let (_, code) = expanded("epochs = 3", &module);
    assert!(code.contains("`epochs` describes one loop"), "{code}");
}

#[test]
fn half_typed_groups_come_out_as_they_are() {
    for item in
        ["mod training { fn fit(model: ) {} }", "impl Trainer { fn fit(&self) -> { } }", "impl Trainer"]
    {
        let (item, code) = expanded("", item);
        assert_eq!(item, code);
    }
}

#[test]
fn helpers_alone_are_nobodys_fault() {
    let (item, code) = expanded(
        "",
        "mod helpers {
            pub fn apply(opt: &mut Sgd) { opt.clip_grad_norm(1.0); opt.step(); }
            pub fn reset(opt: &mut Sgd) { opt.zero_grad(); }
            pub fn run(loss: &Tensor) { loss.backward(); }
            pub fn all(losses: &[Tensor], opt: &mut Sgd) { for loss in losses { loss.backward(); } }
        }",
    );
    assert_eq!(item, code);
}

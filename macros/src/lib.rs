//! Entry points of the attribute `#[training_loop]` and of the derive `Module`; all work is done in
//! `training-loop-analysis`.
//!
//! Use them through the crate `training-loop`, which they expand to; its documentation has complete examples.

mod renamed;

use proc_macro::TokenStream;

/// Writes a training loop from a declarative spec, or checks a hand-written one.
///
/// # A function without a body
///
/// The macro writes the body: a plain loop in the order `forward`, `loss`, `zero_grad`, `backward`, `step`, with
/// what the clauses add in its place.
/// The effective clauses and the order of steps are added to the function's documentation.
///
/// ```text
/// #[training_loop(
///     loss = cross_entropy,
///     optimizer = AdamW::new(model.parameters(), 1e-3),
///     epochs = 20,
///     metrics = [accuracy],
///     clip_grad_norm = 1.0,
/// )]
/// fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
/// ```
///
/// Values are ordinary Rust expressions in the scope of the function's parameters.
/// A literal out of range is a compile error; any other value is held to the same rule at the start of the run.
/// **A clause that is absent takes the function's parameter of its name**, where the table has one: `optimizer: &mut Sgd`,
/// `epochs: usize`, `max_time: Duration`; `valid` and `scheduler` may be an `Option`. The function's documentation says which
/// were taken.
///
#[doc = include_str!("clauses.md")]
///
/// The stages of `train_order` are `forward` and `loss` (or `training_step` for both), `zero_grad`, `backward`,
/// `clip_grad_norm(x)`, `clip_grad_value(x)`, `step`, `schedule` and `metrics`; those of `eval_order` are `forward`, `loss`
/// (or `training_step`) and `metrics`. A list names each stage that runs, but for two: where it has no `schedule`, the
/// schedule of the clause `scheduler` moves after the update, and where it has no `metrics`, those of a clause are counted
/// at the end. The modes of the layers are no stages: the loop sets them.
/// An order of one's own is checked as a hand-written loop is; findings stand on the list's words.
/// Where the order has them, `output`, `loss`, `batch`, `epoch`, `grad_norm`, `optimizer` and `scheduler` can be
/// named in its blocks and in hooks.
/// With `accumulate`, `zero_grad`, clipping, `step`, `schedule` and blocks after `backward` run once for each window
/// of batches, everything else for each batch.
/// A closure of the spec is written into the loop: `return` ends the closure, `?` ends the function.
/// A hook returns `()`, `ControlFlow<()>`, `Result<()>` or `Result<ControlFlow<()>>`; a closure that uses `?` need not
/// return a `Result`. `ControlFlow::Break(())` ends the run, in a window after the update of its batches so far; `()`, as
/// of a bare `return;`, and `ControlFlow::Continue(())` go on.
///
/// Batches are weighed by what their loss was divided by, so that `accumulate = k` equals one `k` times larger batch
/// and the epoch's loss is that of all its data, also under ignored labels, class weights and for sums; a batch in
/// which everything is ignored changes nothing. The losses, `mean` and `sum` tell it, and arithmetic with numbers keeps
/// it. Where it cannot be known, `accumulate` is an error before the first update: `loss_weight` says it then.
/// A loss or a gradient that is not finite ends the run before the update, and an epoch in which no update was counted
/// is an error, so that every run ends. `epochs`, `max_steps` and `max_time` may be combined; whatever comes first ends
/// the run, after a whole update and the validation that follows it.
///
/// # A function with a body
///
/// The loop is checked and left as it is: a fault in the order of its steps is a compile error at the faulty line,
/// or a warning where only some path is bad.
/// Here stand only `allow`, `warn`, `deny`, `crate`, and `optimizer = name` and `model = name` for variables that
/// the checker should take for an optimizer or a model.
/// Above one function it sees that function alone: what a helper does with the optimizer is unknown, and nothing is
/// said of it. Above a `mod` or an `impl` all functions inside are checked together.
/// A function with hundreds of nested operators or dozens of nested brackets is left unchecked.
///
/// ```text
/// #[training_loop]
/// fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize) -> Result<()> {
///     let mut optimizer = Sgd::new(model.parameters(), 0.01).momentum(0.9);
///     for _ in 0..epochs {
///         model.train();
///         for batch in train {
///             let output = model.forward(&batch.input);
///             let loss = cross_entropy(&output, &batch.target);
///             loss.backward();
///             optimizer.step(); // error: no `optimizer.zero_grad()` in between
///         }
///     }
///     Ok(())
/// }
/// ```
///
/// # A module or an `impl`
///
/// Its functions are checked together: a loop may be split into `train_step`, `validate` and `fit`, and a call is
/// followed into the function that it calls.
/// A finding stands in the function that is at fault, and says from where it is called.
/// The clauses hold for all functions inside; a function may carry the attribute itself, with clauses of its own,
/// and one without a body has its loop written.
///
/// ```text
/// #[training_loop]
/// impl Trainer {
///     fn train_step(&mut self, batch: &Batch) {
///         let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
///         loss.backward(); // error: no `self.optimizer.zero_grad()` in between; called from `fit`
///         self.optimizer.step();
///     }
///
///     fn fit(&mut self, train: &DataLoader) {
///         for batch in train {
///             self.train_step(&batch);
///         }
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn training_loop(args: TokenStream, item: TokenStream) -> TokenStream {
    let args = renamed::clause(args, &item);
    training_loop_analysis::expand(args.into(), item.into()).into()
}

/// Implements `Module` for a struct of layers, parameters and plain values.
///
/// Every field is visited under its name, as PyTorch names it; fields of tuple structs have their positions for
/// names. Vectors, options, boxes, arrays and tuples of modules are modules too; plain values are left alone.
/// A tensor that is trained is a field of the type `Parameter`, one that is only saved and loaded a `Buffer`, such as the
/// mean and the deviation by which inputs are scaled: both are made by `new(tensor)` and compute as `.tensor()`.
/// A type parameter that stands in a field's type gets the bound that the field needs.
///
/// ```text
/// #[derive(Module)]
/// struct Mlp {
///     hidden: Linear,              // "hidden.weight", "hidden.bias"
///     blocks: Vec<Linear>,         // "blocks.0.weight", ...
///     scale: Parameter,            // "scale": trained
///     mean: Buffer,                // "mean": saved and loaded, not trained
///     width: usize,                // nothing to train
///     #[module(skip)]
///     started: std::time::Instant, // not asked
/// }
/// ```
///
/// `#[module(crate = path)]` above the struct says where the runtime lives, if it is not the crate `training-loop` of
/// `Cargo.toml`, under whatever name.
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(item: TokenStream) -> TokenStream {
    training_loop_analysis::derive_module(renamed::attribute(item).into()).into()
}

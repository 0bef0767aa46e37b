//! Entry points of the attribute `#[training_loop]` and of the derive `Module`; `training-loop-analysis` does all the
//! work.
//!
//! Use them through the crate `training-loop`, which they expand to; its documentation has complete examples.

mod renamed;

use proc_macro::TokenStream;

/// Generates a training loop from a declarative spec, or checks a hand-written one.
///
/// # A function without a body
///
/// The macro generates the body: a plain loop in the order `forward`, `loss`, `zero_grad`, `backward`, `step`, with the
/// additions of the clauses in their places.
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
/// A literal out of range is a compile error; other values are checked by the same rule at the start of the run.
/// **An absent clause takes the function's parameter of its name**, if the table allows it: `optimizer: &mut Sgd`,
/// `epochs: usize`, `max_time: Duration`; `valid` and `scheduler` may be an `Option`. The function's documentation
/// lists the parameters that were taken.
///
#[doc = include_str!("clauses.md")]
///
/// The stages of `train_order` are `forward` and `loss` (or `training_step` for both), `zero_grad`, `backward`,
/// `clip_grad_norm(x)`, `clip_grad_value(x)`, `step`, `schedule` and `metrics`; those of `eval_order` are `forward`,
/// `loss` (or `training_step`) and `metrics`. A list names every stage that runs, with two exceptions: without
/// `schedule`, the schedule of the clause `scheduler` advances after the update, and without `metrics`, the metrics of
/// the clause are updated at the end. The modes of the layers are not stages: the loop sets them.
/// A custom order is checked like a hand-written loop; findings are at the entries of the list.
/// Blocks of the order and hooks can use `output`, `loss`, `batch`, `epoch`, `grad_norm`, `optimizer` and `scheduler`
/// where the order has them.
/// With `accumulate`, `zero_grad`, clipping, `step`, `schedule` and blocks after `backward` run once per accumulation
/// window, everything else once per batch.
/// A closure of the spec is inlined into the loop: `return` ends the closure, `?` ends the function.
/// A hook returns `()`, `ControlFlow<()>`, `Result<()>` or `Result<ControlFlow<()>>`; a closure that uses `?` need not
/// return a `Result`. `ControlFlow::Break(())` ends the run, within a window after an update from its batches so far;
/// `()`, also from a bare `return;`, and `ControlFlow::Continue(())` continue it.
///
/// Batches are weighted by the denominator of their loss, so that `accumulate = k` equals one `k` times larger batch
/// and the epoch's loss is that of all its data, also with ignored labels, with class weights and for sums; a batch in
/// which everything is ignored changes nothing. Losses, `mean` and `sum` set the denominator, and arithmetic with
/// numbers keeps it. If the denominator is unknown, `accumulate` is an error before the first update, and
/// `loss_weight` can supply it.
/// A loss or a gradient that is not finite ends the run before the update, and an epoch without a counted update is an
/// error, so that every run ends. `epochs`, `max_steps` and `max_time` may be combined; the first limit that is reached
/// ends the run, after a whole update and the validation that follows it.
///
/// # A function with a body
///
/// The loop is checked and left unchanged: a fault in the order of its steps is a compile error at the faulty line, or
/// a warning if only some paths are faulty.
/// The only clauses here are `allow`, `warn`, `deny`, `crate`, and `optimizer = name` and `model = name` for variables
/// that the checker should treat as an optimizer or a model.
/// The calls are looked up in the libraries that the function names by path, else in all known ones (`training_loop` and
/// `tch`); `crate = tch` selects one. `cargo training-loop check` goes by the imports of the file.
/// On one function the attribute sees that function alone: what a helper does with the optimizer is unknown, and
/// nothing is reported about it. On a `mod` or an `impl` all functions inside are checked together.
/// A function with hundreds of nested operators or dozens of nested brackets is not checked.
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
/// Its functions are checked together: a loop may be split into `train_step`, `validate` and `fit`, and calls are
/// followed into the called function.
/// A finding is in the function that is at fault, and names the caller.
/// The clauses apply to all functions inside; a function may have its own attribute with clauses, and one without a
/// body has its loop generated.
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
/// Every field is visited under its name, as PyTorch names it; fields of tuple structs are named by position. Vectors,
/// options, boxes, arrays and tuples of modules are modules too; plain values are ignored. A trainable tensor is a
/// field of type `Parameter`; a tensor that is only saved and loaded, such as the mean and the deviation that inputs
/// are scaled by, is a `Buffer`. Both are made by `new(tensor)` and read by `.tensor()`. A type parameter in a field's
/// type gets the bound that the field needs.
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
///     started: std::time::Instant, // ignored
/// }
/// ```
///
/// `#[module(crate = path)]` on the struct sets the path of the runtime. It is only needed if `Cargo.toml` has no
/// dependency on the crate `training-loop`, under this or another name.
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(item: TokenStream) -> TokenStream {
    training_loop_analysis::derive_module(renamed::attribute(item).into()).into()
}

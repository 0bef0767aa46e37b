//! Entry points of the attribute `#[training_loop]` and the derive macro `Module`, implemented in
//! `training-loop-analysis`.
//!
//! Use the macros through the crate `training-loop`, because the expansions contain its paths. The
//! documentation of that crate has complete examples.

mod renamed;

use proc_macro::TokenStream;

/// Generates a training loop from a declarative spec, or checks a hand-written loop.
///
/// # A function without a body
///
/// The macro generates the body: a plain loop with the steps `forward`, `loss`, `zero_grad`,
/// `backward` and `step` in this order. Clauses add further steps. The effective clauses and the
/// order of steps are added to the function's documentation.
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
/// The values of clauses are ordinary Rust expressions in the scope of the function's parameters. A
/// literal out of range is a compile error. Other values are checked by the same rule at the start
/// of the run.
///
/// **A parameter of the function replaces an absent clause of the same name**, if the table below
/// allows it: `optimizer: &mut Sgd`, `epochs: usize`, `max_time: Duration`. The parameters `valid`
/// and `scheduler` may be an `Option`. The function's documentation lists the parameters that
/// replace clauses.
///
#[doc = include_str!("clauses.md")]
///
/// The stages of `train_order` are `forward` and `loss` (or `training_step` for both), `zero_grad`,
/// `backward`, `clip_grad_norm(x)`, `clip_grad_value(x)`, `step`, `schedule` and `metrics`. The
/// stages of `eval_order` are `forward`, `loss` (or `training_step`) and `metrics`. An order lists
/// every stage that runs, with two exceptions. Without `schedule`, the schedule of the clause
/// `scheduler` advances after the update. Without `metrics`, the metrics of the clause `metrics`
/// are updated at the end. The modes of the layers are not stages: the loop sets the modes. A
/// custom order is checked like a hand-written loop. Findings point to the entries of the order.
/// Hooks and the blocks in an order can use `output`, `loss`, `batch`, `epoch`, `grad_norm`,
/// `optimizer` and `scheduler` where these values exist. If the spec has the clause `accumulate`,
/// then `zero_grad`, clipping, `step`, `schedule` and the blocks after `backward` run once per
/// accumulation window. Everything else runs once per batch.
///
/// A closure of the spec is inlined into the loop: `return` ends the closure, and `?` ends the
/// function. A hook returns `()`, `ControlFlow<()>`, `Result<()>` or `Result<ControlFlow<()>>`. A
/// closure that uses `?` need not return a `Result`. `ControlFlow::Break(())` ends the run. If a
/// hook returns it within an accumulation window, the loop first makes an update from the batches
/// that the window has so far. `()` (also from a bare `return;`) and `ControlFlow::Continue(())`
/// continue the run.
///
/// Batches are weighted by the denominator of their loss. An update with `accumulate = k` therefore
/// equals an update with one `k` times larger batch, and the epoch's loss is the loss of all its
/// data. This is also true for ignored labels, class weights and sums. A batch in which all labels
/// are ignored changes nothing. Losses, `mean` and `sum` set the denominator, and arithmetic with
/// numbers keeps the denominator. If the denominator is unknown, a loop with `accumulate` returns
/// an error before the first update. The clause `loss_weight` can supply the denominator. A loss or
/// a gradient that is not finite ends the run before the update. An epoch without a counted update
/// is an error, because the run might never end. `epochs`, `max_steps` and `max_time` may be
/// combined. The first limit that is reached ends the run, after a whole update and the following
/// validation.
///
/// ## Several optimizers
///
/// The clause `phases` trains with several optimizers, each with its own loss, as for GANs. On each batch,
/// the phases run in the order of the list: `training_step`, `zero_grad`, `backward`, a clip if the phase has
/// one, `step`. A phase with `every = n` runs on the last of every `n` batches, counted over the whole run.
/// At least one phase must run on each batch. The losses are measured as `name_loss`, and their named parts
/// as `name_part`. There is no measurement `loss`, so no epoch is the best unless a `monitor` names a
/// measurement.
///
/// For the other clauses, a batch with the updates of its phases is one step: `max_steps`, `validate`,
/// `checkpoint`, `warmup`, and `ema`, which averages all parameters of the model. The hook `before_step` runs
/// in each phase, with the phase's `optimizer` and `loss`. The hook `batch_end` runs after the phases. The
/// learning rate and the gradient norm in the state and in the history belong to the last update of any
/// phase. The clauses `loss` and `forward` next to `phases` apply to the validation. `accumulate`,
/// `train_order` and `train_metrics` are errors.
///
/// ```text
/// #[training_loop(
///     phases(
///         critic(optimizer = Adam::new(model.critic.parameters(), 1e-4), training_step = critic_loss),
///         generator(optimizer = Adam::new(model.generator.parameters(), 1e-4), training_step = fool, every = 5),
///     ),
///     epochs = 20,
/// )]
/// fn fit(model: &mut Gan, train: &DataLoader<Tensor>) -> Result<History>;
/// ```
///
/// # A function that returns `Result<Row>`
///
/// A spec without an optimizer evaluates the model: one pass over the data of `valid`, in evaluation mode and
/// without gradients. The function returns a row with the measurements of a validation, such as `valid_loss`
/// and `valid_accuracy`. The allowed clauses are `model`, `valid`, `loss` and `forward` (or `training_step`),
/// `loss_weight`, `metrics`, `eval_order`, `seed`, `crate`, and lint levels. The model may be a `&M` or a
/// `&mut M`.
///
/// ```text
/// #[training_loop(loss = cross_entropy, metrics = [accuracy])]
/// fn test(model: &Mlp, valid: &DataLoader) -> Result<Row>;
/// ```
///
/// # A function with a body
///
/// The loop is checked and left unchanged. A fault in the order of its steps is a compile error at
/// the faulty line, or a warning if only some paths are faulty. The allowed clauses are `allow`,
/// `warn`, `deny`, `crate`, `optimizer = name` and `model = name`. The last two clauses name
/// variables that the checker treats as an optimizer or a model. Calls are resolved in the
/// libraries that the function names by path. Without such paths, calls are resolved in all known
/// libraries (`training_loop`, `tch`, `candle`, `burn`, `dfdx`, `mpi` and `nccl`). `crate = tch`
/// selects one library.
/// `cargo training-loop check` uses the imports of the file instead. An attribute on a function
/// checks that function alone. The effect of a helper function on the optimizer is unknown, and no
/// finding depends on it. An attribute on a `mod` or an `impl` checks all functions inside
/// together. A function with hundreds of nested operators or dozens of nested brackets is not
/// checked.
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
/// All functions inside are checked together. A loop may be split into `train_step`, `validate` and
/// `fit`, because the checker follows calls into the called functions. A finding is reported in the
/// function that is at fault, and names the caller. The clauses apply to all functions inside. A
/// function inside may have its own attribute with clauses. For a function without a body the loop
/// is generated.
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
/// Every field is visited under its name, as in PyTorch. Fields of tuple structs are named by
/// position. Vectors, options, boxes, arrays and tuples of modules are modules too. Plain values
/// are ignored. A trainable tensor has the type `Parameter`. A tensor that is only saved and
/// loaded, such as the mean or the deviation of the inputs, has the type `Buffer`. `new(tensor)`
/// creates values of both types, and `.tensor()` reads them. A type parameter in a field's type
/// gets the bound that the field needs.
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
/// `#[module(crate = path)]` on the struct sets the path of the runtime. The attribute is only
/// needed if `Cargo.toml` has no dependency on the crate `training-loop`, under this or another
/// name.
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(item: TokenStream) -> TokenStream {
    training_loop_analysis::derive_module(renamed::attribute(item).into()).into()
}

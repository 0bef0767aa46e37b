//! The table of clauses. The row of a clause is the only source for the parser, the rules
//! and the documentation.
//!
//! Messages list the clauses in the order of the rows.

use syn::parse::ParseStream;
use syn::{Expr, Ident, Path};

use super::clauses::{Row, clauses};
use super::group::lints;
use super::parameters::Unused;
use super::read::{Form, Read, Reading, expression, take};
use super::{
    Anomaly, Checkpoint, Clause, EarlyStop, Ema, Entry, Hook, Levels, Phase, RestoreBest, Time, Validate,
    Warmup,
};
use crate::bag::Bag;
use crate::diagnostic::Diagnostic;
use crate::suppress::Setting;

clauses! {
    /// The model to train.
    Model "model" => model: Expr {
        default: "required",
        example: "model = self.model",
        foreign: ["net", "network"],
        parameters: ["net", "network"],
    }
    /// The loader of the training data.
    Train "train" => train: Expr {
        default: "required",
        example: "train = loader",
        foreign: [
            "train_dataset", "train_dataloader", "train_dataloaders", "train_loader", "dataloader_train",
            "train_data", "training_data", "data", "dls", "dataset",
        ],
        foreign_note: ", a `&DataLoader`",
        parameters: [
            "train_loader", "train_data", "train_set", "train_dataset", "train_dl", "training",
            "training_data", "dataloader_train", "loader", "dataloader",
        ],
    }
    /// The loader of the validation data; may be an `Option`.
    Valid "valid" => valid: Expr {
        default: "no validation",
        example: "valid = loader",
        foreign: [
            "eval_dataset", "val_dataset", "val_dataloader", "val_dataloaders", "val_loader",
            "dataloader_valid", "valid_loader", "dev",
        ],
        foreign_note: ", a `&DataLoader`",
        parameters: [
            "val", "val_loader", "val_data", "val_set", "valid_loader", "valid_data", "valid_dl", "valid_set",
            "validation", "validation_loader", "validation_data", "validation_set", "dataloader_valid", "dev",
            "dev_loader", "dev_set", "eval_loader", "eval_data", "eval_dataset", "test", "test_loader", "test_data",
        ],
    }
    /// A function's path, called as `loss(&output, &batch.target)`, or a closure `|output, batch|`.
    Loss "loss" => loss: Expr {
        default: "required, unless there is `training_step`",
        example: "loss = cross_entropy",
        foreign: ["criterion", "loss_fn", "loss_function", "loss_func", "objective"],
        parameters: ["criterion", "loss_fn", "loss_func", "loss_function"],
    }
    /// The divisor of a batch's loss, such as its number of samples: a closure `|batch|` or a path.
    LossWeight "loss_weight" => loss_weight: Expr {
        default: "what the loss reports, else the number of samples",
        example: "loss_weight = |batch| batch.len()",
    }
    /// A closure `|model, batch|` or a function's path.
    Forward "forward" => forward: Expr {
        default: "`model.forward(&batch.input)`",
        example: "forward = |model, batch| model.forward(&batch.input)",
    }
    /// A closure `|model, batch|` or a path; returns the loss or `(output, loss)`, in place of `loss` and `forward`.
    /// Named parts of the loss may follow, to be measured: `(loss, [("kl", kl)])`.
    TrainingStep "training_step" => training_step: Expr {
        default: "none",
        example: "training_step = |model, batch| ...",
    }
    /// The optimizer, which updates the parameters.
    Optimizer "optimizer" => optimizer: Expr {
        default: "required",
        example: "optimizer = AdamW::new(model.parameters(), 1e-3)",
        foreign: ["optim", "optimiser", "opt", "opt_func", "optimizers"],
        parameters: ["optim", "optimiser", "opt", "opt_func"],
    }
    /// The learning-rate schedule, which advances per update or, with `.per_epoch()`, per epoch; may be an `Option`.
    Scheduler "scheduler" => scheduler: Expr {
        default: "a constant rate",
        example: "scheduler = CosineLr::new(1000)",
        foreign: ["lr_scheduler", "schedule", "lr_scheduler_type", "sched"],
        parameters: ["schedule", "sched", "lr_scheduler", "lr_schedule"],
    }
    /// Several optimizers, each with its own loss, as GANs need: `name(optimizer = .., training_step = .., every = 1)`,
    /// also with `scheduler`, `clip_grad_norm` or `clip_grad_value`. A phase with `every = 5` runs on each fifth batch of
    /// the run. Each loss is measured as `name_loss`.
    Phases "phases" => phases: Vec<Phase> {
        default: "one `optimizer` and one loss",
        example: "phases(critic(optimizer = a, training_step = f), generator(optimizer = b, training_step = g, every = 5))",
    }
    /// The length of the warmup, in which the learning rate rises linearly: in `steps`, `epochs` or `percent` of the run.
    Warmup "warmup" => warmup: Warmup {
        default: "none",
        example: "warmup = 500 steps",
        foreign: ["warmup_steps", "warmup_epochs", "num_warmup_steps"],
        foreign_note: ", with a unit: `steps`, `epochs` or `percent`",
    }
    /// The number of passes over the training data after which the run ends.
    Epochs "epochs" => epochs: Expr {
        default: "`epochs`, `max_steps` or `max_time` is required",
        example: "epochs = 10",
        rule: Count, "must be at least 1", "write the number of passes over the training data: `epochs = 10`",
        units: ["epoch", "epochs"],
        foreign: [
            "max_epochs", "num_epochs", "num_train_epochs", "n_epoch", "n_epochs", "nb_epochs", "nepochs",
        ],
        parameters: [
            "max_epochs", "num_epochs", "num_train_epochs", "n_epochs", "n_epoch", "nb_epochs", "nb_epoch",
            "epoch_count",
        ],
    }
    /// The number of updates after which the run ends.
    MaxSteps "max_steps" => max_steps: Expr {
        default: "no limit",
        example: "max_steps = 1000",
        rule: Count, "must be at least 1", "write after how many updates to stop, `max_steps = 1000`, or remove it",
        units: ["step", "steps"],
        foreign: [
            "max_step", "num_steps", "total_steps", "num_training_steps", "steps", "max_iters", "max_iterations",
        ],
        parameters: [
            "steps", "num_steps", "n_steps", "total_steps", "max_iterations", "max_iters", "iterations",
        ],
    }
    /// The time after which the run ends, at the end of an update: in `seconds`, `minutes` or `hours`, or a `Duration`.
    MaxTime "max_time" => max_time: Time {
        default: "no limit",
        example: "max_time = 10 minutes",
        rule: Time, "must be finite and above 0",
            "write how long the run may take, `max_time = 10 minutes`, or remove it",
        foreign: ["max_duration", "time_limit", "time_budget"],
        parameters: ["max_duration", "time_limit", "time_budget"],
    }
    /// The seed of the run's random draws; afterwards the thread's own stream continues.
    Seed "seed" => seed: Expr {
        default: "the thread's own draws",
        example: "seed = 0",
        rule: Seed, "must be at least 0", "write `seed = 0`",
        foreign: ["random_state", "random_seed", "manual_seed"],
        parameters: ["random_seed", "rng_seed", "manual_seed", "random_state"],
    }
    /// The number of batches per update.
    Accumulate "accumulate" => accumulate: Expr {
        default: "1",
        example: "accumulate = 4",
        rule: Count, "must be at least 1",
            "write how many batches make one update, `accumulate = 4`, or remove it to update on every batch",
        units: ["batch", "batches"],
        foreign: [
            "accumulate_grad_batches", "gradient_accumulation_steps", "grads_accumulation", "accum_steps",
        ],
        parameters: [
            "accumulation", "accumulation_steps", "accumulate_grad_batches", "gradient_accumulation_steps",
            "grad_accumulation", "grads_accumulation",
        ],
    }
    /// The limit of the norm of all gradients together; larger gradients are scaled down.
    ClipGradNorm "clip_grad_norm" => clip_grad_norm: Expr {
        default: "no limit",
        example: "clip_grad_norm = 1.0",
        rule: Positive, "must be finite and above 0",
            "write the largest norm to allow, `clip_grad_norm = 1.0`, or remove it",
        foreign: [
            "gradient_clip_val", "max_grad_norm", "global_clipnorm", "clipnorm", "grad_clip", "clip_norm", "clip_grad",
        ],
        parameters: [
            "clip", "clip_norm", "grad_clip", "gradient_clip", "gradient_clipping", "gradient_clip_val",
            "max_norm", "max_grad_norm", "clipnorm", "global_clipnorm",
        ],
    }
    /// The limit of the absolute value of each gradient entry.
    ClipGradValue "clip_grad_value" => clip_grad_value: Expr {
        default: "no limit",
        example: "clip_grad_value = 0.5",
        rule: Positive, "must be finite and above 0",
            "write the largest entry to allow, `clip_grad_value = 0.5`, or remove it",
        foreign: ["clipvalue", "clip_value"],
        parameters: ["clip_value", "clipvalue"],
    }
    /// An exponential moving average of the parameters over the updates. With `eval`, evaluations, the hook
    /// `validation_end`, the best values and the final model have the averaged parameters.
    Ema "ema" => ema: Ema {
        default: "off; `decay = 0.999, eval = true`",
        example: "ema(decay = 0.999)",
        foreign: ["ema_decay", "model_ema", "swa", "use_ema"],
    }
    /// What the loop does about NaN and infinity: `loss` ends the run before such a loss or gradient reaches a
    /// parameter, `full` also names the operation that computed the first one, `off` does nothing.
    Anomaly "anomaly" => anomaly: Anomaly {
        default: "`loss`",
        example: "anomaly = full",
        foreign: ["detect_anomaly", "terminate_on_nan"],
    }
    /// The path of the runtime, for crates that re-export it; above a body, the library of the loop's calls.
    Crate "crate" => path: Path {
        default: "`::training_loop`",
        example: "crate = path::to::training_loop",
    }
    /// The metrics on the validation data.
    Metrics "metrics" => metrics: Vec<Expr> {
        default: "the loss",
        example: "metrics = [accuracy]",
    }
    /// The metrics on the training data.
    TrainMetrics "train_metrics" => train_metrics: Vec<Expr> {
        default: "the loss",
        example: "train_metrics = [accuracy]",
    }
    /// The training steps in a custom order, with statements in braces between them.
    TrainOrder "train_order" => train_order: Vec<Entry> {
        default: "see above",
        example: "train_order = [forward, loss, zero_grad, backward, step]",
    }
    /// The validation steps in a custom order.
    EvalOrder "eval_order" => eval_order: Vec<Entry> {
        default: "`forward`, `loss`, `metrics`",
        example: "eval_order = [forward, loss, metrics]",
        foreign: ["valid_order", "val_order", "validation_order"],
    }
    /// How often to validate: `every = 2 epochs` or `every = 500 steps`, and with `first` also before training.
    Validate "validate" => validate: Validate {
        default: "every epoch, and after the last update",
        example: "validate(every = 1 epochs)",
    }
    /// Ends the run after `patience` checks in a row in which `monitor` was not better than before by more than
    /// `min_delta`. `mode = min` or `mode = max` is needed only for a metric of your own without a goal.
    EarlyStop "early_stop" => early_stop: EarlyStop {
        default: "off; `monitor = valid_loss, patience = 3, min_delta = 0, mode = auto`",
        example: "early_stop(monitor = valid_loss, patience = 3)",
        foreign: ["early_stopping", "early_stopping_patience", "EarlyStopping"],
    }
    /// Restores the values of the best check by `monitor` when the run ends, whatever ended it except an error.
    RestoreBest "restore_best" => restore_best: RestoreBest {
        default: "off; the `monitor` of `early_stop`, else `valid_loss`",
        example: "restore_best",
        foreign: ["restore_best_weights", "load_best_model_at_end"],
    }
    /// Saves the state of the run `every = 1 epochs`, `500 steps` or `10 minutes`, in the folder of its `run` options,
    /// and keeps the newest `keep_last` and, by `monitor`, the best `keep_best`. A stopped run can be resumed.
    Checkpoint "checkpoint" => checkpoint: Checkpoint {
        default: "none; in parentheses `every = 1 epochs, keep_last = 1, keep_best = 1, monitor = valid_loss, mode = auto`",
        example: "checkpoint(every = 1 epochs)",
    }
    /// The `RunOptions`: the folder of the run and its log files, progress, tries, callbacks, resuming, signals.
    Run "run" => run: Expr {
        default: "no folder",
        example: "run = RunOptions::new().dir(\"runs/1\")",
    }
    /// Closures `|model, state|` or paths, run at `before_step`, `batch_end`, `validation_end` and `epoch_end`.
    On "on" => on: Vec<Hook> {
        default: "none",
        example: "on(epoch_end = |model, state| ...)",
    }
    levels {
        /// Lints whose findings are dropped.
        Allow "allow" { default: "each lint's own level", example: "allow(missing_step)" }
        /// Lints whose findings are warnings.
        Warn "warn" { default: "each lint's own level", example: "warn(missing_step)" }
        /// Lints whose findings are errors.
        Deny "deny" { default: "each lint's own level", example: "deny(missing_step)" }
    }
}

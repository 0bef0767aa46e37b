//! Clause names of other frameworks, each with its help.

use super::ClauseName;

/// Clauses of later versions. Each entry has the name of the clause and the help with an
/// alternative for now. If a spec contains the name, the clauses in the last field count as
/// present.
pub(super) const LATER: [(&str, &str, &[ClauseName]); 1] =
    [("distributed", "one process trains, on as many threads as `set_num_threads` says; remove it", &[])];

/// Other frameworks' names that do not correspond to exactly one clause. Each list of names has its
/// help. A name that corresponds to exactly one clause is in the `foreign` list of this clause.
pub(super) const FOREIGN: [(&[&str], &str); 30] = [
    (
        &[
            "check_val_every_n_epoch",
            "validation_freq",
            "eval_steps",
            "eval_strategy",
            "evaluation_strategy",
            "val_check_interval",
            "validation_data",
            "val",
        ],
        "`validate(every = 2 epochs)` says how often to validate, `valid = ...` on what",
    ),
    (
        &["lr", "learning_rate", "momentum", "weight_decay", "wd", "lr_max", "max_lr", "moms", "betas"],
        "it is an argument of the optimizer: `optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9)`",
    ),
    (
        &["patience", "min_delta", "monitor"],
        "it is an option of the clause that compares checks: `early_stop(monitor = valid_loss, patience = 3)`",
    ),
    (
        &[
            "save_top_k",
            "save_total_limit",
            "save_best_only",
            "save_best",
            "checkpoints",
            "model_checkpoint",
            "with_file_checkpointer",
            "output_dir",
            "save_steps",
        ],
        "`checkpoint(every = 1 epochs, keep_last = 1, keep_best = 1)` says when to save and how much to keep, \
         `run = RunOptions::new().dir(\"runs/1\")` where",
    ),
    (&["warmup_ratio"], "as a share of the run it is `warmup = 10 percent`"),
    (
        &["verbose", "progress", "enable_progress_bar"],
        "it is an option of the run: `run = RunOptions::new().progress(ProgressStyle::Off)`; the environment variable \
         `TRAINING_LOOP_PROGRESS=off` does it without a change of the code",
    ),
    (
        &["callbacks", "cbs", "logger", "loggers"],
        "`run = RunOptions::new().dir(\"runs/1\").callback(..)` writes log files and calls your callback; \
         `on(epoch_end = |model, state| { model.save(\"last.safetensors\")?; })` runs code in the loop",
    ),
    (
        &["log_every_n_steps", "logging_steps", "log_every", "print_every"],
        "it is an option of the run: `run = RunOptions::new().dir(\"runs/1\").log_every(50)`",
    ),
    (
        &["fast_dev_run"],
        "it is an option of the run: `run = RunOptions::new().fast_dev_run(2)`, or `TRAINING_LOOP_FAST_DEV_RUN=2`",
    ),
    (&["overfit_batches"], "it is an option of the run: `run = RunOptions::new().overfit_batches(2)`"),
    (
        &["limit_val_batches", "limit_test_batches", "limit_batches", "validation_steps"],
        "it is an option of the run: `run = RunOptions::new().limit_batches(100, 10)`",
    ),
    (
        &["resume", "resume_from_checkpoint", "initial_epoch", "ckpt_path"],
        "it is an option of the run, beside the clause `checkpoint`: `run = RunOptions::new().dir(\"runs/1\").resume_auto()`",
    ),
    (
        &["fp16", "bf16", "precision", "amp", "mixed_precision"],
        "it is not supported: the runtime computes in f32",
    ),
    (
        &["devices", "device", "accelerator", "strategy", "num_gpus", "use_cuda"],
        "the runtime computes on the CPU; `set_num_threads` says on how many threads",
    ),
    (&["clip", "gradient_clipping"], "here it is `clip_grad_norm = ...` or `clip_grad_value = ...`"),
    (
        &["batch_size", "per_device_train_batch_size", "train_batch_size", "bs"],
        "it is an argument of the loader: `DataLoader::new(data, 32)`",
    ),
    (&["shuffle"], "it is a setting of the loader: `DataLoader::new(data, 32).shuffle(0)`"),
    (
        &["drop_last", "dataloader_drop_last"],
        "it is a setting of the loader: `DataLoader::new(data, 32).drop_last()`",
    ),
    (
        &["validation_split", "train_size", "test_size"],
        "split the data set before: `data.split(0.8, 0)?` gives two, and each gets a loader",
    ),
    (
        &["steps_per_epoch", "limit_train_batches"],
        "an epoch goes through the loader's data once, or `run = RunOptions::new().limit_batches(100, 10)` limits it; \
         `max_steps = ...` ends the run after a number of updates",
    ),
    (
        &["class_weight", "class_weights"],
        "it is a setting of the loss: \
         `loss = |output, batch| CrossEntropy::new().class_weights([1.0, 2.0]).loss(output, &batch.target)`",
    ),
    (
        &["label_smoothing", "label_smoothing_factor"],
        "it is a setting of the loss: \
         `loss = |output, batch| CrossEntropy::new().label_smoothing(0.1).loss(output, &batch.target)`",
    ),
    (
        &["compute_metrics", "metric", "metric_train_numeric", "metric_valid_numeric", "weighted_metrics"],
        "here it is `metrics = [accuracy]`, or `train_metrics = [accuracy]` on the training data",
    ),
    (
        &["test", "test_loader", "test_data", "test_dataloader"],
        "data for a final test stays out of the run: afterwards, a function without `optimizer` that returns \
         `Result<Row>` measures on it; `valid = ...` is for data that is looked at while the model trains",
    ),
    (
        &["num_workers", "dataloader_num_workers", "pin_memory", "prefetch_factor"],
        "the loader makes its batches in the training thread, and no setting is needed; remove it",
    ),
    (
        &["accuracy", "f1", "top_k", "recall", "confusion", "mae", "rmse", "r2"],
        "a metric is named in the list: `metrics = [accuracy]`",
    ),
    (
        &["data_collator", "collate_fn"],
        "the loader's data set makes the batches: implement `Dataset` to make your own",
    ),
    (
        &["epoch_end", "on_epoch_end", "on_train_epoch_end"],
        "a hook is written inside `on`: `on(epoch_end = |model, state| ...)`",
    ),
    (
        &["batch_end", "on_batch_end", "on_train_batch_end", "before_step", "on_before_optimizer_step"],
        "a hook is written inside `on`: `on(batch_end = |model, state| ...)`",
    ),
    (
        &["validation_end", "on_validation_end", "on_validation_epoch_end"],
        "a hook is written inside `on`: `on(validation_end = |model, state| ...)`",
    ),
];

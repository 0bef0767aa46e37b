//! Names that people bring along from other frameworks.

use training_loop::prelude::*;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    max_epochs = 1, //~ error
    num_epochs = 1, //~ error
    num_train_epochs = 1, //~ error
    n_epoch = 1, //~ error
    nb_epochs = 1, //~ error
    accumulate_grad_batches = 1, //~ error
    gradient_accumulation_steps = 1, //~ error
    grads_accumulation = 1, //~ error
    gradient_clip_val = 1, //~ error
    max_grad_norm = 1, //~ error
    global_clipnorm = 1, //~ error
    clipnorm = 1, //~ error
    clipvalue = 1, //~ error
    check_val_every_n_epoch = 1, //~ error
    validation_freq = 1, //~ error
    eval_steps = 1, //~ error
    val_check_interval = 1, //~ error
    validation_data = 1, //~ error
    val = 1, //~ error
    lr = 1, //~ error
    learning_rate = 1, //~ error
    momentum = 1, //~ error
    weight_decay = 1, //~ error
    patience = 1, //~ error
    min_delta = 1, //~ error
    monitor = 1, //~ error
    save_top_k = 1, //~ error
    save_total_limit = 1, //~ error
    save_best_only = 1, //~ error
    restore_best_weights = 1, //~ error
    load_best_model_at_end = 1, //~ error
    lr_scheduler = 1, //~ error
    schedule = 1, //~ error
    lr_scheduler_type = 1, //~ error
    warmup_steps = 1, //~ error
    warmup_ratio = 1, //~ error
    criterion = 1, //~ error
    loss_fn = 1, //~ error
    loss_function = 1, //~ error
    optim = 1, //~ error
    optimiser = 1, //~ error
    callbacks = 1, //~ error
    logger = 1, //~ error
    verbose = 1, //~ error
    progress = 1, //~ error
    resume_from_checkpoint = 1, //~ error
    fp16 = 1, //~ error
    bf16 = 1, //~ error
    precision = 1, //~ error
)]
pub fn fit(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}

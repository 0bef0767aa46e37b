#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    scheduler = CosineLr::new(1000),
    max_steps = 1000,
    warmup = 100 steps,
    clip_grad_norm = 1.0,
)]
fn fit(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    scheduler = schedule.per_epoch(),
    epochs = 20,
    accumulate = 4,
    warmup = (epochs_of_warmup) epochs,
)]
fn fit_epochs(model: &mut Mlp, train: &DataLoader, schedule: OneCycleLr, epochs_of_warmup: usize) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Adam::new(model.parameters(), 1e-3), epochs = 20, warmup = 10 percent)]
fn fit_percent(model: &mut Mlp, train: &DataLoader) -> Result<History>;

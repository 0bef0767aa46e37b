//! A schedule as long as the run has epochs, which counts updates.

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = CosineLr::new(30), epochs = 30)] //~ warning schedule_ends_early
fn as_in_pytorch(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = schedule::CosineLr::new(options.epochs).min(1e-4), //~ warning schedule_ends_early
    epochs = options.epochs,
)]
fn by_options(model: &mut Net, train: &DataLoader, options: &Options) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = CosineLr::new(epochs))] //~ warning schedule_ends_early
fn by_parameter(model: &mut Net, train: &DataLoader, epochs: usize) -> Result<History>;

/// By epochs, by updates, in the units of something else, with a length of its own, or on purpose.
#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = OneCycleLr::new(0.1, 30).pct_start(0.2), epochs = 30)] //~ warning schedule_ends_early
fn one_cycle(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = OneCycleLr::new(0.1, 30).per_epoch(), epochs = 30)]
fn one_cycle_of_epochs(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = CosineLr::new(30).per_epoch(), epochs = 30)]
fn by_epochs(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = CosineLr::new(30).min(1e-4).per_epoch(), epochs = 30)]
fn by_epochs_at_the_end(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = CosineLr::new(30 * train.batches()), epochs = 30)]
fn by_updates(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = Own::new(30), epochs = 30)]
fn of_ones_own(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = CosineLr::new(30), max_steps = 30)]
fn as_many_updates(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = CosineLr::new(30), epochs = 30, allow(schedule_ends_early))]
fn allowed(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = LinearLr::new(1.0, 0.0, 30), epochs = 30)] //~ warning schedule_ends_early
fn linear(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = PolynomialLr::new(30, 2.0), epochs = 30)] //~ warning schedule_ends_early
fn polynomial(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = CosineRestartsLr::new(30), epochs = 30)]
fn restarts(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), scheduler = PolynomialLr::new(30, 2.0).per_epoch(), epochs = 30)]
fn polynomial_per_epoch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

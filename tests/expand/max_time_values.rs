// A fraction, a number that only the run knows, a parameter that is a `Duration`, and an expression that is one.
#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 20,
    max_steps = 1000,
    max_time = 1.5 hours,
)]
fn fraction(model: &mut Mlp, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_time = limit minutes)]
fn counted(model: &mut Mlp, train: &DataLoader<Tensor>, limit: u64) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 20)]
fn taken(model: &mut Mlp, train: &DataLoader<Tensor>, max_time: Duration) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_time = options.limit())]
fn computed(model: &mut Mlp, train: &DataLoader<Tensor>, options: &Options) -> Result<History>;

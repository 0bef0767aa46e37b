/// No validation, no end, no rate, though there are parameters for them.
#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn validates_on_nothing(model: &mut Net, train: &DataLoader, val: &DataLoader) -> Result<History>; //~ warning unused_parameter

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), max_steps = 7)]
fn ends_elsewhere(model: &mut Net, train: &DataLoader, num_epochs: usize) -> Result<History>; //~ warning unused_parameter

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn learns_at_another_rate(model: &mut Net, train: &DataLoader, lr: f32) -> Result<History>; //~ warning unused_parameter

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn a_letter_is_wrong(model: &mut Net, train: &DataLoader, vaild: &DataLoader) -> Result<History>; //~ warning unused_parameter

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn a_list_is_no_parameter(model: &mut Net, train: &DataLoader, metrics: Accuracy) -> Result<History>; //~ warning unused_parameter

/// Used, or unused on purpose, or with an unrelated name.
#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), lr), epochs = num_epochs, valid = val)]
fn used(model: &mut Net, train: &DataLoader, val: &DataLoader, num_epochs: usize, lr: f32) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn on_purpose(model: &mut Net, train: &DataLoader, _val: &DataLoader, options: &Options) -> Result<History>;

/// Every absent clause uses the parameter with its name.
#[training_loop]
fn taken(model: &mut Net, train: &DataLoader, valid: Option<&DataLoader>, loss: impl Fn(&Tensor, &Labels) -> Tensor, optimizer: &mut Sgd, scheduler: Option<StepLr>, epochs: usize, seed: u64, accumulate: usize, clip_grad_norm: f32) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2, allow(unused_parameter))]
fn allowed(model: &mut Net, train: &DataLoader, val: &DataLoader) -> Result<History>;

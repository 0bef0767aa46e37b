//! Orders of evaluation that train.

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    eval_order = [
        forward,
        loss,
        backward, //~ error step_in_evaluation
        step, //~ error step_in_evaluation
    ],
)]
fn trains(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    eval_order = [
        forward,
        loss,
        {
            loss.backward(); //~ error step_in_evaluation
            optimizer.step(); //~ error step_in_evaluation
        },
    ],
)]
fn a_block_trains(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    eval_order = [
        forward,
        loss,
        {
            optimizer.step(); //~ error step_in_evaluation
        },
    ],
)]
fn a_block_steps(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    eval_order = [
        forward,
        loss,
        {
            loss.backward(); //~ error step_in_evaluation
        },
    ],
)]
fn a_block_runs_backward(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    metrics = [accuracy],
    eval_order = [forward, { println!("{:?}", output.shape()); }, metrics, loss, { log(loss.item()); }],
)]
fn looks_on(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(validation_end = |model, _| model.save("model.safetensors")),
)]
fn saves_after_validation(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

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

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    allow(step_in_evaluation),
    eval_order = [forward, loss, { optimizer.zero_grad(); adapt(&model, &batch).backward(); optimizer.step(); }],
)]
fn adapts_on_purpose(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    training_step = |model, batch| cross_entropy(&model.forward(&batch.input), &batch.target),
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    valid = held_out,
    eval_order = [
        training_step,
        {
            loss.backward(); //~ error step_in_evaluation
        },
    ],
)]
fn under_another_name(model: &mut Mlp, train: &DataLoader, held_out: &DataLoader) -> Result<History>;

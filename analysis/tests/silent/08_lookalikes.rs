//! Values with a `step` that are not optimizers.

#[training_loop]
fn environments(agent: &mut Net, env: &mut CartPole, episodes: usize) {
    let mut optimizer = Adam::new(agent.parameters(), 1e-3);
    for _ in 0..episodes {
        let mut state = env.reset();
        loop {
            let action = agent.forward(&state).argmax(1);
            let (next, reward, done) = env.step(action);
            env.step(0);
            optimizer.zero_grad();
            td_loss(&agent.forward(&state), reward, &next).backward();
            optimizer.step();
            state = next;
            if done {
                break;
            }
        }
    }
}

#[training_loop]
fn schedules(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    let mut scheduler = StepLr::new(0.1);
    for batch in train {
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
        scheduler.step();
        scheduler.step();
    }
}

#[training_loop]
fn a_step_of_the_schedule_as_an_argument(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    let mut scheduler = CosineLr::new(0.1);
    for batch in train {
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
        optimizer.set_learning_rate(scheduler.step());
    }
}

#[training_loop]
fn a_scaler(model: &mut Net, train: &DataLoader, scaler: &mut GradScaler) {
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        scaler.scale(&loss).backward();
        scaler.step(&mut optimizer);
        scaler.update();
    }
}

fn simulations(world: &mut World, clock: &mut Clock) {
    for _ in 0..100 {
        world.step();
        clock.step();
        world.step();
    }
}

impl Trainer {
    /// The user's own functions with these names may do anything.
    fn own_functions(&mut self, train: &DataLoader) {
        for batch in train {
            self.step(&batch);
            self.update();
            self.backward_step(&batch.loss);
        }
    }
}

/// The counterpart: an optimizer among them.
#[training_loop]
fn wrong(agent: &mut Net, env: &mut CartPole) {
    let mut optimizer = Adam::new(agent.parameters(), 1e-3);
    let mut state = env.reset();
    for _ in 0..100 {
        let (next, reward, done) = env.step(agent.forward(&state).argmax(1));
        td_loss(&agent.forward(&state), reward, &next).backward(); //~ error missing_zero_grad
        optimizer.step();
        state = next;
    }
}

/// A test of an optimizer sets the gradients by hand, and steps with them twice.
#[test]
fn two_updates_by_hand() {
    let parameters = with_gradients();
    let mut optimizer = RmsProp::new(parameters.clone(), 0.01);
    optimizer.step();
    assert_close(&parameters, 0.9);
    optimizer.step();
    assert_close(&parameters, 0.8291);
}

/// Nothing has a gradient, and the test sees that nothing changes.
#[test]
fn a_step_without_gradients() {
    let mut parameters = vec![Tensor::from_vec(vec![1.0, 2.0], false)];
    let mut optimizer = AdamW::default_params(0.1);
    optimizer.zero_grad();
    optimizer.step(&mut parameters);
    assert_eq!(parameters[0].data(), [1.0, 2.0]);
}

fn one_parameter(value: f64, gradient: f64) -> Store {
    let store = Store::new();
    let parameter = store.parameter(value);
    (parameter * gradient).sum().backward();
    store
}

/// The helper computes the gradients, and the test counts the steps.
#[test]
fn steps_are_counted() {
    let store = one_parameter(1.0, 0.5);
    let mut adam = Adam::new(&store, 0.1);
    adam.step();
    assert_eq!(adam.steps, 1);
    adam.step();
    assert_eq!(adam.steps, 2);
}

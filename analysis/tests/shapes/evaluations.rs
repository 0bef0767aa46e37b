//! Steps with a closure: LBFGS evaluates its closure several times in one step.

#[training_loop]
fn right(model: &mut Net, data: &Data) {
    let mut optimizer = Lbfgs::new(model.parameters(), 1.0);
    for _ in 0..10 {
        optimizer.step(|| {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            loss.backward();
            loss.item()
        });
    }
}

#[training_loop]
fn zeroed_once_for_all_evaluations(model: &mut Net, data: &Data) {
    let mut optimizer = Lbfgs::new(model.parameters(), 1.0);
    for _ in 0..10 {
        optimizer.zero_grad();
        optimizer.step(|| {
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            loss.backward(); //~ error missing_zero_grad
            loss.item()
        });
    }
}

#[training_loop]
fn never_zeroed(model: &mut Net, optimizer: &mut LBFGS, data: &Data) {
    let closure = || {
        let loss = mse_loss(&model.forward(&data.input), &data.target);
        loss.backward(); //~ error missing_zero_grad
        loss.item()
    };
    optimizer.step_with_closure(closure);
}

#[training_loop]
fn without_backward(model: &mut Net, data: &Data) {
    let mut optimizer = Lbfgs::new(model.parameters(), 1.0);
    for _ in 0..10 {
        optimizer.step_with(|optimizer| { //~ error missing_backward
            optimizer.zero_grad();
            mse_loss(&model.forward(&data.input), &data.target).item()
        });
    }
}

struct Fit {
    model: Net,
    optimizer: Lbfgs,
}

impl Fit {
    #[training_loop]
    fn fit(&mut self, train: &DataLoader) {
        for batch in train {
            self.optimizer.zero_grad();
            let model = &self.model;
            self.optimizer.step(|| {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                loss.item()
            });
        }
    }
}

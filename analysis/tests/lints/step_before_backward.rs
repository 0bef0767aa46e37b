/// The iteration starts with the step of the previous one, so the first one has no gradients.
mod first_round {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.step(); //~ error step_before_backward
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
        }
    }
}

/// `step` and `backward` are swapped.
mod swapped {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            optimizer.step(); //~ error step_before_backward
            loss.backward();
        }
    }
}

/// Backward, then step.
mod in_order {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

/// A condition skips the step in the first iteration.
mod not_in_the_first_round {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.into_iter().enumerate() {
            if i > 0 {
                optimizer.step();
                optimizer.zero_grad();
            }
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        }
    }
}

/// Only the `backward` is under a condition.
mod under_no_condition {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            if loss.item() < 10.0 {
                loss.backward();
            }
            optimizer.step(); //~ warning step_before_backward
        }
    }
}

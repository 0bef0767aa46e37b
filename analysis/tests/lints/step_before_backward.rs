/// The round starts with the step of the round before, so the first one has nothing.
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

/// `step` and `backward` change places.
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

/// A condition leaves the step out of the first round.
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

/// Not late but left out: the condition is that of the `backward` alone.
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

/// `zero_grad` between `backward` and `step`.
mod between {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.zero_grad(); //~ error gradients_discarded
            optimizer.step();
        }
    }
}

/// On one path the gradients are zeroed before the step.
mod through_a_condition {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.into_iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.zero_grad(); //~ error gradients_discarded
            if i % 2 == 0 {
                optimizer.step();
            }
        }
    }
}

/// `zero_grad` before `backward`, after the loss.
mod before {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// The gradients of a bad batch are dropped.
mod on_purpose {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            if !loss.item().is_finite() {
                optimizer.zero_grad();
                continue;
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

//! Conditions on a counter, and variables that hold the result of a condition.

/// A counter, and a variable that holds the result.
mod every_kth {
    #[training_loop]
    fn a_variable(model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.into_iter().enumerate() {
            let full = (i + 1) % k == 0;
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
            loss.backward();
            if full {
                optimizer.step();
            }
            println!("{}", loss.item());
            if (i + 1) % k == 0 {
                optimizer.zero_grad();
            }
        }
        optimizer.step();
    }

    #[training_loop]
    fn pending(model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut pending = false;
        for (i, batch) in train.into_iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
            loss.backward();
            pending = true;
            if (i + 1).is_multiple_of(k) {
                optimizer.step();
                optimizer.zero_grad();
                pending = false;
            }
        }
        if pending {
            optimizer.step();
        }
    }

    #[training_loop]
    fn flushed_when_nothing_is_pending(model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut pending = false;
        for (i, batch) in train.into_iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
            loss.backward();
            pending = true;
            if (i + 1) % k == 0 {
                optimizer.step();
                optimizer.zero_grad();
                pending = false;
            }
        }
        if !pending {
            optimizer.step(); //~ error step_before_backward
        }
    }

    #[training_loop]
    fn the_first_round(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut first = true;
        for batch in train {
            if !first {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            first = false;
        }
    }
}

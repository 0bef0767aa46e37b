/// There is a parameter `valid`, but the loop iterates over `train`.
mod wrong_loader {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 0..10 {
            model.train();
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            model.eval();
            let mut total = 0.0;
            for batch in train { //~ warning validates_on_training_data
                total += no_grad(|| mse_loss(&model.forward(&batch.input), &batch.target)).item();
            }
            println!("{total}");
        }
    }
}

/// Named as a validation, a field, with adapters.
mod named_so {
    #[training_loop]
    fn fit(&mut self, data: &Data) {
        let mut optimizer = Adam::new(self.model.parameters(), 1e-3);
        for (i, batch) in data.train.iter().enumerate() {
            let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            println!("{i}");
        }
        let _guard = no_grad_guard();
        let (mut correct, mut count) = (0.0, 0.0);
        for batch in data.train.iter() { //~ warning validates_on_training_data
            let output = self.model.forward(&batch.input);
            correct += output.argmax(1).item();
            count += 1.0;
        }
        println!("validation accuracy {}", correct / count);
    }
}

/// Other data.
mod other_data {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        let _guard = evaluation(model);
        for batch in valid {
            println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item());
        }
    }
}

/// Measured on both, or named as a measure on the training data.
mod on_purpose {
    #[training_loop]
    fn on_both(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        let _guard = evaluation(model);
        for batch in train {
            println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item());
        }
        for batch in valid {
            println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item());
        }
    }

    #[training_loop]
    fn named(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> f64 {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        let _guard = evaluation(model);
        let mut train_accuracy = 0.0;
        for batch in train {
            train_accuracy += model.forward(&batch.input).argmax(1).item();
        }
        train_accuracy
    }
}

/// An opaque helper may validate; predictions on the training data are only shown.
mod elsewhere {
    #[training_loop]
    fn by_a_helper(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        {
            let _guard = evaluation(model);
            for batch in train {
                println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item());
            }
        }
        println!("{}", evaluate(model, valid));
    }

    #[training_loop]
    fn exclusive_or(model: &mut Net, points: &[(Tensor, Tensor)]) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (x, y) in points {
            let loss = mse_loss(&model.forward(x), y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        let _guard = evaluation(model);
        for (x, _) in points {
            println!("{:?}", model.forward(x));
        }
    }
}

/// Statistics of the training data: the layers are in training mode, and nothing is named as validation.
mod statistics {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        for batch in train {
            let _ = model.forward(&batch.input);
        }
        let _guard = evaluation(model);
        for batch in valid {
            println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item());
        }
    }
}

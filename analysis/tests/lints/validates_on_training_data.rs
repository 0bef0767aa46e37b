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

/// A pass over the training data in training mode refits the statistics of batch norm; nothing reads its output.
mod refit {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> f64 {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        model.train();
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        for batch in train {
            let _ = no_grad(|| model.forward(&batch.input));
        }
        no_grad(|| {
            for batch in train {
                model.forward(&batch.input);
            }
        });
        validate(model, valid)
    }

    #[training_loop]
    fn with_a_measure(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        model.train();
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        let mut hits = 0.0;
        for batch in train { //~ warning validates_on_training_data
            let output = no_grad(|| model.forward(&batch.input));
            hits += output.argmax(1).item();
        }
        println!("{hits}");
    }
}

/// The rows for validation begin before those for training end.
mod shared_rows {
    fn narrowed(data: &Tensor, n: usize, k: usize) -> (Tensor, Tensor) {
        let train = data.narrow(0, 0, n);
        let valid = data.narrow(0, n - k, k); //~ warning validates_on_training_data
        (train, valid)
    }

    fn sliced(rows: Vec<Row>) -> Split {
        let n = rows.len();
        let from = n - 100;
        let train = rows[..n].to_vec();
        Split { train, test: rows[from..].to_vec() } //~ warning validates_on_training_data
    }

    fn by_numbers(data: Dataset) -> (Part, Part) {
        let train = PartialDataset::new(data.clone(), 0, 900);
        let valid = PartialDataset::new(data, 800, 1000); //~ warning validates_on_training_data
        (train, valid)
    }

    fn taken(rows: &[Row]) {
        let (train, valid) = (rows.iter().take(800), rows.iter().skip(700)); //~ warning validates_on_training_data
        fit(train, valid);
    }

    fn in_loops(model: &mut Net, data: &[Batch], n: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in &data[..n] {
            let loss = mse_loss(&model.forward(&batch.x), &batch.y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        let _guard = evaluation(model);
        for batch in &data[n - 20..] { //~ warning validates_on_training_data
            println!("{}", mse_loss(&model.forward(&batch.x), &batch.y).item());
        }
    }
}

/// The rows are apart, or nothing shows that they are not.
mod rows_apart {
    fn two_splits(data: &Tensor, n: usize, k: usize) -> [Tensor; 4] {
        let train = data.narrow(0, 0, n - k);
        let valid = data.narrow(0, n - k, k);
        let train_next = data.narrow(0, 0, n);
        let valid_next = data.narrow(0, n, k);
        [train, valid, train_next, valid_next]
    }

    fn sizes(rows: &[Row], train_size: usize, start: usize) {
        let cut = (rows.len() as f64 * 0.8) as usize;
        let (train, valid) = (&rows[..cut], &rows[cut..]);
        let (train_part, valid_part) = (&rows[..train_size], &rows[start..]);
        fit(train, valid, train_part, valid_part);
    }

    fn other_rows(rows: &[Row], labels: &[Label], n: usize) {
        let (train, valid) = (&rows[..n], &labels[..n]);
        let (train_odd, valid_even) = (rows[..n].iter().filter(is_odd), rows[..n].iter().filter(is_even));
        fit(train, valid, train_odd, valid_even);
    }

    fn shuffled_in_between(mut rows: Vec<Row>, n: usize) {
        let train = rows[..n].to_vec();
        rows.rotate_left(n);
        let valid = rows[..n].to_vec();
        fit(train, valid);
    }

    /// The first window of the validation needs the rows before it.
    fn series(prices: &[f32], n: usize) {
        let train = &prices[..n];
        let test = &prices[n - 60..];
        fit(train, test);
    }

    fn folds(rows: &[Row], size: usize) {
        for fold in 0..5 {
            let valid = &rows[fold * size..(fold + 1) * size];
            let train = [&rows[..fold * size], &rows[(fold + 1) * size..]].concat();
            fit(train, valid);
        }
    }

    /// The split has a part for validation, so that a few rows are for something else.
    fn a_sample(x: &Tensor) {
        let x_train = x.narrow(0, 0, 60000);
        let x_test = x.narrow(0, 60000, 10000);
        let test_sample = x.narrow(0, 0, 8);
        fit(x_train, x_test, test_sample);
    }

    fn on_purpose(rows: &[Row], overfit: bool) {
        if overfit {
            let (train, valid) = (&rows[..8], &rows[..8]);
            fit(train, valid);
        }
    }
}

/// The loop over the validation data is a copy of the other, `step` included.
mod a_copied_loop {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..5 {
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
            for batch in valid {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step(); //~ error step_in_evaluation
            }
        }
    }
}

/// No `step`, but the next training step uses the gradients.
mod gradients_that_leak {
    #[training_loop]
    fn fit(model: &mut Net, train_loader: &DataLoader, val_loader: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..5 {
            for batch in train_loader.iter() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
                optimizer.zero_grad();
            }
            for batch in val_loader.iter() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error step_in_evaluation
                println!("{}", loss.item());
            }
        }
    }
}

/// The purpose of the other data is unknown.
mod other_data {
    struct Trainer {
        model: Net,
        optimizer: Sgd,
    }

    impl Trainer {
        #[training_loop]
        fn run(&mut self, data: &DataLoader, test: &DataLoader) {
            for (input, target) in data {
                self.optimizer.zero_grad();
                mse_loss(&self.model.forward(&input), &target).backward();
                self.optimizer.step();
            }
            for (input, target) in test {
                self.optimizer.zero_grad();
                mse_loss(&self.model.forward(&input), &target).backward();
                self.optimizer.step(); //~ warning step_in_evaluation
            }
        }
    }
}

/// Evaluation as it should be.
mod evaluation_alone {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..5 {
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            let _evaluation = evaluation(model);
            for batch in valid {
                println!("{}", cross_entropy(&model.forward(&batch.input), &batch.target).item());
            }
        }
    }
}

/// The only data has that name.
mod a_name_alone {
    #[training_loop]
    fn adapt(model: &mut Net, test_loader: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in test_loader {
            optimizer.zero_grad();
            entropy(&model.forward(&batch.input)).backward();
            optimizer.step();
        }
    }
}

/// Another optimizer uses the validation data on purpose.
mod architecture_search {
    #[training_loop]
    fn search(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut weights = Sgd::new(model.weights.parameters(), 0.1);
        let mut choices = Adam::new(model.choices.parameters(), 1e-3);
        for _ in 0..50 {
            for batch in valid {
                choices.zero_grad();
                cross_entropy(&model.choices.forward(&batch.input), &batch.target).backward();
                choices.step();
            }
            for batch in train {
                weights.zero_grad();
                cross_entropy(&model.weights.forward(&batch.input), &batch.target).backward();
                weights.step();
            }
        }
    }

    #[training_loop]
    fn learn_to_learn(model: &mut Net, tasks: &[Task]) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for task in tasks {
            for batch in &task.train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
                for query in &task.valid {
                    optimizer.zero_grad();
                    cross_entropy(&model.forward(&query.input), &query.target).backward();
                    optimizer.step();
                }
            }
        }
    }
}

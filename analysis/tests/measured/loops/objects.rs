mod fields {
    struct Trainer {
        model: Net,
        optimizer: Sgd,
    }

    #[training_loop]
    impl Trainer {
        fn fit(&mut self, train: &DataLoader, epochs: usize) {
            for _ in 0..epochs {
                for batch in train {
                    self.optimizer.zero_grad();
                    let output = self.model.forward(&batch.input);
                    let loss = cross_entropy(&output, &batch.target);
                    loss.backward();
                    self.optimizer.step();
                }
            }
        }
    }
}

mod methods {
    struct Trainer {
        model: Net,
        optimizer: Adam,
    }

    #[training_loop]
    impl Trainer {
        fn fit(&mut self, train: &DataLoader, valid: &DataLoader, epochs: usize) {
            for epoch in 0..epochs {
                self.train_epoch(train);
                let loss = self.evaluate(valid);
                println!("{epoch} {loss}");
            }
        }

        fn train_epoch(&mut self, train: &DataLoader) {
            self.model.train();
            for batch in train {
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                self.optimizer.zero_grad();
                loss.backward();
                self.optimizer.step();
            }
        }

        fn evaluate(&mut self, valid: &DataLoader) -> f32 {
            self.model.eval();
            let mut sum = 0.0;
            no_grad(|| {
                for batch in valid {
                    sum += mse_loss(&self.model.forward(&batch.input), &batch.target).item();
                }
            });
            sum
        }
    }
}

mod update_method {
    struct Agent {
        policy: Net,
        optimizer: Adam,
    }

    #[training_loop]
    impl Agent {
        fn fit(&mut self, buffer: &Buffer) {
            for batch in buffer {
                let loss = -(self.policy.forward(&batch.states) * &batch.returns).mean();
                self.update(&loss);
            }
        }

        fn update(&mut self, loss: &Tensor) {
            self.optimizer.zero_grad();
            loss.backward();
            self.optimizer.clip_grad_norm(0.5);
            self.optimizer.step();
        }
    }
}

mod local_closure {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut update = |loss: &Tensor| {
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        };
        for batch in train {
            update(&mse_loss(&model.forward(&batch.input), &batch.target));
        }
    }
}

mod loss_closure {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let criterion = |output: &Tensor, target: &Tensor| mse_loss(output, target) * 0.5;
        for _ in 0..epochs {
            for batch in train {
                let output = model.forward(&batch.input);
                let loss = criterion(&output, &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

mod given_optimizer {
    #[training_loop]
    fn fit(model: &mut Mlp, optimizer: &mut AdamW, train: &DataLoader) {
        model.train();
        for (i, batch) in train.iter().enumerate() {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            clip_grad_norm(model.parameters(), 1.0);
            optimizer.step();
            if i % 100 == 0 {
                println!("{i}");
            }
        }
    }
}

mod builds_both {
    #[training_loop]
    fn fit(train: &DataLoader, epochs: usize) -> Mlp {
        let mut model = Mlp::new(784, 10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 0..epochs {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
        model
    }
}

mod folds {
    #[training_loop]
    fn fit(folds: &[Fold], epochs: usize) {
        for fold in folds {
            let mut model = Mlp::new(10, 2);
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for _ in 0..epochs {
                for batch in fold.train {
                    let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                    optimizer.zero_grad();
                    loss.backward();
                    optimizer.step();
                }
            }
            save_model(&model);
        }
    }
}

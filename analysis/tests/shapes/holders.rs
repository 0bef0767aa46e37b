//! Owners of an optimizer.

/// In a field of `self`.
mod in_a_field {
    impl Trainer {
        #[training_loop]
        fn right(&mut self, train: &DataLoader) {
            for batch in train {
                self.optimizer.zero_grad();
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                loss.backward();
                self.optimizer.step();
            }
        }

        #[training_loop]
        fn wrong(&mut self, train: &DataLoader) {
            for batch in train {
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                self.optimizer.step();
            }
        }

        #[training_loop]
        fn by_another_name(&mut self, train: &DataLoader) {
            let Self { model, optimizer, .. } = self;
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                optimizer.step();
            }
        }

        #[training_loop]
        fn by_a_reference(&mut self, train: &DataLoader) {
            let opt = &mut self.optimizer;
            for batch in train {
                opt.zero_grad();
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                opt.step(); //~ error step_before_backward
                loss.backward();
            }
        }
    }
}

/// In an `Option` in a field.
mod in_an_option {
    impl Trainer {
        #[training_loop]
        fn right(&mut self, train: &DataLoader) {
            for batch in train {
                self.optimizer.as_mut().unwrap().zero_grad();
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                loss.backward();
                self.optimizer.as_mut().unwrap().step();
            }
        }

        #[training_loop]
        fn wrong(&mut self, train: &DataLoader) {
            for batch in train {
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                self.optimizer.as_mut().unwrap().step();
            }
        }

        #[training_loop]
        fn looked_at_twice(&mut self, train: &DataLoader) {
            for batch in train {
                if let Some(optimizer) = self.optimizer.as_mut() {
                    optimizer.zero_grad();
                }
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                if let Some(optimizer) = &mut self.optimizer {
                    loss.backward();
                    optimizer.step();
                }
            }
        }
    }

    #[training_loop]
    fn built_when_first_needed(model: &mut Net, train: &DataLoader) {
        let mut optimizer: Option<Sgd> = None;
        for batch in train {
            let opt = optimizer.get_or_insert_with(|| Sgd::new(model.parameters(), 0.1));
            opt.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            opt.step();
        }
    }
}

/// In a lock or a cell.
mod shared {
    #[training_loop]
    fn right(model: &Net, optimizer: Arc<Mutex<Sgd>>, train: &DataLoader) {
        for batch in train {
            optimizer.lock().unwrap().zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.lock().unwrap().step();
        }
    }

    #[training_loop]
    fn a_mutex(model: &Net, optimizer: Arc<Mutex<Sgd>>, train: &DataLoader) {
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            let mut optimizer = optimizer.lock().unwrap();
            optimizer.step();
        }
    }

    #[training_loop]
    fn a_cell(model: &Net, train: &DataLoader) {
        let optimizer = Rc::new(RefCell::new(Sgd::new(model.parameters(), 0.1)));
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.borrow_mut().step();
        }
    }

    #[training_loop]
    fn a_cell_right(model: &Net, train: &DataLoader) {
        let optimizer = Rc::new(RefCell::new(Sgd::new(model.parameters(), 0.1)));
        let same = Rc::clone(&optimizer);
        for batch in train {
            same.borrow_mut().zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.borrow_mut().step();
        }
    }

    #[training_loop]
    fn a_box(model: &Net, train: &DataLoader) {
        let mut optimizer: Box<dyn Optimizer> = Box::new(Adam::new(model.parameters(), 0.1));
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

/// In a collection: all of them are called in the same way.
mod in_a_collection {
    #[training_loop]
    fn right(model: &mut Net, optimizers: &mut Vec<Sgd>, train: &DataLoader) {
        for batch in train {
            for optimizer in optimizers.iter_mut() {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            for optimizer in &mut *optimizers {
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizers = vec![
            Sgd::new(model.encoder.parameters(), 0.1),
            Adam::new(model.decoder.parameters(), 0.1),
        ];
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            for optimizer in &mut optimizers {
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn with_closures(model: &mut Net, optimizers: &mut [Sgd], train: &DataLoader) {
        for batch in train {
            optimizers.iter_mut().for_each(|optimizer| optimizer.zero_grad());
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizers.iter_mut().for_each(|optimizer| optimizer.step());
        }
    }

    #[training_loop]
    fn by_index(models: &mut [Net], optimizers: &mut [Sgd], train: &DataLoader) {
        for batch in train {
            for i in 0..models.len() {
                optimizers[i].zero_grad();
                let loss = mse_loss(&models[i].forward(&batch.input), &batch.target);
                loss.backward();
                optimizers[i].step();
            }
        }
    }

    /// Each model has its own.
    #[training_loop]
    fn side_by_side(models: &mut [Net], optimizers: &mut [Sgd], train: &DataLoader) {
        for batch in train {
            for (model, optimizer) in models.iter().zip(optimizers.iter_mut()) {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn in_an_array(model: &mut Net, train: &DataLoader) {
        let mut optimizers =
            [Sgd::new(model.encoder.parameters(), 0.1), Sgd::new(model.decoder.parameters(), 0.1)];
        for batch in train {
            optimizers.iter_mut().for_each(|optimizer| optimizer.zero_grad());
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            for optimizer in &mut optimizers {
                optimizer.step(); //~ error step_before_backward
            }
            loss.backward();
        }
    }

    #[training_loop]
    fn named_in_the_head(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
        let mut opt_e = Sgd::new(encoder.parameters(), 0.1);
        let mut opt_d = Sgd::new(decoder.parameters(), 0.1);
        for batch in train {
            for optimizer in [&mut opt_e, &mut opt_d] {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&decoder.forward(&encoder.forward(&batch.input)), &batch.target);
            loss.backward();
            for optimizer in [&mut opt_e, &mut opt_d] {
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn one_is_not_named(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
        let mut opt_e = Sgd::new(encoder.parameters(), 0.1);
        let mut opt_d = Sgd::new(decoder.parameters(), 0.1);
        for batch in train {
            for optimizer in [&mut opt_e] {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&decoder.forward(&encoder.forward(&batch.input)), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            for optimizer in [&mut opt_e, &mut opt_d] {
                optimizer.step();
            }
        }
    }

    impl Trainer {
        #[training_loop]
        fn in_a_field(&mut self, train: &DataLoader) {
            for batch in train {
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                for optimizer in &mut self.optimizers {
                    optimizer.step();
                }
            }
        }
    }

    /// Only some of them are zeroed: no finding.
    #[training_loop]
    fn under_a_condition(model: &mut Net, optimizers: &mut [Sgd], train: &DataLoader) {
        for batch in train {
            for optimizer in optimizers.iter_mut() {
                if optimizer.learning_rate() > 0.0 {
                    optimizer.zero_grad();
                }
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            for optimizer in optimizers.iter_mut() {
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn by_name(model: &mut Net, optimizers: &mut HashMap<String, Sgd>, train: &DataLoader) {
        for batch in train {
            optimizers.get_mut("main").unwrap().zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizers.get_mut("main").unwrap().step();
        }
    }

    #[training_loop]
    fn all_of_a_map(model: &mut Net, optimizers: &mut HashMap<String, Sgd>, train: &DataLoader) {
        for batch in train {
            for optimizer in optimizers.values_mut() {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            for (_, optimizer) in optimizers.iter_mut() {
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn all_of_a_map_and_never_zeroed(model: &mut Net, optimizers: &mut HashMap<String, Sgd>, train: &DataLoader) {
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            for optimizer in optimizers.values_mut() {
                optimizer.step();
            }
        }
    }

    /// Some are zeroed and all are stepped: no finding.
    #[training_loop]
    fn some_of_them(model: &mut Net, optimizers: &mut [Sgd], train: &DataLoader) {
        for (i, batch) in train.iter().enumerate() {
            optimizers[i % 2].zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizers[i % 2].step();
        }
    }
}

//! Closures as the body of a loop, and closures that are called later.

/// Adaptors that run a closure once for each item.
mod as_a_body {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        (0..10).for_each(|epoch| {
            train.iter().for_each(|batch| {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            });
        });
    }

    #[training_loop]
    fn for_each(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        (0..10).for_each(|epoch| {
            train.iter().for_each(|batch| {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                optimizer.step();
            });
        });
    }

    #[training_loop]
    fn try_for_each_right(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        train.iter().try_for_each(|batch| -> Result<()> {
            let batch = batch?;
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input)?, &batch.target);
            loss.backward()?;
            optimizer.step()?;
            Ok(())
        })?;
        Ok(())
    }

    #[training_loop]
    fn try_for_each(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        train.iter().try_for_each(|batch| {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
            Ok(())
        })
    }

    #[training_loop]
    fn map_and_sum_right(model: &mut Net, train: &DataLoader) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let total: f64 = train
            .iter()
            .map(|batch| {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
                loss.item()
            })
            .sum();
        total
    }

    #[training_loop]
    fn map_and_sum(model: &mut Net, train: &DataLoader) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let total: f64 = train
            .iter()
            .map(|batch| {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                optimizer.step();
                loss.item()
            })
            .sum();
        total
    }

    #[training_loop]
    fn map_and_collect(model: &mut Net, train: &DataLoader) -> Vec<f64> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        train
            .iter()
            .enumerate()
            .map(|(i, batch)| {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.step(); //~ error step_before_backward
                loss.backward();
                loss.item()
            })
            .collect::<Vec<_>>()
    }

    #[training_loop]
    fn fold_right(model: &mut Net, train: &DataLoader) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        train.iter().fold(0.0, |total, batch| {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            total + loss.item()
        })
    }

    #[training_loop]
    fn fold(model: &mut Net, train: &DataLoader) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        train.iter().fold(0.0, |total, batch| {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
            total + loss.item()
        })
    }

    /// Each thread accumulates gradients into the same network, which is stepped once.
    #[training_loop]
    fn in_parallel_right(model: &Net, optimizer: &mut Sgd, train: &[Batch]) {
        for round in 0..10 {
            optimizer.zero_grad();
            train.par_iter().for_each(|batch| {
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
            });
            optimizer.step();
        }
    }

    #[training_loop]
    fn in_parallel(model: &Net, optimizer: &mut Sgd, train: &[Batch]) {
        for round in 0..10 {
            let losses: Vec<f64> = train
                .par_iter()
                .map(|batch| {
                    let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                    loss.backward(); //~ error missing_zero_grad
                    loss.item()
                })
                .collect();
            optimizer.step();
        }
    }

    /// A closure in the iterator of a loop, which runs before the loop's body.
    #[training_loop]
    fn mapped_and_looped(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let losses = train.iter().filter(|batch| batch.len() > 1);
        for loss in train.iter().map(|batch| mse_loss(&model.forward(&batch.input), &batch.target)) {
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn filtered(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let count = train
            .iter()
            .filter(|batch| batch.len() > 1)
            .map(|batch| {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
                optimizer.step(); //~ error step_repeated
            })
            .count();
    }

    /// An adaptor that is never driven runs nothing.
    #[training_loop]
    fn lazy(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let later = train.iter().map(|batch| {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        });
        hand_on(later);
    }
}

/// Closures in variables.
mod called_later {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut train_step = |batch: &Batch| {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            loss.item()
        };
        for batch in train {
            train_step(&batch);
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut train_step = |batch: &Batch| {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
            loss.item()
        };
        for batch in train {
            train_step(&batch);
        }
    }

    #[training_loop]
    fn called_twice(model: &mut Net, one: &Batch, two: &Batch) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut train_step = |batch: &Batch| {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        };
        train_step(one);
        train_step(two);
    }

    #[training_loop]
    fn called_twice_right(model: &mut Net, one: &Batch, two: &Batch) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut train_step = |optimizer: &mut Sgd, batch: &Batch| {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        };
        train_step(&mut optimizer, one);
        optimizer.zero_grad();
        train_step(&mut optimizer, two);
    }

    #[training_loop]
    fn captured_by_reference(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let opt = &mut optimizer;
        let mut update = move |loss: Tensor| {
            loss.backward(); //~ error missing_zero_grad
            opt.step();
        };
        for batch in train {
            update(mse_loss(&model.forward(&batch.input), &batch.target));
        }
    }

    #[training_loop]
    fn called_at_once(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            (|| {
                optimizer.step(); //~ error step_before_backward
                loss.backward();
            })();
            optimizer.zero_grad();
        }
    }

    /// A function inside the function runs the closure.
    #[training_loop]
    fn by_a_local_function(model: &mut Net, train: &DataLoader) {
        fn each(data: &DataLoader, mut run: impl FnMut(&Batch)) {
            for batch in data {
                run(&batch);
            }
        }
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        each(train, |batch| {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        });
    }

    #[training_loop]
    fn by_a_local_function_right(model: &mut Net, train: &DataLoader) {
        fn each(data: &DataLoader, mut run: impl FnMut(&Batch)) {
            for batch in data {
                run(&batch);
            }
        }
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut train_step = |batch: &Batch| {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        };
        each(train, &mut train_step);
    }

    /// A closure that calls another.
    #[training_loop]
    fn one_in_another(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let loss_of = |batch: &Batch| mse_loss(&model.forward(&batch.input), &batch.target);
        let mut update = |batch: &Batch| {
            loss_of(batch).backward(); //~ error missing_zero_grad
            optimizer.step();
        };
        for batch in train {
            update(batch);
        }
    }

    /// A closure in a branch, returned early from.
    #[training_loop]
    fn with_returns(model: &mut Net, train: &DataLoader, training: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut update = |batch: &Batch| {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if !training {
                return loss.item();
            }
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            loss.item()
        };
        for batch in train {
            update(batch);
        }
    }

    /// A closure passed to an opaque function.
    #[training_loop]
    fn handed_on(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let train_step = |batch: &Batch| {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        };
        run_all(train, train_step);
    }
}

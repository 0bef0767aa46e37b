//! Macros whose arguments are expressions, and opaque macros.

mod that_look {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in tqdm!(train.iter().enumerate()) {
            assert!(batch.len() > 0, "empty batch {i}");
            assert_eq!(batch.input.shape()[0], batch.target.shape()[0]);
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            let [first, second] = [vec![1.0; 3], vec![loss.item()]];
            info!("loss {}", loss.item());
            optimizer.zero_grad();
            dbg!(&loss).backward();
            optimizer.step();
            if matches!(batch.kind, Kind::Last) {
                break;
            }
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in tqdm!(train.iter().enumerate()) {
            assert!(batch.len() > 0, "empty batch {i}");
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            info!(epoch = i, "loss {}", loss.item());
            dbg!(loss.item());
            log::warn!(target: "train", "loss {loss}");
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
            println!("{}", optimizer.learning_rate());
        }
    }

    #[training_loop]
    fn through_dbg(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = dbg!(mse_loss(&model.forward(&batch.input), &batch.target));
            dbg!(loss.backward()); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn in_an_assertion(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            assert!(loss.backward().is_ok()); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

mod of_the_user {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            log_scalar!("loss", loss.item());
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            log_scalar!("loss", loss.item());
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    /// Its input is not an expression, and it mentions only the batch.
    #[training_loop]
    fn that_mentions_the_batch(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            augment!(batch => flip, crop);
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    /// It mentions the optimizer: its effect is unknown.
    #[training_loop]
    fn that_mentions_the_optimizer(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            clear!(optimizer => all);
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }

    /// It takes the optimizer as an argument.
    #[training_loop]
    fn that_takes_the_optimizer(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            clear!(&mut optimizer);
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

mod format_strings {
    #[training_loop]
    fn sum_of_the_run(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut total = 0.0;
        for epoch in 0..epochs {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                total += loss.item(); //~ warning loss_total_never_reset
            }
            println!("epoch {epoch}: {total:.4}");
        }
    }

    #[training_loop]
    fn logged_by_name(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut total = 0.0;
        for epoch in 0..epochs {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                total += loss.item(); //~ warning loss_total_never_reset
            }
            tracing::info!(target: "train", epoch, "{{not an argument}} loss {total:>width$.precision$}");
        }
    }

    #[training_loop]
    fn sum_of_an_epoch(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            let mut total = 0.0;
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                total += loss.item();
            }
            println!("epoch {epoch}: {total:.4} {{total}}");
        }
    }
}

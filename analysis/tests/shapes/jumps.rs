//! Control flow inside an iteration: `?`, `let else`, `match`, blocks with values.

/// `?` on every line.
mod question_marks {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1)?;
        for batch in train.iter()? {
            let batch = batch?;
            optimizer.zero_grad()?;
            let loss = cross_entropy(&model.forward(&batch.input)?, &batch.target)?;
            loss.backward()?;
            optimizer.step()?;
        }
        Ok(())
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1)?;
        for batch in train.iter()? {
            let batch = batch?;
            let loss = cross_entropy(&model.forward(&batch.input)?, &batch.target)?;
            loss.backward()?; //~ error missing_zero_grad
            optimizer.step()?;
        }
        Ok(())
    }
}

/// `let .. else` before the update.
mod let_else {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let Ok(batch) = batch else { continue };
            let Some(target) = &batch.target else {
                println!("no target");
                break;
            };
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), target);
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let Ok(batch) = batch else { continue };
            let Some(target) = &batch.target else { return };
            let loss = mse_loss(&model.forward(&batch.input), target);
            loss.backward(); //~ warning missing_zero_grad
            optimizer.step();
        }
    }
}

/// Arms of a `match` as phases.
mod phases {
    #[training_loop]
    fn right(model: &mut Net, optimizer: &mut Sgd, data: &DataLoader, phase: Phase) {
        for batch in data {
            match phase {
                Phase::Train => {
                    optimizer.zero_grad();
                    mse_loss(&model.forward(&batch.input), &batch.target).backward();
                    optimizer.step();
                }
                Phase::Valid | Phase::Test => {
                    let loss = no_grad(|| mse_loss(&model.forward(&batch.input), &batch.target));
                    println!("{}", loss.item());
                }
            }
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, optimizer: &mut Sgd, data: &DataLoader, phase: Phase) {
        for batch in data {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            match phase {
                Phase::Train => {
                    optimizer.zero_grad();
                    optimizer.step(); //~ error step_before_backward
                    loss.backward();
                }
                Phase::Valid => println!("{}", loss.item()),
                _ => unreachable!(),
            }
        }
    }

    #[training_loop]
    fn with_guards(model: &mut Net, data: &DataLoader, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in data.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            match i {
                n if (n + 1) % k == 0 => {
                    optimizer.step();
                    optimizer.zero_grad();
                }
                _ => {}
            }
        }
        optimizer.step();
    }
}

/// The result of `backward` is checked.
mod results {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if let Err(error) = loss.backward() {
                eprintln!("{error}");
                continue;
            }
            optimizer.step();
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if let Err(error) = loss.backward() { //~ error missing_zero_grad
                eprintln!("{error}");
                return;
            }
            optimizer.step();
        }
    }
}

/// Blocks, branches and loops with values.
mod values_of_blocks {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader, smooth: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = {
                let output = model.forward(&batch.input);
                if smooth { smooth_loss(&output, &batch.target) } else { mse_loss(&output, &batch.target) }
            };
            let value = {
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                loss.item()
            };
            println!("{value}");
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader, smooth: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = {
                let output = model.forward(&batch.input);
                if smooth { smooth_loss(&output, &batch.target) } else { mse_loss(&output, &batch.target) }
            };
            let value = {
                loss.backward(); //~ error missing_zero_grad
                optimizer.step();
                loss.item()
            };
        }
    }

    #[training_loop]
    fn a_loop_gives_the_loss(model: &mut Net, train: &mut Batches) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..10 {
            let loss = loop {
                let batch = train.draw();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                if loss.item().is_finite() {
                    break loss;
                }
            };
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn a_labelled_block(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = 'found: {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                if loss.item() < 10.0 {
                    break 'found loss;
                }
                l1_loss(&model.forward(&batch.input), &batch.target)
            };
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Several conditions in one `if`.
mod let_chains {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader, training: bool, mut optimizer: Option<Sgd>) {
        for batch in train {
            if let Some(opt) = &mut optimizer
                && training
            {
                opt.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if training && let Some(opt) = optimizer.as_mut() {
                loss.backward();
                opt.step();
            }
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader, training: bool, mut optimizer: Option<Sgd>) {
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if training && let Some(opt) = optimizer.as_mut() {
                loss.backward(); //~ error missing_zero_grad
                opt.step();
            }
        }
    }
}

/// `unsafe` and `const` blocks change nothing.
mod marked_blocks {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), const { 0.1 });
        for batch in train {
            unsafe { optimizer.zero_grad() };
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            unsafe {
                loss.backward();
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), const { 0.1 });
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            unsafe {
                loss.backward(); //~ error missing_zero_grad
                optimizer.step();
            }
        }
    }
}

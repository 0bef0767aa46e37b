mod inline_evaluation {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for epoch in 0..epochs {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
            model.eval();
            let total = no_grad(|| {
                let mut total = 0.0;
                for batch in valid {
                    total += cross_entropy(&model.forward(&batch.input), &batch.target).item();
                }
                total
            });
            println!("epoch {epoch}: {total}");
        }
    }
}

mod guarded_evaluation {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            model.train();
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            {
                let _guard = no_grad_guard();
                model.eval();
                let mut sum = 0.0;
                for batch in valid {
                    let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                    sum += loss.item();
                }
                println!("{sum}");
            }
        }
    }
}

#[training_loop]
mod split_functions {
    fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for epoch in 0..epochs {
            train_epoch(model, &mut optimizer, train);
            let score = evaluate(model, valid);
            println!("{epoch}: {score}");
        }
    }

    fn train_epoch(model: &mut Mlp, optimizer: &mut Adam, train: &DataLoader) {
        model.train();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }

    fn evaluate(model: &mut Mlp, valid: &DataLoader) -> f32 {
        model.eval();
        let _guard = no_grad_guard();
        let mut sum = 0.0;
        for batch in valid {
            sum += cross_entropy(&model.forward(&batch.input), &batch.target).item();
        }
        sum
    }
}

#[training_loop]
mod train_step_function {
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = train_step(model, &mut optimizer, &batch);
            println!("{loss}");
        }
    }

    fn train_step(model: &mut Mlp, optimizer: &mut Sgd, batch: &Batch) -> f32 {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        loss.item()
    }
}

#[training_loop]
mod mode_as_an_argument {
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 0..epochs {
            let train_loss = run(model, train, Some(&mut optimizer));
            let valid_loss = run(model, valid, None);
            println!("{train_loss} {valid_loss}");
        }
    }

    fn run(model: &mut Net, loader: &DataLoader, mut optimizer: Option<&mut Adam>) -> f32 {
        let mut sum = 0.0;
        for batch in loader {
            let output = model.forward_t(&batch.input, optimizer.is_some());
            let loss = cross_entropy(&output, &batch.target);
            if let Some(optimizer) = optimizer.as_mut() {
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            sum += loss.item();
        }
        sum
    }
}

mod phases {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize, warm: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                let output = model.forward(&batch.input);
                let loss = match warm {
                    true => mse_loss(&output, &batch.target),
                    false => cross_entropy(&output, &batch.target),
                };
                loss.backward();
                optimizer.step();
            }
        }
    }
}

mod best_by_validation {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, epochs: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut best = f32::INFINITY;
        let mut bad = 0;
        for epoch in 0..epochs {
            model.train();
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.clip_grad_norm(1.0);
                optimizer.step();
            }
            model.eval();
            let mut valid_loss = 0.0;
            no_grad(|| {
                for batch in valid {
                    valid_loss += cross_entropy(&model.forward(&batch.input), &batch.target).item();
                }
            });
            if valid_loss < best {
                best = valid_loss;
                bad = 0;
                save_checkpoint(&model, epoch);
            } else {
                bad += 1;
                if bad > 1 {
                    break;
                }
            }
        }
    }
}

mod schedule_and_evaluation {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(&optimizer, epochs);
        for _ in 0..epochs {
            model.train();
            for (x, y) in train.iter() {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&x), &y);
                loss.backward();
                optimizer.step();
            }
            scheduler.step();
            model.eval();
            for (x, y) in valid.iter() {
                let predicted = no_grad(|| model.forward(&x));
                let score = accuracy(&predicted, &y);
                println!("{score}");
            }
        }
    }
}

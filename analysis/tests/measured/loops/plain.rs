mod zero_first {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

mod zero_last {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for epoch in 0..epochs {
            for batch in train {
                let prediction = model.forward(&batch.features);
                let loss = mse_loss(&prediction, &batch.labels);
                loss.backward();
                optimizer.step();
                optimizer.zero_grad();
                println!("epoch {epoch}: {:.4}", loss.item());
            }
        }
    }
}

mod clipped {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 3e-4);
        for _ in 0..epochs {
            for batch in train.iter() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.clip_grad_norm(1.0);
                optimizer.step();
            }
        }
    }
}

mod schedule_per_epoch {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut schedule = StepLr::new(&optimizer, 30, 0.1);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
            schedule.step(&mut optimizer);
        }
    }
}

mod schedule_per_batch_with_clip {
    #[training_loop]
    fn fit(model: &mut Transformer, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 3e-4);
        let mut schedule = OneCycleLr::new(&optimizer, 1e-3, train.len());
        for (tokens, next) in train.iter() {
            let logits = model.forward(&tokens);
            let loss = cross_entropy(&logits, &next);
            loss.backward();
            clip_grad_norm(model.parameters(), 1.0);
            optimizer.step();
            schedule.step(&mut optimizer);
            optimizer.zero_grad();
        }
    }
}

mod while_let {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &mut DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        while let Some(batch) = train.next() {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

mod until_good {
    #[training_loop]
    fn fit(model: &mut Mlp, x: &Tensor, y: &Tensor) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut steps = 0;
        loop {
            let loss = mse_loss(&model.forward(x), y);
            if loss.item() < 1e-3 || steps > 3 {
                break;
            }
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            steps += 1;
        }
    }
}

mod for_each {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        train.iter().for_each(|batch| {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        });
    }
}

mod labelled {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize, patience: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut bad = 0;
        'epochs: for _ in 0..epochs {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                if !loss.is_finite() {
                    bad += 1;
                    if bad > patience {
                        break 'epochs;
                    }
                    continue;
                }
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

mod drops_a_bad_batch {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if !loss.is_finite() {
                optimizer.zero_grad();
                continue;
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

mod question_marks {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let batch = batch?;
            let loss = mse_loss(&model.forward(&batch.input)?, &batch.target)?;
            optimizer.zero_grad();
            loss.backward()?;
            optimizer.step()?;
        }
        Ok(())
    }
}

mod fused {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut opt = Adam::new(model.parameters(), 1e-3);
        for _ in 0..epochs {
            for batch in train {
                let loss = cross_entropy(&model.forward_t(&batch.input, true), &batch.target);
                opt.backward_step(&loss);
            }
        }
    }
}

mod fused_and_clipped {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut opt = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = cross_entropy(&model.forward_t(&batch.input, true), &batch.target);
            opt.backward_step_clip(&loss, 0.5);
        }
    }
}

mod optimizes_an_image {
    #[training_loop]
    fn fit(image: &mut Canvas, content: &Tensor) {
        let mut optimizer = Adam::new(image.parameters(), 0.02);
        for step in 0..5 {
            optimizer.zero_grad();
            let picture = image.forward(content);
            let loss = mse_loss(&picture, content);
            loss.backward();
            optimizer.step();
            println!("{step}");
        }
    }
}

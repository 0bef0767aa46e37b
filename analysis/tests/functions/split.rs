//! Loops split into functions.

mod step_in_a_function {
    fn train_step(model: &Mlp, optimizer: &mut Sgd, batch: &Batch) -> f32 {
        let output = model.forward(&batch.input);
        let loss = cross_entropy(&output, &batch.target);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
        loss.item()
    }

    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = train_step(model, &mut optimizer, &batch);
            println!("{loss}");
        }
    }
}

mod step_in_a_function_right {
    fn train_step(model: &Mlp, optimizer: &mut Sgd, batch: &Batch) -> f32 {
        optimizer.zero_grad();
        let output = model.forward(&batch.input);
        let loss = cross_entropy(&output, &batch.target);
        loss.backward();
        optimizer.step();
        loss.item()
    }

    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            train_step(model, &mut optimizer, &batch);
        }
    }
}

mod zeroed_by_the_caller {
    fn train_step(model: &Mlp, opt: &mut Sgd, batch: &Batch) -> Result<f32> {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        if !loss.is_finite() {
            bail!("lost");
        }
        loss.backward();
        opt.step();
        Ok(loss.item())
    }

    fn fit(model: &Mlp, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            train_step(model, &mut optimizer, &batch)?;
        }
        Ok(())
    }
}

mod loss_from_a_function {
    fn compute_loss(model: &Mlp, batch: &Batch) -> Tensor {
        let output = model.forward(&batch.input);
        (output - batch.target).powi(2).mean()
    }

    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = compute_loss(model, &batch);
            optimizer.zero_grad();
            optimizer.step(); //~ error step_before_backward
            loss.backward();
        }
    }

    fn fit_twice(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = compute_loss(model, &batch);
            optimizer.zero_grad();
            loss.backward();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }

    fn fit_right(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = compute_loss(model, &batch);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

mod helpers {
    fn clip_and_step(optimizer: &mut Sgd) {
        optimizer.clip_grad_norm(1.0);
        optimizer.step();
    }

    fn zero(optimizer: &mut Sgd) {
        optimizer.zero_grad(); //~ error gradients_discarded
    }

    fn run_backward(loss: &Tensor) {
        loss.backward();
    }

    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            zero(&mut optimizer);
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            run_backward(&loss);
            clip_and_step(&mut optimizer);
        }
    }

    fn fit_wrong(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            run_backward(&loss);
            zero(&mut optimizer);
            clip_and_step(&mut optimizer);
        }
    }
}

mod builders {
    fn make_optimizer(model: &Mlp) -> Box<dyn Optimizer> {
        Box::new(Adam::new(model.parameters(), 1e-3))
    }

    fn build() -> (Mlp, Adam) {
        let model = Mlp::new(4, 2);
        let optimizer = Adam::new(model.parameters(), 1e-3);
        (model, optimizer)
    }

    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = make_optimizer(model);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    fn fit_built(train: &DataLoader) {
        let (model, mut optimizer) = build();
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    fn fit_in_loop(model: &Mlp, train: &DataLoader) {
        for batch in train {
            let mut optimizer = make_optimizer(model); //~ error optimizer_rebuilt
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

mod train_or_not {
    fn run_epoch(model: &Mlp, data: &DataLoader, mut optimizer: Option<&mut Sgd>) -> f32 {
        let mut total = 0.0;
        for batch in data {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            if let Some(optimizer) = optimizer.as_mut() {
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            total += loss.item();
        }
        total
    }

    fn fit(model: &Mlp, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..10 {
            run_epoch(model, train, Some(&mut optimizer));
            run_epoch(model, valid, None);
        }
    }

    fn run(model: &Mlp, data: &DataLoader, optimizer: &mut Sgd, training: bool) {
        for batch in data {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            if training {
                optimizer.zero_grad();
            }
            loss.backward();
            if training {
                optimizer.step();
            }
        }
    }

    fn fit_flag(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..10 {
            run(model, train, &mut optimizer, true);
        }
    }
}

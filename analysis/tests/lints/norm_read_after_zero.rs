/// Logged at the end of the iteration.
mod logged_late {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
            println!("{} {}", loss.item(), model.grad_norm()); //~ warning norm_read_after_zero
        }
    }
}

/// Read by a function, between `zero_grad` and `backward`.
mod before_backward {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            optimizer.zero_grad();
            let norm = total_norm(model.parameters()); //~ warning norm_read_after_zero
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if norm < 100.0 {
                optimizer.step();
            }
        }
    }
}

/// Between `backward` and `zero_grad`, before or after the step.
mod in_time {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            let before = optimizer.grad_norm();
            optimizer.step();
            println!("{before} {}", model.grad_norm());
        }
    }
}

/// The clip returns it.
mod of_the_clip {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            let norm = optimizer.clip_grad_norm(1.0);
            optimizer.step();
            optimizer.zero_grad();
            println!("{norm}");
        }
    }
}

/// Zeroed on some paths only, and the norm of a model that is not trained here.
mod not_sure {
    #[training_loop]
    fn fit(model: &mut Net, other: &Net, train: &DataLoader, every: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / every as f32;
            loss.backward();
            if (i + 1) % every == 0 {
                optimizer.step();
                optimizer.zero_grad();
            }
            println!("{} {}", model.grad_norm(), other.grad_norm());
        }
    }
}

/// A list of norms that was recorded in time.
mod recorded_before {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, record: &mut Record) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            record.note(&model);
            optimizer.step();
            optimizer.zero_grad();
            println!("{}", record.grad_norm());
        }
    }
}

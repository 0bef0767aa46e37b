/// A misplaced brace: one step for each epoch.
mod a_brace_too_early {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
            }
            optimizer.step(); //~ warning step_outside_batch_loop
        }
    }
}

/// The whole end of the loop body is outside.
mod with_its_clip {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                model.zero_grad();
                let loss = mse_loss(&output, &batch.target);
                loss.backward();
                println!("{i}: {}", loss.item());
            }
            optimizer.clip_grad_norm(1.0);
            optimizer.step(); //~ warning step_outside_batch_loop
        }
    }
}

/// No epochs: a single loop, and the step after it.
mod a_single_loop {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        }
        optimizer.step(); //~ warning step_outside_batch_loop
    }
}

/// One update with the gradients of all batches: zeroed and stepped outside.
mod full_batch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            optimizer.zero_grad();
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / train.len() as f32;
                loss.backward();
            }
            optimizer.step();
        }
    }
}

/// Several losses of one batch.
mod several_heads {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                for (head, target) in batch.targets.iter().enumerate() {
                    let loss = cross_entropy(&model.forward(&batch.input).column(head), target);
                    loss.backward();
                }
                optimizer.step();
            }
        }
    }
}

/// Windows of batches.
mod windows {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for window in train.windows(0, 4) {
                for batch in &window {
                    let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                    (&loss * window.weight(&batch)).backward();
                }
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

/// A step in the loop, and one more for the last batches.
mod flush {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if (i + 1) % k == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Each window is zeroed and accumulated in an inner loop; the step is after all windows.
mod after_all_windows {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for window in train {
            optimizer.zero_grad();
            for micro in window.chunks(2) {
                let loss = cross_entropy(&model.forward(&micro.input), &micro.target) / 2.0;
                loss.backward();
            }
        }
        optimizer.step(); //~ warning step_outside_batch_loop
    }
}

/// Two loops further out than the zeroing.
mod after_all_epochs {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            }
        }
        optimizer.step(); //~ warning step_outside_batch_loop
    }
}

/// The first iterations are a warm-up with discarded gradients.
mod a_pass_of_its_own {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            for part in batch.parts() {
                optimizer.zero_grad();
                mse_loss(&model.forward(&part.input), &part.target).backward();
            }
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }
}

/// Full windows are zeroed and not used; the step is only for the last batches.
mod full_windows {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            let mut pending = 0;
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
                loss.backward();
                pending += 1;
                if (i + 1) % 4 == 0 {
                    optimizer.zero_grad();
                    pending = 0;
                }
            }
            if pending > 0 {
                optimizer.step(); //~ warning step_outside_batch_loop
                optimizer.zero_grad();
            }
        }
    }
}

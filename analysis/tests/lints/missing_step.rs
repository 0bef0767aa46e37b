/// Gradients are computed and never used.
mod forgotten {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward(); //~ error missing_step
        }
    }
}

/// The second optimizer is never stepped.
mod of_one_of_two_optimizers {
    #[training_loop]
    fn fit(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
        let mut opt_e = Adam::new(encoder.parameters(), 1e-3);
        let mut opt_d = Adam::new(decoder.parameters(), 1e-3);
        for batch in train {
            opt_e.zero_grad();
            opt_d.zero_grad();
            let output = decoder.forward(&encoder.forward(&batch.input));
            cross_entropy(&output, &batch.target).backward(); //~ error missing_step
            opt_e.step();
        }
    }
}

/// The optimizer is passed on, so its step may be elsewhere.
mod by_somebody_else {
    #[training_loop]
    fn gather(model: &mut Net, train: &DataLoader) -> Sgd {
        let optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        }
        optimizer
    }
}

/// One step for the whole epoch.
mod once_for_all_batches {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            optimizer.zero_grad();
            for batch in train {
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            }
            optimizer.step();
        }
    }
}

/// A loop computes a loss that nothing reads.
mod unread_losses {
    fn second_phase(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target); //~ warning missing_step
        }
    }

    fn warm_up(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let _loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        }
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

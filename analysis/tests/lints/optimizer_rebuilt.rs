/// A new optimizer for each batch.
mod for_each_batch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        for batch in train {
            let mut optimizer = Adam::new(model.parameters(), 1e-3); //~ error optimizer_rebuilt
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

/// A new optimizer in each iteration of a `while let`.
mod in_a_while_loop {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut batches = train.into_iter();
        while let Some(batch) = batches.next() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            let mut optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9); //~ error optimizer_rebuilt
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A restart for each epoch, stepped in the inner loop.
mod for_each_epoch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        for _ in 0..epochs {
            let mut optimizer = Adam::new(model.parameters(), 1e-3);
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

/// A second optimizer takes over at some epoch.
mod on_a_change {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            if epoch == 5 {
                optimizer = Sgd::new(model.parameters(), 0.01);
            }
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

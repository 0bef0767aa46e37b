/// The output is computed once, the loss in each round.
mod output_from_before_the_loop {
    #[training_loop]
    fn fit(model: &mut Net, batch: &Batch, rounds: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let output = model.forward(&batch.input);
        for _ in 0..rounds {
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }
}

/// Two backwards through one loss.
mod twice {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }
}

/// The graph is kept for the second backward.
mod retained {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward_retain_graph();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Two losses of two forwards.
mod two_losses {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let first = cross_entropy(&model.forward(&batch.input), &batch.target);
            let second = cross_entropy(&model.forward(&batch.input), &batch.target);
            first.backward();
            second.backward();
            optimizer.step();
        }
    }
}

/// The loss is computed and nothing comes of it.
mod forgotten {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let _loss = cross_entropy(&output, &batch.target);
            optimizer.step(); //~ error missing_backward
        }
    }
}

/// A loss that is only looked at, and a schedule that moves.
mod with_a_schedule {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut scheduler = StepLr::new(10, 0.1);
        for (i, batch) in train.into_iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            println!("{i}: {}", loss.item());
            optimizer.step(); //~ error missing_backward
            optimizer.zero_grad();
            scheduler.step(&mut optimizer);
        }
    }
}

/// A helper that is not seen may well run it.
mod in_a_helper {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            run_backward(model, &batch);
            optimizer.step();
        }
    }

    fn run_backward(model: &Net, batch: &Batch) {
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
    }
}

/// The backward is there.
mod there {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
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

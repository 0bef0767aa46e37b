/// One more step after the last batch; without batches it has no gradients.
mod after_the_loop {
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
        optimizer.step(); //~ error step_repeated
    }
}

/// The second step goes through another name.
mod through_an_alias {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            let again = &mut optimizer;
            again.step(); //~ error step_repeated
        }
    }
}

/// Two steps in a row.
mod twice {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.step();
            optimizer.step(); //~ error step_repeated
        }
    }
}

/// The `step` of a schedule.
mod of_the_schedule {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = StepLr::new(10, 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
        }
    }
}

/// One step on each branch.
mod on_two_branches {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, warm: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            if warm {
                optimizer.clip_grad_norm(0.1);
                optimizer.step();
            } else {
                optimizer.step();
            }
        }
    }
}

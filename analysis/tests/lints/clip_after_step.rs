/// The clip is after `step`.
mod after {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.step();
            optimizer.clip_grad_norm(1.0); //~ error clip_after_step
        }
    }
}

/// The clip is before `zero_grad` of the next iteration.
mod at_the_start_of_the_round {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.step();
            optimizer.clip_grad_value(0.5); //~ error clip_after_step
            optimizer.zero_grad();
        }
    }
}

/// Between `backward` and `step`.
mod between {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            let norm = optimizer.clip_grad_norm(1.0);
            assert!(norm.is_finite());
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// A conditional clip.
mod under_a_condition {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, clip: Option<f32>) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            if let Some(most) = clip {
                optimizer.clip_grad_norm(most);
            }
            optimizer.step();
        }
    }
}

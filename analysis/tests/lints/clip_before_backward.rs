/// The clip follows `zero_grad` at the end of the iteration.
mod after_zero_grad {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
            optimizer.clip_grad_value(0.5); //~ error clip_before_backward
        }
    }
}

/// The clip is before `backward`.
mod before {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            optimizer.clip_grad_norm(1.0); //~ error clip_before_backward
            loss.backward();
            optimizer.step();
        }
    }
}

/// Between `backward` and `step`.
mod between {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
        }
    }
}

/// One clip for the sum over a window.
mod of_a_window {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for window in train.windows(0, 4) {
            optimizer.zero_grad();
            for batch in &window {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                (&loss * window.weight(&batch)).backward();
            }
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
        }
    }
}

/// The gradients are older than the optimizer.
mod filled_before_it_was_built {
    fn with_gradient(values: &[f32]) -> Parameter {
        let parameter = Parameter::new(zeros(values.len()));
        (parameter.tensor() * Tensor::from(values)).sum().backward();
        parameter
    }

    fn the_norm_is_clipped() {
        let weight = with_gradient(&[3.0, 4.0]);
        let mut optimizer = Sgd::new(vec![weight.clone()], 0.1);
        assert_eq!(optimizer.clip_grad_norm(10.0), 5.0);
        optimizer.step();
    }
}

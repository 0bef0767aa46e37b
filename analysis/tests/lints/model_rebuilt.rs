/// A single layer counts as a model.
mod a_layer {
    #[training_loop]
    fn fit(train: &DataLoader) {
        for batch in train {
            let layer = Linear::new(4, 2); //~ error model_rebuilt
            let mut optimizer = Adam::new(layer.parameters(), 1e-3);
            optimizer.zero_grad();
            cross_entropy(&layer.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }
}

/// A new model for each batch.
mod for_each_batch {
    #[training_loop]
    fn fit(train: &DataLoader) {
        for batch in train {
            let model = Net::new(); //~ error model_rebuilt
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

/// A new model for each trial, trained in the inner loop.
mod for_each_trial {
    #[training_loop]
    fn fit(train: &DataLoader, rates: &[f32]) {
        for rate in rates {
            let model = Net::new();
            let mut optimizer = Sgd::new(model.parameters(), *rate);
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

/// Built once, before the loop.
mod once {
    #[training_loop]
    fn fit(train: &DataLoader) -> Net {
        let model = Net::new();
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        model
    }
}

//! Groups of parameters, and schedules by a measurement.

#[training_loop]
fn with_groups(model: &mut Net, train: &DataLoader) {
    let mut optimizer = AdamW::new(model.parameters(), 1e-3)
        .no_decay_for_vectors()
        .group(model.encoder.parameters(), |group| group.learning_rate(1e-4).weight_decay(0.0))
        .maximize(false);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.clip_grad_norm(1.0);
        optimizer.step();
    }
}

#[training_loop]
fn a_group_for_each_layer(model: &mut Net, train: &DataLoader) {
    let mut optimizer = RmsProp::new(model.parameters(), 1e-3);
    for (depth, layer) in model.layers.iter().enumerate() {
        optimizer = optimizer.group(layer.parameters(), |group| group.learning_rate(1e-3 * 0.9_f32.powi(depth as i32)));
    }
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn by_the_loss_of_a_validation(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut scheduler = PlateauLr::new().factor(0.5).patience(3);
    for epoch in 0..10 {
        model.train();
        for batch in train.epoch(epoch) {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        let _evaluation = evaluation(model);
        let mut total = 0.0;
        for batch in valid.epoch(0) {
            total += f64::from(mse_loss(&model.forward(&batch.input), &batch.target).item());
        }
        scheduler.step(total / valid.batches() as f64, &mut optimizer);
    }
}

#[training_loop]
fn with_groups_and_without_zero_grad(model: &mut Net, train: &DataLoader) {
    let mut optimizer = AdamW::new(model.parameters(), 1e-3)
        .group(model.encoder.parameters(), |group| group.learning_rate(1e-4));
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
    }
}

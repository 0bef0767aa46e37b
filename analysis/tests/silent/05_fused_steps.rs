//! A step that zeroes by itself, or a library where there is nothing to zero.

fn backward_step(vs: &nn::VarStore, net: &impl Module, train: &DataLoader) -> Result<()> {
    let mut opt = nn::Adam::default().build(vs, 1e-3)?;
    for epoch in 1..100 {
        for (images, labels) in train {
            let loss = net.forward(&images).cross_entropy_for_logits(&labels);
            opt.backward_step(&loss);
        }
    }
    Ok(())
}

fn backward_step_clip(vs: &nn::VarStore, net: &impl Module, train: &DataLoader) -> Result<()> {
    let mut opt = nn::Adam::default().build(vs, 1e-3)?;
    for (images, labels) in train {
        let loss = net.forward(&images).cross_entropy_for_logits(&labels);
        opt.backward_step_clip(&loss, 0.5);
    }
    Ok(())
}

fn gradients_as_values(model: &Model, train: &DataLoader) -> Result<()> {
    let mut optimizer = candle_nn::SGD::new(model.all_vars(), 0.1)?;
    for (xs, ys) in train {
        let loss = candle_nn::loss::mse(&model.forward(&xs)?, &ys)?;
        let grads = loss.backward()?;
        optimizer.step(&grads)?;
    }
    Ok(())
}

fn the_model_comes_back<B: AutodiffBackend>(mut model: Model<B>, train: &DataLoader<B>) -> Model<B> {
    let mut optim = AdamConfig::new().init();
    for batch in train.iter() {
        let loss = CrossEntropyLoss::new(None, &batch.device).forward(model.forward(batch.images), batch.targets);
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        model = optim.step(1e-3, model, grads);
    }
    model
}

/// The counterpart: the same loop with the plain calls.
#[training_loop]
fn wrong(model: &mut Net, train: &DataLoader) {
    let mut opt = Adam::new(model.parameters(), 1e-3);
    for batch in train {
        let loss = model.forward(&batch.input).cross_entropy_for_logits(&batch.target);
        loss.backward(); //~ error missing_zero_grad
        opt.step();
    }
}

//! Loops that optimize an input, and optimizers that are built per image.

#[training_loop]
fn an_input(model: &Net, image: Tensor) -> Tensor {
    let mut optimizer = Adam::new([&image], 0.05);
    for _ in 0..200 {
        optimizer.zero_grad();
        let loss = feature_loss(&model.forward(&image));
        loss.backward();
        optimizer.step();
    }
    image
}

#[training_loop]
fn an_optimizer_per_image(model: &Net, images: &[Image]) {
    for image in images {
        let code = Parameter::zeros([64]);
        let mut optimizer = Adam::new([&code], 0.05);
        for _ in 0..200 {
            optimizer.zero_grad();
            mse_loss(&model.forward(&code), &image.pixels).backward();
            optimizer.step();
        }
        save(image, &code);
    }
}

#[training_loop]
fn a_model_per_fold(folds: &[Fold]) {
    for fold in folds {
        let mut model = Net::new();
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in &fold.train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        report(&model, &fold.valid);
    }
}

/// The counterpart: built in the loop that steps it.
#[training_loop]
fn wrong(model: &mut Net, train: &DataLoader) {
    for batch in train {
        let mut optimizer = Adam::new(model.parameters(), 1e-3); //~ error optimizer_rebuilt
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
    }
}

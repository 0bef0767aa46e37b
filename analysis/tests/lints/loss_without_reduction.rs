/// tch: one value per entry.
mod as_a_method {
    fn fit(net: &Net, mut optimizer: nn::Optimizer, train: &Loader) {
        for (xs, ys) in train.iter() {
            let loss = net.forward(&xs).mse_loss(&ys, tch::Reduction::None);
            optimizer.zero_grad();
            loss.backward(); //~ warning loss_without_reduction
            optimizer.step();
        }
    }
}

/// Weighted, and still one value per entry.
mod weighed {
    fn fit(net: &Net, mut optimizer: nn::Optimizer, train: &Loader) {
        for (xs, ys, weights) in train.iter() {
            let each = net.forward(&xs).smooth_l1_loss(&ys, Reduction::None, 1.0);
            let loss = each * &weights;
            optimizer.zero_grad();
            loss.backward(); //~ warning loss_without_reduction
            optimizer.step();
        }
    }
}

/// A criterion built without reduction.
mod built {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let criterion = CrossEntropy::new().reduction(Reduction::None);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = criterion.loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward(); //~ warning loss_without_reduction
            optimizer.step();
        }
    }
}

/// Weighted, then averaged.
mod averaged {
    fn fit(net: &Net, mut optimizer: nn::Optimizer, train: &Loader) {
        for (xs, ys, weights) in train.iter() {
            let each = net.forward(&xs).mse_loss(&ys, Reduction::None);
            let loss = (each * &weights).mean(Kind::Float);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Reduced by an unknown operation, or on one of two paths.
mod reduced_somehow {
    fn fit(net: &Net, mut optimizer: nn::Optimizer, train: &Loader, plain: bool) {
        for (xs, ys) in train.iter() {
            let each = net.forward(&xs).mse_loss(&ys, Reduction::None);
            let loss = if plain { masked_mean(&each, &ys) } else { each.dot(&ys) };
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Reduced by the loss, with one value per entry only for a report.
mod reduced_by_the_loss {
    fn fit(net: &Net, mut optimizer: nn::Optimizer, train: &Loader) {
        for (xs, ys) in train.iter() {
            let output = net.forward(&xs);
            let each = output.mse_loss(&ys, Reduction::None);
            println!("{:?}", each);
            let loss = output.mse_loss(&ys, Reduction::Sum);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

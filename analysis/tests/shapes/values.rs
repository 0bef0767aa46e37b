//! Ways to bind a loss or an optimizer to a variable.

/// The loss is a part of something.
mod in_something {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let losses = Losses { main: mse_loss(&output, &batch.target), extra: l1_loss(&output, &batch.target) };
            optimizer.zero_grad();
            (&losses.main + &losses.extra).backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn in_a_struct(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let losses = Losses { main: mse_loss(&model.forward(&batch.input), &batch.target), count: 1 };
            losses.main.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn in_a_struct_twice(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let losses = Losses { main: mse_loss(&model.forward(&batch.input), &batch.target), count: 1 };
            optimizer.zero_grad();
            losses.main.backward();
            losses.main.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }

    #[training_loop]
    fn in_a_tuple(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let both = (mse_loss(&output, &batch.target), output.detach());
            both.0.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn in_an_option(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = Some(mse_loss(&model.forward(&batch.input), &batch.target));
            if let Some(loss) = loss {
                loss.backward(); //~ error missing_zero_grad
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn in_a_vector(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let mut losses = Vec::new();
            for part in batch.parts() {
                losses.push(mse_loss(&model.forward(&part.input), &part.target));
            }
            let total = Tensor::stack(&losses).mean();
            total.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

/// Shadowed names.
mod shadowed {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let optimizer = Sgd::new(model.parameters(), 0.1);
        let mut optimizer = optimizer;
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            {
                let loss = loss.item();
                let optimizer = &optimizer;
                println!("{loss} {}", optimizer.learning_rate());
            }
            let loss = loss / 2.0;
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let optimizer = Sgd::new(model.parameters(), 0.1);
        let mut optimizer = optimizer;
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            {
                let optimizer = batch.len();
                println!("{optimizer}");
            }
            let loss = loss / 2.0;
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    /// Another optimizer of a part of the model zeroes that part.
    #[training_loop]
    fn zeroed_by_another(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            {
                let mut optimizer = Sgd::new(model.head.parameters(), 0.1);
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn one_optimizer_after_the_other(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        let mut optimizer = Adam::new(model.parameters(), 0.1);
        optimizer.zero_grad();
        for batch in train {
            mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

/// Patterns on the left.
mod destructured {
    #[training_loop]
    fn right(pair: (Net, f64), train: &DataLoader) {
        let (ref mut model, rate) = pair;
        let mut optimizer = Sgd::new(model.parameters(), rate);
        let (mut loss, mut count);
        for Batch { input, target, .. } in train {
            (loss, count) = (mse_loss(&model.forward(input), target), 1);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn wrong(pair: (Net, f64), train: &DataLoader) {
        let (ref mut model, rate) = pair;
        let ref mut optimizer = Sgd::new(model.parameters(), rate);
        let (mut loss, mut count);
        for Batch { input, target, .. } in train {
            (loss, count) = (mse_loss(&model.forward(input), target), 1);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn or_patterns(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for item in train {
            let (Item::Labelled(input, target) | Item::Guessed(input, target)) = item;
            let loss = mse_loss(&model.forward(input), target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

/// Chains over several lines, and turbofish.
mod chained {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters::<f32>(), 0.1).momentum(0.9).nesterov(true);
        for batch in train.iter::<Shuffled>() {
            optimizer.zero_grad();
            model
                .forward::<Tensor>(&batch.input)
                .relu()
                .mse_loss(&batch.target)
                .backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters::<f32>(), 0.1).momentum(0.9).nesterov(true);
        for batch in train.iter::<Shuffled>() {
            model //~ error missing_zero_grad
                .forward::<Tensor>(&batch.input)
                .relu()
                .mse_loss(&batch.target)
                .backward();
            optimizer.step();
        }
    }
}

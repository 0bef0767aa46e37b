/// A term of a sum is a plain number.
mod term_is_a_number {
    #[training_loop]
    fn fit(actor: &mut Net, critic: &mut Net, train: &DataLoader, weight: f64) {
        let mut optimizer = Adam::new((actor.parameters(), critic.parameters()), 1e-3);
        for batch in train {
            let policy = cross_entropy(&actor.forward(&batch.state), &batch.action);
            let value = mse_loss(&critic.forward(&batch.state), &batch.returns);
            let loss = &policy + weight * value.item(); //~ error loss_without_gradient
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// The loss itself becomes a number and a tensor again.
mod there_and_back {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            let value = f64::from(&loss); //~ error loss_without_gradient
            let loss = Tensor::from(value);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Classes have no gradient.
mod classes {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let classes = model.forward(&batch.input).argmax(1); //~ error loss_without_gradient
            let loss = mse_loss(&classes, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// The graph is cut to save memory, one line too early.
mod detached_loss {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let batch = batch?;
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target).detach(); //~ error loss_without_gradient
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        Ok(())
    }
}

/// The second term is a loss of classes.
mod term_of_classes {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let output = model.forward(&batch.input);
            let edges = l1_loss(&output.argmax(1), &batch.edges); //~ error loss_without_gradient
            let mut loss = cross_entropy(&output, &batch.target);
            loss += edges * 0.5;
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Numbers that weigh, and numbers that are printed.
mod weights_and_reports {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut total = 0.0;
        for batch in train {
            let output = model.forward(&batch.input);
            let a = cross_entropy(&output, &batch.target);
            let b = l1_loss(&output, &batch.shares);
            let balance = a.item() / (b.item() + 1e-8);
            let loss = &a + &b * balance;
            println!("{}", a.item() + b.item());
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            total += loss.item();
        }
        println!("{total}");
    }
}

/// A baseline is subtracted, an advantage multiplies: policy gradients.
mod policy_gradient {
    #[training_loop]
    fn fit(actor: &mut Net, critic: &mut Net, train: &DataLoader, env: &mut Env) {
        let mut optimizer = Adam::new((actor.parameters(), critic.parameters()), 1e-3);
        for batch in train {
            let log_p = actor.forward(&batch.state).log_softmax(1).gather(1, &batch.action);
            let value = critic.forward(&batch.state);
            let advantage = &batch.returns - value.detach();
            let entropy = log_p.exp().mean();
            let policy = -(&log_p * &advantage).mean();
            let critic_loss = (&value - &batch.returns).square().mean();
            let loss = policy + critic_loss * 0.5 - &entropy * 0.01;
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            let reward = env.step(log_p.argmax(1).item());
            let td = reward + 0.99 * critic.forward(&batch.next).item();
            println!("{td}");
        }
    }
}

/// A TD error by hand: the bootstrapped value is a number, and the trained value is subtracted.
mod td_error {
    #[training_loop]
    fn fit(critic: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(critic.parameters(), 1e-3);
        for batch in train {
            let next = critic.forward(&batch.next).item();
            let loss = ((&batch.reward + 0.99 * next) - critic.forward(&batch.state)).square().mean();
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A straight-through estimator, and a term of a sum that is detached on purpose.
mod straight_through {
    #[training_loop]
    fn fit(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new((encoder.parameters(), decoder.parameters()), 1e-3);
        for batch in train {
            let code = encoder.forward(&batch.input);
            let hard = code.argmax(1).one_hot(16);
            let code = &code + (&hard - &code).detach();
            let loss = mse_loss(&decoder.forward(&code), &batch.input) + mse_loss(&code.round(), &code).detach();
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A discriminator is trained on the detached output of the generator.
mod adversary {
    #[training_loop]
    fn fit(generator: &Net, judge: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(judge.parameters(), 1e-3);
        for batch in train {
            let fake = generator.forward(&batch.noise).detach();
            let loss = bce_with_logits_loss(&judge.forward(&fake), &batch.zeros);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// An opaque value may have a gradient; an input with a gradient is not data.
mod unseen_parts {
    #[training_loop]
    fn fit(model: &mut Net, prior: &Prior, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let numbers = model.forward(&batch.input).detach();
            let input = batch.input.requires_grad_(true);
            let loss = prior.penalty(&numbers) + mse_loss(&numbers, &input);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A number of the previous iteration, and of a model that is not trained.
mod numbers_from_elsewhere {
    #[training_loop]
    fn fit(model: &mut Net, teacher: &Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut smooth = 0.0;
        for batch in train {
            let known = teacher.forward(&batch.input).mean().item();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) + known + smooth;
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            smooth = 0.9 * smooth + 0.1 * loss.item();
        }
    }
}

/// A comparison is a constant to `backward`, also as a mean.
mod comparisons_as_terms {
    fn share_above_zero(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let out = model.forward(&batch.input);
            let loss = mse_loss(&out, &batch.target) + out.gt(0.0).mean(); //~ error loss_without_gradient
            loss.backward();
            optimizer.step();
        }
    }

    fn share_at_most_zero(model: &mut Net, optimizer: &mut Sgd, x: &Tensor, y: &Tensor) {
        optimizer.zero_grad();
        let out = model.forward(x);
        let share = (&out).le(&Tensor::zeros(&[1])).mean(); //~ error loss_without_gradient
        let loss = &mse_loss(&out, y) + &(share * 0.1);
        loss.backward();
        optimizer.step();
    }

    fn rounded_output(model: &mut Net, optimizer: &mut Sgd, x: &Tensor, y: &Tensor) {
        optimizer.zero_grad();
        let out = model.forward(x);
        let extra = if out.mean().item() > 0.5 { 1.0 } else { 0.0 };
        let mut loss = mse_loss(&out, y);
        loss = loss + cross_entropy(&out.round(), y); //~ error loss_without_gradient
        loss.backward();
        optimizer.step();
    }
}

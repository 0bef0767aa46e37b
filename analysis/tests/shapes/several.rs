//! Two optimizers and more.

/// Side by side, one loss for both.
mod side_by_side {
    #[training_loop]
    fn right(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
        let mut opt_e = Adam::new(encoder.parameters(), 1e-3);
        let mut opt_d = Adam::new(decoder.parameters(), 1e-3);
        for batch in train {
            opt_e.zero_grad();
            opt_d.zero_grad();
            let loss = mse_loss(&decoder.forward(&encoder.forward(&batch.input)), &batch.target);
            loss.backward();
            opt_e.step();
            opt_d.step();
        }
    }

    #[training_loop]
    fn wrong(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
        let mut opt_e = Adam::new(encoder.parameters(), 1e-3);
        let mut opt_d = Adam::new(decoder.parameters(), 1e-3);
        for batch in train {
            opt_d.zero_grad();
            let loss = mse_loss(&decoder.forward(&encoder.forward(&batch.input)), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            opt_e.step();
            opt_d.step();
        }
    }

    #[training_loop]
    fn three(a: &mut Net, b: &mut Net, c: &mut Net, train: &DataLoader) {
        let (mut opt_a, mut opt_b) = (Sgd::new(a.parameters(), 0.1), Sgd::new(b.parameters(), 0.1));
        let mut opt_c = Sgd::new(c.parameters(), 0.1);
        for batch in train {
            opt_a.zero_grad();
            opt_b.zero_grad();
            opt_c.zero_grad();
            let loss = mse_loss(&c.forward(&b.forward(&a.forward(&batch.input))), &batch.target);
            loss.backward();
            opt_a.step();
            opt_b.step();
            opt_b.step(); //~ error step_repeated
            opt_c.step();
        }
    }
}

/// In turns.
mod in_turns {
    #[training_loop]
    fn right(one: &mut Net, two: &mut Net, train: &DataLoader) {
        let mut opt_one = Sgd::new(one.parameters(), 0.1);
        let mut opt_two = Sgd::new(two.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            if i % 2 == 0 {
                opt_one.zero_grad();
                mse_loss(&one.forward(&batch.input), &batch.target).backward();
                opt_one.step();
            } else {
                opt_two.zero_grad();
                mse_loss(&two.forward(&batch.input), &batch.target).backward();
                opt_two.step();
            }
        }
    }

    #[training_loop]
    fn wrong(one: &mut Net, two: &mut Net, train: &DataLoader) {
        let mut opt_one = Sgd::new(one.parameters(), 0.1);
        let mut opt_two = Sgd::new(two.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            if i % 2 == 0 {
                opt_one.zero_grad();
                mse_loss(&one.forward(&batch.input), &batch.target).backward();
                opt_one.step();
            } else {
                opt_two.zero_grad();
                let loss = mse_loss(&two.forward(&batch.input), &batch.target);
                opt_two.step(); //~ error step_before_backward
                loss.backward();
            }
        }
    }

    #[training_loop]
    fn chosen(one: &mut Net, two: &mut Net, train: &DataLoader) {
        let mut opt_one = Sgd::new(one.parameters(), 0.1);
        let mut opt_two = Sgd::new(two.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let optimizer = if i % 2 == 0 { &mut opt_one } else { &mut opt_two };
            optimizer.zero_grad();
            mse_loss(&two.forward(&one.forward(&batch.input)), &batch.target).backward();
            optimizer.step();
        }
    }
}

/// A critic is trained in each iteration, the generator in every n-th.
mod every_nth {
    #[training_loop]
    fn right(generator: &mut Net, critic: &mut Net, train: &DataLoader, n: usize) {
        let mut opt_g = Adam::new(generator.parameters(), 1e-4);
        let mut opt_c = Adam::new(critic.parameters(), 1e-4);
        for (i, batch) in train.iter().enumerate() {
            opt_c.zero_grad();
            let fake = generator.forward(&batch.noise).detach();
            let loss = critic_loss(&critic.forward(&batch.input), &critic.forward(&fake));
            loss.backward();
            opt_c.step();
            if i % n == 0 {
                opt_g.zero_grad();
                let loss = generator_loss(&critic.forward(&generator.forward(&batch.noise)));
                loss.backward();
                opt_g.step();
            }
        }
    }

    #[training_loop]
    fn wrong(generator: &mut Net, critic: &mut Net, train: &DataLoader, n: usize) {
        let mut opt_g = Adam::new(generator.parameters(), 1e-4);
        let mut opt_c = Adam::new(critic.parameters(), 1e-4);
        for (i, batch) in train.iter().enumerate() {
            opt_c.zero_grad();
            let fake = generator.forward(&batch.noise).detach();
            let loss = critic_loss(&critic.forward(&batch.input), &critic.forward(&fake));
            loss.backward();
            opt_c.step();
            if i % n == 0 {
                let loss = generator_loss(&critic.forward(&generator.forward(&batch.noise)));
                loss.backward(); //~ warning missing_zero_grad
                opt_g.step();
            }
        }
    }
}

/// Both are zeroed at the start of the iteration only.
mod zeroed_together {
    #[training_loop]
    fn fit(generator: &mut Net, discriminator: &mut Net, train: &DataLoader) {
        let mut opt_g = Adam::new(generator.parameters(), 2e-4);
        let mut opt_d = Adam::new(discriminator.parameters(), 2e-4);
        for batch in train {
            opt_g.zero_grad();
            opt_d.zero_grad();
            let fake = generator.forward(&batch.noise);
            let d_loss = bce_with_logits_loss(&discriminator.forward(&fake), &batch.zeros);
            d_loss.backward(); //~ warning missing_detach
            opt_d.step();
            let fake = generator.forward(&batch.noise);
            let g_loss = bce_with_logits_loss(&discriminator.forward(&fake), &batch.ones);
            g_loss.backward();
            opt_g.step();
        }
    }
}

/// The generator is zeroed after its own step, before the discriminator's loss.
mod zeroed_too_early {
    #[training_loop]
    fn fit(generator: &mut Net, discriminator: &mut Net, train: &DataLoader) {
        let mut opt_g = Adam::new(generator.parameters(), 2e-4);
        let mut opt_d = Adam::new(discriminator.parameters(), 2e-4);
        for batch in train {
            opt_d.zero_grad();
            let real = bce_with_logits_loss(&discriminator.forward(&batch.input), &batch.ones);
            real.backward();
            let fake = bce_with_logits_loss(&discriminator.forward(&generator.forward(&batch.noise)), &batch.zeros);
            fake.backward(); //~ warning missing_detach
            opt_d.step();
            let g_loss = bce_with_logits_loss(&discriminator.forward(&generator.forward(&batch.noise)), &batch.ones);
            g_loss.backward();
            opt_g.step();
            opt_g.zero_grad();
        }
    }
}

/// Detached for the discriminator's loss.
mod detached {
    #[training_loop]
    fn fit(generator: &mut Net, discriminator: &mut Net, train: &DataLoader) {
        let mut opt_g = Adam::new(generator.parameters(), 2e-4);
        let mut opt_d = Adam::new(discriminator.parameters(), 2e-4);
        for batch in train {
            opt_g.zero_grad();
            opt_d.zero_grad();
            let fake = generator.forward(&batch.noise);
            bce_with_logits_loss(&discriminator.forward(&fake.detach()), &batch.zeros).backward();
            opt_d.step();
            bce_with_logits_loss(&discriminator.forward(&fake), &batch.ones).backward();
            opt_g.step();
        }
    }
}

/// Not detached, and zeroed before use.
mod zeroed_before_use {
    #[training_loop]
    fn fit(generator: &mut Net, discriminator: &mut Net, train: &DataLoader) {
        let mut opt_g = Adam::new(generator.parameters(), 2e-4);
        let mut opt_d = Adam::new(discriminator.parameters(), 2e-4);
        for batch in train {
            opt_d.zero_grad();
            let d_loss = bce_with_logits_loss(&discriminator.forward(&generator.forward(&batch.noise)), &batch.zeros);
            d_loss.backward();
            opt_d.step();
            opt_g.zero_grad();
            let g_loss = bce_with_logits_loss(&discriminator.forward(&generator.forward(&batch.noise)), &batch.ones);
            g_loss.backward();
            opt_g.step();
        }
    }
}

/// Several iterations of the discriminator for one of the generator.
mod several_rounds {
    #[training_loop]
    fn fit(generator: &mut Net, critic: &mut Net, train: &DataLoader) {
        let mut opt_g = Adam::new(generator.parameters(), 2e-4);
        let mut opt_c = Adam::new(critic.parameters(), 2e-4);
        for (i, batch) in train.iter().enumerate() {
            opt_c.zero_grad();
            let loss = critic.forward(&generator.forward(&batch.noise)).mean() - critic.forward(&batch.input).mean();
            loss.backward();
            opt_c.step();
            if i % 5 == 0 {
                opt_g.zero_grad();
                let g_loss = -critic.forward(&generator.forward(&batch.noise)).mean();
                g_loss.backward();
                opt_g.step();
            }
        }
    }
}

/// One loss trains both.
mod joint {
    #[training_loop]
    fn fit(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
        let mut opt_e = Adam::new(encoder.parameters(), 1e-3);
        let mut opt_d = Adam::new(decoder.parameters(), 1e-3);
        for batch in train {
            opt_e.zero_grad();
            opt_d.zero_grad();
            let loss = mse_loss(&decoder.forward(&encoder.forward(&batch.input)), &batch.input);
            loss.backward();
            opt_d.step();
            opt_e.step();
        }
    }
}

/// A trunk accumulates the gradients of two heads, each with its own optimizer.
mod a_trunk_of_two_heads {
    #[training_loop]
    fn fit(trunk: &mut Net, actor: &mut Net, critic: &mut Net, train: &DataLoader) {
        let mut opt_t = Adam::new(trunk.parameters(), 1e-3);
        let mut opt_a = Adam::new(actor.parameters(), 1e-3);
        let mut opt_c = Adam::new(critic.parameters(), 1e-3);
        for batch in train {
            opt_t.zero_grad();
            opt_a.zero_grad();
            opt_c.zero_grad();
            let value = critic.forward(&trunk.forward(&batch.input));
            mse_loss(&value, &batch.target).backward();
            opt_c.step();
            let policy = actor.forward(&trunk.forward(&batch.input));
            cross_entropy(&policy, &batch.action).backward();
            opt_a.step();
            opt_t.step();
        }
    }
}

/// One of two optimizers steps every few batches, on purpose.
mod at_two_paces {
    #[training_loop]
    fn fit(fast: &mut Net, slow: &mut Net, train: &DataLoader) {
        let mut opt_f = Sgd::new(fast.parameters(), 0.1);
        let mut opt_s = Sgd::new(slow.parameters(), 0.01);
        for (i, batch) in train.iter().enumerate() {
            opt_f.zero_grad();
            let loss = mse_loss(&slow.forward(&fast.forward(&batch.input)), &batch.target) / 4.0;
            loss.backward();
            opt_f.step();
            if (i + 1) % 4 == 0 {
                opt_s.step();
                opt_s.zero_grad();
            }
        }
        opt_s.step();
        opt_s.zero_grad();
    }
}

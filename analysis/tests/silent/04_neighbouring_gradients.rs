//! One optimizer's backward also fills another network's gradients, which are zeroed before they are used.

#[training_loop]
fn generator_through_critic(generator: &mut Net, critic: &mut Net, train: &DataLoader) {
    let mut opt_g = Adam::new(generator.parameters(), 1e-4);
    let mut opt_c = Adam::new(critic.parameters(), 1e-4);
    for batch in train {
        opt_c.zero_grad();
        let fake = generator.forward(&batch.noise).detach();
        let real_loss = bce_loss(&critic.forward(&batch.input), &batch.ones);
        let fake_loss = bce_loss(&critic.forward(&fake), &batch.zeros);
        (real_loss + fake_loss).backward();
        opt_c.step();
        opt_g.zero_grad();
        bce_loss(&critic.forward(&generator.forward(&batch.noise)), &batch.ones).backward();
        opt_g.step();
    }
}

#[training_loop]
fn both_zeroed_first(generator: &mut Net, critic: &mut Net, train: &DataLoader) {
    let mut opt_g = Adam::new(generator.parameters(), 1e-4);
    let mut opt_c = Adam::new(critic.parameters(), 1e-4);
    for batch in train {
        opt_g.zero_grad();
        opt_c.zero_grad();
        bce_loss(&critic.forward(&generator.forward(&batch.noise)), &batch.ones).backward();
        opt_g.step();
        opt_c.zero_grad();
        bce_loss(&critic.forward(&batch.input), &batch.ones).backward();
        opt_c.step();
    }
}

#[training_loop]
fn generator_first(generator: &mut Net, critic: &mut Net, train: &DataLoader) {
    let mut opt_g = Adam::new(generator.parameters(), 1e-4);
    let mut opt_c = Adam::new(critic.parameters(), 1e-4);
    for batch in train {
        let fake = generator.forward(&batch.noise);
        opt_g.zero_grad();
        bce_loss(&critic.forward(&fake), &batch.ones).backward();
        opt_g.step();
        opt_c.zero_grad();
        bce_loss(&critic.forward(&fake.detach()), &batch.zeros).backward();
        opt_c.step();
    }
}

/// The counterpart: the generator's loss fills the critic's gradients, which are never zeroed.
#[training_loop]
fn wrong(generator: &mut Net, critic: &mut Net, train: &DataLoader) {
    let mut opt_g = Adam::new(generator.parameters(), 1e-4);
    let mut opt_c = Adam::new(critic.parameters(), 1e-4);
    for batch in train {
        let fake = generator.forward(&batch.noise).detach();
        bce_loss(&critic.forward(&fake), &batch.zeros).backward();
        opt_c.step();
        opt_g.zero_grad();
        bce_loss(&critic.forward(&generator.forward(&batch.noise)), &batch.ones).backward(); //~ error missing_zero_grad
        opt_g.step();
    }
}

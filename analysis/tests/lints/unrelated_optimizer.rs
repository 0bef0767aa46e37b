/// The optimizer updates the target network, the loss depends on the online one.
mod target_instead_of_online {
    #[training_loop]
    fn fit(replay: &Replay, steps: usize) {
        let online = QNet::new(4, 2);
        let target = QNet::new(4, 2);
        let mut optimizer = Adam::new(target.parameters(), 1e-3);
        for _ in 0..steps {
            let batch = replay.sample(32);
            let values = online.forward(&batch.states);
            let loss = mse_loss(&values, &batch.returns);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step(); //~ error unrelated_optimizer
        }
    }
}

/// The generator's optimizer steps twice, the discriminator's never.
mod of_two_the_wrong_one {
    #[training_loop]
    fn pretrain(generator: &mut Net, discriminator: &mut Net, train: &DataLoader) {
        let mut opt_g = Adam::new(generator.parameters(), 2e-4);
        let mut opt_d = Adam::new(discriminator.parameters(), 2e-4);
        for batch in train {
            opt_d.zero_grad();
            let loss = bce_with_logits_loss(&discriminator.forward(&batch.input), &batch.target);
            loss.backward();
            opt_g.step(); //~ error unrelated_optimizer
        }
        opt_d.zero_grad();
    }
}

/// A new model with the old name, after the optimizer was built.
mod shadowed_model {
    fn main() -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = classifier(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        let vs = nn::VarStore::new(Device::Cpu);
        let net = classifier(&vs.root());
        for (x, y) in batches() {
            let loss = net.forward(&x).cross_entropy_for_logits(&y);
            opt.backward_step(&loss); //~ error unrelated_optimizer
        }
        Ok(())
    }
}

/// The online network is trained, the target network follows.
mod online {
    #[training_loop]
    fn fit(replay: &Replay, steps: usize) {
        let online = QNet::new(4, 2);
        let mut target = QNet::new(4, 2);
        let mut optimizer = Adam::new(online.parameters(), 1e-3);
        for _ in 0..steps {
            let batch = replay.sample(32);
            let next = no_grad(|| target.forward(&batch.next));
            let loss = mse_loss(&online.forward(&batch.states), &(next * 0.99 + &batch.rewards));
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            target.track(&online, 0.005);
        }
    }
}

/// Two models and two losses, one optimizer each.
mod each_its_own {
    #[training_loop]
    fn fit(actor: &mut Net, critic: &mut Net, train: &DataLoader) {
        let mut opt_a = Adam::new(actor.parameters(), 1e-3);
        let mut opt_c = Adam::new(critic.parameters(), 1e-3);
        for batch in train {
            opt_c.zero_grad();
            mse_loss(&critic.forward(&batch.input), &batch.target).backward();
            opt_c.step();
            opt_a.zero_grad();
            let loss = -critic.forward(&actor.forward(&batch.input)).mean();
            loss.backward();
            opt_a.step();
        }
    }
}

/// The optimizer's parameters and the model come from the same call.
mod out_of_one_call {
    fn main() {
        let (model, parameters) = load("model.bin");
        let mut optimizer = Sgd::new(parameters, 0.1);
        for batch in batches() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Parameters and model are both the caller's.
mod of_the_caller {
    fn fit(model: &Net, parameters: Vec<Parameter>, train: &DataLoader) {
        let mut optimizer = Sgd::new(parameters, 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A student that a function runs, and a teacher that runs here.
mod distilled {
    fn fit(student: &Net, parameters: Vec<Parameter>, train: &DataLoader) {
        let teacher = Net::load("teacher.bin");
        let mut optimizer = Sgd::new(parameters, 0.1);
        for batch in train {
            let soft = teacher.forward(&batch.input);
            let loss = distillation_loss(student, &soft, &batch);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// As in a GAN, where the loss of the generator gets the detached image.
mod cut_off {
    fn train(data: &DataLoader) -> Result<()> {
        let net_g = Generator::new();
        let net_d = Discriminator::new();
        let mut optimizer_d = Adam::new(net_d.parameters(), 2e-4);
        let mut optimizer_g = Adam::new(net_g.parameters(), 2e-4);
        for batch in data {
            optimizer_d.zero_grad();
            let real = bce_with_logits_loss(&net_d.forward(&batch.input), &ones);
            real.backward();
            let fake = net_g.forward(&noise());
            let seen = bce_with_logits_loss(&net_d.forward(&fake.detach()), &zeros);
            seen.backward();
            optimizer_d.step();
            optimizer_g.zero_grad();
            let fooled = bce_with_logits_loss(&net_d.forward(&fake.detach()), &ones);
            fooled.backward(); //~ error missing_step
            optimizer_g.step(); //~ error unrelated_optimizer
        }
        net_d.save("d.safetensors")?;
        net_g.save("g.safetensors")
    }
}

/// The optimizer belongs to the parameter, the loss to a model built here.
mod of_the_parameter {
    #[training_loop]
    fn fit(model: &mut Linear, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let other = Linear::new(2, 2);
        for batch in train {
            let loss = cross_entropy(&other.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step(); //~ error unrelated_optimizer
        }
    }
}

/// An optimizer over the wrong network.
mod the_network_beside_it {
    fn named_after_the_generator(net_g: &mut Generator, net_d: &mut Discriminator, loader: &DataLoader) {
        let mut optimizer_g = Adam::new(net_d.parameters(), 2e-4);
        let mut optimizer_d = Adam::new(net_d.parameters(), 2e-4);
        for real in loader {
            let fake = net_g.forward(&noise());
            let loss_d = bce_with_logits_loss(&net_d.forward(&real.x), &real.ones)
                + bce_with_logits_loss(&net_d.forward(&fake.detach()), &real.zeros);
            optimizer_d.zero_grad();
            loss_d.backward();
            optimizer_d.step();
            let loss_g = bce_with_logits_loss(&net_d.forward(&fake), &real.ones);
            optimizer_g.zero_grad();
            loss_g.backward();
            optimizer_g.step(); //~ warning unrelated_optimizer
        }
    }

    fn of_two_parameters(online: &mut Net, target: &mut Net, loader: &DataLoader) {
        let mut optimizer = Adam::new(target.parameters(), 2e-4);
        for batch in loader {
            let loss = mse_loss(&online.forward(&batch.x), &batch.y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step(); //~ warning unrelated_optimizer
        }
    }
}

/// Optimizers of the right network, and of a part.
mod networks_that_may_share {
    fn each_its_own(net_g: &mut Generator, net_d: &mut Discriminator, loader: &DataLoader) {
        let mut optimizer_g = Adam::new(net_g.parameters(), 2e-4);
        let mut optimizer_d = Adam::new(net_d.parameters(), 2e-4);
        for real in loader {
            let fake = net_g.forward(&noise());
            let loss_d = bce_with_logits_loss(&net_d.forward(&real.x), &real.ones)
                + bce_with_logits_loss(&net_d.forward(&fake.detach()), &real.zeros);
            optimizer_d.zero_grad();
            loss_d.backward();
            optimizer_d.step();
            let loss_g = bce_with_logits_loss(&net_d.forward(&fake), &real.ones);
            optimizer_g.zero_grad();
            loss_g.backward();
            optimizer_g.step();
        }
    }

    fn a_head(encoder: &mut Net, head: &mut Net, loader: &DataLoader) {
        let mut optimizer = Adam::new(head.parameters(), 2e-4);
        for batch in loader {
            let loss = mse_loss(&head.forward(&encoder.forward(&batch.x)), &batch.y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    fn an_encoder(encoder: &mut Net, head: &mut Net, encoder_optimizer: &mut Adam, loader: &DataLoader) {
        for batch in loader {
            let loss = mse_loss(&head.forward(&encoder.forward(&batch.x)), &batch.y);
            encoder_optimizer.zero_grad();
            loss.backward();
            encoder_optimizer.step();
        }
    }

    fn shared_references(online: &Net, target: &Net, loader: &DataLoader) {
        let mut optimizer = Adam::new(target.parameters(), 2e-4);
        for batch in loader {
            let loss = mse_loss(&online.forward(&batch.x), &batch.y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

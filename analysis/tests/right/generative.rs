//! Generative models: GANs, critics, diffusion, autoencoders.

fn wasserstein_with_penalty(generator: &mut Net, critic: &mut Net, images: &DataLoader, config: &GanConfig) {
    let mut g_opt = Adam::new(generator.parameters(), 1e-4);
    let mut c_opt = Adam::new(critic.parameters(), 1e-4);
    for (i, real) in images.iter().enumerate() {
        let z = Tensor::randn(&[real.len(), config.latent]);
        let fake = generator.forward(&z).detach();
        let penalty = gradient_penalty(critic, &real, &fake);
        let c_loss = critic.forward(&fake).mean() - critic.forward(&real).mean() + penalty * 10.0;
        c_opt.zero_grad();
        c_loss.backward();
        c_opt.step();
        if i % config.n_critic == 0 {
            g_opt.zero_grad();
            let g_loss = -critic.forward(&generator.forward(&z)).mean();
            g_loss.backward();
            g_opt.step();
        }
    }
}

fn dcgan(gen_net: &mut Net, disc: &mut Net, loader: &DataLoader, fixed_noise: &Tensor) -> Vec<(f32, f32)> {
    let mut optim_d = Adam::new(disc.parameters(), 2e-4);
    let mut optim_g = Adam::new(gen_net.parameters(), 2e-4);
    let mut losses = Vec::new();
    for epoch in 0..25 {
        for (i, data) in loader.iter().enumerate() {
            disc.zero_grad();
            let output = disc.forward(&data.images).view(&[-1]);
            let err_d_real = bce_loss(&output, &data.real_labels);
            err_d_real.backward();
            let noise = Tensor::randn(&[data.len(), 100]);
            let fake = gen_net.forward(&noise);
            let output = disc.forward(&fake.detach());
            let err_d_fake = bce_loss(&output, &data.fake_labels);
            err_d_fake.backward();
            optim_d.step();

            gen_net.zero_grad();
            let output = disc.forward(&fake);
            let err_g = bce_loss(&output, &data.real_labels);
            err_g.backward();
            optim_g.step();
            losses.push((err_g.item(), (err_d_real + err_d_fake).item()));
            if i % 500 == 0 {
                let samples = no_grad(|| gen_net.forward(fixed_noise));
                save_grid(&samples, epoch, i);
            }
        }
    }
    losses
}

fn cycle_gan(nets: &mut CycleNets, a: &DataLoader, b: &DataLoader) {
    let mut optimizer_g = Adam::new(nets.generators.parameters(), 2e-4);
    let mut optimizer_d = Adam::new(nets.critics.parameters(), 2e-4);
    for (real_a, real_b) in a.iter().zip(b.iter()) {
        let fake_b = nets.generators.forward(&real_a);
        let fake_a = nets.generators.backwards(&real_b);
        let cycle_loss = l1_loss(&nets.generators.backwards(&fake_b), &real_a) + l1_loss(&nets.generators.forward(&fake_a), &real_b);
        let adversarial_loss = mse_loss(&nets.critics.forward(&fake_b), &real_b.ones());
        let g_loss = adversarial_loss + cycle_loss * 10.0;
        optimizer_g.zero_grad();
        g_loss.backward();
        optimizer_g.step();
        let real_loss = mse_loss(&nets.critics.forward(&real_b), &real_b.ones());
        let fake_loss = mse_loss(&nets.critics.forward(&fake_b.detach()), &real_b.zeros());
        let d_loss = (real_loss + fake_loss) * 0.5;
        optimizer_d.zero_grad();
        d_loss.backward();
        optimizer_d.step();
    }
}

fn diffusion(unet: &mut UNet, train: &DataLoader, schedule: &BetaSchedule) {
    let mut optimizer = AdamW::new(unet.parameters(), 1e-4);
    let mut ema = Ema::new(&*unet, 0.9999);
    for epoch in 0..400 {
        for images in train {
            let t = Tensor::randint(0, schedule.len(), &[images.len()]);
            let noise = Tensor::randn_like(&images);
            let noisy = schedule.add_noise(&images, &noise, &t);
            let predicted = unet.forward(&noisy, &t);
            let loss = mse_loss(&predicted, &noise);
            optimizer.zero_grad();
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
            ema.update(unet);
        }
        if epoch % 10 == 0 {
            let mut x = Tensor::randn(&[16, 3, 32, 32]);
            no_grad(|| {
                for t in (0..schedule.len()).rev() {
                    let noise = ema.model().forward(&x, &Tensor::full(&[16], t));
                    x = schedule.step(&noise, t, &x);
                }
            });
            save_images(&x, epoch);
        }
    }
}

fn variational_autoencoder(vae: &mut Vae, train: &DataLoader, test: &DataLoader) {
    let mut optimizer = Adam::new(vae.parameters(), 1e-3);
    for epoch in 1..=10 {
        vae.train();
        let mut train_loss = 0.0;
        for (x, _) in train.iter() {
            optimizer.zero_grad();
            let (reconstruction, mu, logvar) = vae.forward(&x);
            let bce = binary_cross_entropy(&reconstruction, &x);
            let kld = (1.0 + &logvar - mu.square() - logvar.exp()).sum() * -0.5;
            let loss = bce + kld;
            loss.backward();
            train_loss += loss.item();
            optimizer.step();
        }
        vae.eval();
        let test_loss: f32 = no_grad(|| test.iter().map(|(x, _)| vae.loss(&x).item()).sum());
        println!("{epoch}: {train_loss} {test_loss}");
    }
}

fn flow_matching(field: &mut Mlp, samples: &Sampler, steps: usize) -> Vec<f32> {
    let mut opt = Adam::new(field.parameters(), 1e-3);
    (0..steps)
        .map(|_| {
            let (x0, x1) = (samples.noise(256), samples.data(256));
            let t = Tensor::rand(&[256, 1]);
            let xt = &x0 * (1.0 - &t) + &x1 * &t;
            let loss = mse_loss(&field.forward(&xt, &t), &(x1 - x0));
            opt.zero_grad();
            loss.backward();
            opt.step();
            loss.item()
        })
        .collect()
}

fn energy_model(energy: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(energy.parameters(), 1e-4);
    let mut buffer = SampleBuffer::new(8192);
    for real in train {
        let start = buffer.draw(real.len());
        let fake = langevin(energy, &start, 60).detach();
        buffer.push(&fake);
        let positive = energy.forward(&real);
        let negative = energy.forward(&fake);
        let regular = (positive.square() + negative.square()).mean();
        let loss = positive.mean() - negative.mean() + regular * 0.1;
        optimizer.zero_grad();
        loss.backward();
        optimizer.clip_grad_norm(0.1);
        optimizer.step();
    }
}

fn adversarial_examples(model: &mut Net, train: &DataLoader, epsilon: f32) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let x = batch.input.clone().requires_grad();
        let attack = cross_entropy(&model.forward(&x), &batch.target);
        attack.backward();
        let perturbed = (&batch.input + x.grad().unwrap().sign() * epsilon).clamp(0.0, 1.0);
        optimizer.zero_grad();
        let loss = cross_entropy(&model.forward(&perturbed), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

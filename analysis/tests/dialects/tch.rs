//! Training with the PyTorch bindings, in typical styles.

/// Two layers on digits, one fused call for each epoch.
mod whole_set_at_once {
    fn net(vs: &nn::Path) -> impl Module {
        nn::seq()
            .add(nn::linear(vs / "first", PIXELS, HIDDEN, Default::default()))
            .add_fn(|xs| xs.relu())
            .add(nn::linear(vs, HIDDEN, LABELS, Default::default()))
    }

    pub fn run() -> Result<()> {
        let digits = vision::mnist::load_dir("data")?;
        let vs = nn::VarStore::new(Device::Cpu);
        let net = net(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        for epoch in 1..200 {
            let loss = net.forward(&digits.train_images).cross_entropy_for_logits(&digits.train_labels);
            opt.backward_step(&loss);
            let accuracy = net.forward(&digits.test_images).accuracy_for_logits(&digits.test_labels);
            println!("{epoch:4} {:8.5} {:5.2}%", f64::try_from(&loss)?, 100. * f64::try_from(&accuracy)?);
        }
        Ok(())
    }
}

/// Batches, the mode as an argument, a decreasing learning rate.
mod batches_with_a_falling_rate {
    fn rate(epoch: i64) -> f64 {
        if epoch < 50 { 0.1 } else { 0.01 }
    }

    pub fn run() -> Result<()> {
        let images = vision::cifar::load_dir("data")?;
        let vs = nn::VarStore::new(Device::cuda_if_available());
        let net = fast_resnet(&vs.root());
        let mut opt = nn::Sgd { momentum: 0.9, dampening: 0., wd: 5e-4, nesterov: true }.build(&vs, 0.)?;
        for epoch in 1..150 {
            opt.set_lr(rate(epoch));
            for (inputs, labels) in images.train_iter(64).shuffle().to_device(vs.device()) {
                let inputs = vision::dataset::augmentation(&inputs, true, 4, 8);
                let loss = net.forward_t(&inputs, true).cross_entropy_for_logits(&labels);
                opt.backward_step(&loss);
            }
            let accuracy = net.batch_accuracy_for_logits(&images.test_images, &images.test_labels, vs.device(), 512);
            println!("{epoch} {:.2}", 100. * accuracy);
        }
        vs.save("net.safetensors")?;
        Ok(())
    }
}

/// The three separate calls, with a clip by value in between.
mod three_calls {
    pub fn fit(data: &mut Batches, device: Device) -> Result<f64> {
        let vs = nn::VarStore::new(device);
        let model = Classifier::new(&vs.root(), data.classes());
        let mut opt = nn::AdamW::default().build(&vs, 3e-4).unwrap();
        let mut best = 0.0;
        for epoch in 0..20 {
            let mut total = 0.0;
            for (x, y) in data.iter() {
                opt.zero_grad();
                let logits = model.forward_t(&x.to_device(device), true);
                let loss = logits.cross_entropy_for_logits(&y.to_device(device));
                loss.backward();
                opt.clip_grad_value(0.5);
                opt.step();
                total += loss.double_value(&[]);
            }
            let accuracy = tch::no_grad(|| evaluate(&model, data));
            if accuracy > best {
                best = accuracy;
                vs.save(format!("best-{epoch}.ot"))?;
            }
            println!("{epoch} {total}");
        }
        Ok(best)
    }
}

/// A character-level model; the state is reset in each batch.
mod letters {
    pub fn main() -> Result<()> {
        let device = Device::cuda_if_available();
        let vs = nn::VarStore::new(device);
        let text = TextData::new("data/input.txt")?;
        let labels = text.labels();
        let lstm = nn::lstm(vs.root(), labels, HIDDEN, Default::default());
        let linear = nn::linear(vs.root(), HIDDEN, labels, Default::default());
        let mut opt = nn::Adam::default().build(&vs, RATE)?;
        for epoch in 1..(1 + EPOCHS) {
            let mut sum = 0.;
            let mut count = 0.;
            for batch in text.iter_shuffle(LENGTH + 1, BATCH) {
                let xs = batch.narrow(1, 0, LENGTH).onehot(labels);
                let ys = batch.narrow(1, 1, LENGTH).to_kind(Kind::Int64);
                let (out, _) = lstm.seq(&xs.to_device(device));
                let logits = linear.forward(&out);
                let loss = logits
                    .view([BATCH * LENGTH, labels])
                    .cross_entropy_for_logits(&ys.to_device(device).view([BATCH * LENGTH]));
                opt.backward_step_clip(&loss, 0.5);
                sum += f64::try_from(loss)?;
                count += 1.0;
            }
            println!("{epoch} {}", sum / count);
            println!("{}", sample(&text, &lstm, &linear, device));
        }
        Ok(())
    }
}

/// A small language model, saved from time to time.
mod tokens {
    pub fn train(data: &TokenData, gpt: &impl ModuleT, vs: &mut nn::VarStore, mut opt: nn::Optimizer) -> Result<()> {
        let mut seen = 0;
        opt.set_weight_decay_group(0, 0.0);
        opt.set_weight_decay_group(1, 0.1);
        for epoch in 1..=EPOCHS {
            let (mut sum, mut count) = (0., 0.);
            for batch in data.iter_shuffle(BLOCK + 1, BATCH) {
                let xs = batch.narrow(1, 0, BLOCK).to_kind(Kind::Int64);
                let ys = batch.narrow(1, 1, BLOCK).to_kind(Kind::Int64);
                let logits = xs.apply_t(gpt, true);
                let loss = logits.view([BATCH * BLOCK, -1]).cross_entropy_for_logits(&ys.view([BATCH * BLOCK]));
                opt.backward_step_clip_norm(&loss, 1.0);
                sum += f64::try_from(loss)?;
                count += 1.;
                seen += 1;
                if seen % 10_000 == 0 {
                    println!("{epoch} {}", sum / count);
                    if let Err(error) = vs.save(format!("gpt{seen}.ot")) {
                        eprintln!("not saved: {error}");
                    }
                }
            }
        }
        Ok(())
    }
}

/// Two variable stores, each frozen while the other is trained.
mod adversaries {
    pub fn main() -> Result<()> {
        let device = Device::cuda_if_available();
        let images = load("images")?;
        let mut generator_vs = nn::VarStore::new(device);
        let generator = generator(generator_vs.root());
        let mut opt_g = nn::adam(0.5, 0.999, 0.).build(&generator_vs, RATE)?;
        let mut discriminator_vs = nn::VarStore::new(device);
        let discriminator = discriminator(discriminator_vs.root());
        let mut opt_d = nn::adam(0.5, 0.999, 0.).build(&discriminator_vs, RATE)?;
        let fixed = latent(device);
        for index in 0..BATCHES {
            discriminator_vs.unfreeze();
            generator_vs.freeze();
            let discriminator_loss = {
                let real = some_of(&images).to_device(device);
                let on_real = real.apply_t(&discriminator, true);
                let on_fake = latent(device).apply_t(&generator, true).copy().detach().apply_t(&discriminator, true);
                mse_loss(&on_real, &(on_fake.mean(Kind::Float) + 1)) + mse_loss(&on_fake, &(on_real.mean(Kind::Float) - 1))
            };
            opt_d.backward_step(&discriminator_loss);
            discriminator_vs.freeze();
            generator_vs.unfreeze();
            let generator_loss = {
                let on_real = some_of(&images).to_device(device).apply_t(&discriminator, true);
                let on_fake = latent(device).apply_t(&generator, true).apply_t(&discriminator, true);
                mse_loss(&on_real, &(on_fake.mean(Kind::Float) - 1)) + mse_loss(&on_fake, &(on_real.mean(Kind::Float) + 1))
            };
            opt_g.backward_step(&generator_loss);
            if index % 1000 == 0 {
                let image = fixed.apply_t(&generator, true).view([-1, 3, SIZE, SIZE]).to_device(Device::Cpu);
                vision::image::save(&image, format!("gan{index}.png"))?;
                println!("{index} {:?} {:?}", f64::try_from(&discriminator_loss), f64::try_from(&generator_loss));
            }
        }
        Ok(())
    }
}

/// The optimizer updates the image; the network is fixed.
mod picture {
    pub fn main(style: &str, content: &str, weights: &str) -> Result<()> {
        let device = Device::cuda_if_available();
        let mut net_vs = nn::VarStore::new(device);
        let net = vgg::vgg16(&net_vs.root(), CLASSES);
        net_vs.load(weights)?;
        net_vs.freeze();
        let style = imagenet::load_image(style)?.unsqueeze(0).to_device(device);
        let content = imagenet::load_image(content)?.unsqueeze(0).to_device(device);
        let style_layers = net.forward_all_t(&style, false, Some(DEEPEST));
        let content_layers = net.forward_all_t(&content, false, Some(DEEPEST));
        let vs = nn::VarStore::new(device);
        let picture = vs.root().var_copy("img", &content);
        let mut opt = nn::Adam::default().build(&vs, 1e-1)?;
        for index in 1..(1 + STEPS) {
            let layers = net.forward_all_t(&picture, false, Some(DEEPEST));
            let style_loss: Tensor = STYLES.iter().map(|&i| gram_loss(&layers[i], &style_layers[i])).sum();
            let content_loss: Tensor =
                CONTENTS.iter().map(|&i| layers[i].mse_loss(&content_layers[i], tch::Reduction::Mean)).sum();
            let loss = style_loss * 1e6 + content_loss;
            opt.backward_step(&loss);
            if index % 1000 == 0 {
                println!("{index} {}", f64::try_from(loss)?);
                imagenet::save_image(&picture, format!("out{index}.jpg"))?;
            }
        }
        Ok(())
    }
}

/// A frozen network computes features once; a layer in another store is trained on them.
mod last_layer_only {
    pub fn main(weights: &Path, dir: &Path) -> Result<()> {
        let dataset = imagenet::load_from_dir(dir)?;
        let mut vs = nn::VarStore::new(Device::Cpu);
        let net = resnet::resnet18_no_final_layer(&vs.root());
        vs.load(weights)?;
        let train_images = tch::no_grad(|| dataset.train_images.apply_t(&net, false));
        let test_images = tch::no_grad(|| dataset.test_images.apply_t(&net, false));
        let vs = nn::VarStore::new(Device::Cpu);
        let linear = nn::linear(vs.root(), 512, dataset.labels, Default::default());
        let mut sgd = nn::Sgd::default().build(&vs, 1e-3)?;
        for epoch in 1..1001 {
            let predicted = train_images.apply(&linear);
            let loss = predicted.cross_entropy_for_logits(&dataset.train_labels);
            sgd.backward_step(&loss);
            let accuracy = test_images.apply(&linear).accuracy_for_logits(&dataset.test_labels);
            println!("{epoch} {:.2}%", 100. * f64::try_from(accuracy)?);
        }
        Ok(())
    }
}

/// No optimizer: a hand-written update.
mod by_hand {
    pub fn run() -> Result<()> {
        let m = vision::mnist::load_dir("data")?;
        let mut ws = Tensor::zeros([PIXELS, LABELS], FLOAT_CPU).set_requires_grad(true);
        let mut bs = Tensor::zeros([LABELS], FLOAT_CPU).set_requires_grad(true);
        for epoch in 1..200 {
            let logits = m.train_images.mm(&ws) + &bs;
            let loss = logits.log_softmax(-1, Kind::Float).nll_loss(&m.train_labels);
            ws.zero_grad();
            bs.zero_grad();
            loss.backward();
            tch::no_grad(|| {
                ws += ws.grad() * (-1);
                bs += bs.grad() * (-1);
            });
            println!("{epoch} {:?}", f64::try_from(&loss)?);
        }
        Ok(())
    }
}

/// Four micro-batches for one update.
mod small_batches {
    pub fn fit(vs: &nn::VarStore, net: &Net, loader: Loader) -> Result<()> {
        let mut opt = nn::Adam::default().build(vs, 1e-4)?;
        opt.zero_grad();
        for (index, (xs, ys)) in loader.enumerate() {
            let loss = net.forward_t(&xs, true).cross_entropy_for_logits(&ys) / 4.0;
            loss.backward();
            if (index + 1) % 4 == 0 {
                opt.step();
                opt.zero_grad();
            }
        }
        opt.step();
        opt.zero_grad();
        Ok(())
    }
}

/// An autoencoder, with a loss of two parts.
mod autoencoder {
    pub fn main() -> Result<()> {
        let device = Device::cuda_if_available();
        let m = vision::mnist::load_dir("data")?;
        let vs = nn::VarStore::new(device);
        let vae = Vae::new(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        for epoch in 1..21 {
            let mut train_loss = 0f64;
            let mut samples = 0f64;
            for (images, _) in m.train_iter(128).shuffle() {
                let (recon, mu, logvar) = vae.forward(&images.to_device(device));
                let loss = loss(&recon, &images.to_device(device), &mu, &logvar);
                opt.backward_step(&loss);
                train_loss += f64::try_from(&loss)?;
                samples += images.size()[0] as f64;
            }
            println!("{epoch} {}", train_loss / samples);
            let s = tch::no_grad(|| vae.decode(&Tensor::randn([64, 20], FLOAT_CPU).to(device)).to(Device::Cpu));
            vision::image::save(&s.view([64, 1, 28, 28]), format!("s_{epoch}.png"))?;
        }
        Ok(())
    }
}

/// An encoder and a decoder in one store, a sentence at a time.
mod sentences {
    pub fn main() -> Result<()> {
        let vs = nn::VarStore::new(Device::cuda_if_available());
        let model = Translator::new(vs.root(), 256);
        let mut opt = nn::Adam::default().build(&vs, 0.001)?;
        let mut loss_stats = LossStats::new();
        let mut rng = thread_rng();
        for idx in 1..=SAMPLES {
            let (source, target) = pairs.choose(&mut rng).unwrap();
            let teacher_forcing = tch::no_grad(|| f64::try_from(Tensor::rand([1], FLOAT_CPU))).unwrap() < 0.5;
            let loss = model.train_loss(source, target, &mut rng, teacher_forcing);
            opt.backward_step(&loss);
            loss_stats.update(f64::try_from(loss)? / target.len() as f64);
            if idx % 1000 == 0 {
                println!("{idx} {}", loss_stats.avg_and_reset());
            }
        }
        Ok(())
    }
}

/// Faulty loops with the same calls.
mod wrong {
    pub fn steps_again(data: &mut Batches) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = net(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        for (x, y) in data.iter() {
            let loss = net.forward(&x).cross_entropy_for_logits(&y);
            opt.backward_step(&loss);
            opt.step(); //~ error step_repeated
        }
        Ok(())
    }

    pub fn never_zeroes(data: &mut Batches) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let model = Classifier::new(&vs.root(), data.classes());
        let mut opt = nn::sgd(0.9, 0., 0., false).build(&vs, 1e-3).unwrap();
        for (x, y) in data.iter() {
            let loss = model.forward_t(&x, true).cross_entropy_for_logits(&y);
            loss.backward(); //~ error missing_zero_grad
            opt.step();
            println!("{}", loss.double_value(&[]));
        }
        Ok(())
    }

    pub fn model_behind_a_function(data: &mut Batches) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let model = boxed(&vs.root());
        let optimizer = nn::Adam { wd: 1e-4, ..Default::default() };
        let mut opt = optimizer.build(&vs, 1e-3)?;
        for (x, y) in data.iter() {
            let (values, logits) = model(&x);
            let loss = logits.cross_entropy_for_logits(&y) + values.mean(Kind::Float);
            loss.backward(); //~ error missing_zero_grad
            opt.step();
        }
        Ok(())
    }

    pub fn clips_what_is_not_there_yet(net: &Net, vs: &nn::VarStore, data: &Tensor, labels: &Tensor) -> Result<()> {
        let mut opt = nn::Adam::default().build(vs, 1e-3)?;
        for _ in 0..100 {
            opt.zero_grad();
            let loss = data.apply(net).cross_entropy_for_logits(labels);
            opt.clip_grad_norm(1.0); //~ error clip_before_backward
            loss.backward();
            opt.step();
        }
        Ok(())
    }

    pub fn same_output_again(net: &Net, data: &Tensor, labels: &Tensor) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = linear(vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        let logits = data.apply(&net);
        for _ in 0..100 {
            let loss = logits.view([-1, 10]).cross_entropy_for_logits(labels);
            opt.backward_step(&loss); //~ error backward_repeated
        }
        Ok(())
    }
}

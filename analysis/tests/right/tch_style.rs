//! Typical loops with tch.

use tch::nn::{self, ModuleT, OptimizerConfig};
use tch::{Device, Kind, Tensor, no_grad};

fn mnist_conv() -> anyhow::Result<()> {
    let m = tch::vision::mnist::load_dir("data")?;
    let vs = nn::VarStore::new(Device::cuda_if_available());
    let net = Net::new(&vs.root());
    let mut opt = nn::Adam::default().build(&vs, 1e-4)?;
    for epoch in 1..100 {
        for (bimages, blabels) in m.train_iter(256).shuffle().to_device(vs.device()) {
            let loss = net.forward_t(&bimages, true).cross_entropy_for_logits(&blabels);
            opt.backward_step(&loss);
        }
        let test_accuracy = net.batch_accuracy_for_logits(&m.test_images, &m.test_labels, vs.device(), 1024);
        println!("epoch: {epoch:4} test acc: {:5.2}%", 100. * test_accuracy);
    }
    Ok(())
}

fn linear_by_hand() {
    let m = tch::vision::mnist::load_dir("data").unwrap();
    let mut ws = Tensor::zeros([784, 10], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    let mut bs = Tensor::zeros([10], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    for epoch in 1..200 {
        let logits = m.train_images.mm(&ws) + &bs;
        let loss = logits.log_softmax(-1, Kind::Float).nll_loss(&m.train_labels);
        ws.zero_grad();
        bs.zero_grad();
        loss.backward();
        no_grad(|| {
            ws += ws.grad() * (-1);
            bs += bs.grad() * (-1);
        });
        println!("{epoch} {:?}", loss.double_value(&[]));
    }
}

fn char_rnn(vs: &nn::VarStore, lstm: &nn::LSTM, linear: &nn::Linear, data: &TextData) -> anyhow::Result<()> {
    let mut opt = nn::Adam::default().build(vs, 0.01)?;
    for epoch in 1..=EPOCHS {
        let mut sum_loss = 0.;
        let mut cnt_loss = 0.;
        for batch in data.iter_shuffle(SEQ_LEN + 1, BATCH_SIZE) {
            let xs = batch.narrow(1, 0, SEQ_LEN).onehot(data.labels());
            let ys = batch.narrow(1, 1, SEQ_LEN);
            let (lstm_out, _) = lstm.seq(&xs);
            let logits = linear.forward(&lstm_out);
            let loss = logits.view([BATCH_SIZE * SEQ_LEN, data.labels()]).cross_entropy_for_logits(&ys.view([-1]));
            opt.backward_step_clip(&loss, 0.5);
            sum_loss += loss.double_value(&[]);
            cnt_loss += 1.0;
        }
        println!("Epoch: {epoch}   loss: {:5.3}", sum_loss / cnt_loss);
    }
    Ok(())
}

fn cifar_with_decay(train: &Dataset, vs: &nn::VarStore, net: &impl ModuleT) -> anyhow::Result<()> {
    let mut opt = nn::Sgd { momentum: 0.9, dampening: 0., wd: 5e-4, nesterov: true }.build(vs, 0.)?;
    for epoch in 1..150 {
        opt.set_lr(learning_rate(epoch));
        for (bimages, blabels) in train.train_iter(64).shuffle().to_device(vs.device()) {
            let bimages = augmentation(&bimages, true, 4, 8);
            let loss = net.forward_t(&bimages, true).cross_entropy_for_logits(&blabels);
            opt.backward_step(&loss);
        }
    }
    Ok(())
}

fn style_transfer(content_img: &Tensor, style_img: &Tensor, net: &impl ModuleT) -> anyhow::Result<()> {
    let max_layer = STYLE_INDEXES.iter().max().unwrap() + 1;
    let style_layers = net.forward_all_t(style_img, false, Some(max_layer));
    let content_layers = net.forward_all_t(content_img, false, Some(max_layer));
    let vs = nn::VarStore::new(Device::Cpu);
    let input_var = vs.root().var_copy("img", content_img);
    let mut opt = nn::Adam::default().build(&vs, LEARNING_RATE)?;
    for step_idx in 1..(1 + TOTAL_STEPS) {
        let input_layers = net.forward_all_t(&input_var, false, Some(max_layer));
        let style_loss: Tensor =
            STYLE_INDEXES.iter().map(|&i| style_loss(&input_layers[i], &style_layers[i])).sum();
        let content_loss: Tensor = CONTENT_INDEXES
            .iter()
            .map(|&i| input_layers[i].mse_loss(&content_layers[i], tch::Reduction::Mean))
            .sum();
        let loss = style_loss * STYLE_WEIGHT + content_loss;
        opt.backward_step(&loss);
        if step_idx % 1000 == 0 {
            println!("{} {}", step_idx, f64::try_from(&loss)?);
            tch::vision::imagenet::save_image(&input_var, &format!("out{step_idx}.jpg"))?;
        }
    }
    Ok(())
}

fn relativistic_gan(images: &Tensor, device: Device) -> anyhow::Result<()> {
    let generator_vs = nn::VarStore::new(device);
    let generator = generator(generator_vs.root());
    let mut opt_g = nn::adam(0.5, 0.999, 0.).build(&generator_vs, 1e-4)?;
    let discriminator_vs = nn::VarStore::new(device);
    let discriminator = discriminator(discriminator_vs.root());
    let mut opt_d = nn::adam(0.5, 0.999, 0.).build(&discriminator_vs, 1e-4)?;
    for index in 0..100_000_000_i64 {
        discriminator_vs.unfreeze();
        generator_vs.freeze();
        let discriminator_loss = {
            let batch_images = random_batch_images(images);
            let y_pred = batch_images.apply_t(&discriminator, true);
            let y_pred_fake = rand_latent().apply_t(&generator, true).copy().detach().apply_t(&discriminator, true);
            mse_loss(&y_pred, &(y_pred_fake.mean(Kind::Float) + 1))
                + mse_loss(&y_pred_fake, &(y_pred.mean(Kind::Float) - 1))
        };
        opt_d.backward_step(&discriminator_loss);
        discriminator_vs.freeze();
        generator_vs.unfreeze();
        let generator_loss = {
            let batch_images = random_batch_images(images);
            let y_pred = batch_images.apply_t(&discriminator, true);
            let y_pred_fake = rand_latent().apply_t(&generator, true).apply_t(&discriminator, true);
            mse_loss(&y_pred, &(y_pred_fake.mean(Kind::Float) - 1))
                + mse_loss(&y_pred_fake, &(y_pred.mean(Kind::Float) + 1))
        };
        opt_g.backward_step(&generator_loss);
        if index % 1000 == 0 {
            println!("{}", f64::from(&generator_loss));
        }
    }
    Ok(())
}

fn policy_gradient(env: &mut GymEnv, vs: &nn::VarStore, model: &impl Fn(&Tensor) -> Tensor) -> cpython::PyResult<()> {
    let mut opt = nn::Adam::default().build(vs, 1e-2).unwrap();
    for epoch_idx in 0..50 {
        let mut obs = env.reset()?;
        let mut steps: Vec<Step> = vec![];
        loop {
            let action = no_grad(|| model(&obs).softmax(-1, Kind::Float).multinomial(1, true));
            let step = env.step(action)?;
            steps.push(step.copy_with_obs(&obs));
            obs = if step.is_done { env.reset()? } else { step.obs };
            if step.is_done && steps.len() > 5000 {
                break;
            }
        }
        let batch_size = steps.len() as i64;
        let actions: Vec<i64> = steps.iter().map(|s| s.action).collect();
        let actions = Tensor::from_slice(&actions).unsqueeze(1);
        let rewards = accumulate_rewards(&steps);
        let obs: Vec<Tensor> = steps.into_iter().map(|s| s.obs).collect();
        let logits = model(&Tensor::stack(&obs, 0));
        let log_probs = (action_mask(batch_size, &actions) * logits.log_softmax(1, Kind::Float)).sum_dim_intlist(1, false, Kind::Float);
        let loss = -(Tensor::from_slice(&rewards) * log_probs).mean(Kind::Float);
        opt.backward_step(&loss);
        println!("epoch: {epoch_idx}");
    }
    Ok(())
}

fn a2c_rollouts(env: &mut VecEnv, vs: &nn::VarStore, model: &Model) -> anyhow::Result<()> {
    let mut opt = nn::Adam::default().build(vs, 1e-4)?;
    let s_states = Tensor::zeros([NSTEPS + 1, NPROCS, 84, 84], tch::kind::FLOAT_CPU);
    for update_index in 0..UPDATES {
        let s_values = Tensor::zeros([NSTEPS, NPROCS], tch::kind::FLOAT_CPU);
        let s_rewards = Tensor::zeros([NSTEPS, NPROCS], tch::kind::FLOAT_CPU);
        let s_actions = Tensor::zeros([NSTEPS, NPROCS], tch::kind::INT64_CPU);
        for s in 0..NSTEPS {
            let (critic, actor) = no_grad(|| model(&s_states.get(s)));
            let actions = actor.softmax(-1, Kind::Float).multinomial(1, true).squeeze_dim(-1);
            let step = env.step(Vec::<i64>::try_from(&actions)?)?;
            s_actions.get(s).copy_(&actions);
            s_values.get(s).copy_(&critic.squeeze_dim(-1));
            s_rewards.get(s).copy_(&step.reward);
            s_states.get(s + 1).copy_(&step.obs);
        }
        let s_returns = discounted(&s_rewards, &s_values);
        let (critic, actor) = model(&s_states.narrow(0, 0, NSTEPS).view([NSTEPS * NPROCS, 84, 84]));
        let log_probs = actor.log_softmax(-1, Kind::Float);
        let dist_entropy = (-log_probs.exp() * &log_probs).sum_dim_intlist(-1, false, Kind::Float).mean(Kind::Float);
        let advantages = s_returns - critic.view([NSTEPS, NPROCS]);
        let value_loss = (&advantages * &advantages).mean(Kind::Float);
        let action_loss = (-advantages.detach() * log_probs.gather(2, &s_actions.unsqueeze(-1), false).squeeze_dim(-1)).mean(Kind::Float);
        let loss = value_loss * 0.5 + action_loss - dist_entropy * 0.01;
        opt.backward_step_clip(&loss, 0.5);
        if update_index % 500 == 0 {
            vs.save(format!("a2c{update_index}.ot"))?;
        }
    }
    Ok(())
}

fn translation_with_teacher_forcing(dataset: &Dataset, model: &Model, vs: &nn::VarStore) -> anyhow::Result<()> {
    let mut opt = nn::Adam::default().build(vs, LEARNING_RATE)?;
    let mut loss_stats = LossStats::new();
    let mut rng = rand::rng();
    for idx in 1..=SAMPLES {
        let (input_, target) = dataset.pairs().choose(&mut rng).unwrap();
        let loss = model.train_loss(input_, target, &mut rng);
        opt.backward_step(&loss);
        loss_stats.update(f64::try_from(&loss)? / target.len() as f64);
        if idx % 1000 == 0 {
            println!("{idx} {}", loss_stats.avg_and_reset());
            for _ in 1..=5 {
                let (input_, target) = dataset.pairs().choose(&mut rng).unwrap();
                let predict = no_grad(|| model.predict(input_));
                println!("{} {}", dataset.text(target), dataset.text(&predict));
            }
        }
    }
    Ok(())
}

fn two_parameter_groups(vs: &nn::VarStore, net: &Net, data: &mut Loader) -> anyhow::Result<()> {
    let mut opt = nn::AdamW::default().build(vs, 3e-4)?;
    opt.set_lr_group(1, 1e-5);
    opt.set_weight_decay_group(1, 0.);
    while let Some((xs, ys)) = data.next_batch()? {
        let loss = net.forward_t(&xs, true).cross_entropy_for_logits(&ys);
        opt.zero_grad();
        loss.backward();
        opt.clip_grad_norm(1.0);
        opt.step();
    }
    Ok(())
}

fn accumulates_in_tch(vs: &nn::VarStore, gpt: &Gpt, data: &TextData) -> anyhow::Result<()> {
    let mut opt = nn::AdamW::default().build(vs, 3e-4)?;
    for idx in 0..MAX_ITERS {
        opt.zero_grad();
        for _ in 0..GRAD_ACCUM {
            let (xs, ys) = data.sample(BLOCK_SIZE);
            let loss = gpt.forward_t(&xs, true).cross_entropy_for_logits(&ys) / GRAD_ACCUM as f64;
            loss.backward();
        }
        opt.clip_grad_norm(0.5);
        opt.set_lr(schedule(idx));
        opt.step();
    }
    Ok(())
}

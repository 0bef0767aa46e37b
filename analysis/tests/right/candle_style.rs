//! Training with candle, in typical styles: all functions are right.

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Result, Tensor, Var, D};
use candle_nn::{loss, ops, AdamW, Module, ModuleT, Optimizer, ParamsAdamW, VarBuilder, VarMap, SGD};

/// Whole data set at once, one fused call for each epoch.
mod fused {
    pub fn run(data: &Digits, device: &Device) -> Result<()> {
        let varmap = VarMap::new();
        let vb = VarBuilder::from_varmap(&varmap, DType::F32, device);
        let model = Mlp::new(vb.pp("mlp"))?;
        let mut sgd = SGD::new(varmap.all_vars(), 0.05)?;
        let test_images = data.test_images.to_device(device)?;
        let test_labels = data.test_labels.to_dtype(DType::U32)?;
        for epoch in 1..=EPOCHS {
            let logits = model.forward(&data.train_images)?;
            let loss = loss::nll(&ops::log_softmax(&logits, D::Minus1)?, &data.train_labels)?;
            sgd.backward_step(&loss)?;
            let test_logits = model.forward(&test_images)?;
            let right = test_logits.argmax(D::Minus1)?.eq(&test_labels)?.to_dtype(DType::F32)?.sum_all()?.to_scalar::<f32>()?;
            println!("{epoch} {:8.5} {right}", loss.to_scalar::<f32>()?);
        }
        Ok(())
    }
}

/// Batches in random order; dropout is an argument of the forward.
mod dropout_by_argument {
    pub fn run(data: &Digits, varmap: &mut VarMap, model: &ConvNet, args: &Args) -> anyhow::Result<()> {
        let mut opt = AdamW::new(varmap.all_vars(), ParamsAdamW { lr: args.rate, ..Default::default() })?;
        let mut order = (0..data.batches()).collect::<Vec<usize>>();
        for epoch in 1..=args.epochs {
            let mut sum = 0f32;
            order.shuffle(&mut rand::rng());
            for index in order.iter() {
                let images = data.train_images.narrow(0, index * BATCH, BATCH)?;
                let labels = data.train_labels.narrow(0, index * BATCH, BATCH)?;
                let logits = model.forward(&images, true)?;
                let loss = loss::cross_entropy(&logits, &labels)?;
                opt.backward_step(&loss)?;
                sum += loss.to_vec0::<f32>()?;
            }
            let test_logits = model.forward(&data.test_images, false)?;
            let accuracy = accuracy(&test_logits, &data.test_labels)?;
            println!("{epoch} {:8.5} {accuracy}", sum / data.batches() as f32);
        }
        varmap.save(&args.save)?;
        Ok(())
    }
}

/// The gradients are bound, clipped by norm and passed to the step.
mod clipped {
    fn clip(grads: &mut GradStore, vars: &[Var], most: f64) -> Result<f64> {
        let mut total = 0f64;
        for var in vars {
            if let Some(grad) = grads.get(var) {
                total += grad.sqr()?.sum_all()?.to_dtype(DType::F64)?.to_scalar::<f64>()?;
            }
        }
        let norm = total.sqrt();
        if norm > most {
            for var in vars {
                if let Some(grad) = grads.remove(var) {
                    grads.insert(var, (grad * (most / norm))?);
                }
            }
        }
        Ok(norm)
    }

    pub fn fit(model: &Gpt, varmap: &VarMap, loader: &mut Loader, rate: f64) -> Result<()> {
        let vars = varmap.all_vars();
        let mut optimizer = AdamW::new_lr(vars.clone(), rate)?;
        for (step, batch) in loader.enumerate() {
            let (inputs, targets) = batch?;
            optimizer.set_learning_rate(warm(rate, step));
            let logits = model.forward(&inputs)?;
            let loss = loss::cross_entropy(&logits.flatten_to(1)?, &targets.flatten_to(1)?)?;
            let mut grads = loss.backward()?;
            let norm = clip(&mut grads, &vars, 1.0)?;
            optimizer.step(&grads)?;
            if step % 100 == 0 {
                println!("{step} {} {norm}", loss.to_scalar::<f32>()?);
            }
        }
        Ok(())
    }
}

/// No loop: one call of the method is one iteration.
mod one_call {
    pub struct Learner {
        model: Net,
        optimizer: AdamW,
        steps: usize,
    }

    impl Learner {
        pub fn learn(&mut self, inputs: &Tensor, targets: &Tensor) -> Result<f32> {
            let predicted = self.model.forward(inputs)?;
            let loss = loss::mse(&predicted, targets)?;
            self.optimizer.backward_step(&loss)?;
            self.steps += 1;
            loss.to_scalar::<f32>()
        }

        pub fn learn_apart(&mut self, inputs: &Tensor, targets: &Tensor) -> Result<f32> {
            let loss = loss::mse(&self.model.forward(inputs)?, targets)?;
            let grads = loss.backward()?;
            self.optimizer.step(&grads)?;
            loss.to_scalar()
        }
    }
}

/// Q-learning: the target network has its own variables, and the target is detached.
mod q_learning {
    pub fn update(
        online: &QNet,
        target: &QNet,
        optimizer: &mut AdamW,
        batch: &Transitions,
        gamma: f64,
    ) -> Result<f32> {
        let q = online.forward(&batch.states)?.gather(&batch.actions, 1)?.squeeze(1)?;
        let next = target.forward(&batch.next_states)?.max(1)?.detach();
        let wanted = (&batch.rewards + (next * gamma)?.mul(&batch.alive)?)?;
        let loss = loss::mse(&q, &wanted)?;
        optimizer.backward_step(&loss)?;
        loss.to_scalar::<f32>()
    }
}

/// Two networks with a store each; the gradients of each loss go to its own optimizer.
mod adversaries {
    pub fn run(data: &Images, device: &Device) -> Result<()> {
        let g_vars = VarMap::new();
        let generator = Generator::new(VarBuilder::from_varmap(&g_vars, DType::F32, device))?;
        let mut opt_g = AdamW::new_lr(g_vars.all_vars(), 2e-4)?;
        let d_vars = VarMap::new();
        let discriminator = Discriminator::new(VarBuilder::from_varmap(&d_vars, DType::F32, device))?;
        let mut opt_d = AdamW::new_lr(d_vars.all_vars(), 2e-4)?;
        for real in data.batches(64) {
            let noise = Tensor::randn(0f32, 1f32, (64, 100), device)?;
            let fake = generator.forward(&noise)?;
            let on_real = discriminator.forward(&real)?;
            let on_fake = discriminator.forward(&fake.detach())?;
            let loss_d = (loss::binary_cross_entropy_with_logit(&on_real, &on_real.ones_like()?)?
                + loss::binary_cross_entropy_with_logit(&on_fake, &on_fake.zeros_like()?)?)?;
            let grads = loss_d.backward()?;
            opt_d.step(&grads)?;
            let on_fake = discriminator.forward(&fake)?;
            let loss_g = loss::binary_cross_entropy_with_logit(&on_fake, &on_fake.ones_like()?)?;
            let grads = loss_g.backward()?;
            opt_g.step(&grads)?;
        }
        g_vars.save("generator.safetensors")
    }
}

/// Actor and critic, each with gradients of its own that are computed before both steps.
mod actor_critic {
    pub fn update(agent: &mut Agent, batch: &Batch) -> Result<()> {
        let values = agent.critic.forward(&batch.states)?.squeeze(1)?;
        let advantages = (&batch.returns - &values)?.detach();
        let critic_loss = loss::mse(&values, &batch.returns)?;
        let log_probs = ops::log_softmax(&agent.actor.forward(&batch.states)?, 1)?;
        let chosen = log_probs.gather(&batch.actions, 1)?.squeeze(1)?;
        let actor_loss = (chosen * advantages)?.neg()?.mean_all()?;
        let actor_grads = actor_loss.backward()?;
        let critic_grads = critic_loss.backward()?;
        agent.actor_optimizer.step(&actor_grads)?;
        agent.critic_optimizer.step(&critic_grads)?;
        Ok(())
    }
}

/// The losses of several micro-batches are summed, and one fused call steps.
mod summed_losses {
    pub fn fit(model: &Net, batches: &[(Tensor, Tensor)], optimizer: &mut AdamW, window: usize) -> Result<()> {
        for chunk in batches.chunks(window) {
            let mut losses = Vec::with_capacity(window);
            for (x, y) in chunk {
                losses.push(loss::cross_entropy(&model.forward(x)?, y)?);
            }
            let total = Tensor::stack(&losses, 0)?.mean_all()?;
            optimizer.backward_step(&total)?;
        }
        Ok(())
    }
}

/// A step is skipped when the loss is not a number; the gradients of this iteration are a value and end.
mod guarded {
    pub fn fit(model: &Net, loader: &Loader, optimizer: &mut AdamW) -> Result<usize> {
        let mut skipped = 0;
        for (x, y) in loader.iter() {
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            let grads = loss.backward()?;
            if !loss.to_scalar::<f32>()?.is_finite() {
                skipped += 1;
                continue;
            }
            optimizer.step(&grads)?;
        }
        Ok(skipped)
    }

    pub fn only_good(model: &Net, loader: &Loader, optimizer: &mut AdamW) -> Result<()> {
        for (x, y) in loader.iter() {
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            let grads = if loss.to_scalar::<f32>()? < 1e3 { Some(loss.backward()?) } else { None };
            if let Some(grads) = &grads {
                optimizer.step(grads)?;
            }
        }
        Ok(())
    }
}

/// Validation, early stopping and the best weights.
mod with_validation {
    pub fn fit(train: &Data, valid: &Data, config: &Config, device: &Device) -> Result<f32> {
        let mut varmap = VarMap::new();
        let model = Net::new(&config, VarBuilder::from_varmap(&varmap, DType::F32, device))?;
        let mut optimizer = AdamW::new_lr(varmap.all_vars(), config.rate)?;
        let mut best = f32::INFINITY;
        let mut waited = 0;
        for epoch in 0..config.epochs {
            for (x, y) in train.batches() {
                let loss = loss::mse(&model.forward_t(&x, true)?, &y)?;
                optimizer.backward_step(&loss)?;
            }
            let mut sum = 0f32;
            for (x, y) in valid.batches() {
                sum += loss::mse(&model.forward_t(&x, false)?, &y)?.to_scalar::<f32>()?;
            }
            if sum < best {
                best = sum;
                waited = 0;
                varmap.save("best.safetensors")?;
            } else {
                waited += 1;
                if waited == config.patience {
                    break;
                }
            }
            println!("{epoch} {sum}");
        }
        varmap.load("best.safetensors")?;
        Ok(best)
    }
}

/// The optimizer is optional: without one the function evaluates.
mod decided_at_run_time {
    pub fn epoch(model: &Net, data: &Data, mut optimizer: Option<&mut AdamW>) -> Result<f32> {
        let mut sum = 0f32;
        for (x, y) in data.batches() {
            let loss = loss::cross_entropy(&model.forward(&x)?, &y)?;
            if let Some(optimizer) = optimizer.as_mut() {
                optimizer.backward_step(&loss)?;
            }
            sum += loss.to_scalar::<f32>()?;
        }
        Ok(sum)
    }
}

/// An adversarial example from the gradient of the input, then a step on it.
mod attacked {
    pub fn fit(model: &Net, data: &Data, optimizer: &mut AdamW, width: f64) -> Result<()> {
        for (x, y) in data.batches() {
            let x = Var::from_tensor(&x)?;
            let clean = loss::cross_entropy(&model.forward(&x)?, &y)?;
            let grads = clean.backward()?;
            let direction = grads.get(&x).unwrap().sign()?;
            let moved = (x.as_tensor() + (direction * width)?)?.detach();
            let loss = loss::cross_entropy(&model.forward(&moved)?, &y)?;
            optimizer.backward_step(&loss)?;
        }
        Ok(())
    }
}

/// No optimizer: the update is written by hand.
mod by_hand {
    pub fn fit(w: &Var, b: &Var, x: &Tensor, y: &Tensor) -> Result<()> {
        for _ in 0..200 {
            let loss = loss::mse(&x.matmul(w)?.broadcast_add(b)?, y)?;
            let grads = loss.backward()?;
            for var in [w, b] {
                if let Some(grad) = grads.get(var) {
                    var.set(&var.sub(&(grad * 0.1)?)?)?;
                }
            }
        }
        Ok(())
    }
}

/// The sum of the losses is a tensor without a graph.
mod sums_of_tensors {
    pub fn fit(model: &Net, data: &Data, optimizer: &mut AdamW, device: &Device) -> Result<f32> {
        let mut total = Tensor::zeros((), DType::F32, device)?;
        for (x, y) in data.batches() {
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            optimizer.backward_step(&loss)?;
            total = (total + loss.detach())?;
        }
        total.to_scalar()
    }
}

/// A struct with generic optimizer and model.
mod generic {
    pub struct Trainer<M, O> {
        model: M,
        optim: O,
        varmap: VarMap,
    }

    impl<M: ModuleT, O: Optimizer> Trainer<M, O> {
        fn train_step(&mut self, x: &Tensor, y: &Tensor) -> Result<f32> {
            let logits = self.model.forward_t(x, true)?;
            let loss = loss::cross_entropy(&logits, y)?;
            let grads = loss.backward()?;
            self.optim.step(&grads)?;
            loss.to_scalar::<f32>()
        }

        pub fn fit(&mut self, data: &Data, epochs: usize) -> Result<()> {
            for epoch in 0..epochs {
                let mut total = 0f32;
                for (x, y) in data.batches() {
                    total += self.train_step(&x, &y)?;
                }
                println!("{epoch} {total}");
            }
            self.varmap.save("model.safetensors")
        }
    }
}

/// A new optimizer for each fold, with a new model.
mod folds {
    pub fn run(folds: &[Fold], device: &Device) -> Result<Vec<f32>> {
        let mut scores = Vec::new();
        for fold in folds {
            let varmap = VarMap::new();
            let model = Net::new(VarBuilder::from_varmap(&varmap, DType::F32, device))?;
            let mut optimizer = AdamW::new_lr(varmap.all_vars(), 1e-3)?;
            for (x, y) in fold.train.batches() {
                let loss = loss::mse(&model.forward(&x)?, &y)?;
                optimizer.backward_step(&loss)?;
            }
            scores.push(score(&model, &fold.test)?);
        }
        Ok(scores)
    }
}

/// Several losses of one forward in one sum.
mod several_losses {
    pub fn fit(vae: &Vae, data: &Data, optimizer: &mut AdamW, weight: f64) -> Result<f32> {
        let mut last = 0f32;
        for x in data.images() {
            let (rebuilt, mu, log_var) = vae.forward(&x)?;
            let reconstruction = loss::mse(&rebuilt, &x)?;
            let spread = (((&log_var + 1.0)? - mu.sqr()?)? - log_var.exp()?)?.sum_all()?;
            let loss = (reconstruction + (spread * (-0.5 * weight))?)?;
            optimizer.backward_step(&loss)?;
            last = loss.to_scalar::<f32>()?;
        }
        Ok(last)
    }
}

/// Two networks with a store each, and optimizers with the names of the networks.
mod two_stores {
    pub fn fit(loader: &Loader, device: &Device) -> Result<()> {
        let (first, second) = (VarMap::new(), VarMap::new());
        let generator = Net::new(VarBuilder::from_varmap(&first, DType::F32, device))?;
        let critic = Net::new(VarBuilder::from_varmap(&second, DType::F32, device))?;
        let mut opt_generator = AdamW::new(first.all_vars(), ParamsAdamW::default())?;
        let mut opt_critic = AdamW::new(second.all_vars(), ParamsAdamW::default())?;
        for batch in loader.iter() {
            let fake = generator.forward(&batch.noise)?;
            let judged = loss::mse(&critic.forward(&fake.detach())?, &batch.zeros)?;
            opt_critic.backward_step(&judged)?;
            let fooled = loss::mse(&critic.forward(&fake)?, &batch.ones)?;
            opt_generator.backward_step(&fooled)?;
        }
        first.save("generator.safetensors")?;
        second.save("critic.safetensors")
    }
}

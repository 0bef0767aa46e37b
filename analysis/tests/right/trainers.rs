//! Large trainers with everything around the loop.

struct Trainer<M, L> {
    model: M,
    optimizer: AdamW,
    scheduler: CosineLr,
    loss: L,
    config: Config,
    state: TrainerState,
    best: Option<f32>,
}

impl<M: Module, L: Loss> Trainer<M, L> {
    fn fit(&mut self, train: &DataLoader, valid: &DataLoader) -> Result<Report> {
        let started = Instant::now();
        let mut report = Report::default();
        let bar = ProgressBar::new(self.config.epochs as u64);
        let mut bad_epochs = 0;
        for epoch in self.state.epoch..self.config.epochs {
            bar.set_message(format!("epoch {epoch}"));
            self.model.train();
            let mut running = Mean::new();
            for (index, batch) in train.iter().enumerate() {
                let batch = batch.to_device(self.config.device)?;
                let output = self.model.forward(&batch.input);
                let loss = self.loss.compute(&output, &batch.target);
                let value = loss.item();
                if !value.is_finite() {
                    tracing::warn!(epoch, index, value, "skipping a batch");
                    continue;
                }
                self.optimizer.zero_grad();
                loss.backward();
                let norm = self.optimizer.clip_grad_norm(self.config.max_norm);
                self.optimizer.step();
                self.scheduler.step();
                running.add(value);
                self.state.step += 1;
                if self.state.step % self.config.log_every == 0 {
                    tracing::info!(step = self.state.step, loss = running.mean(), norm, lr = self.scheduler.lr());
                }
            }
            self.model.eval();
            let mut validation = Mean::new();
            let mut accuracy = Accuracy::new();
            no_grad(|| {
                for batch in valid {
                    let output = self.model.forward(&batch.input);
                    validation.add(self.loss.compute(&output, &batch.target).item());
                    accuracy.update(&output, &batch.target);
                }
            });
            report.push(epoch, running.mean(), validation.mean(), accuracy.value());
            if self.best.is_none_or(|best| validation.mean() < best) {
                self.best = Some(validation.mean());
                bad_epochs = 0;
                self.model.save(&self.config.out.join("best.safetensors"))?;
            } else {
                bad_epochs += 1;
                if bad_epochs >= self.config.patience {
                    break;
                }
            }
            bar.inc(1);
        }
        bar.finish();
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }
}

fn mixed_precision(model: &mut Transformer, train: &DataLoader, args: &Args) -> Result<()> {
    let mut optimizer = AdamW::new(model.parameters(), args.lr);
    let mut scaler = GradScaler::new();
    let mut step = 0;
    for epoch in 0..args.epochs {
        for (i, batch) in train.iter().enumerate() {
            let loss = autocast(|| model.loss(&batch.tokens, &batch.labels)) / args.accumulate as f32;
            scaler.scale(&loss).backward();
            if (i + 1) % args.accumulate == 0 || i + 1 == train.len() {
                scaler.unscale(&mut optimizer);
                clip_grad_norm(model.parameters(), args.max_norm);
                scaler.step(&mut optimizer);
                scaler.update();
                optimizer.zero_grad();
                step += 1;
            }
        }
        eprintln!("epoch {epoch}, step {step}");
    }
    Ok(())
}

fn warm_up_by_hand(model: &mut Gpt, data: &TokenStream, config: &GptConfig) {
    let mut optimizer = AdamW::new(model.parameters(), config.learning_rate);
    let mut best_val_loss = f32::INFINITY;
    let mut iter_num = 0;
    let (mut x, mut y) = data.get_batch("train");
    loop {
        let lr = if config.decay_lr { get_lr(iter_num, config) } else { config.learning_rate };
        optimizer.set_lr(lr);
        if iter_num % config.eval_interval == 0 {
            let losses = estimate_loss(model, data, config);
            println!("step {iter_num}: train loss {:.4}, val loss {:.4}", losses.train, losses.val);
            if losses.val < best_val_loss || config.always_save_checkpoint {
                best_val_loss = losses.val;
                if iter_num > 0 {
                    save_checkpoint(model, &optimizer, iter_num, best_val_loss);
                }
            }
        }
        for _micro_step in 0..config.gradient_accumulation_steps {
            let logits = model.forward(&x);
            let loss = cross_entropy(&logits, &y) / config.gradient_accumulation_steps as f32;
            (x, y) = data.get_batch("train");
            loss.backward();
        }
        if config.grad_clip != 0.0 {
            clip_grad_norm(model.parameters(), config.grad_clip);
        }
        optimizer.step();
        optimizer.zero_grad();
        iter_num += 1;
        if iter_num > config.max_iters {
            break;
        }
    }
}

fn estimate_loss(model: &mut Gpt, data: &TokenStream, config: &GptConfig) -> Losses {
    let mut out = Losses::default();
    model.eval();
    no_grad(|| {
        for split in ["train", "val"] {
            let mut losses = Vec::with_capacity(config.eval_iters);
            for _ in 0..config.eval_iters {
                let (x, y) = data.get_batch(split);
                let logits = model.forward(&x);
                losses.push(cross_entropy(&logits, &y).item());
            }
            out.set(split, mean(&losses));
        }
    });
    model.train();
    out
}

fn resumes_from_a_checkpoint(args: &Args, train: &DataLoader, valid: &DataLoader) -> Result<Mlp> {
    let mut model = Mlp::new(args.inputs, args.hidden, args.classes);
    if let Some(path) = &args.resume {
        model.load(path)?;
    }
    let mut optimizer = Adam::new(model.parameters(), args.lr);
    if let Some(path) = &args.resume_optimizer {
        optimizer.load_state_dict(&StateDict::read(path)?);
    }
    let mut stop = EarlyStopping::new(args.patience);
    for epoch in args.start_epoch..args.epochs {
        let mut sum = 0.0;
        model.train();
        for batch in train.shuffled(epoch as u64) {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            sum += loss.item();
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        let score = {
            let _evaluation = evaluation(&mut model);
            valid.iter().map(|batch| cross_entropy(&model.forward(&batch.input), &batch.target).item()).sum::<f32>()
        };
        log::info!("epoch {epoch}: {sum} {score}");
        if stop.update(score) {
            break;
        }
    }
    Ok(model)
}

fn with_callbacks(model: &mut Mlp, train: &DataLoader, callbacks: &mut [Box<dyn Callback>]) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for epoch in 0..10 {
        callbacks.iter_mut().for_each(|callback| callback.on_epoch_start(epoch));
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            for callback in callbacks.iter_mut() {
                callback.on_batch_end(loss.item());
            }
        }
        callbacks.iter_mut().for_each(|callback| callback.on_epoch_end(epoch));
    }
}

fn many_phases(model: &mut Resnet, train: &DataLoader, valid: &DataLoader, plan: &[Phase]) -> Result<Vec<f32>> {
    let mut scores = Vec::new();
    for phase in plan {
        model.freeze_below(phase.layer);
        let mut optimizer = Sgd::new(model.trainable_parameters(), phase.lr);
        let mut schedule = StepLr::new(&optimizer, phase.step_size, 0.1);
        for _ in 0..phase.epochs {
            model.train();
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            schedule.step(&mut optimizer);
        }
        model.eval();
        let score = no_grad(|| accuracy(&model.forward(&valid.all().input), &valid.all().target));
        scores.push(score);
    }
    Ok(scores)
}

fn ctrl_c_and_time_limit(model: &mut Mlp, train: &DataLoader, stop: &AtomicBool, limit: Duration) -> Stop {
    let start = Instant::now();
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    'outer: loop {
        for batch in train {
            if stop.load(Ordering::Relaxed) {
                break 'outer Stop::Interrupted;
            }
            if start.elapsed() > limit {
                break 'outer Stop::TimeLimit;
            }
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

fn logs_to_a_file(model: &mut Mlp, train: &DataLoader, out: &mut impl Write) -> io::Result<()> {
    let mut optimizer = RmsProp::new(model.parameters(), 1e-3);
    writeln!(out, "epoch,loss")?;
    for epoch in 0..20 {
        let mut total = 0.0_f64;
        let mut n = 0_usize;
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = mse_loss(&output, &batch.target);
            loss.backward();
            optimizer.step();
            total += f64::from(loss.item()) * batch.len() as f64;
            n += batch.len();
        }
        writeln!(out, "{epoch},{}", total / n as f64)?;
        out.flush()?;
    }
    Ok(())
}

//! Individual styles: helpers, builders, iterators, threads, closures, searches.

fn with_a_builder(train: &DataLoader) -> Result<Mlp> {
    let mut model = Mlp::builder().inputs(784).hidden(128).outputs(10).build()?;
    let mut optimizer = Adam::new(model.parameters(), 1e-3).betas(0.9, 0.95).weight_decay(0.1);
    for batch in train {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
    Ok(model)
}

fn one_line_each(model: &mut Mlp, train: &DataLoader) {
    let mut opt = Sgd::new(model.parameters(), 0.1);
    for b in train { opt.zero_grad(); mse_loss(&model.forward(&b.x), &b.y).backward(); opt.step(); }
}

fn iterator_chain(model: &mut Mlp, samples: &[(f32, f32)]) -> f32 {
    let mut opt = Sgd::new(model.parameters(), 0.01);
    samples
        .iter()
        .cycle()
        .take(1000)
        .map(|(x, y)| {
            let loss = (model.forward(&Tensor::from(*x)) - *y).square();
            opt.zero_grad();
            loss.backward();
            opt.step();
            loss.item()
        })
        .fold(0.0, |sum, loss| 0.9 * sum + 0.1 * loss)
}

fn prefetches_on_a_thread(model: &mut Mlp, dataset: Dataset) {
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    let worker = std::thread::spawn(move || {
        for index in 0..dataset.len() {
            if sender.send(dataset.get(index)).is_err() {
                return;
            }
        }
    });
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    while let Ok(sample) = receiver.recv() {
        let loss = mse_loss(&model.forward(&sample.input), &sample.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
    worker.join().unwrap();
}

fn decodes_in_parallel(model: &mut Mlp, paths: &[PathBuf]) -> Result<()> {
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    for chunk in paths.chunks(64) {
        let images: Vec<Image> = chunk.par_iter().map(|path| Image::open(path)).collect::<Result<_>>()?;
        let (input, target) = collate(&images);
        optimizer.zero_grad();
        let loss = cross_entropy(&model.forward(&input), &target);
        loss.backward();
        optimizer.step();
    }
    Ok(())
}

fn grid_search(train: &DataLoader, valid: &DataLoader) -> (f32, f32) {
    let mut best = (f32::INFINITY, 0.0);
    for lr in [1e-1, 1e-2, 1e-3] {
        let mut model = Mlp::new(10, 32, 2);
        let mut optimizer = Sgd::new(model.parameters(), lr);
        for _ in 0..20 {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
        model.eval();
        let score = no_grad(|| valid.iter().map(|batch| cross_entropy(&model.forward(&batch.input), &batch.target).item()).sum::<f32>());
        if score < best.0 {
            best = (score, lr);
        }
    }
    best
}

fn cross_validation(data: &Dataset, k: usize) -> Vec<f32> {
    let mut scores = Vec::with_capacity(k);
    for (train, held_out) in data.folds(k) {
        let mut model = Mlp::new(data.features(), 64, data.classes());
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 0..30 {
            for batch in train.batches(32) {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
                loss.backward();
                optimizer.step();
            }
        }
        model.eval();
        let accuracy = no_grad(|| accuracy(&model.forward(&held_out.x), &held_out.y));
        scores.push(accuracy);
    }
    scores
}

fn ensemble(members: usize, train: &DataLoader) -> Vec<Mlp> {
    (0..members)
        .map(|seed| {
            let mut model = Mlp::seeded(seed);
            let mut optimizer = Adam::new(model.parameters(), 1e-3);
            for batch in train.bootstrap(seed) {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
            model
        })
        .collect()
}

fn lbfgs(model: &mut Mlp, x: &Tensor, y: &Tensor) {
    let mut optimizer = Lbfgs::new(model.parameters());
    for _ in 0..20 {
        optimizer.step_with(|optimizer| {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(x), y);
            loss.backward();
            loss.item()
        });
    }
}

fn optimizers_in_a_vector(models: &mut [Mlp], train: &DataLoader) {
    let mut optimizers: Vec<Adam> = models.iter().map(|model| Adam::new(model.parameters(), 1e-3)).collect();
    for batch in train {
        for (model, optimizer) in models.iter_mut().zip(&mut optimizers) {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

fn by_index(models: &mut [Mlp], optimizers: &mut [Adam], train: &DataLoader) {
    for (step, batch) in train.iter().enumerate() {
        let k = step % models.len();
        optimizers[k].zero_grad();
        let loss = mse_loss(&models[k].forward(&batch.input), &batch.target);
        loss.backward();
        optimizers[k].step();
    }
}

fn macro_logging(model: &mut Mlp, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut seen = 0;
    for batch in tqdm!(train, desc = "training") {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        assert!(loss.item().is_finite(), "the loss is {}", loss.item());
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        seen += batch.len();
        info!("{seen} samples, loss {:.3}", loss.item());
    }
}

fn gradient_checkpointing(model: &mut DeepNet, train: &DataLoader) {
    let mut optimizer = AdamW::new(model.parameters(), 1e-4);
    for batch in train {
        let mut hidden = batch.input.clone();
        for block in model.blocks() {
            hidden = checkpoint(|h| block.forward(h), &hidden);
        }
        let loss = cross_entropy(&model.head(&hidden), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

fn seq2seq(encoder: &mut Rnn, decoder: &mut Rnn, pairs: &DataLoader, rng: &mut impl Rng) {
    let mut encoder_optimizer = Adam::new(encoder.parameters(), 1e-3);
    let mut decoder_optimizer = Adam::new(decoder.parameters(), 1e-3);
    for (source, target) in pairs.iter() {
        let mut hidden = encoder.initial();
        for token in source.tokens() {
            hidden = encoder.forward(token, &hidden);
        }
        let mut input = start_of_sentence();
        let mut loss = Tensor::from(0.0);
        let forced = rng.random_bool(0.5);
        for token in target.tokens() {
            let (output, next) = decoder.forward(&input, &hidden);
            hidden = next;
            loss = loss + cross_entropy(&output, token);
            input = if forced { token.clone() } else { output.argmax(1).detach() };
        }
        encoder_optimizer.zero_grad();
        decoder_optimizer.zero_grad();
        loss.backward();
        encoder_optimizer.step();
        decoder_optimizer.step();
    }
}

fn language_model_windows(model: &mut Lstm, corpus: &Tensor, window: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 20.0);
    let mut hidden = model.zero_state(20);
    let mut start = 0;
    while start + window < corpus.len() {
        let (input, target) = (corpus.slice(start, window), corpus.slice(start + 1, window));
        hidden = hidden.detach();
        let (output, next) = model.forward(&input, &hidden);
        let loss = cross_entropy(&output, &target);
        optimizer.zero_grad();
        loss.backward();
        clip_grad_norm(model.parameters(), 0.25);
        optimizer.step();
        hidden = next;
        start += window;
    }
}

fn learning_rate_finder(model: &mut Mlp, train: &DataLoader) -> Vec<(f32, f32)> {
    let before = model.state_dict();
    let mut optimizer = Sgd::new(model.parameters(), 1e-7);
    let mut curve = Vec::new();
    let mut lr = 1e-7;
    for batch in train.iter().take(100) {
        optimizer.set_lr(lr);
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        curve.push((lr, loss.item()));
        lr *= 1.2;
    }
    model.load_state_dict(&before);
    curve
}

fn swaps_in_the_average(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> f32 {
    let mut optimizer = Sgd::new(model.parameters(), 0.05);
    let mut averaged = AveragedModel::new(model);
    for epoch in 0..300 {
        model.train();
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        if epoch > 200 {
            averaged.update_parameters(model);
        }
    }
    averaged.eval();
    no_grad(|| valid.iter().map(|batch| cross_entropy(&averaged.forward(&batch.input), &batch.target).item()).sum())
}

fn overfits_one_batch(model: &mut Mlp, batch: &Batch) {
    let mut optimizer = Adam::new(model.parameters(), 1e-2);
    let mut loss = f32::INFINITY;
    while loss > 1e-4 {
        let current = mse_loss(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        current.backward();
        optimizer.step();
        loss = current.item();
    }
}

fn fits_a_pose(camera: &mut Camera, points: &Points, seen: &Tensor) {
    let mut optimizer = Adam::new(camera.parameters(), 0.01);
    for i in 0..300 {
        let projected = camera.forward(&points.xyz);
        let loss = (projected - seen).square().sum();
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if i == 200 {
            optimizer.set_lr(0.001);
        }
    }
}

fn tells_modes_by_match(model: &mut Net, loaders: &Loaders, optimizer: &mut AdamW) -> [f32; 2] {
    let mut sums = [0.0; 2];
    for (slot, phase) in [Phase::Train, Phase::Valid].into_iter().enumerate() {
        match phase {
            Phase::Train => model.train(),
            Phase::Valid => model.eval(),
        }
        for batch in loaders.of(phase) {
            match phase {
                Phase::Train => {
                    let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                    optimizer.zero_grad();
                    loss.backward();
                    optimizer.step();
                    sums[slot] += loss.item();
                }
                Phase::Valid => {
                    let output = no_grad(|| model.forward(&batch.input));
                    sums[slot] += cross_entropy(&output, &batch.target).item();
                }
            }
        }
    }
    sums
}

async fn from_a_stream(model: &mut Mlp, mut stream: impl Stream<Item = Result<Batch>> + Unpin) -> Result<()> {
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    while let Some(batch) = stream.next().await {
        let Batch { input, target } = batch?;
        let loss = mse_loss(&model.forward(&input), &target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        tokio::task::yield_now().await;
    }
    Ok(())
}

fn counts_updates(model: &mut Net, train: &DataLoader, max_updates: usize) -> usize {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut updates = 0;
    'training: for _epoch in 0.. {
        for batch in train {
            if updates == max_updates {
                break 'training;
            }
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            updates += 1;
        }
    }
    updates
}

fn dice_loss_of_logits(unet: &mut UNet, train: &DataLoader) {
    let mut optimizer = Adam::new(unet.parameters(), 1e-4);
    for batch in train {
        let probabilities = unet.forward(&batch.image).sigmoid();
        let overlap = (&probabilities * &batch.mask).sum();
        let loss = 1.0 - (overlap * 2.0 + 1.0) / (probabilities.sum() + batch.mask.sum() + 1.0);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

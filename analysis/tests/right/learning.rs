//! Training methods: distillation, contrastive learning, meta-learning, curricula, several tasks.

fn distillation(student: &mut Net, teacher: &Net, train: &DataLoader, temperature: f32) {
    let mut optimizer = Sgd::new(student.parameters(), 0.1);
    for batch in train {
        let soft = no_grad(|| teacher.forward(&batch.input) / temperature).softmax(1);
        let logits = student.forward(&batch.input);
        let soft_loss = kl_div(&(&logits / temperature).log_softmax(1), &soft) * temperature * temperature;
        let hard_loss = cross_entropy(&logits, &batch.target);
        let loss = soft_loss * 0.7 + hard_loss * 0.3;
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

fn byol(online: &mut Encoder, target: &mut Encoder, predictor: &mut Mlp, views: &DataLoader) {
    let mut optimizer = Lion::new((online.parameters(), predictor.parameters()), 3e-4);
    for (one, two) in views.iter() {
        let (p1, p2) = (predictor.forward(&online.forward(&one)), predictor.forward(&online.forward(&two)));
        let (t1, t2) = no_grad(|| (target.forward(&one), target.forward(&two)));
        let loss = cosine_loss(&p1, &t2) + cosine_loss(&p2, &t1);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        target.move_towards(online, 0.996);
    }
}

fn simclr(encoder: &mut Encoder, head: &mut Mlp, train: &DataLoader) {
    let mut optimizer = Adam::new(chain(encoder.parameters(), head.parameters()), 3e-4);
    for batch in train {
        let z1 = head.forward(&encoder.forward(&augment(&batch.images)));
        let z2 = head.forward(&encoder.forward(&augment(&batch.images)));
        let loss = nt_xent_loss(&z1, &z2, 0.5);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
}

fn simsiam(encoder: &mut Encoder, predictor: &mut Mlp, train: &DataLoader) {
    let mut encoder_opt = Sgd::new(encoder.parameters(), 0.05);
    let mut predictor_opt = Sgd::new(predictor.parameters(), 0.05);
    for (x1, x2) in train.iter() {
        let (z1, z2) = (encoder.forward(&x1), encoder.forward(&x2));
        let (p1, p2) = (predictor.forward(&z1), predictor.forward(&z2));
        let loss = (negative_cosine(&p1, &z2.detach()) + negative_cosine(&p2, &z1.detach())) * 0.5;
        encoder_opt.zero_grad();
        predictor_opt.zero_grad();
        loss.backward();
        encoder_opt.step();
        predictor_opt.step();
    }
}

fn reptile(model: &mut Mlp, tasks: &Tasks, meta_lr: f32) {
    for _ in 0..1000 {
        let before = model.state_dict();
        let task = tasks.sample();
        let mut inner = Sgd::new(model.parameters(), 0.02);
        for _ in 0..5 {
            let batch = task.sample(10);
            let loss = mse_loss(&model.forward(&batch.x), &batch.y);
            inner.zero_grad();
            loss.backward();
            inner.step();
        }
        let after = model.state_dict();
        model.load_state_dict(&before.interpolate(&after, meta_lr));
    }
}

fn fomaml(meta: &mut Mlp, tasks: &Tasks) {
    let mut meta_opt = Adam::new(meta.parameters(), 1e-3);
    for _ in 0..500 {
        meta_opt.zero_grad();
        for task in tasks.batch(4) {
            let mut fast = meta.clone();
            let mut inner = Sgd::new(fast.parameters(), 0.01);
            for _ in 0..3 {
                let loss = mse_loss(&fast.forward(&task.support_x), &task.support_y);
                inner.zero_grad();
                loss.backward();
                inner.step();
            }
            let query_loss = mse_loss(&fast.forward(&task.query_x), &task.query_y);
            accumulate_meta_gradient(meta, &fast, &query_loss);
        }
        meta_opt.step();
    }
}

fn multi_task(trunk: &mut Net, heads: &mut [Head], train: &DataLoader, weights: &[f32]) {
    let mut optimizer = AdamW::new(trunk.parameters().chain(heads), 1e-3);
    for batch in train {
        let features = trunk.forward(&batch.input);
        let mut total = Tensor::from(0.0);
        for ((head, target), weight) in heads.iter().zip(&batch.targets).zip(weights) {
            total = total + head.loss(&features, target) * *weight;
        }
        optimizer.zero_grad();
        total.backward();
        optimizer.step();
    }
}

fn alternating_tasks(model: &mut Net, pos: &DataLoader, ner: &DataLoader) {
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    let (mut pos_iter, mut ner_iter) = (pos.cycle(), ner.cycle());
    for step in 0..10_000 {
        let loss = if step % 2 == 0 {
            let batch = pos_iter.next().unwrap();
            cross_entropy(&model.pos(&batch.tokens), &batch.tags)
        } else {
            let batch = ner_iter.next().unwrap();
            cross_entropy(&model.ner(&batch.tokens), &batch.tags)
        };
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

fn curriculum(model: &mut Net, data: &Dataset) {
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    for length in [8, 16, 32, 64] {
        let stage = data.filter(|sample| sample.len() <= length);
        let mut accuracy = 0.0;
        while accuracy < 0.95 {
            let mut right = 0;
            for batch in stage.batches(32) {
                let logits = model.forward(&batch.input);
                let loss = cross_entropy(&logits, &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                right += count_right(&logits, &batch.target);
            }
            accuracy = right as f32 / stage.len() as f32;
        }
    }
}

fn progressive_unfreezing(model: &mut Bert, train: &DataLoader) {
    for depth in (0..model.layers()).rev() {
        model.unfreeze_from(depth);
        let mut optimizer = AdamW::new(model.trainable_parameters(), 2e-5);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.tokens), &batch.labels);
            loss.backward();
            optimizer.step();
        }
    }
}

fn sharpness_aware(model: &mut Net, train: &DataLoader, rho: f32) {
    let mut base = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        base.zero_grad();
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        let moved = climb(model, rho);
        base.zero_grad();
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        moved.undo(model);
        base.step();
    }
}

fn mixup(model: &mut Net, train: &DataLoader, alpha: f64) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let lambda = beta_sample(alpha);
        let order = permutation(batch.len());
        let mixed = &batch.input * lambda + batch.input.select(&order) * (1.0 - lambda);
        let output = model.forward(&mixed);
        let loss = cross_entropy(&output, &batch.target) * lambda
            + cross_entropy(&output, &batch.target.select(&order)) * (1.0 - lambda);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

fn noisy_student(teacher: &mut Net, student: &mut Net, labelled: &DataLoader, unlabelled: &DataLoader) {
    teacher.eval();
    let mut optimizer = Sgd::new(student.parameters(), 0.05);
    student.train();
    for (known, unknown) in labelled.iter().zip(unlabelled.iter()) {
        let pseudo = no_grad(|| teacher.forward(&unknown.input)).argmax(1);
        let supervised = cross_entropy(&student.forward(&known.input), &known.target);
        let unsupervised = cross_entropy(&student.forward(&strong(&unknown.input)), &pseudo);
        let loss = supervised + unsupervised * 0.5;
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

fn active_learning(model: &mut Net, pool: &mut Pool) {
    for round in 0..10 {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        model.train();
        for _ in 0..3 {
            for batch in pool.labelled().batches(16) {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
        model.eval();
        let scores: Vec<f32> = no_grad(|| pool.unlabelled().iter().map(|x| entropy(&model.forward(x)).item()).collect());
        pool.label(&scores, 100);
        println!("{round}");
    }
}

fn physics_informed(net: &mut Mlp, points: &Tensor, boundary: &Batch) {
    let mut optimizer = Adam::new(net.parameters(), 1e-3);
    for epoch in 0..5000 {
        let x = points.clone().requires_grad();
        let u = net.forward(&x);
        let residual = derivative(&u, &x, true) + &u;
        let loss = residual.square().mean() + mse_loss(&net.forward(&boundary.input), &boundary.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if epoch % 500 == 0 {
            println!("{epoch}: {:.2e}", loss.item());
        }
    }
}

fn freezes_the_backbone(backbone: &Resnet, head: &mut Linear, train: &DataLoader) {
    let mut optimizer = Adam::new(head.parameters(), 1e-3);
    for batch in train {
        let features = no_grad(|| backbone.forward(&batch.input));
        let loss = cross_entropy(&head.forward(&features), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

fn matrix_factors(users: &mut Embedding, items: &mut Embedding, ratings: &[Rating]) {
    let mut optimizer = Adagrad::new((users.parameters(), items.parameters()), 0.05);
    for rating in ratings {
        let predicted = (users.forward(rating.user) * items.forward(rating.item)).sum();
        let loss = (predicted - rating.stars).square();
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
}

fn word_vectors(model: &mut SkipGram, corpus: &Corpus) {
    let mut optimizer = Sgd::new(model.parameters(), 0.025);
    for (position, (center, context)) in corpus.pairs().enumerate() {
        let negatives = corpus.negatives(5);
        optimizer.set_lr(0.025 * (1.0 - position as f32 / corpus.len() as f32));
        optimizer.zero_grad();
        let loss = model.loss(center, context, &negatives);
        loss.backward();
        optimizer.step();
    }
}

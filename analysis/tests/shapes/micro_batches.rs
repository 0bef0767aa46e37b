//! Loops over the micro-batches of one update.

/// Loops over the micro-batches of one update.
mod micro_batch_loops {
    fn used_numbers_with_a_name(model: &mut Gpt, optimizer: &mut AdamW, data: &mut Data, config: &Config) {
        let mut iter = 0;
        let (mut x, mut y) = data.get_batch("train");
        while iter < config.max_iters {
            for micro_step in 0..config.gradient_accumulation_steps {
                let loss = cross_entropy(&model.forward(&x), &y);
                let (nx, ny) = data.get_batch("train");
                x = nx;
                y = ny;
                loss.backward(); //~ warning unscaled_accumulation
                println!("{micro_step}");
            }
            clip_grad_norm(&model.parameters(), 1.0);
            optimizer.step();
            optimizer.zero_grad();
            iter += 1;
        }
    }

    fn a_number_with_a_name(model: &mut Gpt, data: &mut Data, k: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for step in 0..1000 {
            optimizer.zero_grad();
            for micro in 0..k {
                let (x, y) = data.batch(step * k + micro);
                let logits = model.forward(&x);
                let loss = cross_entropy(&logits, &y);
                loss.backward(); //~ warning unscaled_accumulation
            }
            optimizer.step();
        }
    }

    fn numbered_chunks(model: &mut Gpt, batches: &[Batch], k: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for (step, chunk) in batches.chunks(k).enumerate() {
            optimizer.zero_grad();
            for (i, batch) in chunk.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
                loss.backward(); //~ warning unscaled_accumulation
                println!("{} {}", step, i);
            }
            optimizer.step();
        }
    }

    fn whole_chunks(model: &mut Gpt, batches: &[Batch]) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for chunk in batches.chunks_exact(8) {
            for batch in chunk {
                let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
                loss.backward(); //~ warning unscaled_accumulation
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }

    fn micro_helper(model: &mut Gpt, x: &Tensor, y: &Tensor) -> f32 {
        let loss = cross_entropy(&model.forward(x), y);
        loss.backward(); //~ warning unscaled_accumulation
        loss.item()
    }

    fn in_a_helper(model: &mut Gpt, data: &mut Data, accumulation: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for step in 0..1000 {
            optimizer.zero_grad();
            let mut total = 0.0;
            for _ in 0..accumulation {
                let (x, y) = data.next_batch();
                total += micro_helper(model, &x, &y);
            }
            optimizer.step();
            println!("{step} {}", total);
        }
    }

    fn while_loop(model: &mut Gpt, data: &mut Data, accumulation: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for step in 0..1000 {
            optimizer.zero_grad();
            let mut micro = 0;
            while micro < accumulation {
                let (x, y) = data.next_batch();
                let loss = cross_entropy(&model.forward(&x), &y);
                loss.backward(); //~ warning unscaled_accumulation
                micro += 1;
            }
            optimizer.step();
        }
    }

    fn the_next_batches(model: &mut Gpt, loader: &DataLoader, accumulation: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut batches = loader.iter();
        for step in 0..1000 {
            optimizer.zero_grad();
            for batch in batches.by_ref().take(accumulation) {
                let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
                loss.backward(); //~ warning unscaled_accumulation
            }
            optimizer.step();
        }
    }

    fn parts_of_a_batch(model: &mut Gpt, loader: &DataLoader, micro_batches: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for batch in loader {
            optimizer.zero_grad();
            for part in batch.chunk(micro_batches, 0) {
                let loss = cross_entropy(&model.forward(&part.x), &part.y);
                loss.backward(); //~ warning unscaled_accumulation
            }
            optimizer.step();
        }
    }

    fn from_one(model: &mut Gpt, data: &mut Data, accumulation: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for step in 0..1000 {
            optimizer.zero_grad();
            for micro_step in 1..=accumulation {
                let (x, y) = data.next_batch();
                let loss = cross_entropy(&model.forward(&x), &y);
                loss.backward(); //~ warning unscaled_accumulation
            }
            optimizer.step();
        }
    }
}

/// Losses and gradients that are divided, and loops over something else.
mod right_micro_batch_loops {
    fn divided(model: &mut Gpt, optimizer: &mut AdamW, data: &mut Data, config: &Config) {
        let mut iter = 0;
        while iter < config.max_iters {
            for micro_step in 0..config.gradient_accumulation_steps {
                let (x, y) = data.get_batch("train");
                let loss = cross_entropy(&model.forward(&x), &y) / config.gradient_accumulation_steps as f64;
                loss.backward();
            }
            optimizer.step();
            optimizer.zero_grad();
            iter += 1;
        }
    }

    fn times_the_inverse(model: &mut Gpt, data: &mut Data, k: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for step in 0..1000 {
            optimizer.zero_grad();
            for micro in 0..k {
                let (x, y) = data.batch(step * k + micro);
                let loss = cross_entropy(&model.forward(&x), &y) * (1.0 / k as f32);
                loss.backward();
            }
            optimizer.step();
        }
    }

    fn times_a_variable(model: &mut Gpt, data: &mut Data, k: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let scale = 1.0 / k as f32;
        for step in 0..1000 {
            optimizer.zero_grad();
            for micro in 0..k {
                let (x, y) = data.batch(micro);
                let loss = &cross_entropy(&model.forward(&x), &y) * scale;
                loss.backward();
            }
            optimizer.step();
        }
    }

    fn gradients_by_parameter(model: &mut Gpt, data: &mut Data, k: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for step in 0..1000 {
            optimizer.zero_grad();
            for micro in 0..k {
                let (x, y) = data.batch(micro);
                cross_entropy(&model.forward(&x), &y).backward();
            }
            for p in model.parameters() {
                p.scale_grad(1.0 / k as f32);
            }
            optimizer.step();
        }
    }

    fn gradients_at_once(model: &mut Gpt, data: &mut Data, k: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for step in 0..1000 {
            optimizer.zero_grad();
            for micro in 0..k {
                let (x, y) = data.batch(micro);
                cross_entropy(&model.forward(&x), &y).backward();
            }
            optimizer.scale_grad(0.25);
            optimizer.step();
        }
    }

    fn sums(model: &mut Gpt, data: &mut Data, k: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for step in 0..1000 {
            optimizer.zero_grad();
            for micro in 0..k {
                let (x, y) = data.batch(micro);
                let loss = model.forward(&x).mse_loss(&y, Reduction::Sum);
                loss.backward();
            }
            optimizer.step();
        }
    }

    fn heads(model: &mut Gpt, data: &mut Data, tasks: &[Task]) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for step in 0..1000 {
            optimizer.zero_grad();
            for head in 0..3 {
                let loss = cross_entropy(&model.forward(&data.x(head)), &data.y(head));
                loss.backward();
            }
            optimizer.step();
        }
    }

    fn epochs(model: &mut Gpt, data: &[Batch]) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for epoch in 0..10 {
            optimizer.zero_grad();
            for i in 0..data.len() {
                let loss = cross_entropy(&model.forward(&data[i].x), &data[i].y);
                loss.backward();
            }
            optimizer.step();
        }
    }

    fn time_steps(model: &mut Rnn, data: &[Batch], k: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for batch in data {
            optimizer.zero_grad();
            for t in 0..k {
                let loss = cross_entropy(&model.forward(&batch.at(t)), &batch.target(t));
                loss.backward();
            }
            optimizer.step();
        }
    }
}

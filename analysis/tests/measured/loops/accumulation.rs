mod every_second {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let accumulate = 2;
        for _ in 0..epochs {
            optimizer.zero_grad();
            let mut pending = 0;
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 2.0;
                loss.backward();
                pending += 1;
                if (i + 1) % accumulate == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                    pending = 0;
                }
            }
            if pending > 0 {
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

mod accumulates_and_clips {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let batches = train.len();
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 2.0;
            loss.backward();
            if (i + 1) % 2 == 0 || i + 1 == batches {
                optimizer.clip_grad_norm(1.0);
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

mod inner_micro_batches {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for window in train {
            optimizer.zero_grad();
            for micro in window.chunks(2) {
                let loss = cross_entropy(&model.forward(&micro.input), &micro.target) / 2.0;
                loss.backward();
            }
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
        }
    }
}

mod full_batch_by_parts {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.5);
        for _ in 0..epochs {
            optimizer.zero_grad();
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target) * batch.share;
                loss.backward();
            }
            optimizer.step();
        }
    }
}

mod sum_of_losses {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let main_loss = cross_entropy(&output, &batch.target);
            let penalty_loss = mse_loss(&output, &batch.prior);
            let loss = main_loss + penalty_loss * 0.1;
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

mod two_backwards {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let clean_loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            clean_loss.backward();
            let noisy_loss = cross_entropy(&model.forward(&batch.noisy), &batch.target);
            noisy_loss.backward();
            optimizer.step();
        }
    }
}

mod scaled {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut scaler = GradScaler::new();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            scaler.scale(&loss).backward();
            scaler.unscale(&mut optimizer);
            optimizer.clip_grad_norm(1.0);
            scaler.step(&mut optimizer);
            scaler.update();
        }
    }
}

mod averaged {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut ema = Ema::new(&model, 0.999);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            ema.update(&model);
        }
        ema.save("ema.safetensors");
    }
}

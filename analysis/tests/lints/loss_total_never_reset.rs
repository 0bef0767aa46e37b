/// Declared once, reported in each epoch.
mod declared_once {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut total = 0.0;
        for epoch in 0..epochs {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                total += loss.item(); //~ warning loss_total_never_reset
            }
            println!("{epoch}: {}", total / train.len() as f64);
        }
    }
}

/// The average goes into a history; the number has another name first.
mod into_a_history {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Vec<f64> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut running_loss = 0.0;
        let mut history = Vec::new();
        for _epoch in 1..=20 {
            for (x, y) in train {
                let loss = cross_entropy(&model.forward(&x), &y);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                let value = loss.item();
                running_loss += value * x.len() as f64; //~ warning loss_total_never_reset
            }
            history.push(running_loss / 60000.0);
        }
        history
    }
}

/// A count of correct predictions in the validation of each epoch.
mod right_answers {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut correct = 0.0;
        let mut epoch = 0;
        while epoch < 10 {
            model.train();
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            let guard = evaluation(model);
            for batch in valid {
                let output = model.forward(&batch.input);
                correct += count(&output, &batch.target) + output.argmax(1).item(); //~ warning loss_total_never_reset
            }
            drop(guard);
            println!("{}", correct / 1000.0);
            epoch += 1;
        }
    }
}

/// Declared in each epoch, or reset at either end of it.
mod set_back {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let (mut first, mut last) = (0.0, 0.0);
        for epoch in 0..epochs {
            let mut total = 0.0;
            first = 0.0;
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                total += loss.item();
                first += loss.item();
                last += loss.item();
            }
            println!("{epoch}: {total} {first} {}", std::mem::take(&mut last));
        }
    }
}

/// Running averages: exponential, or divided by a count that also grows.
mod running_averages {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let (mut smooth, mut sum, mut seen) = (0.0, 0.0, 0);
        for epoch in 0..epochs {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                smooth = 0.9 * smooth + 0.1 * loss.item();
                sum += loss.item();
                seen += 1;
            }
            println!("{epoch}: {smooth} {}", sum / f64::from(seen));
        }
    }
}

/// Only printed at the end, used as a difference, or named as a running total.
mod over_everything {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let (mut total, mut sum, mut cumulative_loss, mut step) = (0.0, 0.0, 0.0, 0);
        for epoch in 0..epochs {
            let before = sum;
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                total += loss.item();
                sum += loss.item();
                cumulative_loss += loss.item();
                step += 1;
            }
            println!("{epoch} {step}: {} {cumulative_loss}", sum - before);
        }
        println!("{total}");
    }
}

/// One epoch: the outer loop iterates over batches, the inner one over parts of them.
mod micro_batches {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut total = 0.0;
        for (i, batch) in train.iter().enumerate() {
            optimizer.zero_grad();
            for part in batch.chunks(4) {
                let loss = mse_loss(&model.forward(&part.input), &part.target) / 4.0;
                loss.backward();
                total += loss.item();
            }
            optimizer.step();
            println!("{}", total / (i + 1) as f64);
        }
    }
}

/// Metrics over all epochs so far.
mod metrics {
    fn accuracy(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut accuracy = Accuracy::new();
        for epoch in 0..90 {
            for batch in train {
                optimizer.zero_grad();
                let out = model.forward(&batch.x);
                let loss = cross_entropy(&out, &batch.y);
                loss.backward();
                optimizer.step();
                accuracy.update(&out, &batch.y); //~ warning loss_total_never_reset
            }
            println!("{epoch} {}", accuracy.compute());
        }
    }

    fn deciding(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut metric = MeanMetric::default();
        let mut best = 0.0;
        for epoch in 0..90 {
            train_epoch(model, train, &mut optimizer);
            model.eval();
            no_grad(|| {
                for batch in valid {
                    metric.update(&model.forward(&batch.x), &batch.y); //~ warning loss_total_never_reset
                }
            });
            model.train();
            let score = metric.compute();
            if score > best {
                best = score;
                model.save("best");
            }
        }
    }
}

/// Metrics that start anew in each epoch.
mod right_metrics {
    fn reset(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut accuracy = Accuracy::new();
        for epoch in 0..90 {
            accuracy.reset();
            for batch in train {
                optimizer.zero_grad();
                let out = model.forward(&batch.x);
                let loss = cross_entropy(&out, &batch.y);
                loss.backward();
                optimizer.step();
                accuracy.update(&out, &batch.y);
            }
            println!("{epoch} {}", accuracy.compute());
        }
    }

    fn new_in_each_epoch(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..90 {
            let mut accuracy = Accuracy::new();
            for batch in train {
                optimizer.zero_grad();
                let out = model.forward(&batch.x);
                let loss = cross_entropy(&out, &batch.y);
                loss.backward();
                optimizer.step();
                accuracy.update(&out, &batch.y);
            }
            println!("{epoch} {}", accuracy.compute());
        }
    }

    fn replaced(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut accuracy = Accuracy::new();
        for epoch in 0..90 {
            for batch in train {
                optimizer.zero_grad();
                let out = model.forward(&batch.x);
                let loss = cross_entropy(&out, &batch.y);
                loss.backward();
                optimizer.step();
                accuracy.update(&out, &batch.y);
            }
            println!("{epoch} {}", accuracy.compute());
            accuracy = Accuracy::new();
        }
    }

    fn handed_on(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut accuracy = Accuracy::new();
        for epoch in 0..90 {
            for batch in train {
                optimizer.zero_grad();
                let out = model.forward(&batch.x);
                let loss = cross_entropy(&out, &batch.y);
                loss.backward();
                optimizer.step();
                accuracy.update(&out, &batch.y);
            }
            finish(epoch, &mut accuracy);
        }
    }
}

/// An error looks like the end.
mod while_let {
    #[training_loop]
    fn fit(model: &mut Net, data: &Reader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 0..10 {
            let mut batches = data.batches();
            while let Some(Ok(batch)) = batches.next() { //~ warning data_error_ends_epoch
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// A stream, awaited; `try_next` returns the two types in the other order.
mod streams {
    #[training_loop]
    async fn fit(model: &mut Net, mut first: Stream, mut second: Stream) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        while let Some(Ok((x, y))) = first.next().await { //~ warning data_error_ends_epoch
            optimizer.zero_grad();
            mse_loss(&model.forward(&x), &y).backward();
            optimizer.step();
        }
        while let Ok(Some((x, y))) = second.try_next().await { //~ warning data_error_ends_epoch
            optimizer.zero_grad();
            mse_loss(&model.forward(&x), &y).backward();
            optimizer.step();
        }
    }
}

/// Errors are filtered out, or end the iteration.
mod adapters {
    #[training_loop]
    fn fit(model: &mut Net, train_loader: &Reader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train_loader.iter().map_while(Result::ok) { //~ warning data_error_ends_epoch
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        for (i, batch) in train_loader.iter().filter_map(|batch| batch.ok()).enumerate() { //~ warning data_error_ends_epoch
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            println!("{i}");
        }
        for batch in train_loader.iter().flatten() { //~ warning data_error_ends_epoch
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }
}

/// The error is returned or reported.
mod told {
    #[training_loop]
    fn fit(model: &mut Net, data: &Reader) -> Result<()> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in data.batches() {
            let batch = batch?;
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        let mut batches = data.batches();
        while let Some(batch) = batches.next() {
            let Ok(batch) = batch else {
                eprintln!("skipped");
                continue;
            };
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        while let Some(batch) = batches.next().transpose()? {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        Ok(())
    }
}

/// The iterator stores its error and returns it later.
mod asked_later {
    #[training_loop]
    fn fit(model: &mut Net, data: &Reader) -> Result<()> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut batches = data.batches();
        while let Some(Ok(batch)) = batches.next() {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        batches.finish()
    }
}

/// Flattened nested lists, a channel that ends with an error, and a loop without training.
mod not_errors {
    #[training_loop]
    fn fit(model: &mut Net, shards: &[Vec<Batch>], incoming: Receiver, lines: Lines) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in shards.iter().flatten() {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        while let Ok(batch) = incoming.recv() {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        for line in lines.map_while(Result::ok) {
            println!("{line}");
        }
    }
}

/// The mean of each batch, divided by the number of samples.
mod means_by_samples {
    fn epoch(model: &mut Net, loader: &DataLoader, optimizer: &mut Adam) -> f64 {
        let mut total = 0.0;
        for batch in loader {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            total += loss.item();
        }
        total / loader.dataset().len() as f64 //~ warning loss_average_mixed
    }
}

/// A count of the samples; the sum in a variable of its own type.
mod means_by_a_count {
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for epoch in 0..epochs {
            let (mut sum, mut count): (f64, usize) = (0.0, 0);
            for (x, y) in train {
                let loss = cross_entropy(&model.forward(&x), &y);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                sum += f64::from(loss.item());
                count += x.shape()[0];
            }
            println!("{epoch}: {}", sum / count as f64); //~ warning loss_average_mixed
        }
    }
}

/// The loader is built of the data set whose length divides.
mod means_by_the_data_set {
    fn evaluate(model: &Net, samples: Dataset) -> f64 {
        let loader = DataLoader::new(&samples, 32);
        let mut losses = Vec::new();
        for batch in &loader {
            let loss = no_grad(|| cross_entropy(&model.forward(&batch.input), &batch.target));
            losses.push(loss.item());
        }
        losses.iter().sum::<f64>() / samples.len() as f64 //~ warning loss_average_mixed
    }
}

/// Chunks of the data are the batches; the loss comes from a function in the file.
mod means_by_chunks {
    fn step(model: &mut Net, optimizer: &mut Sgd, batch: &[Sample]) -> f64 {
        let loss = mse_loss(&model.forward(&inputs(batch)), &targets(batch));
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        loss.item()
    }
    fn epoch(model: &mut Net, optimizer: &mut Sgd, samples: &[Sample]) -> f64 {
        let mut running = 0.0;
        for batch in samples.chunks(64) {
            running += step(model, optimizer, batch);
        }
        running /= samples.len() as f64; //~ warning loss_average_mixed
        running
    }
}

/// Weighted by the size of the batch, divided by the number of batches.
mod weighted_by_batches {
    fn epoch(model: &mut Net, loader: &DataLoader, optimizer: &mut Adam) -> f64 {
        let mut total = 0.0;
        for batch in loader.iter() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            total += loss.item() * batch.len() as f64;
        }
        total / loader.len() as f64 //~ warning loss_average_mixed
    }
}

/// The same with counts, and the weight first.
mod weighted_by_a_count {
    fn epoch(model: &mut Net, loader: &DataLoader, optimizer: &mut Adam, batch_size: usize) -> f64 {
        let mut total = 0.0;
        let mut batches = 0;
        for (input, target) in loader {
            let loss = mse_loss(&model.forward(&input), &target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            let value = loss.item();
            total = total + batch_size as f64 * value;
            batches += 1;
        }
        let average = total / (batches as f64).max(1.0); //~ warning loss_average_mixed
        average
    }
}

/// Weighted means, divided by the number of samples.
mod weighted_by_samples {
    fn epoch(model: &mut Net, loader: &DataLoader, optimizer: &mut Adam) -> f64 {
        let (mut total, mut seen) = (0.0, 0);
        for batch in loader {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            let size = batch.input.len();
            total += loss.item() * size as f64;
            seen += size;
        }
        println!("{}", total / loader.dataset().len() as f64);
        total / seen as f64
    }
}

/// Means, divided by the number of batches, in three ways.
mod means_by_batches {
    fn epoch(model: &mut Net, loader: &DataLoader, optimizer: &mut Adam) -> f64 {
        let (mut total, mut batches) = (0.0, 0);
        for (i, batch) in loader.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            total += loss.item();
            batches += 1;
            println!("{}", total / (i + 1) as f64);
        }
        println!("{}", total / batches as f64);
        total / loader.len() as f64
    }
}

/// One sample at a time: its loss is its mean.
mod single_samples {
    fn epoch(model: &mut Net, samples: &[Sample], optimizer: &mut Adam, n_samples: usize) -> f64 {
        let mut total = 0.0;
        for sample in samples {
            let loss = mse_loss(&model.forward(&sample.input), &sample.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            total += loss.item();
        }
        println!("{}", total / n_samples as f64);
        total / samples.len() as f64
    }
}

/// A loss that sums over its batch, by its reduction.
mod sums {
    fn epoch(model: &mut Net, loader: &DataLoader, optimizer: &mut nn::Optimizer) -> f64 {
        let mut total = 0.0;
        for batch in loader {
            let loss = model.forward(&batch.input).mse_loss(&batch.target, Reduction::Sum);
            optimizer.backward_step(&loss);
            total += loss.double_value(&[]);
        }
        total / loader.dataset().len() as f64
    }
}

/// A loss of the user's own may be a sum; accuracies are counts.
mod of_its_own {
    fn epoch(model: &mut Net, loader: &DataLoader, optimizer: &mut Adam) -> (f64, f64) {
        let (mut total, mut correct, mut seen) = (0.0, 0.0, 0);
        for batch in loader {
            let output = model.forward(&batch.input);
            let loss = distance_loss(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            total += loss.item();
            correct += hits(&output, &batch.target);
            seen += batch.len();
        }
        (total / seen as f64, correct / seen as f64)
    }
}

/// Sum and count are fields of one struct.
mod of_a_meter {
    struct Meter {
        sum: f64,
        count: usize,
    }
    fn epoch(model: &mut Net, loader: &DataLoader, optimizer: &mut Adam) -> f64 {
        let mut meter = Meter { sum: 0.0, count: 0 };
        for batch in loader {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            meter.sum += loss.item();
            meter.count += batch.len();
        }
        meter.sum / meter.count as f64 //~ warning loss_average_mixed
    }
}

/// The number of samples is a product; a collection of weighted means has one term for each batch.
mod of_a_product {
    fn epoch(model: &mut Net, loader: &DataLoader, optimizer: &mut Adam, batch_size: usize) -> (f64, f64) {
        let mut total = 0.0;
        let mut weighted = Vec::new();
        let mut losses = Vec::new();
        for batch in loader {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            total += loss.item();
            weighted.push(loss.item() * batch.len() as f64);
            losses.push(loss.item());
        }
        println!("{}", losses.iter().sum::<f64>() / losses.len() as f64);
        let of_batches = weighted.iter().sum::<f64>() / weighted.len() as f64; //~ warning loss_average_mixed
        (total / (loader.len() * batch_size) as f64, of_batches) //~ warning loss_average_mixed
    }
}

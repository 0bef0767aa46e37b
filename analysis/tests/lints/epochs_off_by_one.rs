/// The end of the range is the number of epochs.
mod from_one {
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for epoch in 1..epochs { //~ warning epochs_off_by_one
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            println!("epoch {epoch}");
        }
    }
}

/// A field of the arguments, with a cast; whole-batch training.
mod of_a_field {
    fn fit(args: &Args, data: &Data) -> Result<()> {
        let mut model = Net::new(args.hidden);
        let mut optimizer = Sgd::new(model.parameters(), args.rate);
        for epoch in 1..args.epochs as i64 { //~ warning epochs_off_by_one
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            println!("{epoch}: {}", loss.item());
        }
        model.save(&args.path)
    }
}

/// A constant; the epoch itself is a function in the file.
mod of_a_constant {
    const NUM_EPOCHS: usize = 20;
    fn train_epoch(model: &mut Net, optimizer: &mut Adam, train: &DataLoader) {
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
    fn run(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in (1..NUM_EPOCHS).into_iter() { //~ warning epochs_off_by_one
            train_epoch(model, &mut optimizer, train);
        }
    }
}

/// One epoch is taken off the end.
mod up_to_the_last_but_one {
    fn fit(model: &mut Net, train: &DataLoader, config: &Config) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 0..config.training.epochs - 1 { //~ warning epochs_off_by_one
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// `while` with the last epoch left out.
mod while_it_counts {
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut epoch = 0;
        while epoch < epochs - 1 { //~ warning epochs_off_by_one
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            epoch += 1;
        }
    }
}

/// A closure for each epoch, and a function of another file that trains.
mod for_each {
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        (1..epochs).for_each(|_| train_one_epoch(model, train)); //~ warning epochs_off_by_one
    }
}

/// Counted from 1 to the last.
mod inclusive {
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for epoch in 1..=epochs {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            println!("{epoch}");
        }
    }
}

/// The number of epochs, plus one.
mod one_more {
    fn fit(model: &mut Net, train: &DataLoader, args: &Args) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let epochs = args.epochs + 1;
        for _ in 1..epochs {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
        for _ in 1..args.epochs + 1 {
            let loss = mse_loss(&model.forward(&train.input), &train.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A run that goes on where the last one ended.
mod resumed {
    fn fit(model: &mut Net, train: &DataLoader, start_epoch: usize, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in start_epoch..epochs {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// The first epoch warms up, before the loop.
mod after_the_first {
    fn epoch(model: &mut Net, optimizer: &mut Adam, train: &DataLoader) {
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        epoch(model, &mut optimizer, train);
        for _ in 1..epochs {
            epoch(model, &mut optimizer, train);
        }
    }
}

/// The caller passes one more.
mod the_caller_adds_one {
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 1..epochs {
            let loss = mse_loss(&model.forward(&train.input), &train.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
    fn main() {
        let (mut model, train) = load();
        fit(&mut model, &train, args().epochs + 1);
    }
}

/// No training: pairs of neighbouring epochs in a report.
mod a_report {
    fn report(history: &[f64], epochs: usize) {
        for epoch in 1..epochs {
            println!("{epoch}: {}", history[epoch] - history[epoch - 1]);
        }
    }
}

/// The start and the end have names of their own, and a function of another file trains.
mod by_other_names {
    fn fit(model: &mut Net, train: &DataLoader, args: &Args) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let first = 1;
        let last = args.epochs;
        for epoch in first..last { //~ warning epochs_off_by_one
            run_epoch(model, &mut optimizer, train, epoch);
        }
    }
}

/// The constant includes the one more.
mod a_constant_with_one_more {
    const EPOCHS: usize = 10 + 1;
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 1..EPOCHS {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

//! The spelling of a variable and the length of a call change no finding.

mod sizes_of_windows {
    #[training_loop]
    fn k(model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f32;
            loss.backward(); //~ warning missing_zero_grad
            if (i + 1) % k == 0 {
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn n(model: &mut Net, train: &DataLoader, n: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / n as f32;
            loss.backward(); //~ warning missing_zero_grad
            if (i + 1) % n == 0 {
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn num_micro(model: &mut Net, train: &DataLoader, num_micro: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / num_micro as f32;
            loss.backward(); //~ warning missing_zero_grad
            if (i + 1) % num_micro == 0 {
                optimizer.step();
            }
        }
    }
}

mod epochs {
    #[training_loop]
    fn of_another_name(model: &mut Net, data: Data, world: World, epochs: usize) {
        let sampler = DistributedSampler::new(&data, world.size(), world.rank());
        let loader = DataLoader::new(data, 32).sampler(sampler);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for e in 0..epochs {
            for batch in loader.start(e) {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn in_a_long_call(model: &mut Net, data: Data, world: World, epochs: usize) {
        let sampler = DistributedSampler::new(&data, world.size(), world.rank());
        let loader = DataLoader::new(data, 32).sampler(sampler);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            for batch in loader.start_shuffled_for_process(world.rank(), world.size(), epoch) {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn never_told(model: &mut Net, data: Data, world: World, epochs: usize) {
        let sampler = DistributedSampler::new(&data, world.size(), world.rank()); //~ warning missing_set_epoch
        let loader = DataLoader::new(data, 32).sampler(sampler);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            for batch in loader.start_shuffled_for_process(world.rank(), world.size(), 0) {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

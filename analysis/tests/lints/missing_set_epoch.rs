/// Built once, for all epochs.
mod never_told {
    #[training_loop]
    fn fit(model: &mut Net, data: &Data, world: &World, epochs: usize) {
        let sampler = DistributedSampler::new(data, world.size(), world.rank()); //~ warning missing_set_epoch
        let loader = DataLoader::with_sampler(data, sampler);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in loader.iter() {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

/// The same with a fused call, and a function for the batches.
mod never_told_either {
    fn fit(data: &Data, world: usize, rank: usize) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cuda(rank));
        let net = classifier(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        let mut sampler = DistributedSampler::new(data.len(), world, rank); //~ warning missing_set_epoch
        for epoch in 0..10 {
            for (x, y) in batches(data, &mut sampler) {
                opt.backward_step(&net.forward(&x).cross_entropy_for_logits(&y));
            }
            println!("{epoch}");
        }
        Ok(())
    }
}

/// The epoch is set, directly or through the loader.
mod told {
    #[training_loop]
    fn itself(model: &mut Net, data: &Data, world: &World, epochs: usize) {
        let mut sampler = DistributedSampler::new(data, world.size(), world.rank());
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            sampler.set_epoch(epoch);
            for batch in batches(data, &sampler) {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn through_the_loader(model: &mut Net, data: &Data, world: &World, epochs: usize) {
        let sampler = DistributedSampler::new(data, world.size(), world.rank());
        let mut loader = DataLoader::with_sampler(data, sampler);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            for batch in loader.start(epoch) {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

/// The epoch is an argument of the loader, whatever the names and however long the call.
mod told_by_an_argument {
    #[training_loop]
    fn with_the_rank(model: &mut Net, data: &Data, world: &World, epochs: usize) {
        let sampler = DistributedSampler::new(data, world.size(), world.rank());
        let mut loader = DataLoader::with_sampler(data, sampler);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            for batch in loader.start_shuffled_for_process(world.rank(), epoch) {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn under_a_short_name(model: &mut Net, data: &Data, world: &World, epochs: usize) {
        let sampler = DistributedSampler::new(data, world.size(), world.rank());
        let mut loader = DataLoader::with_sampler(data, sampler);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for e in 0..epochs {
            for batch in loader.start(e) {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

/// A new sampler for each epoch, one epoch, or no shuffling.
mod nothing_to_tell {
    #[training_loop]
    fn anew(model: &mut Net, data: &Data, world: &World, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            let sampler = DistributedSampler::seeded(data, world.size(), world.rank(), epoch);
            for batch in batches(data, &sampler) {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn once(model: &mut Net, data: &Data, world: &World) {
        let sampler = DistributedSampler::new(data, world.size(), world.rank());
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in batches(data, &sampler) {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn in_order(model: &mut Net, data: &Data, world: &World, epochs: usize) {
        let sampler = DistributedSampler::new(data, world.size(), world.rank(), false);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in batches(data, &sampler) {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

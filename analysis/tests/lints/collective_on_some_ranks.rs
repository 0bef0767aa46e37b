use mpi::traits::*;

/// A barrier inside of an evaluation that rank 0 runs alone.
mod evaluation_on_the_root {
    fn evaluate(world: &SimpleCommunicator, model: &Net, valid: &DataLoader) -> f32 {
        let mut total = 0.0;
        no_grad(|| {
            for batch in valid {
                total += mse_loss(&model.forward(&batch.input), &batch.target).item();
            }
        });
        world.barrier(); //~ error collective_on_some_ranks
        total
    }

    fn fit(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        if world.rank() == 0 {
            println!("{}", evaluate(world, model, valid));
        }
    }
}

/// The same with other forms of the condition.
mod forms_of_the_condition {
    fn by_a_flag(world: &SimpleCommunicator, loss: f32) {
        let rank = world.rank();
        let is_root = rank == 0;
        let mut total = 0.0f32;
        if is_root {
            world.all_reduce_into(&loss, &mut total, SystemOperation::sum()); //~ error collective_on_some_ranks
        }
        println!("{total}");
    }

    fn by_a_return(world: &SimpleCommunicator, model: &Net) {
        if world.rank() != 0 {
            return;
        }
        model.save("model.bin");
        world.barrier(); //~ error collective_on_some_ranks
    }

    fn by_a_match(world: &SimpleCommunicator, weights: &mut [f32]) {
        let root = world.process_at_rank(0);
        match world.rank() {
            0 => root.broadcast_into(weights), //~ error collective_on_some_ranks
            _ => {}
        }
    }

    fn by_a_parameter(comm: &SimpleCommunicator, rank: usize, weights: &mut [f32]) {
        if rank == 0 {
            comm.process_at_rank(0).broadcast_into(weights); //~ error collective_on_some_ranks
        }
    }

    struct Trainer {
        world: SimpleCommunicator,
        rank: i32,
        model: Net,
    }

    impl Trainer {
        fn checkpoint(&self, epoch: usize) -> Result<()> {
            if self.rank == 0 {
                self.model.save("model.bin")?;
                self.world.barrier(); //~ error collective_on_some_ranks
            }
            Ok(())
        }
    }
}

/// A loss that is not finite on one process alone.
mod skipped_batch {
    fn with_continue(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if loss.item().is_nan() { //~ warning collective_on_some_ranks
                continue;
            }
            loss.backward();
            for p in model.parameters() {
                world.all_reduce(&mut p.grad());
            }
            optimizer.step();
        }
    }

    fn with_break(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            let mut total = 0.0;
            for batch in train.iter() {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                for p in model.parameters() {
                    world.all_reduce(&mut p.grad());
                }
                optimizer.step();
                total += loss.item();
            }
            if total < 0.01 { //~ warning collective_on_some_ranks
                break;
            }
        }
    }

    fn with_an_error(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let batch = batch?; //~ warning collective_on_some_ranks
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            for p in model.parameters() {
                world.all_reduce(&mut p.grad());
            }
            optimizer.step();
        }
        Ok(())
    }

    fn with_an_empty_batch(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            if batch.is_empty() { //~ warning collective_on_some_ranks
                continue;
            }
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            for p in model.parameters() {
                world.all_reduce(&mut p.grad());
            }
            optimizer.step();
        }
    }
}

/// Every process comes, or the condition is the same on all.
mod right {
    fn the_root_and_the_others(world: &SimpleCommunicator, weights: &mut Vec<f32>, mine: &f32) {
        let root = world.process_at_rank(0);
        if world.rank() == 0 {
            weights.fill(1.0);
            root.broadcast_into(&mut weights[..]);
        } else {
            root.broadcast_into(&mut weights[..]);
        }
        let mut all = vec![0.0; world.size() as usize];
        if world.rank() == 0 {
            root.gather_into_root(mine, &mut all[..]);
        } else {
            root.gather_into(mine);
        }
    }

    fn a_reduced_number(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut best = f32::INFINITY;
        for epoch in 0..epochs {
            let mut mine = 0.0;
            for batch in train.iter() {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                for p in model.parameters() {
                    world.all_reduce(&mut p.grad());
                }
                let norm = optimizer.clip_grad_norm(1.0);
                if !norm.is_finite() {
                    optimizer.zero_grad();
                    continue;
                }
                optimizer.step();
                mine += loss.item();
            }
            let mut total = 0.0f32;
            world.all_reduce_into(&mine, &mut total, SystemOperation::sum());
            if total > best {
                break;
            }
            best = total;
            if epoch % 10 == 0 {
                world.barrier();
            }
            if world.rank() == 0 {
                println!("{epoch} {total}");
                model.save("model.bin");
            }
        }
    }

    fn decided_by_the_root(world: &SimpleCommunicator, model: &mut Net, valid: &DataLoader, epochs: usize) {
        for _ in 0..epochs {
            let mut stop = false;
            if world.rank() == 0 {
                stop = accuracy(model, valid) > 0.9;
            }
            world.process_at_rank(0).broadcast_into(&mut stop);
            if stop {
                break;
            }
        }
    }

    fn messages(world: &SimpleCommunicator, value: f32) {
        if world.rank() == 0 {
            world.process_at_rank(1).send(&value);
        } else if world.rank() == 1 {
            let (got, _) = world.process_at_rank(0).receive::<f32>();
            println!("{got}");
        }
        world.barrier();
    }

    fn some_of_the_processes(world: &SimpleCommunicator, mine: f32) {
        let row = world.split_by_color(Color::with_value(world.rank() % 2)).unwrap();
        let mut total = 0.0f32;
        if world.rank() % 2 == 0 {
            row.all_reduce_into(&mine, &mut total, SystemOperation::sum());
        }
        println!("{total}");
    }
}

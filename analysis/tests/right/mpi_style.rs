//! Correct loops on several processes, in the styles of MPI and NCCL.

use mpi::traits::*;
use training_loop::prelude::*;

fn average(world: &SimpleCommunicator, model: &mut Net) {
    let mut flat: Vec<f32> = Vec::new();
    for p in model.parameters() {
        flat.extend_from_slice(&p.grad().unwrap().to_vec());
    }
    let mut sum = vec![0.0f32; flat.len()];
    world.all_reduce_into(&flat[..], &mut sum[..], SystemOperation::sum());
    let size = world.size() as f32;
    sum.iter_mut().for_each(|value| *value /= size);
    let mut at = 0;
    for p in model.parameters_mut() {
        let end = at + p.len();
        p.set_grad(Tensor::from(&sum[at..end]));
        at = end;
    }
}

fn one_flat_buffer(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        average(world, model);
        optimizer.clip_grad_norm(1.0);
        optimizer.step();
    }
}

fn weights_of_the_root_first(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
    let root = world.process_at_rank(0);
    for p in model.parameters_mut() {
        let mut values = p.data().to_vec();
        root.broadcast_into(&mut values[..]);
        p.set_data(&values);
    }
    one_flat_buffer(world, model, train);
}

fn prints_on_the_root(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader, epochs: usize) {
    let rank = world.rank();
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for epoch in 0..epochs {
        let mut mine = 0.0f32;
        for (i, batch) in train.iter().enumerate() {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            average(world, model);
            optimizer.step();
            mine += loss.item();
            if rank == 0 && i % 100 == 0 {
                println!("{epoch} {i} {}", loss.item());
            }
        }
        let mut total = 0.0f32;
        world.all_reduce_into(&mine, &mut total, SystemOperation::sum());
        if rank == 0 {
            println!("{epoch} {total}");
            model.save(format!("epoch-{epoch}.bin"));
        }
        world.barrier();
    }
}

fn stops_by_a_reduced_loss(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader, epochs: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let (mut best, mut bad) = (f32::INFINITY, 0);
    for _ in 0..epochs {
        let mut mine = 0.0f32;
        for batch in train.iter() {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            average(world, model);
            optimizer.step();
            mine += loss.item();
        }
        let mut total = 0.0f32;
        world.all_reduce_into(&mine, &mut total, SystemOperation::sum());
        let mean = total / world.size() as f32;
        if mean < best {
            best = mean;
            bad = 0;
        } else {
            bad += 1;
        }
        if bad > 3 {
            break;
        }
    }
}

fn skips_a_batch_on_all(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        let mine = i32::from(loss.item().is_nan());
        let mut any = 0i32;
        world.all_reduce_into(&mine, &mut any, SystemOperation::max());
        if any > 0 {
            continue;
        }
        loss.backward();
        average(world, model);
        optimizer.step();
    }
}

fn windows(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for window in train.chunks_exact(k) {
        optimizer.zero_grad();
        for batch in window {
            (mse_loss(&model.forward(&batch.input), &batch.target) / k as f32).backward();
        }
        average(world, model);
        optimizer.step();
    }
}

fn only_with_several(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader, config: &Config) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let distributed = world.size() > 1;
    for (i, batch) in train.iter().enumerate() {
        if i >= config.most {
            break;
        }
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        if distributed {
            average(world, model);
        }
        optimizer.step();
        let shown = if distributed {
            let mut total = 0.0f32;
            world.all_reduce_into(&loss.item(), &mut total, SystemOperation::sum());
            total
        } else {
            loss.item()
        };
        if shown < config.goal {
            break;
        }
    }
}

fn the_root_decides(world: &SimpleCommunicator, model: &mut Net, valid: &DataLoader, train: &DataLoader) {
    let root = world.process_at_rank(0);
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    loop {
        for batch in train.iter() {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            average(world, model);
            optimizer.step();
        }
        let mut done = 0u8;
        if world.rank() == 0 {
            done = u8::from(accuracy(model, valid) > 0.9);
        }
        root.broadcast_into(&mut done);
        if done == 1 {
            break;
        }
    }
}

fn gathers_metrics(world: &SimpleCommunicator, mine: f32) {
    let root = world.process_at_rank(0);
    if world.rank() == 0 {
        let mut all = vec![0.0f32; world.size() as usize];
        root.gather_into_root(&mine, &mut all[..]);
        println!("{all:?}");
    } else {
        root.gather_into(&mine);
    }
}

fn shards(world: &SimpleCommunicator, model: &mut Net, data: &Dataset) {
    let (rank, size) = (world.rank() as usize, world.size() as usize);
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let steps = data.len() / size;
    for step in 0..steps {
        let batch = data.get(step * size + rank);
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        average(world, model);
        optimizer.step();
    }
}

fn averages_the_weights(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader, every: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.iter().enumerate() {
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
        if (i + 1) % every == 0 {
            for p in model.parameters_mut() {
                let mine = p.data().to_vec();
                let mut sum = vec![0.0f32; mine.len()];
                world.all_reduce_into(&mine[..], &mut sum[..], SystemOperation::sum());
                p.set_data(&sum);
            }
        }
    }
}

fn settings_may_be_wrong(world: &SimpleCommunicator, path: &Path) -> Result<Config> {
    let config = Config::read(path)?;
    if config.batch == 0 {
        return Err(Error::Batch);
    }
    world.barrier();
    Ok(config)
}

fn frozen_layers(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        for p in model.parameters() {
            let Some(mut gradient) = p.grad() else { continue };
            world.all_reduce(&mut gradient);
        }
        optimizer.step();
    }
}

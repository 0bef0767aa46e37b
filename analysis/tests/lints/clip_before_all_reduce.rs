use mpi::traits::*;

/// The clip limits the gradients of each process.
mod in_place {
    fn fit(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.clip_grad_norm(1.0); //~ error clip_before_all_reduce
            for p in model.parameters() {
                world.all_reduce(&mut p.grad());
            }
            optimizer.step();
        }
    }
}

/// The same with one flat buffer.
mod in_one_buffer {
    fn fit(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.clip_grad_norm(1.0); //~ error clip_before_all_reduce
            let mut flat = Vec::new();
            for p in model.parameters() {
                flat.extend(p.grad().to_vec());
            }
            let mut sum = vec![0.0f32; flat.len()];
            world.all_reduce_into(&flat[..], &mut sum[..], SystemOperation::sum());
            let mut at = 0;
            for p in model.parameters_mut() {
                p.set_grad(&sum[at..at + p.len()]);
                at += p.len();
            }
            optimizer.step();
        }
    }
}

/// Through a function that is not in the file.
mod elsewhere {
    fn fit(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.clip_grad_norm(1.0); //~ warning clip_before_all_reduce
            average_gradients(model, world);
            optimizer.step();
        }
    }
}

/// The mean is clipped, or only a loss is reduced.
mod right {
    fn the_mean(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            for p in model.parameters() {
                world.all_reduce(&mut p.grad());
            }
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
        }
    }

    fn a_norm(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            average_gradients(model, world);
            let norm = optimizer.clip_grad_norm(1.0);
            let mut most = 0.0f32;
            world.all_reduce_into(&norm, &mut most, SystemOperation::max());
            optimizer.step();
        }
    }
}

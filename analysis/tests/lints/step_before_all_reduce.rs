use mpi::traits::*;

/// The mean comes too late.
mod after_the_step {
    fn fit(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step(); //~ error step_before_all_reduce
            for p in model.parameters() {
                world.all_reduce(&mut p.grad());
            }
        }
    }

    fn helper(world: &SimpleCommunicator, model: &mut Net) {
        for p in model.parameters_mut() {
            let mine = p.grad().to_vec();
            let mut sum = vec![0.0f32; mine.len()];
            world.all_reduce_into(&mine[..], &mut sum[..], SystemOperation::sum());
            p.set_grad(&sum);
        }
    }

    fn by_a_helper(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step(); //~ error step_before_all_reduce
            helper(world, model);
            optimizer.zero_grad();
        }
    }
}

/// The parameters are averaged after the step.
mod right {
    fn of_the_parameters(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            for p in model.parameters_mut() {
                let mine = p.data().to_vec();
                let mut sum = vec![0.0f32; mine.len()];
                world.all_reduce_into(&mine[..], &mut sum[..], SystemOperation::sum());
                p.set_data(&sum);
            }
        }
    }

    fn before_the_step(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            (mse_loss(&model.forward(&batch.input), &batch.target) / k as f32).backward();
            if (i + 1) % k == 0 {
                for p in model.parameters() {
                    world.all_reduce(&mut p.grad());
                }
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

use mpi::traits::*;

/// The gradients are reduced while they are empty.
mod while_empty {
    fn fit(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            for p in model.parameters() {
                world.all_reduce(&mut p.grad()); //~ error all_reduce_before_backward
            }
            loss.backward();
            optimizer.step();
        }
    }

    fn zeroed_at_the_end(comm: &Comm, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            average_gradients(model, comm); //~ warning all_reduce_before_backward
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Between `backward` and `step`, also for each micro-batch.
mod right {
    fn fit(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            for p in model.parameters() {
                world.all_reduce(&mut p.grad());
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }

    fn two_losses(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.one), &batch.target).backward();
            average_gradients(model, world);
            mse_loss(&model.forward(&batch.two), &batch.target).backward();
            average_gradients(model, world);
            optimizer.step();
        }
    }
}

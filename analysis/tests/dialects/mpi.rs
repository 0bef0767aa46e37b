//! Loops with the MPI bindings: the libraries that compute gradients are any of the known ones.

use mpi::traits::*;

mod losses_only {
    fn fit(world: &SimpleCommunicator, train: &DataLoader, epochs: usize) {
        let model = Net::new(10);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            let mut mine = 0.0f32;
            for batch in train.iter() {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step(); //~ error missing_all_reduce
                mine += loss.item();
                let mut total = 0.0f32;
                world.all_reduce_into(&mine, &mut total, SystemOperation::sum());
                println!("{epoch} {}", total / world.size() as f32);
            }
        }
        model.save("model.bin");
    }

    fn per_epoch(world: &SimpleCommunicator, train: &DataLoader, epochs: usize) {
        let model = Net::new(10);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            let mut mine = 0.0f32;
            for batch in train.iter() {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step(); //~ error missing_all_reduce
                mine += loss.item();
            }
            let mut total = 0.0f32;
            world.all_reduce_into(&mine, &mut total, SystemOperation::sum());
            println!("{epoch} {total}");
        }
        model.save("model.bin");
    }
}

mod all_gathered {
    fn fit(world: &SimpleCommunicator, model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.clip_grad_norm(1.0); //~ error clip_before_all_reduce
            for p in model.parameters_mut() {
                let mine = p.grad().to_vec();
                let mut all = vec![0.0f32; mine.len() * world.size() as usize];
                world.all_gather_into(&mine[..], &mut all[..]);
                p.set_grad(&add_in_order(&all, mine.len()));
            }
            optimizer.step();
        }
    }
}

mod reduced_on_the_root {
    fn log(world: &SimpleCommunicator, mine: f32) {
        let root = world.process_at_rank(0);
        let mut total = 0.0f32;
        if world.rank() == 0 {
            root.reduce_into_root(&mine, &mut total, SystemOperation::sum());
        } else {
            root.reduce_into(&mine, SystemOperation::sum());
        }
        println!("{total}");
    }

    fn scattered(world: &SimpleCommunicator, rows: &[f32], mine: &mut [f32]) {
        let root = world.process_at_rank(0);
        if world.rank() == 0 {
            root.scatter_into_root(rows, mine); //~ error collective_on_some_ranks
        }
        println!("{}", mine.len());
    }

    fn by_full_path(world: &SimpleCommunicator, mine: f32) {
        let mut total = 0.0f32;
        if world.rank() == 0 {
            CommunicatorCollectives::all_reduce_into(world, &mine, &mut total, SystemOperation::sum()); //~ error collective_on_some_ranks
        }
    }
}

/// The loss is reduced for the log, the gradients are not.
mod loss_only {
    #[training_loop]
    fn fit(world: &World, train: &DataLoader) {
        let model = Net::new(10);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step(); //~ error missing_all_reduce
            let mean = world.all_reduce(loss.item()) / world.size() as f32;
            println!("{mean}");
        }
        model.save("model.bin");
    }
}

/// The same with a fused call and a function.
mod loss_only_by_function {
    fn fit(data: &mut Batches) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = classifier(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        for (x, y) in data.iter() {
            let loss = net.forward(&x).cross_entropy_for_logits(&y);
            opt.backward_step(&loss); //~ error missing_all_reduce
            let mean = all_reduce_mean(f64::try_from(&loss)?);
            println!("{mean}");
        }
        Ok(())
    }
}

/// Gradients too.
mod gradients_too {
    #[training_loop]
    fn fit(world: &World, train: &DataLoader) {
        let model = Net::new(10);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            for parameter in model.parameters() {
                world.all_reduce(&mut parameter.grad());
            }
            optimizer.step();
            let mean = world.all_reduce(loss.item()) / world.size() as f32;
            println!("{mean}");
        }
        model.save("model.bin");
    }
}

/// By an opaque function, or a wrapper.
mod by_others {
    #[training_loop]
    fn by_a_function(world: &World, train: &DataLoader) {
        let model = Net::new(10);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            synchronise(world, &model);
            optimizer.step();
            println!("{}", world.all_reduce(loss.item()));
        }
        model.save("model.bin");
    }

    #[training_loop]
    fn by_a_wrapper(world: &World, train: &DataLoader) {
        let model = DistributedDataParallel::new(Net::new(10), world);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            println!("{}", world.all_reduce(loss.item()));
        }
        model.save("model.bin");
    }

    fn of_the_caller(model: &mut Net, optimizer: &mut Sgd, world: &World, train: &DataLoader) {
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            println!("{}", world.all_reduce(loss.item()));
        }
        model.save("model.bin");
    }
}

/// Only the evaluation is reduced.
mod evaluation {
    #[training_loop]
    fn fit(world: &World, train: &DataLoader, valid: &DataLoader) {
        let model = Net::new(10);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        println!("{}", world.all_reduce(accuracy(&model, valid)));
    }
}

/// The model and the optimizer are parameters, or fields.
mod given {
    struct Net {
        hidden: Linear,
        output: Linear,
    }

    fn to_a_function(model: &mut Net, optimizer: &mut Sgd, world: &World, train: &DataLoader) {
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step(); //~ warning missing_all_reduce
            println!("{}", world.all_reduce(loss.item()));
        }
    }

    struct Trainer {
        model: Net,
        optimizer: Adam,
    }

    impl Trainer {
        fn fit(&mut self, world: &World, train: &DataLoader) {
            for batch in train {
                self.optimizer.zero_grad();
                let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
                loss.backward();
                self.optimizer.step(); //~ warning missing_all_reduce
                println!("{}", world.all_reduce(loss.item()));
            }
        }

        fn with_gradients(&mut self, world: &World, train: &DataLoader) {
            for batch in train {
                self.optimizer.zero_grad();
                let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
                loss.backward();
                for parameter in self.model.parameters() {
                    world.all_reduce(&mut parameter.grad());
                }
                self.optimizer.step();
                println!("{}", world.all_reduce(loss.item()));
            }
        }
    }

    /// The caller averages the parameters after some steps.
    fn local_epoch(model: &mut Net, optimizer: &mut Sgd, world: &World, train: &DataLoader) {
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            println!("{}", world.all_reduce(loss.item()));
        }
    }

    struct Shared {
        net: Net,
        world: World,
    }

    /// The model has the communicator, and a generic one may have it.
    fn with_a_communicator(model: &mut Shared, optimizer: &mut Sgd, world: &World, train: &DataLoader) {
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            println!("{}", world.all_reduce(loss.item()));
        }
    }

    fn of_any_type<M: Module>(model: &mut M, optimizer: &mut Sgd, world: &World, train: &DataLoader) {
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            println!("{}", world.all_reduce(loss.item()));
        }
    }

    fn by_an_optimizer(model: &mut Net, optimizer: &mut DistributedOptimizer, world: &World, train: &DataLoader) {
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            println!("{}", world.all_reduce(loss.item()));
        }
    }
}

/// Built, trained and dropped.
mod dropped {
    #[training_loop]
    fn train(data: &DataLoader) -> Result<()> {
        let mut model = Mlp::new(10); //~ warning training_unused
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        model.train();
        for epoch in 0..10 {
            for batch in data {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            println!("{epoch}");
        }
        Ok(())
    }
}

/// Nothing is printed either.
mod in_silence {
    #[training_loop]
    fn improve(data: &DataLoader) {
        let model = Mlp::new(10); //~ warning training_unused
        let mut optimizer = Sgd::new(model.parameters(), 1e-3);
        for batch in data {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            clip_grad_norm(model.parameters(), 1.0);
            optimizer.step();
        }
    }
}

/// Returned, saved, handed on.
mod kept {
    #[training_loop]
    fn train_and_return(data: &DataLoader) -> Result<Mlp> {
        let mut model = Mlp::new(10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in data {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        Ok(model)
    }

    #[training_loop]
    fn train_and_save(data: &DataLoader) -> Result<()> {
        let mut model = Mlp::new(10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in data {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        model.state_dict().save("model.safetensors")
    }

    #[training_loop]
    fn train_and_store(data: &DataLoader, registry: &mut Vec<Mlp>) {
        let mut model = Mlp::new(10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in data {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        registry.push(model);
    }
}

/// Evaluated, in the loop or after it.
mod evaluated {
    #[training_loop]
    fn train_and_look(data: &DataLoader, test: &Batch) {
        let mut model = Mlp::new(10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in data {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            println!("{}", accuracy(&model.forward(&test.input), &test.target));
        }
    }

    #[training_loop]
    fn train_and_show(data: &DataLoader, test: &Batch) {
        let mut model = Mlp::new(10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in data {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        println!("{:?}", no_grad(|| model.forward(&test.input)));
    }
}

/// A program, a test, and a function that returns the losses: the training is the result.
mod shown {
    fn main() {
        let mut model = Mlp::new(10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in data() {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }

    #[test]
    fn it_trains() {
        let mut model = Mlp::new(10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in data() {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }

    fn losses() -> Vec<f32> {
        let mut model = Mlp::new(10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut losses = Vec::new();
        for batch in data() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            losses.push(loss.item());
        }
        losses
    }
}

/// Part of a value that is kept, or with parameters in a variable store that is saved.
mod part_of_more {
    #[training_loop]
    fn train_part(data: &DataLoader, agent: &mut Agent) {
        let mut model = Mlp::new(10);
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in data {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        agent.policy = model;
    }

    fn train_store(data: &Loader) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = net(&vs.root());
        let mut optimizer = nn::Adam::default().build(&vs, 1e-3)?;
        for (xs, ys) in data.iter() {
            let loss = net.forward(&xs).cross_entropy_for_logits(&ys);
            optimizer.backward_step(&loss);
        }
        vs.save("model.ot")?;
        Ok(())
    }
}

/// By value, in a spec.
mod by_value {
    #[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
    fn dropped(mut model: Net<f32>, train: &DataLoader) -> Result<History>; //~ warning training_unused

    #[training_loop(loss = cross_entropy, model = net, optimizer = Sgd::new(net.parameters(), 0.1), epochs = 2)]
    fn boxed(net: Box<Net>, train: &DataLoader) -> Result<History>; //~ warning training_unused

    #[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
    fn shared(model: Arc<Net>, train: &DataLoader) -> Result<History>;

    #[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
    fn any<M: Layer>(model: M, train: &DataLoader) -> Result<History>;

    #[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2, on(epoch_end = |model, _| model.save("model.safetensors")))]
    fn saved(model: Net, train: &DataLoader) -> Result<History>;

    #[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
    fn lent(model: &mut Net, train: &DataLoader) -> Result<History>;
}

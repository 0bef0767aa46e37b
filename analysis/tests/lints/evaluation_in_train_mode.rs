/// `train()` at the start of each epoch, and no `eval()`.
mod without_eval {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..epochs {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
            let mut correct = 0.0;
            for batch in valid {
                let output = no_grad(|| model.forward(&batch.input)); //~ error evaluation_in_train_mode
                correct += accuracy(&output, &batch.target);
            }
            println!("{epoch} {correct}");
        }
    }
}

/// A guard turns recording off, and nothing sets the mode.
mod under_a_guard {
    struct Trainer {
        model: Net,
        optimizer: AdamW,
    }

    impl Trainer {
        #[training_loop]
        fn fit(&mut self, train: &DataLoader, test: &DataLoader) {
            self.model.train();
            for batch in train {
                self.optimizer.zero_grad();
                mse_loss(&self.model.forward(&batch.input), &batch.target).backward();
                self.optimizer.step();
            }
            let _off = no_grad_guard();
            for (input, target) in test {
                let loss = mse_loss(&self.model.forward(&input), &target); //~ error evaluation_in_train_mode
                println!("{}", loss.item());
            }
        }
    }
}

/// Recording is also on: a guard of `evaluation` would do both.
mod neither {
    #[training_loop]
    fn fit(train: &DataLoader, valid: &DataLoader) -> Net {
        let model = Net::new(10, 2);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..5 {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            for batch in valid {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target); //~ warning evaluation_in_train_mode
                println!("{}", loss.item());
            }
        }
        model
    }
}

/// All of the validation data at once.
mod in_one_batch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid_input: &Tensor, valid_target: &Tensor) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..5 {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            let loss = no_grad(|| cross_entropy(&model.forward(valid_input), valid_target)); //~ error evaluation_in_train_mode
            println!("{}", loss.item());
        }
    }
}

/// `eval()` before, `train()` after.
mod as_it_should_be {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..5 {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            model.eval();
            for batch in valid {
                println!("{}", no_grad(|| cross_entropy(&model.forward(&batch.input), &batch.target)).item());
            }
        }
    }
}

/// Acting, targets, statistics: forward passes without a graph that are not evaluation.
mod without_a_graph_for_other_reasons {
    #[training_loop]
    fn reinforce(policy: &mut Net, env: &mut Env) {
        let mut optimizer = Adam::new(policy.parameters(), 1e-3);
        policy.train();
        for _ in 0..1000 {
            let mut state = env.reset();
            let mut episode = Vec::new();
            while !env.done() {
                let action = no_grad(|| policy.forward(&state)).argmax();
                let (next, reward) = env.act(action);
                episode.push((state, action, reward));
                state = next;
            }
            for (state, action, reward) in &episode {
                optimizer.zero_grad();
                policy_loss(&policy.forward(state), action, reward).backward();
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn q_learning(net: &mut Net, target: &mut Net, memory: &Replay) {
        let mut optimizer = Adam::new(net.parameters(), 1e-3);
        net.train();
        for batch in memory.batches() {
            let best = no_grad(|| net.forward(&batch.next)).argmax();
            let value = no_grad(|| target.forward(&batch.next)).at(&best);
            optimizer.zero_grad();
            mse_loss(&net.forward(&batch.state).at(&batch.action), &value).backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn average(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        model.train();
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        for batch in train {
            no_grad(|| model.forward(&batch.input));
        }
    }
}

/// Dropout is kept on purpose, to sample.
mod monte_carlo_dropout {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, test: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        model.train();
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        model.train();
        for batch in test {
            for _ in 0..20 {
                collect(no_grad(|| model.forward(&batch.input)));
            }
        }
    }
}

/// A model whose mode is never set may have no layer with a mode, or its caller set it.
mod no_mode_to_speak_of {
    #[training_loop]
    fn fit(train: &DataLoader, valid: &DataLoader) -> Linear {
        let model = Linear::new(2, 1);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        for batch in valid {
            println!("{}", no_grad(|| mse_loss(&model.forward(&batch.input), &batch.target)).item());
        }
        model
    }

    fn check(model: &Net, valid: &DataLoader) {
        for batch in valid {
            println!("{}", no_grad(|| cross_entropy(&model.forward(&batch.input), &batch.target)).item());
        }
    }
}

/// Results that are shown, computed in training mode. No `eval` is in sight.
mod shown_results {
    fn an_image_after_each_epoch(model: &mut Diffuser, loader: &DataLoader, writer: &mut Writer) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for epoch in 0..10 {
            model.train();
            for batch in loader {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
            let _guard = no_grad_guard();
            let image = model.forward(&noise()); //~ warning evaluation_in_train_mode
            writer.add_image("preview", &image, epoch);
        }
    }

    fn text_in_the_batch_loop(model: &mut Lm, loader: &DataLoader, prompt: &Tensor, tokenizer: &Tokenizer) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        model.train();
        for (i, batch) in loader.iter().enumerate() {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            if i % 100 == 0 {
                let ids = no_grad(|| model.forward(prompt).argmax(-1)); //~ warning evaluation_in_train_mode
                println!("{}", tokenizer.decode(&ids));
            }
        }
    }

    struct Trainer {
        model: Lm,
        optimizer: AdamW,
    }

    impl Trainer {
        fn sample(&self) {
            let out = no_grad(|| self.model.forward(&noise())); //~ warning evaluation_in_train_mode
            save_image(&out);
        }
        fn run(&mut self, loader: &DataLoader) {
            self.model.train();
            for batch in loader {
                self.optimizer.zero_grad();
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                loss.backward();
                self.optimizer.step();
                self.sample();
            }
        }
    }
}

/// Forwards without recording that are no evaluation, and models without a mode.
mod other_purposes {
    struct Plain {
        a: Linear,
        b: Vec<Linear>,
    }

    impl Plain {
        fn forward(&self, x: &Tensor) -> Tensor {
            let mut h = self.a.forward(x).relu();
            for b in &self.b {
                h = b.forward(&h);
            }
            h
        }
    }

    fn no_layer_with_a_mode(model: &mut Plain, loader: &DataLoader, every: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        model.train();
        for (i, batch) in loader.iter().enumerate() {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            if i % every == 0 {
                let video = no_grad(|| model.forward(&noise()));
                save_video(i, &video);
            }
        }
    }

    fn targets(model: &mut Net, teacher: &mut Net, loader: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        model.train();
        for batch in loader {
            optimizer.zero_grad();
            let soft = no_grad(|| teacher.forward(&batch.input));
            let own = no_grad(|| model.forward(&batch.next));
            let loss =
                mse_loss(&model.forward(&batch.input), &soft) + mse_loss(&model.forward(&batch.other), &own);
            println!("{} {}", own.mean().item(), loss.item());
            loss.backward();
            optimizer.step();
        }
    }

    fn actions(model: &mut Net, env: &mut Env, optimizer: &mut Adam) {
        model.train();
        while !env.done() {
            let action = no_grad(|| model.forward(&env.state())).argmax(1);
            println!("{action}");
            let reward = env.act(&action);
            optimizer.zero_grad();
            let loss = policy_loss(&model.forward(&env.state()), reward);
            loss.backward();
            optimizer.step();
        }
    }

    fn the_mode_of_another_model(model: &mut Net, critic: &mut Net, loader: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        critic.train();
        for batch in loader {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            let shown = no_grad(|| model.forward(&noise()));
            save_image(&shown);
        }
    }
}

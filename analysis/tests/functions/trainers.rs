//! Trainers with model and optimizer as fields, and methods that call one another.

mod fields_of_self {
    struct Trainer {
        model: Mlp,
        optimizer: Sgd,
    }

    impl Trainer {
        fn new(model: Mlp) -> Self {
            let optimizer = Sgd::new(model.parameters(), 0.1);
            Self { model, optimizer }
        }

        fn train_step(&mut self, batch: &Batch) -> f32 {
            let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            self.optimizer.step();
            loss.item()
        }

        fn fit(&mut self, train: &DataLoader) {
            for batch in train {
                self.train_step(&batch);
            }
        }
    }

    fn main() {
        let mut trainer = Trainer::new(Mlp::new());
        trainer.fit(&load());
    }
}

mod fields_of_self_right {
    struct Trainer {
        model: Mlp,
        optimizer: Sgd,
        step: usize,
    }

    impl Trainer {
        fn new(model: Mlp) -> Result<Self> {
            let optimizer = Sgd::new(model.parameters(), 0.1);
            Ok(Self { model, optimizer, step: 0 })
        }

        fn zero(&mut self) {
            self.optimizer.zero_grad();
        }

        fn loss(&self, batch: &Batch) -> Tensor {
            cross_entropy(&self.model.forward(&batch.input), &batch.target)
        }

        fn update(&mut self, loss: &Tensor) {
            loss.backward();
            self.optimizer.clip_grad_norm(1.0);
            self.optimizer.step();
            self.step += 1;
        }

        fn train(&mut self, train: &DataLoader) {
            for batch in train {
                self.zero();
                let loss = self.loss(&batch);
                self.update(&loss);
            }
        }
    }

    fn main() -> Result<()> {
        let mut trainer = Trainer::new(Mlp::new())?;
        trainer.train(&load());
        Ok(())
    }
}

mod through_several_methods {
    struct Trainer {
        model: Mlp,
        optimizer: Adam,
    }

    impl Trainer {
        fn step(&mut self) {
            self.optimizer.step(); //~ error step_before_backward
        }

        fn train_batch(&mut self, batch: &Batch) {
            self.optimizer.zero_grad();
            let output = self.model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            self.step();
            loss.backward();
        }

        fn train_epoch(&mut self, train: &DataLoader) {
            for batch in train {
                self.train_batch(&batch);
            }
        }

        pub fn fit(&mut self, train: &DataLoader) {
            for _ in 0..10 {
                self.train_epoch(train);
            }
        }
    }

    fn main() {
        let model = Mlp::new();
        let optimizer = Adam::new(model.parameters(), 1e-3);
        let mut trainer = Trainer { model, optimizer };
        trainer.fit(&load());
    }
}

mod a_trainer_in_a_local {
    struct Trainer {
        model: Mlp,
        opt: Sgd,
    }

    fn one(trainer: &mut Trainer, batch: &Batch) {
        let loss = cross_entropy(&trainer.model.forward(&batch.input), &batch.target);
        loss.backward();
        trainer.opt.step();
    }

    fn main() {
        let model = Mlp::new();
        let opt = Sgd::new(model.parameters(), 0.1);
        let mut trainer = Trainer { model, opt };
        for batch in load() {
            trainer.opt.zero_grad();
            one(&mut trainer, &batch);
            trainer.opt.step(); //~ error step_repeated
        }
    }
}

mod two_models {
    fn step(model: &Mlp, optimizer: &mut Sgd, batch: &Batch) {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }

    fn both(train: &DataLoader) {
        let (a, b) = (Mlp::new(), Mlp::new());
        let mut opt_a = Sgd::new(a.parameters(), 0.1);
        let mut opt_b = Sgd::new(b.parameters(), 0.1);
        for batch in train {
            opt_a.zero_grad();
            opt_b.zero_grad();
            step(&a, &mut opt_a, &batch);
            step(&b, &mut opt_b, &batch);
        }
    }
}

mod two_models_one_wrong {
    fn step(model: &Mlp, optimizer: &mut Sgd, batch: &Batch) {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
    }

    fn both(train: &DataLoader) {
        let (a, b) = (Mlp::new(), Mlp::new());
        let mut opt_a = Sgd::new(a.parameters(), 0.1);
        let mut opt_b = Sgd::new(b.parameters(), 0.1);
        for batch in train {
            opt_a.zero_grad();
            step(&a, &mut opt_a, &batch);
            step(&b, &mut opt_b, &batch);
        }
    }
}

mod under_a_condition {
    fn apply(optimizer: &mut Sgd) {
        optimizer.step();
        optimizer.zero_grad();
    }

    fn fit(model: &Mlp, train: &DataLoader, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k;
            loss.backward();
            if (i + 1) % k == 0 {
                apply(&mut optimizer);
            }
        }
        apply(&mut optimizer);
    }

    fn maybe(optimizer: &mut Sgd, now: bool) {
        if !now {
            return;
        }
        optimizer.step();
        optimizer.zero_grad();
    }

    fn fit_inside(model: &Mlp, train: &DataLoader, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k;
            loss.backward();
            maybe(&mut optimizer, (i + 1) % k == 0);
        }
        maybe(&mut optimizer, true);
    }
}

mod hidden_state {
    fn step(rnn: &Rnn, opt: &mut Sgd, hidden: &mut Tensor, batch: &Batch) {
        let (output, next) = rnn.forward(&batch.input, &hidden);
        let loss = cross_entropy(&output, &batch.target);
        opt.zero_grad();
        loss.backward();
        opt.step();
        *hidden = next.detach();
    }

    fn fit(rnn: &Rnn, train: &DataLoader) {
        let mut opt = Sgd::new(rnn.parameters(), 0.1);
        let mut hidden = rnn.start();
        for batch in train {
            step(rnn, &mut opt, &mut hidden, &batch);
        }
    }

    fn step_wrong(rnn: &Rnn, opt: &mut Sgd, hidden: &mut Tensor, batch: &Batch) {
        let (output, next) = rnn.forward(&batch.input, &hidden);
        let loss = cross_entropy(&output, &batch.target);
        opt.zero_grad();
        loss.backward(); //~ error backward_repeated
        opt.step();
        *hidden = next;
    }

    fn fit_wrong(rnn: &Rnn, train: &DataLoader) {
        let mut opt = Sgd::new(rnn.parameters(), 0.1);
        let mut hidden = rnn.start();
        for batch in train {
            step_wrong(rnn, &mut opt, &mut hidden, &batch);
        }
    }
}

mod results_on_the_way {
    fn checked(opt: &mut Sgd, loss: &Tensor) -> Result<()> {
        check(loss)?;
        opt.zero_grad();
        Ok(())
    }

    fn fit(model: &Mlp, train: &DataLoader) -> Result<()> {
        let mut opt = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            checked(&mut opt, &loss)?;
            loss.backward();
            opt.step();
        }
        Ok(())
    }

    fn fit_unwrapped(model: &Mlp, train: &DataLoader) {
        let mut opt = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            checked(&mut opt, &loss).unwrap();
            loss.backward();
            opt.step();
        }
    }

    fn fit_ignoring(model: &Mlp, train: &DataLoader) {
        let mut opt = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            if let Err(error) = checked(&mut opt, &loss) {
                println!("{error}");
                continue;
            }
            loss.backward();
            opt.step();
        }
    }
}

mod asynchronous {
    async fn train_step(model: &Mlp, opt: &mut Sgd, batch: Batch) -> Result<f32> {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward(); //~ error missing_zero_grad
        opt.step();
        Ok(loss.item())
    }

    async fn fit(model: &Mlp, mut train: Stream) -> Result<()> {
        let mut opt = Sgd::new(model.parameters(), 0.1);
        while let Some(batch) = train.next().await {
            train_step(model, &mut opt, batch).await?;
        }
        Ok(())
    }
}

mod modes_as_arguments {
    enum Mode {
        Train,
        Eval,
    }

    fn epoch(model: &Mlp, data: &DataLoader, optimizer: &mut Sgd, mode: Mode) {
        for batch in data {
            if mode == Mode::Train {
                optimizer.zero_grad();
            }
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            match mode {
                Mode::Train => {
                    loss.backward();
                    optimizer.step();
                }
                Mode::Eval => println!("{}", loss.item()),
            }
        }
    }

    fn fit(model: &Mlp, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..10 {
            epoch(model, train, &mut optimizer, Mode::Train);
            epoch(model, valid, &mut optimizer, Mode::Eval);
        }
    }

    fn passes(model: &Mlp, data: &DataLoader, optimizer: &mut Sgd, zero: bool) {
        for batch in data {
            if zero {
                optimizer.zero_grad();
            }
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    fn fit_without(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        passes(model, train, &mut optimizer, false);
    }
}

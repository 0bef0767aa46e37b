//! Values passed to opaque code are unknown from there on; all other values stay known.

mod looked_at {
    fn fit(model: &Mlp, train: &DataLoader, logger: &Logger) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
            logger.log(&optimizer, &model, loss.item());
        }
    }
}

mod handed_on {
    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            elsewhere::finish(&mut optimizer);
        }
    }

    fn before_that(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut other = Sgd::new(model.parameters(), 0.1);
        let first = cross_entropy(&model.forward(&train.first()), &train.targets());
        other.step(); //~ error step_before_backward
        first.backward();
        elsewhere::run(&mut optimizer);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    fn one_of_two(a: &Mlp, b: &Mlp, train: &DataLoader) {
        let mut opt_a = Sgd::new(a.parameters(), 0.1);
        let mut opt_b = Sgd::new(b.parameters(), 0.1);
        elsewhere::keep(&mut opt_a);
        for batch in train {
            let loss = cross_entropy(&b.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            opt_b.step();
        }
    }
}

mod held {
    struct Session<'a> {
        model: &'a Mlp,
        name: String,
    }

    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let session = Session { model, name: String::new() };
        for batch in train {
            let loss = cross_entropy(&session.model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    struct Loop {
        model: Mlp,
        optimizer: Sgd,
        history: Vec<f32>,
    }

    fn in_a_struct(model: Mlp, train: &DataLoader) {
        let optimizer = Sgd::new(model.parameters(), 0.1);
        let mut state = Loop { model, optimizer, history: Vec::new() };
        for batch in train {
            let loss = cross_entropy(&state.model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            state.optimizer.step();
            state.history.push(loss.item());
        }
    }

    fn in_a_struct_right(model: Mlp, train: &DataLoader) {
        let optimizer = Sgd::new(model.parameters(), 0.1);
        let mut state = Loop { model, optimizer, history: Vec::new() };
        for batch in train {
            let loss = cross_entropy(&state.model.forward(&batch.input), &batch.target);
            loss.backward();
            state.optimizer.step();
            state.reset();
        }
    }

    fn in_a_pair(model: Mlp, train: &DataLoader) {
        let optimizer = Sgd::new(model.parameters(), 0.1);
        let mut pair = (model, optimizer);
        for batch in train {
            let loss = cross_entropy(&pair.0.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            pair.1.step();
        }
    }
}

mod fields_that_a_method_may_assign {
    impl Network {
        fn fit(&mut self, data: &Data) {
            for (x, y) in data {
                self.forward(x);
                self.compare(y);
                self.backward();
                self.update();
            }
        }

        fn backward(&mut self) {
            self.loss.backward();
        }
    }
}

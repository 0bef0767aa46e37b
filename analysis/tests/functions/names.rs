//! Which function a name means: recursion, traits, shadowing, closures.

mod recursion {
    fn descend(model: &Mlp, optimizer: &mut Sgd, batch: &Batch, depth: usize) {
        if depth == 0 {
            return;
        }
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
        descend(model, optimizer, batch, depth - 1);
    }

    fn ping(optimizer: &mut Sgd, loss: &Tensor) {
        loss.backward();
        pong(optimizer, loss);
    }

    fn pong(optimizer: &mut Sgd, loss: &Tensor) {
        optimizer.step();
        ping(optimizer, loss);
    }

    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            descend(model, &mut optimizer, &batch, 3);
        }
    }
}

mod traits_with_several_implementations {
    trait Stepper {
        fn advance(&mut self, optimizer: &mut Sgd);
    }
    struct Plain;
    struct Clipped;
    impl Stepper for Plain {
        fn advance(&mut self, optimizer: &mut Sgd) {
            optimizer.step();
        }
    }
    impl Stepper for Clipped {
        fn advance(&mut self, optimizer: &mut Sgd) {
            optimizer.step();
            optimizer.zero_grad();
        }
    }

    fn fit(model: &Mlp, train: &DataLoader, stepper: &mut dyn Stepper) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            stepper.advance(&mut optimizer);
        }
    }

    fn fit_with_one(model: &Mlp, train: &DataLoader, stepper: &mut Plain) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            stepper.advance(&mut optimizer);
        }
    }
}

mod shadowed_names {
    fn step(optimizer: &mut Sgd) {
        optimizer.step();
    }

    mod inner {
        fn step(optimizer: &mut Sgd) {
            optimizer.step();
            optimizer.zero_grad();
        }

        fn fit(model: &Mlp, train: &DataLoader) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                step(&mut optimizer);
            }
        }

        fn fit_outer(model: &Mlp, train: &DataLoader) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                super::step(&mut optimizer);
            }
        }
    }

    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let step = |optimizer: &mut Sgd| {
            optimizer.step();
            optimizer.zero_grad();
        };
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            step(&mut optimizer);
        }
    }

    fn fit_nested(model: &Mlp, train: &DataLoader) {
        fn step(optimizer: &mut Sgd) {
            optimizer.step();
            optimizer.zero_grad();
        }
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            step(&mut optimizer);
        }
    }

    fn fit_imported(model: &Mlp, train: &DataLoader) {
        use elsewhere::step;
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            step(&mut optimizer);
        }
    }
}

mod closures_that_call_functions {
    fn apply(optimizer: &mut Sgd, loss: &Tensor) {
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
    }

    fn fit(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        train.iter().for_each(|batch| {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            apply(&mut optimizer, &loss);
        });
    }

    fn each(train: &DataLoader, mut work: impl FnMut(&Batch)) {
        for batch in train {
            work(&batch);
        }
    }

    fn fit_by_callback(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        each(train, |batch| {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        });
    }

    fn fit_by_callback_right(model: &Mlp, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        each(train, |batch| {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        });
    }
}

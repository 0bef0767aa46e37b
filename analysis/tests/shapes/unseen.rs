//! Opaque code makes the analysis silent about the values that it gets, and only about those.

mod functions {
    /// The optimizer as an argument.
    #[training_loop]
    fn the_optimizer(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            prepare(&mut optimizer);
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }

    /// One of two optimizers as an argument.
    #[training_loop]
    fn one_of_two(one: &mut Net, two: &mut Net, train: &DataLoader) {
        let mut opt_one = Sgd::new(one.parameters(), 0.1);
        let mut opt_two = Sgd::new(two.parameters(), 0.1);
        for batch in train {
            prepare(&mut opt_one);
            mse_loss(&one.forward(&batch.input), &batch.target).backward();
            opt_one.step();
            mse_loss(&two.forward(&batch.input), &batch.target).backward(); //~ error missing_zero_grad
            opt_two.step();
        }
    }

    /// Data, numbers, and a shared reference as arguments.
    #[training_loop]
    fn other_things(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let batch = augment(batch);
            show(&optimizer, &model, 3);
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            record(loss.item());
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    /// The model by `&mut` in a call that may zero its gradients.
    #[training_loop]
    fn the_model(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            prepare(&mut model);
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }
}

mod methods {
    /// A method on `self` may do anything with its optimizer.
    impl Trainer {
        #[training_loop]
        fn of_self(&mut self, train: &DataLoader) {
            for batch in train {
                self.unseen_in_this_file();
                mse_loss(&self.model.forward(&batch.input), &batch.target).backward();
                self.optimizer.step();
            }
        }

        #[training_loop]
        fn of_something_else(&mut self, train: &DataLoader) {
            for batch in train {
                self.metrics.add(batch.len());
                mse_loss(&self.model.forward(&batch.input), &batch.target).backward(); //~ error missing_zero_grad
                self.optimizer.step();
            }
        }
    }
}

mod items {
    /// A function inside the function is another function.
    #[training_loop]
    fn nested(model: &mut Net, train: &DataLoader) {
        fn loss_of(output: &Tensor, target: &Tensor) -> Tensor {
            mse_loss(output, target)
        }
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            loss_of(&model.forward(&batch.input), &batch.target).backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

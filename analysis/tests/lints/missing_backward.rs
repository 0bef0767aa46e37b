/// The loss is computed and not used.
mod forgotten {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let _loss = cross_entropy(&output, &batch.target);
            optimizer.step(); //~ error missing_backward
        }
    }
}

/// A loss that is only printed, and a schedule that advances.
mod with_a_schedule {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut scheduler = StepLr::new(10, 0.1);
        for (i, batch) in train.into_iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            println!("{i}: {}", loss.item());
            optimizer.step(); //~ error missing_backward
            optimizer.zero_grad();
            scheduler.step(&mut optimizer);
        }
    }
}

/// An opaque helper may run it.
mod in_a_helper {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            run_backward(model, &batch);
            optimizer.step();
        }
    }

    fn run_backward(model: &Net, batch: &Batch) {
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
    }
}

/// The backward is there.
mod there {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

/// Gradients are written into the parameters by hand, by a method or by a function.
mod by_hand {
    fn by_a_method(param: Parameter, grads: &[Tensor]) {
        let mut optimizer = Adagrad::new(vec![param.clone()], 0.1);
        for grad in grads {
            param.set_grad(Some(grad.clone()));
            optimizer.step();
            optimizer.zero_grad();
        }
    }

    fn by_a_function(param: Parameter, grads: &[Tensor]) -> Result<()> {
        let mut opt = Asgd::new(vec![param.clone()], config());
        for grad in grads {
            set_grad(&param, grad);
            opt.step()?;
        }
        Ok(())
    }

    /// The old syntax for propagating errors.
    fn in_an_old_edition(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            try!(mse_loss(&model.forward(&batch.input), &batch.target)).backward();
            try!(optimizer.step());
        }
        Ok(())
    }
}

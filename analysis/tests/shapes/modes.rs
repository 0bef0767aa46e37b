//! How evaluation is told: a switch for all of the program, and a model of another type.

mod a_switch {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            model.eval();
            set_grad_enabled(false);
            let mut total = 0.0;
            for batch in valid {
                total += mse_loss(&model.forward(&batch.input), &batch.target).item();
            }
            set_grad_enabled(true);
            println!("{total}");
        }
    }

    #[training_loop]
    fn decided_by_a_phase(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            for is_train in [true, false] {
                set_grad_enabled(is_train);
                model.set_train(is_train);
                for batch in if is_train { train } else { valid } {
                    let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                    if is_train {
                        optimizer.zero_grad();
                        loss.backward();
                        optimizer.step();
                    }
                }
            }
            set_grad_enabled(true);
        }
    }

    #[training_loop]
    fn never_on_again(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        model.eval();
        set_grad_enabled(false);
        for batch in valid {
            println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item());
        }
        model.train();
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error backward_without_recording
            optimizer.step();
        }
        set_grad_enabled(true);
    }

    #[training_loop]
    fn in_training_mode(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            set_grad_enabled(false);
            for batch in valid {
                println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item()); //~ error evaluation_in_train_mode
            }
            set_grad_enabled(true);
        }
    }
}

mod a_type {
    #[training_loop]
    fn right(mut model: Net, train: &DataLoader, valid: &DataLoader) -> Net {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            let valid_model = model.valid();
            for batch in valid {
                println!("{}", mse_loss(&valid_model.forward(&batch.input), &batch.target).item());
            }
        }
        model
    }

    #[training_loop]
    fn wrong(mut model: Net, train: &DataLoader, valid: &DataLoader) -> Net {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            for batch in train {
                mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ error missing_zero_grad
                optimizer.step();
            }
            let valid_model = model.valid();
            for batch in valid {
                println!("{}", mse_loss(&valid_model.forward(&batch.input), &batch.target).item());
            }
        }
        model
    }

    #[training_loop]
    fn steps_on_the_validation_data(mut model: Net, train: &DataLoader, valid: &DataLoader) -> Net {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            let valid_model = model.valid();
            for batch in valid {
                let loss = mse_loss(&valid_model.forward(&batch.input), &batch.target);
                println!("{}", loss.item());
                optimizer.step(); //~ error step_repeated
            }
        }
        model
    }
}

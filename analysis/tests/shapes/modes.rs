//! Other ways to evaluate: a global switch, and a model of another type.

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

/// Frozen parts of a model, which do not determine the mode of the rest.
mod frozen_parts {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        model.encoder.freeze();
        model.norm.weight.set_requires_grad(false);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            if epoch == 5 {
                model.encoder.unfreeze();
            }
            model.train();
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            let _evaluation = evaluation(model);
            for batch in valid {
                println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item());
            }
        }
    }

    #[training_loop]
    fn gradients_of_the_rest_pile_up(model: &mut Net, train: &DataLoader) {
        model.encoder.freeze();
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn the_rest_is_evaluated_in_training_mode(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        model.encoder.freeze();
        for epoch in 0..10 {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            for batch in valid {
                println!("{}", no_grad(|| mse_loss(&model.forward(&batch.input), &batch.target)).item()); //~ error evaluation_in_train_mode
            }
        }
    }

    #[training_loop]
    fn all_of_it(model: &mut Net, head: &mut Linear, train: &DataLoader) {
        model.freeze();
        let _seeded = seed_scope(3);
        let mut optimizer = Sgd::new(head.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&head.forward(&model.forward(&batch.input)), &batch.target);
            optimizer.step(); //~ error step_before_backward
            optimizer.zero_grad();
            loss.backward();
        }
    }
}

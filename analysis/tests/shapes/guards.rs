//! Ways to turn recording off: a closure, a guard, a switch.

mod a_closure {
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
            let mut total = 0.0;
            no_grad(|| {
                for batch in valid {
                    total += mse_loss(&model.forward(&batch.input), &batch.target).item();
                }
            });
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            no_grad(|| {
                println!("{}", accuracy(&model.forward(&batch.input), &batch.target).item());
            });
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn update_inside(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            no_grad(|| optimizer.step());
        }
    }
}

mod a_guard {
    #[training_loop]
    fn dropped_by_its_block(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let target = {
                let _guard = no_grad_guard();
                model.forward(&batch.next)
            };
            let output = model.forward(&batch.input);
            let loss = mse_loss(&output, &target);
            optimizer.zero_grad();
            loss.backward();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }

    #[training_loop]
    fn dropped_by_hand(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let guard = no_grad_guard();
            let target = model.forward(&batch.next);
            drop(guard);
            let loss = mse_loss(&model.forward(&batch.input), &target);
            optimizer.zero_grad();
            loss.backward();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }

    /// `let _ =` drops at once: recording goes on.
    #[training_loop]
    fn dropped_at_once(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let _ = no_grad_guard();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }

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
            let guard = no_grad_guard();
            for batch in valid {
                println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item());
            }
            drop(guard);
        }
    }
}

mod modes {
    #[training_loop]
    fn as_a_method(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            model.train();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn as_an_argument(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = model.forward_t(&batch.input, true).cross_entropy_for_logits(&batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn as_an_argument_right(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                let loss = model.forward_t(&batch.input, true).cross_entropy_for_logits(&batch.target);
                loss.backward();
                optimizer.step();
            }
            no_grad(|| {
                for batch in valid {
                    println!("{}", model.forward_t(&batch.input, false).accuracy(&batch.target).item());
                }
            });
        }
    }
}

/// Recording and mode through the shapes above.
mod seen_through {
    /// The guard lives to the end of the function.
    #[training_loop]
    fn a_guard_that_stays(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let _guard = no_grad_guard();
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward(); //~ error backward_without_recording
            optimizer.step();
        }
    }

    #[training_loop]
    fn a_guard_that_is_dropped(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let guard = no_grad_guard();
        println!("{}", model.forward(&train.first().input).item());
        drop(guard);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn a_guard_in_a_block(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        {
            let _guard = no_grad_guard();
            println!("{}", model.forward(&train.first().input).item());
        }
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn a_guard_that_is_none(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let _ = no_grad_guard();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn a_closure(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = no_grad(|| mse_loss(&model.forward(&batch.input), &batch.target));
            optimizer.zero_grad();
            loss.backward(); //~ error backward_without_recording
            optimizer.step();
        }
    }

    #[training_loop]
    fn never_back_to_training(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        model.train();
        for epoch in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ error training_in_eval_mode
                optimizer.step();
            }
            model.eval();
            no_grad(|| {
                for batch in valid {
                    println!("{}", mse_loss(&model.forward(&batch.input), &batch.target).item());
                }
            });
        }
    }

    #[training_loop]
    fn by_phase(model: &mut Net, optimizer: &mut Sgd, data: &Data) {
        for phase in [Phase::Train, Phase::Valid] {
            match phase {
                Phase::Train => model.train(),
                Phase::Valid => model.eval(),
            }
            for batch in data.of(phase) {
                match phase {
                    Phase::Train => {
                        optimizer.zero_grad();
                        mse_loss(&model.forward(&batch.input), &batch.target).backward();
                        optimizer.step();
                    }
                    Phase::Valid => {
                        let loss = no_grad(|| mse_loss(&model.forward(&batch.input), &batch.target));
                        println!("{}", loss.item());
                    }
                }
            }
        }
    }

    #[training_loop]
    fn by_phase_the_wrong_way_round(model: &mut Net, optimizer: &mut Sgd, data: &Data) {
        for phase in [Phase::Train, Phase::Valid] {
            match phase {
                Phase::Train => model.eval(),
                Phase::Valid => model.train(),
            }
            for batch in data.of(phase) {
                if phase == Phase::Train {
                    optimizer.zero_grad();
                    mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ error training_in_eval_mode
                    optimizer.step();
                }
            }
        }
    }

    #[training_loop]
    fn sometimes(model: &mut Net, train: &DataLoader, frozen: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        model.train();
        if frozen {
            model.eval();
        }
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ warning training_in_eval_mode
            optimizer.step();
        }
    }
}

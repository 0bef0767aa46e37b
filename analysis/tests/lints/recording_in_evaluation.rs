/// The mode is set, and recording is on.
mod mode_alone {
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
            let mut total = 0.0;
            for batch in valid {
                let output = model.forward(&batch.input); //~ warning recording_in_evaluation
                total += cross_entropy(&output, &batch.target).item();
            }
            println!("{total}");
        }
    }
}

/// Recognised by the mode, not by the name of the data.
mod by_its_mode {
    #[training_loop]
    fn fit(model: &mut Net, batches: &[Batch], others: &[Batch]) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        model.train();
        for batch in batches {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        model.eval();
        for batch in others {
            println!("{}", cross_entropy(&model.forward(&batch.input), &batch.target).item()); //~ warning recording_in_evaluation
        }
    }
}

/// The guard is dropped before the loop.
mod a_guard_that_nobody_holds {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, test_loader: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        let _ = no_grad_guard();
        for batch in test_loader.iter() {
            println!("{}", cross_entropy(&model.forward(&batch.input), &batch.target).item()); //~ warning recording_in_evaluation
        }
    }
}

/// Closure, guard, guard of the evaluation, switch.
mod all_ways_to_stop_it {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..5 {
            set_grad_enabled(true);
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            for batch in valid {
                println!("{}", no_grad(|| cross_entropy(&model.forward(&batch.input), &batch.target)).item());
            }
            {
                let _evaluation = evaluation(model);
                for batch in valid {
                    println!("{}", cross_entropy(&model.forward(&batch.input), &batch.target).item());
                }
            }
            {
                let _off = no_grad_guard();
                for batch in valid {
                    println!("{}", cross_entropy(&model.forward(&batch.input), &batch.target).item());
                }
            }
            set_grad_enabled(false);
            for batch in valid {
                println!("{}", cross_entropy(&model.forward(&batch.input), &batch.target).item());
            }
        }
    }
}

/// Gradients of the input, the output detached, a caller that may have turned recording off.
mod meant_or_not_known {
    #[training_loop]
    fn saliency(model: &mut Net, train: &DataLoader, test: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        model.eval();
        for batch in test {
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            draw(batch.input.grad());
        }
    }

    #[training_loop]
    fn detached(model: &mut Net, train: &DataLoader, test: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        for batch in test {
            let output = model.forward(&batch.input).detach();
            show(&output);
        }
    }

    fn evaluate(model: &Net, test: &DataLoader) -> f32 {
        let mut total = 0.0;
        for batch in test {
            total += cross_entropy(&model.forward(&batch.input), &batch.target).item();
        }
        total
    }
}

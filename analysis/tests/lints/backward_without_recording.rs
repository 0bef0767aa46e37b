/// The forward runs under `no_grad`.
mod the_forward {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = no_grad(|| model.forward(&batch.input));
            let loss = cross_entropy(&output, &batch.target);
            loss.backward(); //~ error backward_without_recording
            optimizer.step();
        }
    }
}

/// The closure returns the loss.
mod the_loss {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = no_grad(|| {
                let output = model.forward(&batch.input);
                cross_entropy(&output, &batch.target)
            });
            (loss * 0.5).backward(); //~ error backward_without_recording
            optimizer.step();
        }
    }
}

/// A guard is still in scope.
mod a_guard {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let _off = no_grad_guard();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error backward_without_recording
            optimizer.step();
        }
    }
}

/// Recording was switched off and never on again.
mod a_switch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        set_grad_enabled(false);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error backward_without_recording
            optimizer.step();
        }
    }
}

/// Only the teacher, the features, the target are computed without a graph.
mod a_part_without_a_graph {
    #[training_loop]
    fn distil(student: &mut Net, teacher: &Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(student.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let target = no_grad(|| teacher.forward(&batch.input));
            let loss = mse_loss(&student.forward(&batch.input), &target);
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn probe(body: &Net, head: &mut Linear, train: &DataLoader) {
        let mut optimizer = Sgd::new(head.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let features = no_grad(|| body.forward(&batch.input));
            let loss = cross_entropy(&head.forward(&features), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn by_hand(body: &Net, train: &DataLoader) {
        let weight = Parameter::new(Tensor::zeros(&[10, 10]));
        let mut optimizer = Sgd::new(vec![weight.clone()], 0.1);
        for batch in train {
            optimizer.zero_grad();
            let features = no_grad(|| body.forward(&batch.input));
            let loss = cross_entropy(&features.matmul(&weight.tensor()), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

/// Recording is on again for the training.
mod on_again {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..5 {
            for batch in train {
                set_grad_enabled(true);
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
            set_grad_enabled(false);
            for batch in valid {
                println!("{}", cross_entropy(&model.forward(&batch.input), &batch.target).item());
            }
        }
    }

    #[training_loop]
    fn dropped(model: &mut Net, train: &DataLoader, first: &Batch) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let off = no_grad_guard();
        println!("{}", cross_entropy(&model.forward(&first.input), &first.target).item());
        drop(off);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn only_sometimes(model: &mut Net, train: &DataLoader, frozen: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let guard = if frozen { Some(no_grad_guard()) } else { None };
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

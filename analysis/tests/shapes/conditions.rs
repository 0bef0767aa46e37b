//! The same condition in several places, and findings that name the arm.

/// `zero_grad` is missing on the half-precision arm only.
mod missing_in_one_arm {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, precision: Precision) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for batch in train {
            match precision {
                Precision::Bf16 => {}
                Precision::F32 => optimizer.zero_grad(),
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ warning missing_zero_grad
            optimizer.step();
        }
    }
}

/// Both arms have their own `zero_grad`.
mod in_both_arms {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, precision: Precision) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for batch in train {
            match precision {
                Precision::Bf16 => optimizer.zero_grad(),
                Precision::F32 => optimizer.zero_grad(),
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

/// A whole update in each arm; one of them forgets.
mod an_update_in_each_arm {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, precision: Precision) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for batch in train {
            match precision {
                Precision::Bf16 => {
                    let loss = mse_loss(&model.forward(&batch.input.half()), &batch.target);
                    loss.backward(); //~ error missing_zero_grad
                    optimizer.step();
                }
                Precision::F32 => {
                    optimizer.zero_grad();
                    let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                    loss.backward();
                    optimizer.step();
                }
            }
        }
    }
}

/// One arm zeroes early, the other late: two matches on one subject.
mod two_matches {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, precision: P) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for batch in train {
            match precision {
                P::Bf16 => optimizer.zero_grad(),
                P::F32 | P::F64 => {}
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            match precision {
                P::F64 | P::F32 => optimizer.zero_grad(),
                P::Bf16 => {}
            }
            loss.backward();
            optimizer.step();
        }
    }
}

/// A match, a comparison, `matches!` and `if let` with the same condition.
mod asked_in_four_ways {
    #[training_loop]
    fn match_and_comparison(model: &mut Net, train: &DataLoader, precision: P) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for batch in train {
            if precision == P::F32 {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            match precision {
                P::F32 => {}
                _ => optimizer.zero_grad(),
            }
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn macro_and_let(model: &mut Net, train: &DataLoader, precision: P) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for batch in train {
            if matches!(precision, P::F32) {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if let P::F32 = precision {
                optimizer.step();
            } else {
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }

    #[training_loop]
    fn negated(model: &mut Net, train: &DataLoader, precision: P) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for batch in train {
            if precision != P::F32 {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ warning missing_zero_grad
            optimizer.step();
        }
    }
}

/// An optimizer that may be absent.
mod an_optional_optimizer {
    #[training_loop]
    fn run(model: &mut Net, data: &DataLoader, mut optimizer: Option<Sgd>) {
        for batch in data {
            if let Some(optimizer) = optimizer.as_mut() {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if optimizer.is_some() {
                loss.backward();
            }
            if let Some(opt) = &mut optimizer {
                opt.step();
            }
        }
    }

    #[training_loop]
    fn never_zeroed(model: &mut Net, data: &DataLoader, mut optimizer: Option<Sgd>) {
        for batch in data {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if let Some(opt) = optimizer.as_mut() {
                loss.backward(); //~ error missing_zero_grad
                opt.step();
            }
        }
    }

    #[training_loop]
    fn evaluation_returns_early(model: &mut Net, data: &DataLoader, mut optimizer: Option<&mut Sgd>) {
        for batch in data {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            let Some(opt) = optimizer.as_deref_mut() else { continue };
            opt.zero_grad();
            loss.backward();
            opt.step();
        }
    }

    #[training_loop]
    fn matched(model: &mut Net, data: &DataLoader, mut optimizer: Option<&mut Sgd>) {
        for batch in data {
            match optimizer {
                Some(ref mut opt) => opt.zero_grad(),
                None => {}
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            match optimizer.as_deref_mut() {
                None => continue,
                Some(opt) => {
                    loss.backward();
                    opt.step();
                }
            }
        }
    }
}

/// Whether this is training is decided at run time.
mod a_flag {
    #[training_loop]
    fn run(model: &mut Net, optimizer: &mut Sgd, data: &DataLoader, training: bool) {
        for batch in data {
            if training {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if !training {
                continue;
            }
            loss.backward();
            if training && batch.len() > 0 {
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn zeroed_when_warm(model: &mut Net, optimizer: &mut Sgd, data: &DataLoader, warm: bool) {
        for batch in data {
            if warm {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ warning missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn a_match_on_a_flag(model: &mut Net, optimizer: &mut Sgd, data: &DataLoader, training: bool) {
        for batch in data {
            match training {
                true => optimizer.zero_grad(),
                false => {}
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if training {
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// Complements: `<` and `>=`, `==` and `!=`.
mod complements {
    #[training_loop]
    fn ordered(model: &mut Net, train: &DataLoader, warmup: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.into_iter().enumerate() {
            if i < warmup {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if i >= warmup {
                optimizer.zero_grad();
            }
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn only_later(model: &mut Net, train: &DataLoader, warmup: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.into_iter().enumerate() {
            if i >= warmup {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ warning missing_zero_grad
            optimizer.step();
        }
    }
}

/// The value of the condition changes in between.
mod changed_in_between {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, mut fresh: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            if fresh {
                optimizer.zero_grad();
            }
            fresh = batch.is_fresh();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            if !fresh {
                optimizer.zero_grad();
            }
        }
    }

    #[training_loop]
    fn unknown(model: &mut Net, train: &DataLoader, mut fresh: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            if fresh {
                optimizer.zero_grad();
            }
            fresh = batch.is_fresh();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ warning missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn another_of_the_same_name(model: &mut Net, train: &DataLoader, fresh: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            if fresh {
                optimizer.zero_grad();
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            {
                let fresh = batch.is_fresh();
                if !fresh {
                    optimizer.zero_grad();
                }
            }
            loss.backward(); //~ warning missing_zero_grad
            optimizer.step();
        }
    }
}

/// A condition that decides on the graph, and one on the mode.
mod of_other_things {
    #[training_loop]
    fn a_second_backward(model: &mut Net, train: &DataLoader, warm: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if warm {
                loss.backward();
            }
            loss.backward(); //~ warning backward_repeated
            optimizer.step();
        }
    }

    #[training_loop]
    fn in_evaluation_mode(model: &mut Net, train: &DataLoader, kind: Kind) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        match kind {
            Kind::Frozen => model.eval(),
            Kind::Free => model.train(),
        }
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ warning training_in_eval_mode
            optimizer.step();
        }
    }

    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader, kind: Kind, warm: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        if matches!(kind, Kind::Frozen) {
            model.eval();
        } else {
            model.train();
        }
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if warm {
                loss.backward();
            }
            if kind == Kind::Frozen {
                continue;
            }
            if !warm {
                loss.backward();
            }
            optimizer.step();
        }
    }
}

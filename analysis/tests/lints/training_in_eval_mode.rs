/// `eval()` at the end of the epoch, and `train()` only before the first.
mod once_before_all_epochs {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        model.train();
        for epoch in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                let output = model.forward(&batch.input); //~ error training_in_eval_mode
                let loss = cross_entropy(&output, &batch.target);
                loss.backward();
                optimizer.step();
            }
            model.eval();
            let mut total = 0.0;
            for batch in valid {
                total += no_grad(|| cross_entropy(&model.forward(&batch.input), &batch.target)).item();
            }
            println!("{epoch}: {}", total / valid.len() as f32);
        }
    }
}

/// No `train()` at all; the mode of a new model is training mode, but only in the first epoch.
mod never {
    #[training_loop]
    fn fit(train: &DataLoader, valid: &DataLoader) -> Net {
        let model = Net::new(784, 10);
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for _ in 0..10 {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target); //~ error training_in_eval_mode
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            model.set_train(false);
            no_grad(|| {
                for batch in valid {
                    println!("{}", cross_entropy(&model.forward(&batch.input), &batch.target).item());
                }
            });
        }
        model
    }
}

/// Evaluated every few epochs only.
mod every_few_epochs {
    struct Trainer {
        model: Net,
        optimizer: Sgd,
    }

    impl Trainer {
        #[training_loop]
        fn fit(&mut self, train: &DataLoader, valid: &DataLoader) {
            self.model.train();
            for epoch in 0..100 {
                for batch in train {
                    self.optimizer.zero_grad();
                    let loss = mse_loss(&self.model.forward(&batch.input), &batch.target); //~ warning training_in_eval_mode
                    loss.backward();
                    self.optimizer.step();
                }
                if epoch % 10 == 9 {
                    self.model.eval();
                    let _off = no_grad_guard();
                    for batch in valid {
                        println!("{}", mse_loss(&self.model.forward(&batch.input), &batch.target).item());
                    }
                }
            }
        }
    }
}

/// `eval()` in the place of `train()`.
mod the_wrong_one {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            model.eval();
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target); //~ error training_in_eval_mode
            loss.backward();
            optimizer.step();
        }
    }
}

/// The mode is a wrong argument; some models have no layer with a mode.
mod told_by_an_argument {
    fn fit(vs: &nn::VarStore, net: &Net, train: &DataLoader) {
        let mut opt = nn::Adam::default().build(vs, 1e-3).unwrap();
        let net = Net::new(&vs.root());
        for (xs, ys) in train {
            let loss = net.forward_t(&xs, false).cross_entropy_for_logits(&ys); //~ warning training_in_eval_mode
            opt.backward_step(&loss);
        }
    }
}

/// `train()` at the start of each epoch.
mod each_epoch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..10 {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            model.eval();
            for batch in valid {
                println!("{}", no_grad(|| cross_entropy(&model.forward(&batch.input), &batch.target)).item());
            }
        }
    }
}

/// A guard restores the mode at the end of its scope, on every exit.
mod a_guard {
    #[training_loop]
    fn fit(model: &Net, train: &DataLoader, valid: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            for batch in train {
                let batch = batch?;
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            let _evaluation = evaluation(model);
            let mut total = 0.0;
            for batch in valid {
                total += cross_entropy(&model.forward(&batch.input), &batch.target).item();
                if total.is_nan() {
                    break;
                }
            }
            if total > 10.0 {
                continue;
            }
            println!("{epoch} {total}");
        }
        Ok(())
    }
}

/// A part of the model is frozen in evaluation mode on purpose.
mod a_frozen_part {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.head.parameters(), 0.1);
        model.eval();
        for batch in train {
            optimizer.zero_grad();
            let features = model.backbone.forward(&batch.input);
            model.head.train();
            let loss = cross_entropy(&model.head.forward(&features), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

/// A teacher, a perceptual loss, an optimized input: networks that no optimizer updates.
mod nets_that_are_not_trained {
    #[training_loop]
    fn distil(student: &mut Net, teacher: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(student.parameters(), 0.1);
        teacher.eval();
        for batch in train {
            optimizer.zero_grad();
            let loss = kl_div(&student.forward(&batch.input), &teacher.forward(&batch.input));
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn perturb(model: &mut Net, image: &Tensor, target: &Tensor) {
        let delta = Parameter::new(Tensor::zeros(&[3, 32, 32]));
        let mut optimizer = Sgd::new(vec![delta.clone()], 0.1);
        model.eval();
        for _ in 0..10 {
            optimizer.zero_grad();
            let loss = -cross_entropy(&model.forward(&(image + delta.tensor())), target);
            loss.backward();
            optimizer.step();
        }
    }
}

/// A new network for each evaluation, and a function that may set the mode.
mod other_ways_back {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            let copy = Net::load("best.safetensors");
            copy.eval();
            report(&copy, valid);
        }
    }

    #[training_loop]
    fn fit_and_validate(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            model.eval();
            validate_and_go_on_training(&model, valid);
        }
    }
}

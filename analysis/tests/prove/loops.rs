//! Loops; the proofs for each are in `loops.txt`.

fn plain(model: &mut Mlp, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        let output = model.forward(&batch.input);
        let loss = mse_loss(&output, &batch.target);
        loss.backward();
        clip_grad_norm(model.parameters(), 1.0);
        optimizer.step();
    }
}

fn with_evaluation(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, epochs: usize) -> Result<()> {
    let mut optimizer = AdamW::new(model.parameters(), 1e-3);
    for epoch in 0..epochs {
        model.train();
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        model.eval();
        no_grad(|| {
            for batch in valid {
                let output = model.forward(&batch.input);
                println!("{}", accuracy(&output, &batch.target));
            }
        });
    }
    Ok(())
}

fn the_mode_is_the_callers(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) {
    let mut optimizer = AdamW::new(model.parameters(), 1e-3);
    for batch in train {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
    model.eval();
    let output = no_grad(|| model.forward(&valid.all()));
    println!("{output}");
}

fn accumulation(model: &mut Mlp, train: &DataLoader, window: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.iter().enumerate() {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target) / window as f32;
        loss.backward();
        if (i + 1) % window == 0 {
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

fn accumulation_with_a_flush(model: &mut Mlp, train: &DataLoader, window: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut pending = false;
    for (i, batch) in train.iter().enumerate() {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target) / window as f32;
        loss.backward();
        pending = true;
        if (i + 1) % window == 0 {
            optimizer.step();
            optimizer.zero_grad();
            pending = false;
        }
    }
    if pending {
        optimizer.step();
    }
}

fn the_callers_optimizer(model: &mut Mlp, optimizer: &mut Sgd, train: &DataLoader) {
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
}

#[training_loop]
fn the_callers_optimizer_annotated(model: &mut Mlp, optimizer: &mut Sgd, train: &DataLoader) {
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
}

fn an_exit_between(model: &mut Mlp, train: &DataLoader) -> Result<()> {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        log(&loss)?;
        optimizer.step();
    }
    Ok(())
}

fn failing_calls(model: &mut Mlp, train: &DataLoader) -> Result<()> {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad()?;
        let output = model.forward(&batch?.input)?;
        let loss = mse_loss(&output, &batch.target)?;
        loss.backward()?;
        optimizer.step()?;
    }
    Ok(())
}

fn an_unseen_call(model: &mut Mlp, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        sharpen(&mut optimizer, model);
        optimizer.step();
    }
}

fn adversarial(generator: &mut Mlp, critic: &mut Mlp, train: &DataLoader) {
    let mut of_generator = Adam::new(generator.parameters(), 1e-4);
    let mut of_critic = Adam::new(critic.parameters(), 1e-4);
    for batch in train {
        let fake = generator.forward(&noise(batch.len()));
        of_critic.zero_grad();
        let real_loss = bce_loss(&critic.forward(&batch.input), &ones());
        let fake_loss = bce_loss(&critic.forward(&fake.detach()), &zeros());
        (real_loss + fake_loss).backward();
        of_critic.step();
        of_generator.zero_grad();
        let loss = bce_loss(&critic.forward(&fake), &ones());
        loss.backward();
        of_generator.step();
    }
}

fn a_schedule(model: &mut Mlp, train: &DataLoader, epochs: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut schedule = StepLr::new(&optimizer, 10, 0.1);
    for epoch in 0..epochs {
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        schedule.step(&mut optimizer);
    }
}

fn a_graph_that_is_kept(model: &mut Mlp, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward_retain_graph();
        loss.backward();
        optimizer.step();
    }
}

fn a_fault(model: &mut Mlp, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn nothing_to_prove(model: &Mlp, valid: &DataLoader) -> f32 {
    no_grad(|| valid.iter().map(|batch| accuracy(&model.forward(&batch.input), &batch.target)).sum())
}

fn the_target_follows(model: &Net, target: &Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &target.forward(&batch.next));
        loss.backward();
        optimizer.step();
        no_grad(|| {
            target.first.copy_(&model.first);
        });
    }
}

fn the_target_records_its_writes(model: &Net, target: &Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &target.forward(&batch.next));
        loss.backward();
        optimizer.step();
        target.first.copy_(&model.first);
    }
}

fn one_parameter_after_the_other(train: &DataLoader) {
    let model = Net::new();
    let mut optimizer = Sgd::new(0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        for param in model.parameters() {
            optimizer.step(&param, &param.grad());
            param.zero_grad();
        }
    }
}

fn a_zero_without_parameters(train: &DataLoader) {
    let model = Net::new();
    let mut optimizer = Sgd::new(0.1);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        for param in model.parameters() {
            optimizer.step(&param, &param.grad());
        }
    }
}

fn whose_step_is_not_seen(trainer: &mut Trainer, train: &DataLoader) {
    for batch in train {
        let gradients = trainer.backward_pass(&batch.input);
        trainer.update_parameters(&gradients);
    }
}

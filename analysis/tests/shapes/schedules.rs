//! Schedules that a helper advances.

fn train_epoch(model: &mut Net, optimizer: &mut Sgd, schedule: &mut CosineLr, train: &DataLoader) {
    for (i, batch) in train.iter().enumerate() {
        optimizer.zero_grad();
        let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
        loss.backward();
        optimizer.step();
        schedule.step(optimizer); //~ error schedule_per_batch
    }
}

fn in_a_helper(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut schedule = CosineLr::new(90).min(1e-5).per_epoch();
    for epoch in 0..90 {
        train_epoch(model, &mut optimizer, &mut schedule, train);
    }
}

fn each_epoch(model: &mut Net, optimizer: &mut Sgd, train: &DataLoader) {
    for batch in train {
        optimizer.zero_grad();
        let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
        loss.backward();
        optimizer.step();
    }
}

fn right(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut schedule = CosineLr::new(90).min(1e-5).per_epoch();
    for epoch in 0..90 {
        each_epoch(model, &mut optimizer, train);
        schedule.step(&mut optimizer);
    }
}

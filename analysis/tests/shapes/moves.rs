/// Moved, taken, dropped.
mod on_the_move {
    #[training_loop]
    fn taken(model: &mut Net, mut optimizer: Sgd, train: &DataLoader) {
        let mut mine = std::mem::take(&mut optimizer);
        mine.zero_grad();
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            mine.step();
        }
    }

    #[training_loop]
    fn dropped(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
        drop(optimizer);
    }

    #[training_loop]
    fn dropped_and_wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
        drop(optimizer);
    }

    #[training_loop]
    fn in_a_struct(model: Net, train: &DataLoader) -> Trainer {
        let optimizer = Sgd::new(model.parameters(), 0.1);
        let mut trainer = Trainer { model, optimizer, ..Trainer::default() };
        for batch in train {
            let loss = mse_loss(&trainer.model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            trainer.optimizer.step();
        }
        trainer
    }

    #[training_loop]
    fn in_a_struct_right(model: Net, train: &DataLoader) -> Trainer {
        let optimizer = Sgd::new(model.parameters(), 0.1);
        let mut trainer = Trainer { model, optimizer, ..Trainer::default() };
        for batch in train {
            trainer.optimizer.zero_grad();
            let loss = mse_loss(&trainer.model.forward(&batch.input), &batch.target);
            loss.backward();
            trainer.optimizer.step();
        }
        trainer
    }

    #[training_loop]
    fn in_a_tuple(model: &mut Net, train: &DataLoader) {
        let mut both = (Sgd::new(model.parameters(), 0.1), 3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            both.0.step();
        }
    }
}

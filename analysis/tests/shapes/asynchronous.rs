//! `async` functions, blocks that are awaited, and tasks that are not.

mod functions {
    #[training_loop]
    async fn right(model: &mut Net, train: &mut Stream) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        while let Some(batch) = train.next().await {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            report(loss.item()).await?;
        }
        Ok(())
    }

    #[training_loop]
    async fn wrong(model: &mut Net, train: &mut Stream) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        while let Some(batch) = train.next().await {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
            report(loss.item()).await?;
        }
        Ok(())
    }
}

mod blocks {
    #[training_loop]
    async fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            async {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            .await;
        }
    }

    #[training_loop]
    async fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            async {
                mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ error missing_zero_grad
                optimizer.step();
            }
            .await;
        }
    }

    /// It is unknown when a task runs, but not what it does then.
    #[training_loop]
    async fn spawned(model: Net, mut optimizer: Sgd, train: DataLoader) {
        let task = tokio::spawn(async move {
            for batch in train {
                mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ error missing_zero_grad
                optimizer.step();
            }
        });
        task.await;
    }
}

#[training_loop(
    forward = |model, batch| model.predict(&batch.input),
    loss = criterion,
    optimizer = optimizer,
    epochs = N,
)]
async fn fit<'a, M, O, D: Data, const N: usize>(
    model: &'a mut M,
    train: &DataLoader<Labels>,
    mut optimizer: O,
    criterion: impl Fn(&Tensor, &Labels) -> Tensor,
) -> Result<History, Box<dyn Error>>
where
    M: Predict + Module,
    O: Optimizer;

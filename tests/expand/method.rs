#[training_loop(
    model = self.model,
    train = self.train,
    valid = &self.valid,
    loss = self.loss,
    optimizer = self.optimizer,
    epochs = self.epochs,
    on(epoch_end = |model, state| println!("{} {}", state.epoch, model.name())),
)]
pub(crate) fn fit(&mut self) -> Result<History>;

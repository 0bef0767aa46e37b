#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1 epoch, clip_grad_norm = 1)]
#[inline(never)]
pub unsafe fn fit<M: Module + Forward + ?Sized>(model: &M, train: &DataLoader<Tensor>) -> Result<History>;

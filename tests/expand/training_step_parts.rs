#[training_loop(
    training_step = |model, batch| {
        let (reconstruction, kl) = model.losses(&batch.input);
        (&reconstruction + &kl, [("reconstruction", reconstruction), ("kl", kl)])
    },
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 20,
    early_stop(monitor = valid_kl, patience = 3),
)]
fn fit(model: &mut Vae, train: &DataLoader, valid: &DataLoader) -> Result<History>;

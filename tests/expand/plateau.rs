/// By the loss of each validation.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3).no_decay_for_vectors(),
    scheduler = PlateauLr::new().patience(3),
    epochs = 10,
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

/// A schedule of an unknown type, and a validation that may be missing.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3).group(model.head.parameters(), |group| group.weight_decay(0.0)),
    epochs = 10,
)]
fn fit_any(
    model: &mut Mlp,
    train: &DataLoader,
    valid: Option<&DataLoader>,
    scheduler: Option<Box<dyn Schedule>>,
) -> Result<History>;

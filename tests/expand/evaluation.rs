/// Measures the final model.
#[training_loop(loss = cross_entropy, metrics = [accuracy, confusion])]
pub fn test(model: &Mlp, valid: &DataLoader) -> Result<Row>;

#[training_loop(
    training_step = |model, batch| {
        let (output, kl) = model.forward_and_kl(&batch.input);
        let loss = cross_entropy(&output, &batch.target);
        (output, &loss + &kl, [("kl", kl)])
    },
    model = &self.net,
    valid = DataLoader::new(&self.test, 64),
    seed = 7,
    metrics = [accuracy],
    loss_weight = |batch| batch.len(),
    eval_order = [training_step, { seen.push(loss.item()); }, metrics],
    allow(missing_step),
)]
pub fn test(&self, seen: &mut Vec<f32>) -> Result<Row, Box<dyn Error>>;

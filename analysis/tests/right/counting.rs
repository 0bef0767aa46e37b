//! Optimizers that get gradients as arguments: their `step` counts, and nothing adds up.

fn without_parameters(weight: &mut Tensor, grad: &Tensor) -> Result<()> {
    let mut adam = Adam::new(1e-2, (0.9, 0.999), 1e-8, 0.0);
    adam.step();
    adam.update(weight, &grad)?;
    Ok(())
}

fn many_weights(weights: &mut [Tensor], grads: &[Tensor]) -> Result<()> {
    let mut adam = AdamW::from_config(config());
    for (weight, grad) in weights.iter_mut().zip(grads) {
        adam.zero_grad();
        adam.update(weight, grad)?;
        adam.step();
    }
    adam.step();
    Ok(())
}

#[test]
fn a_test_that_computes_nothing() {
    let mut optimizer = SGD::new(1e-3);
    optimizer.zero_grad();
    optimizer.step();
    optimizer.step();
}

fn of_the_caller(optimizer: &mut Adam, weight: &mut Tensor, grad: &Tensor) {
    optimizer.zero_grad();
    optimizer.update(weight, grad);
    optimizer.step();
    optimizer.zero_grad();
    optimizer.step();
}

fn gradients_as_values(net: &mut Mlp, batches: &[Batch]) {
    let mut optimizer = Sgd::new(0.1);
    for batch in batches {
        let (_, grads) = value_and_grad(|weights| objective(weights, batch), &net.weights());
        optimizer.step(net, &grads);
        optimizer.step(net, &grads);
    }
}

fn a_map_of_gradients(rates: &[f32]) {
    let mut optimizer = ScheduledOptimizer::new(Box::new(Sgd::new(0.1)), warmup(100));
    for _ in 0..50 {
        let _ = optimizer.step(&Gradients { of: rates.to_vec() });
    }
}

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Linear, train: &DataLoader, epochs: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.01).momentum(0.9);
    for _ in 0..epochs {
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

fn main() {}

//! Only one of two optimizers is zeroed.

use training_loop::prelude::*;

#[training_loop]
fn fit(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
    let mut opt_e = Adam::new(encoder.parameters(), 1e-3);
    let mut opt_d = Adam::new(decoder.parameters(), 1e-3);
    for batch in train {
        opt_e.zero_grad();
        let output = decoder.forward(&encoder.forward(&batch.input));
        let loss = cross_entropy(&output, &batch.target);
        loss.backward(); //~ error missing_zero_grad
        opt_e.step();
        opt_d.step();
    }
}

#[derive(Module)]
struct Net {
    layer: Linear,
}

impl Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.layer.forward(x)
    }
}

fn main() {}

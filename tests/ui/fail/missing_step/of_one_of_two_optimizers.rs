//! The second optimizer is never stepped.

use training_loop::prelude::*;

#[training_loop]
fn fit(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
    let mut opt_e = Adam::new(encoder.parameters(), 1e-3);
    let mut opt_d = Adam::new(decoder.parameters(), 1e-3);
    for batch in train {
        opt_e.zero_grad();
        opt_d.zero_grad();
        let output = decoder.forward(&encoder.forward(&batch.input));
        cross_entropy(&output, &batch.target).backward(); //~ error missing_step
        opt_e.step();
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

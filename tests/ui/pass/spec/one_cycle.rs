//! `OneCycleLr` is a schedule of the prelude.

use training_loop::prelude::*;

#[derive(Module)]
struct Net {
    linear: Linear,
}

impl Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.linear.forward(x)
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    scheduler = OneCycleLr::new(0.1, 8),
)]
fn fit(model: &mut Net, train: &DataLoader) -> Result<History>;

fn main() {
    let data = TensorDataset::new(vec![[0.5, -0.5]; 8], vec![0, 1, 0, 1, 0, 1, 0, 1]).expect("data");
    let mut model = Net { linear: Linear::new(2, 2) };
    fit(&mut model, &DataLoader::new(data, 2)).expect("trained");
}

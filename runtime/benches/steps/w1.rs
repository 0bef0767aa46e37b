//! W1: a line through 40 points, all of them in each batch: the price of the machinery itself.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::data;
use crate::training::training;

pub(crate) fn workload() -> impl FnMut(usize) -> Scalar {
    let (x, y) = data::line();
    let model = Linear::new(1, 1);
    let optimizer = Sgd::new(model.parameters(), 0.01);
    training(optimizer, move |_| (x.clone(), y.clone()), move |x| model.forward(x), mse_loss)
}

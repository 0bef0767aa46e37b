//! Sequences of layers that end with a softmax or a sigmoid.

use tch::{nn, nn::{Module, OptimizerConfig}, Tensor, Kind};
fn local(vs: &nn::VarStore, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
    let net = nn::seq()
        .add(nn::linear(vs.root() / "a", 784, 128, Default::default()))
        .add_fn(|x| x.relu())
        .add(nn::linear(vs.root() / "b", 128, 10, Default::default()))
        .add_fn(|x| x.softmax(-1, Kind::Float));
    for _ in 0..100 {
        let loss = net.forward(x).cross_entropy_for_logits(y); //~ error double_softmax
        opt.backward_step(&loss);
    }
}
fn net(vs: &nn::Path) -> impl Module {
    nn::seq().add(nn::linear(vs, 784, 10, Default::default())).add_fn(|x| x.sigmoid())
}
fn built(vs: &nn::VarStore, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
    let net = net(&vs.root());
    for _ in 0..100 {
        let loss = net.forward(x).binary_cross_entropy_with_logits::<Tensor>(y, None, None, tch::Reduction::Mean); //~ error double_softmax
        opt.backward_step(&loss);
    }
}

/// The same, right.
mod right {
use tch::{nn, nn::{Module, OptimizerConfig}, Tensor, Kind};
fn local(vs: &nn::VarStore, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
    let net = nn::seq()
        .add(nn::linear(vs.root() / "a", 784, 128, Default::default()))
        .add_fn(|x| x.softmax(-1, Kind::Float))
        .add(nn::linear(vs.root() / "b", 128, 10, Default::default()));
    for _ in 0..100 {
        let loss = net.forward(x).cross_entropy_for_logits(y);
        opt.backward_step(&loss);
    }
}
fn net(vs: &nn::Path) -> impl Module {
    nn::seq().add(nn::linear(vs, 784, 10, Default::default())).add_fn(|x| x.log_softmax(-1, Kind::Float))
}
fn built(vs: &nn::VarStore, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
    let net = net(&vs.root());
    for _ in 0..100 {
        let loss = net.forward(x).nll_loss(y);
        opt.backward_step(&loss);
    }
}
}

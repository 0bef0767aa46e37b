//! tch: an optimizer whose parameters other code freezes gets no gradients.

use tch::{nn, nn::Module, nn::OptimizerConfig, Device, Kind, Tensor};

fn judge_is_frozen(data: &Data, device: Device) {
    let maker_vs = nn::VarStore::new(device);
    let maker = nn::linear(maker_vs.root(), 8, 64, Default::default());
    let mut maker_opt = nn::Adam::default().build(&maker_vs, 1e-4).unwrap();
    let mut judge_vs = nn::VarStore::new(device);
    let judge = nn::linear(judge_vs.root(), 64, 1, Default::default());
    let mut judge_opt = nn::Adam::default().build(&judge_vs, 1e-4).unwrap();
    judge_vs.freeze();
    for noise in data.batches() {
        let made = noise.apply(&maker).apply(&judge).mean(Kind::Float);
        maker_opt.backward_step(&made);
    }
    judge_vs.unfreeze();
    train_judge(&judge, &data);
    judge_opt.set_lr(1e-5);
}

fn nothing_uses_the_gradients(data: &Data, device: Device) {
    let mut vs = nn::VarStore::new(device);
    let maker = nn::linear(vs.root(), 8, 64, Default::default());
    let mut opt = nn::Adam::default().build(&vs, 1e-4).unwrap();
    vs.unfreeze();
    for noise in data.batches() {
        opt.zero_grad();
        let made = noise.apply(&maker).mean(Kind::Float);
        made.backward(); //~ error missing_step
    }
}

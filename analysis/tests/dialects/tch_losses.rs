//! Losses of tch: terms that pass a comparison or a conversion, and masks.

use tch::{Kind, Tensor, nn, nn::Module};

fn share_above_zero(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
    let out = net.forward(x);
    let up = out.ge(0.0).to_kind(Kind::Float).mean(Kind::Float); //~ error loss_without_gradient
    let loss = out.mse_loss(y, tch::Reduction::Mean) + up * 0.15;
    opt.backward_step(&loss);
}

fn size_as_a_number(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
    let out = net.forward(x);
    let e: f64 = out.abs().mean(Kind::Float).try_into().unwrap(); //~ error loss_without_gradient
    let loss = out.mse_loss(y, tch::Reduction::Mean) + e * 0.01;
    opt.backward_step(&loss);
}

fn classes_as_output(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
    let loss = net.forward(x).argmax(-1, false).mse_loss(y, tch::Reduction::Mean); //~ warning loss_without_gradient
    opt.backward_step(&loss);
}

fn agreement_subtracted(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
    let out = net.forward(x);
    let agree = out //~ error loss_without_gradient
        .sign()
        .eq_tensor(&y.sign())
        .to_kind(Kind::Float)
        .mean(Kind::Float);
    let loss = out.mse_loss(y, tch::Reduction::Mean) - agree;
    opt.zero_grad();
    loss.backward();
    opt.step();
}

fn disagreement_added(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
    let out = net.forward(x);
    let wrong = out //~ error loss_without_gradient
        .sign()
        .ne_tensor(&y.sign())
        .to_kind(Kind::Float)
        .sum(Kind::Float);
    let loss = out.mse_loss(y, tch::Reduction::Mean) + 0.1 * wrong;
    opt.zero_grad();
    loss.backward();
    opt.step();
}

/// The same, right.
mod right {
    use tch::{Kind, Tensor, nn, nn::Module};

    fn masked(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
        let out = net.forward(x);
        let loss = (out.gt(0.) * (&out - y).square()).mean(Kind::Float);
        opt.backward_step(&loss);
    }

    fn mean_over_a_mask(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
        let out = net.forward(x);
        let clipped = out.le(1.0).to_kind(Kind::Float);
        let each = out.mse_loss(y, tch::Reduction::None);
        let loss = (each * &clipped).sum(Kind::Float) / clipped.sum(Kind::Float);
        opt.backward_step(&loss);
    }

    fn metrics(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) -> f64 {
        let out = net.forward(x);
        let correct = out
            .argmax(-1, false)
            .eq_tensor(y)
            .to_kind(Kind::Float)
            .mean(Kind::Float);
        let loss = out.cross_entropy_for_logits(y);
        opt.backward_step(&loss);
        let mut total = 0.0;
        total += f64::try_from(correct).unwrap();
        let l: f64 = (&loss).try_into().unwrap();
        total + l
    }

    fn straight_through(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
        let soft = net.forward(x).softmax(-1, Kind::Float);
        let hard = soft.argmax(-1, false).onehot(10);
        let sample = &hard - soft.detach() + &soft;
        let loss = sample.mse_loss(y, tch::Reduction::Mean);
        opt.backward_step(&loss);
    }

    fn straight_through_sign(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
        let soft = net.forward(x);
        let sample = soft.sign() + (&soft - soft.detach());
        let loss = sample.mse_loss(y, tch::Reduction::Mean);
        opt.backward_step(&loss);
    }

    fn to_a_tensor(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, y: &Tensor) {
        let out = net.forward(x);
        let term: Tensor = out.mean(Kind::Float).try_into().unwrap();
        let loss = out.mse_loss(y, tch::Reduction::Mean) + term;
        opt.backward_step(&loss);
    }

    fn classes_as_target(student: &Tensor, teacher: &impl Module, opt: &mut nn::Optimizer, x: &Tensor) {
        let loss = student.cross_entropy_for_logits(&teacher.forward(x).argmax(-1, false));
        opt.backward_step(&loss);
    }

    fn chosen_entries(net: &impl Module, opt: &mut nn::Optimizer, x: &Tensor, r: &Tensor) {
        let logits = net.forward(x);
        let chosen = logits.argmax(-1, true);
        let loss = -(logits.log_softmax(-1, Kind::Float).gather(-1, &chosen, false) * r).mean(Kind::Float);
        opt.backward_step(&loss);
    }
}

//! Arguments of tch that set the mode, in helpers.

use tch::{
    Kind, Tensor, nn,
    nn::{ModuleT, OptimizerConfig},
};

fn predict(net: &impl ModuleT, x: &Tensor) -> Tensor {
    net.forward_t(x, true) //~ error evaluation_in_train_mode
}

fn flag_in_a_helper(net: &impl ModuleT, opt: &mut nn::Optimizer, m: &Data) -> anyhow::Result<()> {
    for epoch in 1..100 {
        for (x, y) in m.train_iter(256) {
            let loss = net.forward_t(&x, true).cross_entropy_for_logits(&y);
            opt.backward_step(&loss);
        }
        let test_accuracy = tch::no_grad(|| predict(net, &m.test_images)).accuracy_for_logits(&m.test_labels);
        println!("{epoch} {:?}", test_accuracy);
    }
    Ok(())
}

fn evaluating_helper(net: &Net, opt: &mut nn::Optimizer, m: &Data) {
    for epoch in 1..100 {
        for (x, y) in m.train_iter(256) {
            let loss = net.forward(&x, true).cross_entropy_for_logits(&y);
            opt.backward_step(&loss);
        }
        let mut sum = 0.0;
        for (x, y) in m.test_iter(256) {
            sum += evaluate(net, &x, &y);
        }
        println!("{epoch} {sum}");
    }
}

fn evaluate(net: &Net, x: &Tensor, y: &Tensor) -> f64 {
    let _guard = tch::no_grad_guard();
    net.forward(x, true).accuracy_for_logits(y).double_value(&[]) //~ warning evaluation_in_train_mode
}

fn report_only(net: &Net, x: &Tensor) {
    println!("{:?}", net.forward(x, false));
}

fn helper_that_prints(net: &Net, opt: &mut nn::Optimizer, m: &Data) {
    for epoch in 1..100 {
        for (x, y) in m.train_iter(256) {
            let loss = net.forward(&x, true).cross_entropy_for_logits(&y);
            loss.backward(); //~ error missing_zero_grad
            opt.step();
            report_only(net, &x);
        }
    }
}

fn status(net: &Net, opt: &nn::Optimizer, step: usize) {
    println!("step {step} {:?} {:?}", net, opt);
}

fn sum_shown_by_a_helper(net: &Net, opt: &mut nn::Optimizer, m: &Data) {
    let mut total = 0.0;
    for epoch in 1..100 {
        for (x, y) in m.train_iter(256) {
            let loss = net.forward(&x, true).cross_entropy_for_logits(&y);
            opt.backward_step(&loss);
            status(net, opt, epoch);
            total += loss.double_value(&[]); //~ warning loss_total_never_reset
        }
        show(epoch, total);
    }
}

fn show(epoch: i64, total: f64) {
    println!("{epoch}: {total}");
}

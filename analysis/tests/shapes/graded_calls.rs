//! Opaque calls, graded by what they get and by their names.

use training_loop::prelude::*;
fn a(model: &mut Net, train: &L) {
    let mut opt = Adam::new(model.parameters(), 1e-3);
    for (i, batch) in train.iter().enumerate() {
        let output = model.training_step(&batch, i);
        let loss = output.loss;
        loss.backward(); //~ warning missing_zero_grad
        opt.step();
    }
}
fn b(net: &mut Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 1e-3);
    for batch in train {
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        loss.backward(); //~ error missing_zero_grad
        clip_gradients(net, 1.0);
        opt.step();
    }
}
fn c(net: &mut Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 1e-3);
    for batch in train {
        let (loss, acc) = net.step(batch);
        loss.backward(); //~ warning missing_zero_grad
        opt.step();
        println!("{acc}");
    }
}
fn d(net: &Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 1e-3);
    for (step, batch) in train.iter().enumerate() {
        opt.set_lr(crate_x::lr::learning_rate_for_step(step, 1e-3, 100));
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        loss.backward(); //~ error missing_zero_grad
        opt.step();
    }
}
fn d2(net: &Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), crate_x::lr::learning_rate_for_step(0));
    for (step, batch) in train.iter().enumerate() {
        let rate = crate_x::lr::learning_rate_for_step(step, 1e-3, 100);
        opt.set_lr(rate);
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        loss.backward(); //~ error missing_zero_grad
        opt.step();
    }
}
fn e(net: &Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 1e-3);
    for batch in train {
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        loss.backward(); //~ error missing_zero_grad
        print_gradients(&net);
        log_metrics(&opt, &net, loss.item());
        opt.step();
    }
}
fn f(net: &Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 1e-3);
    for batch in train {
        let loss = compute_loss(&net, &batch);
        loss.backward(); //~ error missing_zero_grad
        opt.step();
    }
}
fn right(net: &mut Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 1e-3);
    for batch in train {
        prepare(net);
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        loss.backward();
        opt.step();
    }
}
fn right_b(net: &mut Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 1e-3);
    for batch in train {
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        loss.backward();
        finish(&mut opt);
    }
}
fn right_c(net: &mut Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 1e-3);
    for batch in train {
        let loss = net.train_batch(&batch);
        opt.step();
    }
}

//! Losses in the hands of opaque code, which may run `backward`.

use training_loop::prelude::*;
fn a(net: &Net, opt: &mut Adam, tape: &Tape, x: &Tensor, y: &Tensor) {
    opt.zero_grad();
    let loss = mse_loss(&net.forward(x), y);
    tape.backward(&loss);
    opt.step();
}
fn b(net: &Net, opt: &mut Adam, x: &Tensor, y: &Tensor) {
    opt.zero_grad();
    let loss = mse_loss(&net.forward(x), y);
    net.backward(&loss);
    opt.step();
}
fn c(net: &Net, opt: &mut Adam, trainer: &mut Trainer, x: &Tensor, y: &Tensor) {
    opt.zero_grad();
    let loss = mse_loss(&net.forward(x), y);
    trainer.backward(&loss);
    opt.step();
}
fn d(net: &Net, opt: &mut Adam, accelerator: &Accelerator, x: &Tensor, y: &Tensor) {
    opt.zero_grad();
    let loss = mse_loss(&net.forward(x), y);
    accelerator.backward(&loss);
    opt.step();
}
fn e(net: &Net, opt: &mut Adam, ctx: &Ctx, x: &Tensor, y: &Tensor) {
    opt.zero_grad();
    let loss = mse_loss(&net.forward(x), y);
    ctx.run_backward(&loss);
    opt.step();
}
fn f(net: &Net, opt: &mut Adam, x: &Tensor, y: &Tensor) {
    opt.zero_grad();
    let loss = mse_loss(&net.forward(x), y);
    loss.bp();
    opt.step();
}
fn g(opt: &mut Adam, loss: &Tensor) {
    opt.zero_grad();
    loss.backprop();
    opt.step();
}
fn h(opt: &mut Adam, loss: &Tensor) {
    opt.zero_grad();
    backward(loss);
    opt.step();
}
fn i(opt: &mut Adam, loss: &Tensor, params: &[Tensor]) {
    opt.zero_grad();
    loss.grad(&params);
    opt.step();
}
fn j(opt: &mut Adam, loss: &Tensor, scaler: &GradScaler) -> Result<()> {
    opt.zero_grad();
    scaler.scale(loss).f_backward()?;
    opt.step();
    Ok(())
}
fn k(opt: &mut Adam, loss: &Tensor) -> Result<()> {
    opt.zero_grad();
    loss.f_backward()?;
    opt.step();
    Ok(())
}
fn l(net: &Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 0.1);
    for b in train {
        opt.zero_grad();
        let loss = mse_loss(&net.forward(&b.x), &b.y);
        tape.backward(&loss);
        opt.step();
    }
}
fn m(net: &Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 0.1);
    for b in train {
        opt.zero_grad();
        let loss = mse_loss(&net.forward(&b.x), &b.y);
        Tensor::run_backward(&[&loss], &net.parameters(), false, false);
        opt.step();
    }
}
fn n(net: &Net, train: &L, graph: &mut Graph) {
    let mut opt = Adam::new(net.parameters(), 0.1);
    for b in train {
        opt.zero_grad();
        let loss = mse_loss(&net.forward(&b.x), &b.y);
        graph.backward(&loss);
        opt.step();
    }
}
fn o(net: &Net, train: &L, graph: &mut Graph) {
    let mut opt = Adam::new(net.parameters(), 0.1);
    for b in train {
        opt.zero_grad();
        let loss = mse_loss(&net.forward(&b.x), &b.y);
        loss.bp();
        opt.step();
    }
}
fn p(net: &Net, train: &L) {
    let mut opt = Adam::new(net.parameters(), 0.1);
    for b in train {
        opt.zero_grad();
        let loss = mse_loss(&net.forward(&b.x), &b.y);
        println!("{}", loss.item());
        log_loss(&loss);
        opt.step(); //~ error missing_backward
    }
}

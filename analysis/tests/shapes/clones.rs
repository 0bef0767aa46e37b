//! Clones of models, which have parameters of their own, and shared pointers.

use training_loop::prelude::*;
fn a(train: &L) -> Net {
    let model = Net::new();
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut copy = model.clone();
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&copy.forward(&batch.x), &batch.y);
        loss.backward();
        optimizer.step(); //~ error unrelated_optimizer
    }
    copy
}
fn b(model: &Net, train: &L) -> Net {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let copy = model.clone();
    for batch in train {
        let loss = mse_loss(&copy.forward(&batch.x), &batch.y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step(); //~ error unrelated_optimizer
    }
    copy
}
fn c(model: &Net, train: &L) -> Net {
    let mut copy = model.clone();
    let mut optimizer = Sgd::new(copy.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&copy.forward(&batch.x), &batch.y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
    copy
}
fn d(model: &Net, train: &L) -> Net {
    let mut copy = model.clone();
    let mut optimizer = Sgd::new(copy.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step(); //~ error unrelated_optimizer
    }
    copy
}
fn rc(model: Rc<Net>, train: &L) -> Net {
    let copy = Rc::clone(&model);
    let mut optimizer = Sgd::new(copy.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
    copy
}

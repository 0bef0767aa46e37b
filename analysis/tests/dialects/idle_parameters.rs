//! Unknown libraries: an optimizer that steps only some of the parameters that it zeroes; fused steps.

fn faulty(first: &Linear, second: &Linear, data: &[Sample]) {
    let optimizer = Sgd::new(0.1);
    for sample in data {
        optimizer.zero_grad(&first.parameters());
        optimizer.zero_grad(&second.parameters()); //~ warning missing_step
        let loss = bce_loss(&second.forward(&first.forward(&sample.x)), &sample.y);
        loss.backward();
        optimizer.step(&first.parameters());
    }
}

fn right(first: &Linear, second: &Linear, data: &[Sample]) {
    let optimizer = Sgd::new(0.1);
    for sample in data {
        optimizer.zero_grad(&first.parameters());
        optimizer.zero_grad(&second.parameters());
        let loss = bce_loss(&second.forward(&first.forward(&sample.x)), &sample.y);
        loss.backward();
        optimizer.step(&first.parameters());
        optimizer.step(&second.parameters());
    }
}

mod fused_steps {
    fn twice(net: &Net, opt: &mut Optimizer, train: &Loader) {
        for batch in train {
            let losses = net.all_losses(&batch);
            opt.backward_step(&losses.total);
            opt.backward_step(&losses.total); //~ warning backward_repeated
        }
    }

    fn one_for_each_loss(net: &Net, opt: &mut Optimizer, train: &Loader) {
        for batch in train {
            let losses = net.all_losses(&batch);
            opt.backward_step(&losses.first);
            opt.backward_step(&losses.second);
        }
    }
}

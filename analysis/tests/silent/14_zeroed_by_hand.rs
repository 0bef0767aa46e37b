//! Gradients that are zeroed by hand, or by a method of the user's own: the gradients are unknown afterwards.

fn a_field_of_each_parameter(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        for weight in net.parameters_mut() {
            weight.grad = None;
        }
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn a_fill_of_each_gradient(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
        for weight in net.parameters_mut() {
            weight.grad.fill(0.0);
        }
    }
}

fn scalars_in_cells(net: &Mlp, train: &[Sample]) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for sample in train {
        for value in net.parameters() {
            value.borrow_mut().grad = 0.0;
        }
        let loss = squared_loss(&net.forward(&sample.x), sample.y);
        loss.backward();
        optimizer.step();
    }
}

fn cells_in_fields(net: &Mlp, train: &[Sample]) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    let weights = net.parameters();
    for sample in train {
        for weight in &weights {
            *weight.grad.borrow_mut() = None;
        }
        let loss = squared_loss(&net.forward(&sample.x), sample.y);
        loss.backward();
        optimizer.step();
    }
}

fn a_closure_for_each_parameter(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        net.apply(|weight| weight.zero_grad());
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn a_visitor_by_reference(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        net.visit(&mut |weight: &mut Weight| {
            weight.grad.take();
        });
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn an_iterator_over_parameters(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        net.parameters_mut().iter_mut().for_each(|weight| weight.grad = 0.0);
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn each_layer(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        for layer in &mut net.layers {
            layer.zero();
        }
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn the_model_as_a_whole(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        net.zero();
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn the_engine(net: &Net, engine: &Engine, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        engine.zero(&net);
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn the_tape(net: &mut Net, tape: &mut Tape, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        tape.reset();
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn gradients_in_the_model(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        std::mem::take(&mut net.grads);
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn fields_one_by_one(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        net.weight.grad = None;
        net.bias.grad[0] = 0.0;
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn in_place_on_each_gradient(net: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        for weight in net.parameters() {
            weight.grad().zero_();
        }
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn what_is_reset_holds_no_gradients(net: &mut Net, log: &mut Log, train: &DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    for batch in train {
        log.reset();
        log.grad_norm = 0.0;
        let loss = mse_loss(&net.forward(&batch.input), &batch.target);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
    }
}

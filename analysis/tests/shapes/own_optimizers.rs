//! Optimizers of libraries without a vocabulary that get the model, its parameters or the rate in each step.

fn zeroed_once(data: &[Batch]) {
    let mut model = Net::new();
    let mut optimizer = SGD::new(0.1);
    optimizer.zero_grad(&mut model);
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step(&mut model);
    }
    model.save("net");
}

fn zeroed_each_time(data: &[Batch]) {
    let mut model = Net::new();
    let mut optimizer = SGD::new(0.1);
    for batch in data {
        optimizer.zero_grad(&mut model);
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        loss.backward();
        optimizer.step(&mut model);
    }
    model.save("net");
}

fn of_the_caller(net: &mut Net, optimizer: &mut Momentum, data: &[Batch]) {
    for batch in data {
        net.zero_grad();
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        optimizer.step(net); //~ error step_before_backward
        loss.backward();
    }
}

fn the_parameters(data: &[Batch]) -> Result<()> {
    let mut model = Net::new()?;
    let mut optimizer = SGD::new(0.01);
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.x)?, &batch.y)?;
        loss.backward()?;
        optimizer.step(&mut model.parameters())?;
        optimizer.step(&mut model.parameters())?; //~ error step_repeated
        optimizer.zero_grad(&mut model.parameters())?;
    }
    model.save("net")
}

fn the_parameters_in_a_variable(model: &mut Net, optimizer: &mut Sgd, data: &[Batch]) {
    for batch in data {
        model.zero_grad();
        let output = model.forward(&batch.x);
        let (value, grad) = squared_with_grad(&output, &batch.y);
        println!("{value}");
        model.backward(&grad);
        let mut params = model.parameters_mut();
        optimizer.step(&mut params);
        optimizer.step(&mut params); //~ error step_repeated
    }
}

fn the_rate(data: &[Batch]) {
    let mut model = Net::new();
    let mut optimizer = SGD::new(model.parameters());
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step(0.01);
    }
    model.save("net");
}

fn the_model_and_the_rate(data: &[Batch], lr: f32) {
    let mut net = Net::new();
    let mut optimizer = SGD::new();
    for batch in data {
        net.zero_grad();
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        loss.backward();
        optimizer.step(&mut net, lr);
        optimizer.step(&mut net, lr); //~ error step_repeated
    }
    net.save("net");
}

fn called_update(data: &[Batch]) {
    let mut net = Net::new();
    let mut sgd = Sgd::new(0.1);
    for batch in data {
        net.zero_grad();
        let output = net.forward(&batch.x);
        net.backward(&squared_grad(&output, &batch.y));
        sgd.update(&mut net);
        sgd.update(&mut net); //~ error step_repeated
    }
    net.save("net");
}

fn the_optimizer_as_argument(data: &[Batch]) {
    let mut net = build_net();
    let optimizer = Sgd::new(0.1);
    for batch in data {
        net.zero_grads();
        let output = net.forward(&batch.x);
        net.backward(&squared_grad(&output, &batch.y));
        net.step(&optimizer);
        net.step(&optimizer); //~ error step_repeated
    }
    net.save("net");
}

fn layerwise_without_backward(data: &[Batch]) {
    let mut net = Net::new();
    let mut optimizer = Adam::new(0.01);
    let criterion = CrossEntropyLoss::new();
    for batch in data {
        optimizer.zero_grad(&mut net);
        let output = net.forward(&batch.x);
        println!("{}", criterion.forward(&output, &batch.y));
        optimizer.step(&mut net); //~ error missing_backward
    }
    net.save("net");
}

/// Without any `zero_grad` of the library it is only assumed that gradients add up.
fn nothing_shows_that_gradients_add_up(data: &[Batch]) {
    let mut network = Network::new();
    let mut solver = SGD::new(0.1);
    for batch in data {
        let loss = mse_loss(&network.forward(&batch.x), &batch.y);
        loss.backward(); //~ warning missing_zero_grad
        solver.step(&mut network);
    }
    network.save("net");
}

fn an_optimizer_that_never_steps(data: &[Batch]) {
    let mut model = Net::new();
    let mut optimizer = SGD::new(0.1);
    for batch in data {
        optimizer.zero_grad(&mut model);
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        loss.backward(); //~ error missing_step
    }
    model.save("net");
}

fn rebuilt(data: &[Batch]) {
    let mut model = Net::new();
    for batch in data {
        model.zero_grad();
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        loss.backward();
        let mut optimizer = Adam::new(0.01); //~ error optimizer_rebuilt
        optimizer.step(&mut model);
    }
    model.save("net");
}

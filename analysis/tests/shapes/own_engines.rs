//! Engines of libraries without a vocabulary: a function `backward`, a tape that holds the gradients, and steps of
//! one parameter after the other.

use small_engine::{backward, Adam, Graph, MomentumSgd, Sgd};

fn a_function_runs_backward_twice(params: &mut [Tensor], optimizer: &mut AdamW, x: &Tensor, y: &Tensor) {
    let mut loss = mse_loss(&model.forward(x), y);
    optimizer.zero_grad(params);
    backward(&mut loss, None);
    backward(&mut loss, None); //~ error backward_repeated
    optimizer.step(params);
}

fn a_function_runs_backward_late(params: &mut [Tensor], optimizer: &mut AdamW, x: &Tensor, y: &Tensor) {
    let mut loss = mse_loss(&model.forward(x), y);
    optimizer.zero_grad(params);
    optimizer.step(params); //~ error step_before_backward
    backward(&mut loss, None);
}

fn a_function_runs_backward(params: &mut [Tensor], optimizer: &mut AdamW, x: &Tensor, y: &Tensor) {
    let mut loss = mse_loss(&model.forward(x), y);
    optimizer.zero_grad(params);
    backward(&mut loss, None);
    optimizer.step(params);
}

fn the_gradient_of_a_layer(layer: &mut Layer, output: &Tensor, y: &Tensor) {
    let grad = squared_difference(output, y);
    backward(layer, &grad);
    backward(layer, &grad);
}

fn a_tape_is_zeroed_late(graph: &mut Graph, optimizer: &mut Adam, model: &Net, x: NodeId, y: NodeId) {
    let output = model.forward(graph, x);
    let loss = mse_loss(graph, output, y);
    graph.backward(loss);
    graph.zero_gradients(); //~ error gradients_discarded
    optimizer.step(graph);
}

fn a_tape_runs_late(graph: &mut Graph, optimizer: &mut Adam, model: &Net, x: NodeId, y: NodeId) -> Result<()> {
    graph.zero_gradients();
    let output = model.forward(graph, x)?;
    let loss = mse_loss(graph, output, y)?;
    optimizer.step(graph)?; //~ error step_before_backward
    graph.backward(loss)?;
    Ok(())
}

fn a_tape_without_backward(graph: &mut Graph, optimizer: &mut Adam, model: &Net, x: NodeId, y: NodeId) -> Result<()> {
    graph.zero_gradients();
    let output = model.forward(graph, x)?;
    let loss = mse_loss(graph, output, y)?;
    println!("{}", graph.get_tensor(loss));
    optimizer.step(graph)?; //~ error missing_backward
    Ok(())
}

fn a_tape(graph: &mut Graph, optimizer: &mut Adam, model: &Net, x: NodeId, y: NodeId) -> Result<()> {
    graph.zero_gradients();
    let output = model.forward(graph, x)?;
    let loss = mse_loss(graph, output, y)?;
    graph.backward(loss)?;
    optimizer.step(graph)?;
    Ok(())
}

fn one_gradient_for_two_models(first: &mut Net, second: &mut Net, loss_grad: &Tensor) {
    first.zero_grad();
    second.zero_grad();
    first.backward(loss_grad);
    second.backward(loss_grad);
}

fn each_parameter_late(model: &Net, x: &Tensor, y: &Tensor) {
    let params = model.parameters();
    let mut optimizer = Sgd::new(0.01);
    let loss = mse_loss(&model.forward(x), y);
    for param in &params {
        if let Some(grad) = param.grad() {
            optimizer.step(param, &grad); //~ error step_before_backward
        }
    }
    loss.backward();
}

fn each_parameter_of_one_graph(model: &Net, x: &Tensor, y: &Tensor) {
    let params = model.parameters();
    let mut optimizer = Sgd::new(0.01);
    let loss = mse_loss(&model.forward(x), y);
    loss.backward();
    for param in &params {
        let data = param.data().read().unwrap();
        let grad = param.grad().read().unwrap();
        optimizer.step(&data, &grad);
    }
}

fn each_parameter_and_its_zero(model: &Net, data: &[Batch]) {
    let mut optimizer = Sgd::new(0.01);
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        loss.backward();
        for param in model.parameters() {
            optimizer.update(&param, &param.grad());
            param.zero_grad();
        }
    }
}

fn pairs_of_parameters_and_gradients(weights: &mut [Tensor], grads: &[Tensor]) {
    let mut optimizer = Sgd::new(0.01);
    for (weight, grad) in weights.iter_mut().zip(grads) {
        optimizer.step(weight, grad);
    }
    for (weight, grad) in weights.iter_mut().zip(grads) {
        optimizer.step(weight, grad);
    }
}

fn a_variant_of_an_optimizer(model: &Linear, data: &[Batch]) {
    for batch in data {
        let mut optimizer = MomentumSgd::new(model.parameters(), 0.03, 0.9); //~ error optimizer_rebuilt
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
}

fn a_model_named_after_its_optimizer(data: &[Batch]) {
    let linear_sgd = Linear::new(1, 1);
    let mut optimizer = Sgd::new(linear_sgd.parameters(), 0.03);
    for batch in data {
        let loss = mse_loss(&linear_sgd.forward(&batch.x), &batch.y); //~ warning missing_step
        optimizer.zero_grad();
    }
}

fn built_and_forgotten(x: &Tensor, y: &Tensor) {
    let model = Linear::new(1, 1);
    let mut optimizer = Sgd::new(0.1); //~ warning missing_step
    let loss = mse_loss(&model.forward(x), y);
    loss.backward();
    for param in model.parameters() {
        println!("{}", param.grad());
    }
}

fn built_for_its_state(x: &Tensor, y: &Tensor) {
    let model = Linear::new(1, 1);
    let _optimizer = Sgd::new(0.1);
    let loss = mse_loss(&model.forward(x), y);
    loss.backward();
    for param in model.parameters() {
        println!("{}", param.grad());
    }
}

fn zeroed_in_each_iteration(model: &Net, optimizer: &mut Adam, data: &[Batch]) {
    for batch in data {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        loss.backward(); //~ warning missing_step
    }
}

fn norms_of_each_iteration(model: &Net, optimizer: &mut Adam, data: &[Batch]) -> Vec<f64> {
    let mut norms = Vec::new();
    for batch in data {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
        loss.backward();
        norms.push(optimizer.grad_norm());
    }
    norms
}

fn two_groups_of_parameters(encoder: &Net, decoder: &Net, x: &Tensor, y: &Tensor) {
    let mut optimizer = Sgd::new(0.01);
    let loss = mse_loss(&decoder.forward(&encoder.forward(x)), y);
    loss.backward();
    for param in encoder.parameters() {
        optimizer.step(&param, &param.grad());
    }
    for param in decoder.parameters() {
        optimizer.step(&param, &param.grad());
    }
}

fn layer_by_layer(net: &Net, data: &[Batch]) {
    let mut optimizer = Sgd::new(0.01);
    for batch in data {
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        loss.backward();
        for layer in &net.layers {
            for param in layer.parameters() {
                optimizer.step(&param, &param.grad());
            }
        }
        net.zero_grad();
    }
}

fn layer_by_index(net: &Net, data: &[Batch]) {
    let mut optimizer = Sgd::new(0.01);
    for batch in data {
        let loss = mse_loss(&net.forward(&batch.x), &batch.y);
        loss.backward();
        for index in 0..net.layers.len() {
            for param in net.layers[index].parameters() {
                optimizer.step(&param, &param.grad());
            }
        }
        net.zero_grad();
    }
}

fn lists_of_parameters_and_gradients(mut params: Vec<Tensor>, grads: Vec<Tensor>) {
    let mut optimizer = Sgd::new(0.01);
    for i in 0..params.len() {
        optimizer.update(&mut params[i], &grads[i]);
    }
    optimizer.step();
}

/// A library of one's own, in which nothing switches recording off.
mod evaluation_without_a_switch {
    fn fit(model: &mut Net, train: &[Batch], test: &[Batch]) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        for batch in test {
            println!("{}", cross_entropy(&model.forward(&batch.input), &batch.target).item());
        }
    }
}

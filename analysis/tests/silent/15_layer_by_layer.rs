//! Libraries in which each layer has a `backward` with the gradient of its output.

fn a_criterion_called_loss(data: &mut Loader) {
    let mut model = sequential();
    let mut loss = CrossEntropyLoss::new();
    let mut optimizer = SGD::new(1.0);
    for (x, y) in data.iter_array() {
        let output = model.forward(x);
        let value = loss.forward(output, y);
        println!("{value}");
        model.backward(loss.backward());
        optimizer.step(&mut model);
    }
}

fn the_gradient_in_a_variable(model: &mut Net, data: &[Batch]) {
    let mut loss = MseLoss::default();
    for batch in data {
        let output = model.forward(&batch.x);
        let value = loss.compute(&output, &batch.y);
        println!("{value}");
        let grad = loss.backward();
        model.backward(&grad);
        let again = loss.backward();
        compare(&grad, &again);
        model.update(0.1);
    }
}

fn a_criterion_of_the_caller(loss: &mut dyn Loss, model: &mut Net, data: &[Batch]) {
    for batch in data {
        let output = model.forward(&batch.x);
        let value = loss.forward(&output, &batch.y);
        println!("{value}");
        let mut grad = loss.backward();
        for layer in model.layers.iter_mut().rev() {
            grad = layer.backward(&grad);
        }
        model.update(0.1);
    }
}

fn backward_overwrites(network: &mut Network, data: &[Batch]) {
    for batch in data {
        let output = network.forward(&batch.x);
        let grad = squared_grad(&output, &batch.y);
        network.backward(&grad);
        network.update(0.01);
    }
}

fn layers_one_by_one(data: &[Batch]) {
    let mut first = Dense::new(4, 8);
    let mut second = Dense::new(8, 2);
    let mut sgd = Sgd::new(0.1);
    for batch in data {
        let hidden = first.forward(&batch.x);
        let output = second.forward(&hidden);
        let grad = squared_grad(&output, &batch.y);
        let inner = second.backward(&grad);
        first.backward(&inner);
        sgd.step(&mut first);
        sgd.step(&mut second);
    }
    export(&first, &second);
}

fn each_layer_by_one_optimizer(net: &mut Net, data: &[Batch]) {
    let mut sgd = Sgd::new(0.1);
    for batch in data {
        let output = net.forward(&batch.x);
        net.backward(&squared_grad(&output, &batch.y));
        for layer in &mut net.layers {
            sgd.step(layer);
        }
        for layer in net.layers.iter_mut() {
            layer.update(&sgd);
        }
    }
}

fn samples_of_a_batch(net: &mut Net, data: &[Batch], rate: f32) {
    for batch in data {
        net.zero_grad();
        for sample in &batch.samples {
            let output = net.forward(&sample.x);
            let (value, grad) = squared_with_grad(&output, &sample.y);
            println!("{value}");
            net.backward(&grad);
        }
        net.update(rate / 32.0);
    }
}

fn the_model_of_a_trainer(trainer: &mut Trainer, data: &[Batch]) {
    for batch in data {
        let output = trainer.net.forward(&batch.x);
        trainer.net.backward(&squared_grad(&output, &batch.y));
        trainer.optimizer.step(&mut trainer.net);
        trainer.net.zero_grad();
    }
}

/// The graph is defined once; a forward without input computes it anew.
fn defined_before_it_runs(x: &Variable, y: &Variable) {
    let loss = (x.clone() * y.clone()).pow(2).sum();
    let optimizer = Adagrad::new(0.1);
    for _ in 0..10 {
        loss.forward();
        loss.backward(1.0);
        optimizer.step(loss.parameters());
    }
}

fn updated_by_hand(data: &[Batch]) {
    let model = Mlp::new(3, 8);
    for batch in data {
        let loss = squared_loss(&model.forward(&batch.x), &batch.y);
        model.zero_grad();
        loss.backward();
        for weight in model.parameters() {
            let inner = &mut *weight.inner_mut();
            inner.data.scaled_add(-0.1, &inner.grad);
        }
    }
}

fn updated_twice(critic: &mut Net, data: &[Batch]) {
    for batch in data {
        let output = critic.forward(&batch.x);
        critic.backward(&squared_grad(&output, &batch.y));
        critic.update(0.1);
        critic.update(0.1); //~ error step_repeated
    }
}

fn a_total_of_numbers(actor: &mut Net, data: &[Batch]) {
    let mut total = 0.0;
    for batch in data {
        let output = actor.forward(&batch.x);
        let loss = bce_loss(&output, &batch.y);
        total += loss;
        actor.backward(&bce_grad(&output, &batch.y));
        actor.update(0.1);
    }
    println!("{total}");
}

//! Values with gradients of an own engine: the function itself updates them, or calls a method of each.

use my_engine::{Layers, Session, Tape, Value, squared_error};

fn by_hand(samples: &[Sample]) {
    let layers = Layers::new(&[2, 8, 1]);
    for round in 0..100 {
        let loss = squared_error(&layers, samples);
        layers.zero_grad();
        loss.backward();
        let rate = 0.1 / (1.0 + round as f64);
        for weight in layers.parameters() {
            weight.set_data(weight.data() - rate * weight.grad());
        }
    }
}

fn by_hand_without_a_backward(samples: &[Sample]) {
    let layers = Layers::new(&[2, 8, 1]);
    for round in 0..100 {
        let loss = squared_error(&layers, samples);
        layers.zero_grad();
        let rate = 0.1 / (1.0 + round as f64);
        for weight in layers.parameters() {
            weight.set_data(weight.data() - rate * weight.grad()); //~ warning missing_backward
        }
        println!("{}", loss.data());
    }
}

fn by_hand_twice(samples: &[Sample]) {
    let layers = Layers::new(&[2, 8, 1]);
    for round in 0..100 {
        let loss = squared_error(&layers, samples);
        layers.zero_grad();
        loss.backward();
        loss.backward(); //~ warning backward_repeated
        for weight in layers.parameters() {
            weight.borrow_mut().data -= 0.1 * weight.grad();
        }
    }
}

fn by_hand_zeroed_once(samples: &[Sample]) {
    let layers = Layers::new(&[2, 8, 1]);
    let rate = 0.1;
    layers.zero_grad();
    for round in 0..100 {
        let loss = squared_error(&layers, samples);
        loss.backward(); //~ warning missing_zero_grad
        for weight in layers.parameters() {
            *weight.data.borrow_mut() -= rate * *weight.grad.borrow();
        }
    }
}

/// The update may zero: a function of the file shows that it does.
fn zeroed_by_the_update(samples: &[Sample]) {
    let mut layers = Layers::new(&[2, 8, 1]);
    layers.zero_grad();
    for round in 0..100 {
        let loss = squared_error(&layers, samples);
        loss.backward();
        descend_weights(&mut layers, 0.1);
    }
}

fn descend_weights(layers: &mut Layers, rate: f64) {
    for weight in layers.parameters() {
        weight.borrow_mut().data -= rate * weight.grad();
        weight.borrow_mut().grad = 0.0;
    }
}

fn each_adjusted(samples: &[Sample]) {
    let layers = Layers::new(&[2, 8, 1]);
    let rate = -0.01;
    for round in 0..100 {
        let loss = squared_error(&layers, samples);
        for weight in layers.parameters() {
            weight.zero_grad();
        }
        loss.backward();
        for weight in layers.parameters() {
            weight.adjust(rate);
        }
    }
}

fn each_adjusted_without_a_backward(samples: &[Sample]) {
    let layers = Layers::new(&[2, 8, 1]);
    let rate = -0.01;
    for round in 0..100 {
        let loss = squared_error(&layers, samples);
        for weight in layers.parameters() {
            weight.zero_grad();
        }
        for weight in layers.parameters() {
            weight.adjust(rate); //~ warning missing_backward
        }
        println!("{}", loss.data());
    }
}

fn a_step_by_name(layers: &mut Layers, samples: &[Sample], rate: f64) {
    for (round, sample) in samples.iter().enumerate() {
        let output = layers.forward(&sample.x);
        let loss = (&output - &sample.y).powi(2);
        loss.backward();
        layers.adam_step(round, rate);
        println!("{}", loss.data());
    }
}

fn a_step_by_name_without_a_backward(layers: &mut Layers, samples: &[Sample], rate: f64) {
    for (round, sample) in samples.iter().enumerate() {
        let output = layers.forward(&sample.x);
        let loss = (&output - &sample.y).powi(2);
        layers.adam_step(round, rate); //~ warning missing_backward
        println!("{}", loss.data());
    }
}

/// The gradient is derived by hand: no `backward` is needed.
fn derived(samples: &[Sample], rate: f64) -> f64 {
    let mut slope = 0.0;
    for sample in samples {
        let error = slope * sample.x - sample.y;
        let loss = error * error;
        let grad = 2.0 * error * sample.x;
        slope -= rate * grad;
        println!("{loss}");
    }
    slope
}

/// The function writes the gradients itself.
fn written(weights: &mut Weights, samples: &[Sample], rate: f64) {
    for sample in samples {
        let error = weights.data * sample.x - sample.y;
        let loss = error * error;
        weights.grad = 2.0 * error * sample.x;
        weights.data -= rate * weights.grad;
        println!("{loss}");
    }
}

/// The loss of the session comes with its gradients.
fn of_a_session(session: &mut Session, samples: &[Sample], rate: f64) {
    for sample in samples {
        session.zero_grad();
        let loss = session.run(sample);
        for weight in session.parameters() {
            weight.data -= rate * weight.grad;
        }
        println!("{loss}");
    }
}

/// Another function computes the gradients.
fn by_a_function(layers: &Layers, samples: &[Sample], rate: f64) {
    for sample in samples {
        layers.zero_grad();
        let loss = measured(layers, sample);
        for weight in layers.parameters() {
            weight.set_data(weight.data() - rate * weight.grad());
        }
        println!("{loss}");
    }
}

fn measured(layers: &Layers, sample: &Sample) -> f64 {
    let loss = squared_error(layers, &[sample]);
    loss.backward();
    loss.data()
}

/// A code elsewhere may compute the gradients between the two calls.
fn by_foreign_code(layers: &Layers, samples: &[Sample], rate: f64) {
    for sample in samples {
        layers.zero_grad();
        let loss = outcome(layers, sample);
        for weight in layers.parameters() {
            weight.set_data(weight.data() - rate * weight.grad());
        }
        println!("{loss}");
    }
}

/// Gradients of a new tape are new.
fn of_a_new_tape(samples: &[Sample], rate: f64) {
    let mut slope = Value::from(0.0);
    for sample in samples {
        let mut tape = Tape::new();
        let output = tape.product(&slope, sample.x);
        let loss_id = tape.squared_error(output, sample.y);
        tape.backward(loss_id);
        slope = slope - tape.gradient(0) * rate;
    }
}

/// The same layer is applied twice, so it runs `backward` twice.
fn applied_twice(cell: &mut Cell, x: Array, target: &Array, rate: f32) {
    let mut hidden = x;
    hidden = cell.forward(&hidden);
    hidden = cell.forward(&hidden);
    let mut grad = difference(&hidden, target);
    grad = cell.backward(&grad);
    grad = cell.backward(&grad);
    cell.update(rate);
}

fn train_with_a_layer_twice(first: &mut Dense, second: &mut Dense, x: &Array, target: &Array, rate: f32) {
    let hidden = first.forward(x);
    let mut grad = difference(&second.forward(&hidden), target);
    grad = second.backward(&grad);
    grad = first.backward(&grad);
    grad = first.backward(&grad); //~ warning backward_repeated
    second.update(rate);
    first.update(rate);
}

#[test]
fn gradients_of_two_backwards_add_up() {
    let x = Value::from(3.0);
    let y = &x * &x;
    y.backward();
    y.backward();
    assert_eq!(x.grad(), 12.0);
}

/// The update gets what it needs for the gradients.
fn by_deltas(net: &mut Layers, samples: &[Sample], rate: f64) {
    for sample in samples {
        let output = net.forward(&sample.x);
        let loss = (&output - &sample.y).powi(2);
        let errors = net.errors_of(&output, &sample.y);
        net.update_weights(&errors, rate);
        println!("{}", loss.data());
    }
}

fn a_perceptron(perceptron: &mut Perceptron, samples: &[Sample], rate: f64) {
    for sample in samples {
        let output = perceptron.forward(&sample.x);
        let loss = (output - sample.y).powi(2);
        perceptron.update_weights(&sample.x, sample.y, rate);
        println!("{loss}");
    }
}

/// The old policy gets the weights of the new one.
fn synchronized(policy: &Policy, policy_target: &mut Policy, batch: &Batch) -> Tensor {
    let loss = (policy.forward(&batch.x) - &batch.y).powi(2);
    policy_target.update_weights(policy);
    loss
}

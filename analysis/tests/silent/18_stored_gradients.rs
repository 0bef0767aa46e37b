//! Updates by hand from gradients that the parameters store, in an unknown library.

fn never_zeroed(model: &Mlp, xs: &[Vec<f64>], ys: &[f64]) {
    for i in 0..100 {
        let outputs: Vec<Value> = xs.iter().map(|x| model.forward(x)).collect();
        let loss: Value = outputs.iter().zip(ys).map(|(out, y)| (out - y).pow(2.0)).sum();
        loss.backward(); //~ warning missing_zero_grad
        for param in model.parameters() {
            param.set_data(param.get_data() - 0.1 * param.get_grad());
        }
        println!("{i} {}", loss.data());
    }
}

fn right(model: &Mlp, xs: &[Vec<f64>], ys: &[f64]) {
    for i in 0..100 {
        let outputs: Vec<Value> = xs.iter().map(|x| model.forward(x)).collect();
        let loss: Value = outputs.iter().zip(ys).map(|(out, y)| (out - y).pow(2.0)).sum();
        for param in model.parameters() {
            param.zero_grad();
        }
        loss.backward();
        for param in model.parameters() {
            param.set_data(param.get_data() - 0.1 * param.get_grad());
        }
        println!("{i} {}", loss.data());
    }
}

/// The parameters are new in each iteration.
fn new_parameters(xs: &[Vec<f64>], ys: &[f64]) {
    for i in 0..100 {
        let model = Mlp::new(3);
        let outputs: Vec<Value> = xs.iter().map(|x| model.forward(x)).collect();
        let loss: Value = outputs.iter().zip(ys).map(|(out, y)| (out - y).pow(2.0)).sum();
        loss.backward();
        for param in model.parameters() {
            param.set_data(param.get_data() - 0.1 * param.get_grad());
        }
    }
}

/// The clean-up may zero.
fn cleaned(model: &Mlp, xs: &[Vec<f64>], ys: &[f64]) {
    for i in 0..100 {
        let outputs: Vec<Value> = xs.iter().map(|x| model.forward(x)).collect();
        let loss: Value = outputs.iter().zip(ys).map(|(out, y)| (out - y).pow(2.0)).sum();
        loss.backward();
        for param in model.parameters() {
            param.set_data(param.get_data() - 0.1 * param.get_grad());
        }
        model.refresh();
    }
}

//! Models and optimizers that other crates define: which gradients a step uses, and what unscales them.

/// The list holds the parameters of the model that computes the loss.
fn parameters_in_a_list(data: &[(Tensor, Tensor)]) {
    let model = Mlp::new(2, 42);
    let mut optimizer = Sgd::new(0.1);
    let parameters = model.parameters();
    for (x, y) in data {
        optimizer.zero_grad(&parameters);
        let loss = mse_loss(&model.forward(&x), &y);
        loss.backward();
        optimizer.step(&parameters);
    }
}

/// The list is that of another model.
fn parameters_of_another(data: &[(Tensor, Tensor)]) {
    let model = Mlp::new(2, 42);
    let target = Mlp::new(2, 42);
    let mut optimizer = Sgd::new(0.1);
    let parameters = target.parameters();
    for (x, y) in data {
        optimizer.zero_grad(&parameters);
        let loss = mse_loss(&model.forward(&x), &y);
        loss.backward();
        optimizer.step(&parameters); //~ error unrelated_optimizer
    }
}

/// The composed layer has the gradients of its parts.
fn composed_of_layers(input: &Array, output: &mut Array) {
    let dense = Dense { weight: ones(), bias: zeros(), optimizer: Sgd::default() };
    let relu = Relu::new(3);
    let mut layer = dense.synthesize(relu);
    layer.forward(input, output);
    layer.backward(input, output);
    layer.update();
}

/// `step` counts, and `update` uses the gradients.
fn counted_and_applied(x: &Array, grad: &Array) {
    let mut layer = Dense::new(2, 2);
    layer.forward(x);
    layer.backward(grad);
    let mut optimizer = Sgd::new(0.1, 0.0);
    optimizer.step();
    optimizer.update(&mut layer, 1.0);
}

/// The error of the constructor is no optimizer.
fn an_error_is_no_optimizer(varmap: &VarMap, model: &Model, data: &[(Tensor, Tensor)]) {
    let mut optimizer = match candle_nn::AdamW::new(varmap.all_vars(), ParamsAdamW::default()) {
        Ok(optimizer) => optimizer,
        Err(e) => {
            println!("{e}");
            return;
        }
    };
    for (x, y) in data {
        let output = match model.forward(x) {
            Ok(output) => output,
            Err(e) => {
                println!("{e}");
                break;
            }
        };
        match candle_nn::loss::cross_entropy(&output, y) {
            Ok(loss) => {
                if let Err(e) = optimizer.backward_step(&loss) {
                    println!("{e}");
                    break;
                }
            }
            Err(e) => println!("{e}"),
        }
    }
}

struct Trainer {
    model: Model,
    optimizer: AdamW,
    scaler: GradScaler,
    parameters: Vec<Var>,
}

impl Trainer {
    /// The gradients are unscaled by hand before the clip.
    fn unscaled_by_hand(&mut self, data: &[(Tensor, Tensor)]) -> candle_core::Result<()> {
        for (x, y) in data {
            let loss = candle_nn::loss::mse(&self.model.forward(x)?, y)?;
            let mut grads = self.scaler.scale(&loss)?.backward()?;
            self.unscale_gradients(&mut grads)?;
            self.clip_gradients(&mut grads, 1.0)?;
            self.optimizer.step(&grads)?;
        }
        Ok(())
    }

    fn unscale_gradients(&mut self, grads: &mut GradStore) -> candle_core::Result<()> {
        for tensor in &self.parameters {
            if let Some(grad) = grads.remove(tensor) {
                let plain = self.scaler.unscale(&grad)?;
                grads.insert(tensor, plain);
            }
        }
        Ok(())
    }

    fn clip_gradients(&self, grads: &mut GradStore, limit: f64) -> candle_core::Result<()> {
        for tensor in &self.parameters {
            if let Some(grad) = grads.remove(tensor) {
                grads.insert(tensor, grad.clamp(-limit, limit)?);
            }
        }
        Ok(())
    }
}

/// Softmax into a cross entropy of logits.
mod softmax_then_cross_entropy {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            optimizer.zero_grad();
            let probabilities = model.forward(&batch.input).softmax(1);
            let loss = cross_entropy(&probabilities, &batch.target); //~ error double_softmax
            loss.backward();
            optimizer.step();
        }
    }
}

/// tch: the loss is a method of the output, which went through another name, a tuple and `to_kind`.
mod as_a_method {
    fn fit(net: &Net, mut optimizer: nn::Optimizer, train: &Loader) {
        for (xs, ys) in train.iter() {
            optimizer.zero_grad();
            let (output, labels) = (net.forward(&xs).softmax(-1, Kind::Float), ys);
            let output = output.to_kind(Kind::Float).squeeze();
            let loss = output.cross_entropy_for_logits(&labels); //~ error double_softmax
            loss.backward();
            optimizer.step();
        }
    }
}

/// Sigmoid into a loss that applies its own; one of two heads is right.
mod sigmoid_then_with_logits {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let batch = batch?;
            let masks = sigmoid(&model.forward(&batch.image));
            let a = bce_with_logits_loss(&masks, &batch.mask); //~ error double_softmax
            let b = bce_loss(&masks, &batch.mask);
            optimizer.zero_grad();
            (a + b).backward();
            optimizer.step();
        }
        Ok(())
    }
}

/// Probabilities into the loss of log-probabilities, in a fluent chain.
mod softmax_then_nll {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            nll_loss(&model.forward(&batch.input).softmax(1), &batch.target).backward(); //~ error double_softmax
            optimizer.step();
        }
    }
}

/// A criterion object, and a variable that is reassigned.
mod with_an_object {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let criterion = CrossEntropy::new().label_smoothing(0.1);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let mut output = model.forward(&batch.input);
            output = output.softmax(1);
            let loss = criterion.loss(&output, &batch.target); //~ error double_softmax
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Only the validation loss is computed from probabilities.
mod in_validation {
    fn validate(model: &Net, valid: &DataLoader) -> f64 {
        let mut total = 0.0;
        let _guard = no_grad_guard();
        for batch in valid {
            let output = model.forward(&batch.input).softmax(1);
            total += cross_entropy(&output, &batch.target).item(); //~ error double_softmax
        }
        total
    }
}

/// Softmax for the metric only, next to a loss of logits.
mod for_the_metric {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            let confidence = output.softmax(1).max(1).mean();
            println!("{}", confidence.item());
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Losses with fitting inputs.
mod right_pairs {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let a = nll_loss(&output.log_softmax(1), &batch.target);
            let b = bce_loss(&output.sigmoid(), &batch.mask);
            let c = nll_loss(&output.softmax(1).ln(), &batch.target);
            let d = mse_loss(&output.softmax(1), &batch.shares);
            let e = kl_div(&output.log_softmax(1), &batch.shares.softmax(1));
            optimizer.zero_grad();
            (a + b + c + d + e).backward();
            optimizer.step();
        }
    }
}

/// The logarithm twice is harmless.
mod log_softmax_twice {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input).log_softmax(1), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A loss of the user's own, which takes probabilities, and one that is a method of the model.
mod own_losses {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let probabilities = model.forward(&batch.input).softmax(1);
            let loss = focal_loss(&probabilities, &batch.target) + model.nll_loss(&probabilities, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Attention: the softmax is not the last thing that happens.
mod attention {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let keys = model.forward(&batch.input);
            let weights = keys.matmul(&batch.query).softmax(1);
            let output = model.head.forward(&weights.matmul(&keys));
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Probabilities as the target, and a softmax that only one branch takes.
mod soft_targets_and_branches {
    #[training_loop]
    fn fit(model: &mut Net, teacher: &Net, train: &DataLoader, sharp: bool) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let wanted = no_grad(|| teacher.forward(&batch.input).softmax(1));
            let mut output = model.forward(&batch.input);
            if sharp {
                output = output.softmax(1);
            }
            let loss = cross_entropy(&output, &wanted);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Functions of the user's own crate, which may take what they like.
mod own_functions {
    use crate::loss::cross_entropy;
    use crate::ops::softmax;
    use training_loop::prelude::*;

    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let a = cross_entropy(&model.forward(&batch.input).softmax(1), &batch.target);
            let b = nll_loss(&softmax(&model.forward(&batch.input)), &batch.target);
            let c = losses::cross_entropy(&model.forward(&batch.input).softmax(1), &batch.target);
            optimizer.zero_grad();
            (a + b + c).backward();
            optimizer.step();
        }
    }
}

/// The library's functions next to the user's own.
mod imported {
    use crate::model::Net;
    use tch::nn;
    use training_loop::prelude::*;

    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&softmax(&model.forward(&batch.input)), &batch.target); //~ error double_softmax
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

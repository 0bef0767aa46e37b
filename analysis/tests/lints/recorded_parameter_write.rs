use tch::{nn, nn::OptimizerConfig, Reduction};

/// The weights of a target network are copied layer by layer.
mod target_network {
    fn learn(&mut self, batch: &Batch) {
        let q = self.online.forward(&batch.states);
        let loss = q.mse_loss(&batch.expected, Reduction::Mean);
        self.optimizer.backward_step(&loss);
        if self.steps % 10 == 0 {
            self.target.fc1.ws.copy_(&self.online.fc1.ws); //~ warning recorded_parameter_write
            tch::no_grad(|| self.target.fc2.ws.copy_(&self.online.fc2.ws));
        }
    }
}

/// A layer is initialized anew between two phases of training.
mod new_weights {
    fn fit(data: &Data) {
        let vs = nn::VarStore::new(Device::Cpu);
        let mut layer = nn::linear(vs.root(), 4, 1, Default::default());
        let mut optimizer = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for batch in data {
            optimizer.backward_step(&batch.x.apply(&layer).mse_loss(&batch.y, Reduction::Mean));
        }
        layer.ws.init(nn::Init::Const(0.)); //~ warning recorded_parameter_write
        layer.bs.as_mut().unwrap().init(nn::Init::Const(0.)); //~ warning recorded_parameter_write
        for batch in data {
            optimizer.backward_step(&batch.x.apply(&layer).mse_loss(&batch.y, Reduction::Mean));
        }
    }
}

/// Parameters are updated by hand.
mod by_hand {
    fn wrong(vs: &nn::VarStore, layer: &nn::Linear, data: &Data) {
        for batch in data {
            let loss = batch.x.apply(layer).mse_loss(&batch.y, Reduction::Mean);
            loss.backward();
            for mut weight in vs.trainable_variables() {
                weight -= weight.grad() * 0.1; //~ warning recorded_parameter_write
            }
        }
    }

    fn right(vs: &nn::VarStore, layer: &nn::Linear, data: &Data) {
        for batch in data {
            let loss = batch.x.apply(layer).mse_loss(&batch.y, Reduction::Mean);
            loss.backward();
            tch::no_grad(|| {
                for mut weight in vs.trainable_variables() {
                    weight -= weight.grad() * 0.1;
                }
            });
        }
    }
}

/// A target network follows the trained one, parameter by parameter.
mod soft_update {
    fn learn(online: &Agent, target: &mut Agent, kept: &mut Vec<Tensor>, batch: &Batch, tau: f64) {
        let loss = online.net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
        online.optimizer.backward_step(&loss);
        let sources = online.vs.trainable_variables();
        for (to, from) in target.vs.trainable_variables().iter_mut().zip(sources.iter()) {
            to.copy_(&(tau * from + (1.0 - tau) * &*to)); //~ warning recorded_parameter_write
        }
        for (average, from) in kept.iter_mut().zip(sources.iter()) {
            average.copy_(from);
        }
    }
}

/// The running statistics of a layer are no parameters.
mod statistics {
    fn fit(norm: &mut nn::BatchNorm, net: &Net, optimizer: &mut nn::Optimizer, data: &Data) {
        norm.running_mean.fill_(0.0);
        for batch in data {
            optimizer.backward_step(&net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean));
        }
    }
}

/// The caller of a function that does not train may have switched recording off.
mod helper {
    fn copy(target: &mut Net, online: &Net) {
        target.fc.ws.copy_(&online.fc.ws);
    }
}

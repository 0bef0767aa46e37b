//! Targets of tch that are written in place.

use tch::{Kind, Tensor, nn, nn::OptimizerConfig};

struct Agent {
    model: nn::Sequential,
    optimizer: nn::Optimizer,
    gamma: f64,
}

impl Agent {
    fn loop_form(&mut self, states: &Tensor, actions: &[i64], rewards: &[f32], next: &Tensor, done: &[bool]) {
        let pred = self.model.forward(states);
        let mut target = pred.copy();
        for i in 0..actions.len() {
            let mut q_new = Tensor::from(rewards[i]);
            if !done[i] {
                q_new = rewards[i] as f64 + self.gamma * self.model.forward(&next.get(i as i64)).max();
            }
            let _ = target.index_put_(
                &[Some(Tensor::from(i as i64)), Some(Tensor::from(actions[i]))],
                &q_new,
                false,
            );
        }
        self.optimizer.zero_grad();
        let loss = pred.mse_loss(&target, tch::Reduction::Mean); //~ warning target_not_detached
        loss.backward();
        self.optimizer.step();
    }
    fn plain(&mut self, states: &Tensor, action: &Tensor, reward: &Tensor, next: &Tensor) {
        let pred = self.model.forward(states);
        let q_new = reward + self.model.forward(next).amax(&[1], false) * self.gamma;
        let mut target = pred.copy();
        let _ = target.index_put_(&[Some(action)], &q_new, false);
        self.optimizer.zero_grad();
        let loss = (&pred - &target).square().mean(Kind::Float); //~ warning target_not_detached
        loss.backward();
        self.optimizer.step();
    }
}

/// The same, right.
mod right {
    use tch::{Kind, Tensor, nn, nn::OptimizerConfig};

    struct Agent {
        model: nn::Sequential,
        optimizer: nn::Optimizer,
        gamma: f64,
    }

    impl Agent {
        fn loop_form(&mut self, states: &Tensor, actions: &[i64], rewards: &[f32], next: &Tensor, done: &[bool]) {
            let pred = self.model.forward(states);
            let mut target = pred.detach().copy();
            for i in 0..actions.len() {
                let mut q_new = Tensor::from(rewards[i]);
                if !done[i] {
                    q_new = rewards[i] as f64
                        + self.gamma * tch::no_grad(|| self.model.forward(&next.get(i as i64)).max());
                }
                let _ = target.index_put_(
                    &[Some(Tensor::from(i as i64)), Some(Tensor::from(actions[i]))],
                    &q_new,
                    false,
                );
            }
            self.optimizer.zero_grad();
            let loss = pred.mse_loss(&target, tch::Reduction::Mean);
            loss.backward();
            self.optimizer.step();
        }
        fn plain(&mut self, states: &Tensor, action: &Tensor, reward: &Tensor, next: &Tensor) {
            let pred = self.model.forward(states);
            let q_new = reward + self.model.forward(next).amax(&[1], false) * self.gamma;
            let mut target = pred.copy();
            let _ = target.index_put_(&[Some(action)], &q_new, false);
            self.optimizer.zero_grad();
            let loss = pred.mse_loss(&target.detach(), tch::Reduction::Mean);
            loss.backward();
            self.optimizer.step();
        }
    }
}

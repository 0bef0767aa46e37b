//! tch: a call that moves a target network changes no gradients.

use tch::nn::{self, Module};
use tch::Reduction;

impl Agent {
    fn train(&mut self, batch: &Batch) {
        let loss = self.state.policy.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
        loss.backward(); //~ warning missing_zero_grad
        self.state.policy.opt.step();
        self.state.target.soft_copy_from(&self.state.policy, &self.tau);
    }
}

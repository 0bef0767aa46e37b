//! dfdx: gradients in a field that no function of the file zeroes.

use dfdx::prelude::*;

impl Agent {
    fn learn(&mut self, batch: &Batch) {
        let grads = self.grads.clone();
        let output = self.net.forward(batch.x.trace(grads));
        self.grads = mse_loss(output, batch.y).backward(); //~ warning missing_zero_grad
        self.sgd.update(&mut self.net, &self.grads).expect("unused");
    }

    /// The gradients are new in each call.
    fn learn_afresh(&mut self, batch: &Batch) {
        let output = self.net.forward(batch.x.trace(self.net.alloc_grads()));
        let grads = mse_loss(output, batch.y).backward();
        self.sgd.update(&mut self.net, &grads).expect("unused");
    }
}

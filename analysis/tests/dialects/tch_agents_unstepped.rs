//! An agent whose optimizer is in a field and never steps: no other function of the file steps it.

use tch::{nn, Reduction};

impl Agent {
    fn learn(&mut self, batch: &Batch) {
        let loss = self.net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
        self.optimizer.zero_grad();
        loss.backward(); //~ warning missing_step
    }

    /// The gradients are for somebody else.
    fn gradients(&mut self, batch: &Batch) {
        let loss = self.net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
        self.optimizer.zero_grad();
        loss.backward();
    }
}

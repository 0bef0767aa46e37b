//! An agent whose optimizer is in a field and never zeroes: no other function of the file zeroes it.

use tch::{nn, Reduction};

impl Agent {
    fn learn(&mut self, batch: &Batch) {
        if self.memory.is_full() {
            let loss = self.net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            loss.backward(); //~ warning missing_zero_grad
            self.optimizer.step();
        }
    }

    /// A window: its last batch steps.
    fn train_window(&mut self, batch: &Batch) {
        let loss = self.net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
        loss.backward();
        if batch.is_last {
            self.optimizer.step();
        }
    }
}

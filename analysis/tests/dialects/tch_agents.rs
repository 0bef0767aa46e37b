//! Agents with the PyTorch bindings: the optimizer is in a field, and one call of a method is one update.

use tch::{nn, Reduction, Tensor};

mod right {
    impl Agent {
        fn learn(&mut self, batch: &Batch) {
            let loss = self.net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            self.optimizer.backward_step(&loss);
        }

        fn steps_alone(&mut self) {
            self.optimizer.step();
        }
    }
}

/// The functions of this file zero and step, so a method may leave either to another one.
mod parts {
    impl Agent {
        fn train_on(&mut self, batch: &Batch) {
            let loss = self.net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            self.optimizer.zero_grad();
            loss.backward();
        }
    }
}

mod no_backward {
    impl Agent {
        fn learn(&mut self, batch: &Batch) {
            let loss = compute_loss(&batch, &self.net);
            self.optimizer.zero_grad();
            self.optimizer.step(); //~ error missing_backward
            copy_weights(&mut self.target, &self.net);
        }
    }
}

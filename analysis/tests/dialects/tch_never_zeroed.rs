//! tch: no function of the file zeroes the gradients to which each step adds.

use tch::nn::{self, Optimizer};
use tch::Tensor;

struct Agent {
    net: Net,
    optimizer: Optimizer,
    stepper: Stepper,
    memory: Memory,
}

impl Agent {
    /// The draw of the batch may have any effect on fields that the file does not show.
    fn _improve(&mut self) {
        let batch = self.memory.draw(&mut self.net);
        let loss = (self.net.forward(&batch.x) - batch.y).square().mean(None);
        loss.backward(); //~ warning missing_zero_grad
        self.optimizer.step();
    }

    /// The type of the stepper is not a library's, and its step may zero.
    fn _improve_with_its_own(&mut self) {
        let batch = self.memory.draw(&mut self.net);
        let loss = (self.net.forward(&batch.x) - batch.y).square().mean(None);
        loss.backward();
        self.stepper.step();
    }

    /// The last batch of a window steps.
    fn _improve_window(&mut self) {
        let batch = self.memory.draw(&mut self.net);
        let loss = (self.net.forward(&batch.x) - batch.y).square().mean(None);
        loss.backward();
        if batch.is_last {
            self.optimizer.step();
        }
    }
}

fn improve(net: &Net, opt: &mut nn::Optimizer, memory: &mut Memory) {
    let batch = memory.draw(net);
    let loss = (net.forward(&batch.x) - batch.y).square().mean(None);
    loss.backward(); //~ warning missing_zero_grad
    opt.step();
}

/// The clean-up may zero.
fn improve_and_clean(net: &Net, opt: &mut nn::Optimizer, memory: &mut Memory) {
    let batch = memory.draw(net);
    let loss = (net.forward(&batch.x) - batch.y).square().mean(None);
    loss.backward();
    opt.step();
    clean_up(opt);
}

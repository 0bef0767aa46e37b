//! dfdx: gradients in a field, and gradients that two losses share.

use dfdx::prelude::*;

struct Agent {
    net: Net,
    sgd: Sgd<Net, f32, Dev>,
    grads: Gradients<f32, Dev>,
    total: f32,
}

impl Agent {
    fn learn(&mut self, batch: &Batch) {
        let grads = self.grads.clone();
        let output = self.net.forward(batch.x.trace(grads));
        let loss = mse_loss(output, batch.y); //~ warning missing_backward
        self.total += loss.array();
        self.sgd.update(&mut self.net, &self.grads).expect("unused");
        self.net.zero_grads(&mut self.grads);
    }

    fn learn_rightly(&mut self, batch: &Batch) {
        let grads = self.grads.clone();
        let output = self.net.forward(batch.x.trace(grads));
        let loss = mse_loss(output, batch.y);
        self.total += loss.array();
        self.grads = loss.backward();
        self.sgd.update(&mut self.net, &self.grads).expect("unused");
        self.net.zero_grads(&mut self.grads);
    }
}

fn two_losses(core: &mut Core, head: &Head, tail: &Tail, batches: &[Batch], dev: &Dev) {
    let mut opt = Adam::new(core, Default::default());
    let mut grads = core.alloc_grads();
    for batch in batches {
        let output = head.forward(core.forward(dev.tensor(batch.x).trace(grads)));
        let policy = cross_entropy_with_logits_loss(output, batch.p.clone());
        grads = policy.backward();
        let output = tail.forward(core.forward(dev.tensor(batch.x).trace(grads)));
        let value = mse_loss(output, batch.v.clone());
        grads = value.backward();
        opt.update(core, &grads).expect("unused");
        core.zero_grads(&mut grads);
    }
}

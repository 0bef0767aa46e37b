//! Training with dfdx, in typical styles: all functions are right.

use dfdx::optim::{Adam, AdamConfig, Momentum, Sgd, SgdConfig};
use dfdx::prelude::*;

/// The gradients are allocated once, threaded through the tape, and zeroed after each update.
mod threaded {
    pub fn main() {
        let dev = AutoDevice::default();
        let mut model = dev.build_module::<Mlp, f32>();
        let mut grads = model.alloc_grads();
        let mut opt = Sgd::new(&model, SgdConfig { lr: 1e-1, ..Default::default() });
        for epoch in 0..10 {
            let mut total = 0.0;
            for (images, labels) in batches(&dev) {
                let logits = model.forward_mut(images.traced(grads));
                let loss = cross_entropy_with_logits_loss(logits, labels);
                total += loss.array();
                grads = loss.backward();
                opt.update(&mut model, &grads).unwrap();
                model.zero_grads(&mut grads);
            }
            println!("{epoch} {total}");
        }
        model.save("mlp.npz").unwrap();
    }
}

/// A new tape for each batch.
mod new_tapes {
    pub fn fit(model: &mut Net, opt: &mut Adam<Net, f32, Cpu>, data: &Data) -> f32 {
        let mut total = 0.0;
        for (x, y) in data.iter() {
            let loss = mse_loss(model.forward_mut(x.leaky_traced()), y);
            total += loss.array();
            let grads = loss.backward();
            opt.update(model, &grads).expect("unused parameters");
        }
        total
    }

    pub fn allocated(model: &mut Net, opt: &mut Adam<Net, f32, Cpu>, data: &Data) {
        for (x, y) in data.iter() {
            let grads = model.alloc_grads();
            let loss = mse_loss(model.forward_mut(x.trace(grads)), y);
            let grads = loss.backward();
            opt.update(model, &grads).unwrap();
        }
    }
}

/// Four batches for one update: the gradients are zeroed only after an update.
mod accumulated {
    pub fn fit(model: &mut Net, data: &Data) {
        let mut opt = Adam::new(model, AdamConfig::default());
        let mut grads = model.alloc_grads();
        for (index, (x, y)) in data.iter().enumerate() {
            let loss = mse_loss(model.forward_mut(x.trace(grads)), y) / 4.0;
            grads = loss.backward();
            if (index + 1) % 4 == 0 {
                opt.update(model, &grads).unwrap();
                model.zero_grads(&mut grads);
            }
        }
        opt.update(model, &grads).unwrap();
    }
}

/// The target network runs without a tape, so its output has no graph.
mod q_learning {
    pub struct Dqn {
        net: Net,
        target: Net,
        opt: Adam<Net, f32, Cpu>,
        grads: Option<Gradients<f32, Cpu>>,
    }

    impl Dqn {
        pub fn learn(&mut self, batch: &Batch, gamma: f32) -> f32 {
            let grads = self.grads.take().unwrap_or_else(|| self.net.alloc_grads());
            let next = self.target.forward(batch.next.clone()).max::<_, Axis<1>>();
            let wanted = next * gamma + batch.rewards.clone();
            let q = self.net.forward_mut(batch.states.trace(grads)).select(batch.actions.clone());
            let loss = huber_loss(q, wanted, 1.0);
            let value = loss.array();
            let mut grads = loss.backward();
            self.opt.update(&mut self.net, &grads).unwrap();
            self.net.zero_grads(&mut grads);
            self.grads = Some(grads);
            value
        }
    }

    pub fn from_itself(net: &mut Net, opt: &mut Sgd<Net, f32, Cpu>, batch: &Batch) {
        let next = net.forward(batch.next.clone()).max::<_, Axis<1>>();
        let wanted = next * 0.99 + batch.rewards.clone();
        let q = net.forward(batch.states.leaky_trace()).select(batch.actions.clone());
        let loss = mse_loss(q, wanted);
        let grads = loss.backward();
        opt.update(net, &grads).unwrap();
    }
}

/// Validation runs without a tape.
mod validated {
    pub fn fit(model: &mut Net, train: &Data, valid: &Data) {
        let mut opt = Adam::new(model, AdamConfig::default());
        let mut grads = model.alloc_grads();
        for epoch in 0..20 {
            for (x, y) in train.iter() {
                let loss = cross_entropy_with_logits_loss(model.forward_mut(x.trace(grads)), y);
                grads = loss.backward();
                opt.update(model, &grads).unwrap();
                model.zero_grads(&mut grads);
            }
            let mut sum = 0.0;
            for (x, y) in valid.iter() {
                sum += cross_entropy_with_logits_loss(model.forward(x), y).array();
            }
            println!("{epoch} {sum}");
        }
    }
}

/// Zeroed before the tape starts, and errors passed on.
mod zeroed_before {
    pub fn fit(model: &mut Net, data: &Data) -> Result<(), Error> {
        let mut opt = Sgd::new(model, SgdConfig::default());
        let mut grads = model.try_alloc_grads()?;
        for (x, y) in data.iter() {
            model.try_zero_grads(&mut grads)?;
            let loss = mse_loss(model.try_forward_mut(x.trace(grads))?, y);
            grads = loss.try_backward()?;
            opt.update(model, &grads)?;
        }
        Ok(())
    }
}

/// No loop: one call is one iteration.
mod one_call {
    pub fn step(model: &mut Net, opt: &mut Adam<Net, f32, Cpu>, x: Tensor, y: Tensor) -> f32 {
        let loss = mse_loss(model.forward_mut(x.leaky_traced()), y);
        let value = loss.array();
        let grads = loss.backward();
        opt.update(model, &grads).unwrap();
        value
    }
}

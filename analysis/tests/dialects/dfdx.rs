//! dfdx: gradients are threaded through a tape.

use dfdx::optim::{Adam, AdamConfig, Sgd, SgdConfig};
use dfdx::prelude::*;

mod right {
    fn fit(model: &mut Net, data: &Data) {
        let mut opt = Sgd::new(model, SgdConfig::default());
        let mut grads = model.alloc_grads();
        for (x, y) in data.iter() {
            let loss = mse_loss(model.forward_mut(x.traced(grads)), y);
            grads = loss.backward();
            opt.update(model, &grads).unwrap();
            model.zero_grads(&mut grads);
        }
    }
}

mod never_zeroed {
    fn fit(model: &mut Net, data: &Data) {
        let mut opt = Sgd::new(model, SgdConfig::default());
        let mut grads = model.alloc_grads();
        for (x, y) in data.iter() {
            let loss = mse_loss(model.forward_mut(x.traced(grads)), y);
            grads = loss.backward(); //~ error missing_zero_grad
            opt.update(model, &grads).unwrap();
        }
    }

    fn of_the_caller(model: &mut Net, opt: &mut Adam<Net, f32, Cpu>, data: &Data) {
        let mut grads = model.alloc_grads();
        for (x, y) in data.iter() {
            let loss = cross_entropy_with_logits_loss(model.forward_mut(x.trace(grads)), y);
            grads = loss.backward(); //~ error missing_zero_grad
            opt.update(model, &grads).unwrap();
        }
    }
}

mod zeroed_too_early {
    fn fit(model: &mut Net, opt: &mut Adam<Net, f32, Cpu>, data: &Data) {
        let mut grads = model.alloc_grads();
        for (x, y) in data.iter() {
            let loss = mse_loss(model.forward_mut(x.trace(grads)), y);
            grads = loss.backward();
            model.zero_grads(&mut grads); //~ error gradients_discarded
            opt.update(model, &grads).unwrap();
        }
    }
}

mod updated_twice {
    fn fit(model: &mut Net, opt: &mut Adam<Net, f32, Cpu>, data: &Data) {
        for (x, y) in data.iter() {
            let loss = mse_loss(model.forward_mut(x.leaky_traced()), y);
            let grads = loss.backward();
            opt.update(model, &grads).unwrap();
            opt.update(model, &grads).unwrap(); //~ error step_repeated
        }
    }
}

mod never_updated {
    fn fit(model: &mut Net, data: &Data) -> f32 {
        let mut opt = Adam::new(model, AdamConfig::default());
        let mut total = 0.0;
        for (x, y) in data.iter() {
            let loss = mse_loss(model.forward_mut(x.leaky_traced()), y);
            total += loss.array();
            let grads = loss.backward(); //~ error missing_step
        }
        total
    }
}

mod rebuilt {
    fn fit(model: &mut Net, data: &Data) {
        let mut grads = model.alloc_grads();
        for (x, y) in data.iter() {
            let mut opt = Adam::new(model, AdamConfig::default()); //~ error optimizer_rebuilt
            let loss = mse_loss(model.forward_mut(x.trace(grads)), y);
            grads = loss.backward();
            opt.update(model, &grads).unwrap();
            model.zero_grads(&mut grads);
        }
    }
}

mod windows {
    fn counted_from_zero(model: &mut Net, opt: &mut Adam<Net, f32, Cpu>, data: &Data) {
        let mut grads = model.alloc_grads();
        for (i, (x, y)) in data.iter().enumerate() {
            let loss = mse_loss(model.forward_mut(x.trace(grads)), y) / 4.0;
            grads = loss.backward();
            if i % 4 == 0 { //~ warning accumulation_off_by_one
                opt.update(model, &grads).unwrap(); //~ warning accumulation_tail_dropped
                model.zero_grads(&mut grads);
            }
        }
    }
}

mod losses {
    fn softmax_twice(model: &mut Net, opt: &mut Adam<Net, f32, Cpu>, data: &Data) {
        for (x, y) in data.iter() {
            let output = model.forward_mut(x.leaky_trace()).softmax::<Axis<1>>();
            let loss = cross_entropy_with_logits_loss(output, y); //~ error double_softmax
            let grads = loss.backward();
            opt.update(model, &grads).unwrap();
        }
    }
}

/// The chain of a loss has no name, and the gradients are used once more.
mod chained {
    fn fit(mut net: Net, data: &Loader, dev: &Device) -> Net {
        let mut opt = Adam::new(&net, config());
        for (x, y) in data {
            let grads = mse_loss(net.forward(x.leaky_trace()), y).square().mean().backward();
            opt.update(&mut net, &grads).unwrap();
            opt.update(&mut net, &grads).unwrap(); //~ error step_repeated
        }
        net
    }

    fn rebuilt(mut net: Net, data: &Loader) -> Net {
        for (x, y) in data {
            let mut opt = Adam::new(&net, config()); //~ error optimizer_rebuilt
            let grads = mse_loss(net.forward(x.leaky_trace()), y).square().mean().backward();
            opt.update(&mut net, &grads).unwrap();
        }
        net
    }
}

/// The optimizer is built after the gradients, which are a value.
mod built_late {
    fn once(net: &mut Net, x: Tensor) {
        let gradients = net.forward(x.leaky_trace()).square().mean().backward();
        let mut opt = Sgd::new(&*net, SgdConfig::default());
        opt.update(net, &gradients).unwrap();
    }

    fn twice(net: &mut Net, x: Tensor) {
        let gradients = net.forward(x.leaky_trace()).square().mean().backward();
        let mut opt = Sgd::new(&*net, SgdConfig::default());
        opt.update(net, &gradients).unwrap();
        opt.update(net, &gradients).unwrap(); //~ error step_repeated
    }
}

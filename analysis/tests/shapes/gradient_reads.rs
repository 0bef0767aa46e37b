//! Reads of gradients, which change nothing, and writes.

mod our_own {
    use training_loop::prelude::*;
    fn f(net: &mut Net, data: &DataLoader) {
        let mut opt = Adam::new(net.parameters(), 1e-3);
        for batch in data {
            let loss = mse_loss(&net.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            for p in net.parameters() {
                println!("{}", p.grad().unwrap());
            }
            opt.step();
        }
    }
    fn g(net: &mut Net, data: &DataLoader) {
        let mut opt = Adam::new(net.parameters(), 1e-3);
        for batch in data {
            let loss = mse_loss(&net.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            let mut total = 0.0;
            for p in net.parameters() {
                if let Some(g) = p.grad() {
                    total += g.norm().item().powi(2);
                }
            }
            println!("{}", total.sqrt());
            opt.step();
        }
    }
    fn h(net: &mut Net, data: &DataLoader) {
        let mut opt = Adam::new(net.parameters(), 1e-3);
        for batch in data {
            let loss = mse_loss(&net.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            let norm: f32 = net.parameters().iter().map(|p| p.grad().unwrap().norm().item()).sum();
            println!("{norm}");
            opt.step();
        }
    }
    fn right(net: &mut Net, data: &DataLoader) {
        let mut opt = Adam::new(net.parameters(), 1e-3);
        for batch in data {
            let loss = mse_loss(&net.forward(&batch.input), &batch.target);
            loss.backward();
            opt.step();
            for p in net.parameters() {
                p.grad().unwrap().zero_();
            }
        }
    }
    fn right2(net: &mut Net, data: &DataLoader) {
        let mut opt = Adam::new(net.parameters(), 1e-3);
        for batch in data {
            let loss = mse_loss(&net.forward(&batch.input), &batch.target);
            loss.backward();
            opt.step();
            for p in net.parameters() {
                let mut g = p.grad().unwrap();
                g.zero_();
            }
        }
    }
    fn right3(net: &mut Net, data: &DataLoader) {
        let mut opt = Adam::new(net.parameters(), 1e-3);
        for batch in data {
            let loss = mse_loss(&net.forward(&batch.input), &batch.target);
            loss.backward();
            opt.step();
            for p in net.parameters() {
                wipe(&mut p.grad());
            }
            for p in net.parameters() {
                wipe(p.grad());
            }
        }
    }
    fn norm_of(net: &Net) -> f32 {
        let mut total = 0.0;
        for p in net.parameters() {
            total += p.grad().unwrap().norm().item(); //~ warning norm_read_after_zero
        }
        total
    }
    fn late(net: &mut Net, data: &DataLoader) {
        let mut opt = Adam::new(net.parameters(), 1e-3);
        for batch in data {
            let loss = mse_loss(&net.forward(&batch.input), &batch.target);
            loss.backward();
            opt.step();
            opt.zero_grad();
            println!("{}", norm_of(net));
        }
    }
}

mod bindings {
    use tch::{Tensor, nn, nn::Module, nn::OptimizerConfig};
    fn fit(net: &impl Module, batches: &[Batch]) {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = nn::seq().add(nn::linear(vs.root(), 3, 4, Default::default()));
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for batch in batches {
            let loss = net.forward(&batch.x).cross_entropy_for_logits(&batch.y);
            loss.backward(); //~ error missing_zero_grad
            let mut total = 0.0;
            for v in vs.trainable_variables() {
                total += f64::try_from(v.grad().norm()).unwrap();
            }
            println!("{total}");
            opt.step();
        }
    }
    fn right(net: &impl Module, batches: &[Batch]) {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = nn::seq().add(nn::linear(vs.root(), 3, 4, Default::default()));
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for batch in batches {
            let loss = net.forward(&batch.x).cross_entropy_for_logits(&batch.y);
            loss.backward();
            for mut v in vs.trainable_variables() {
                let _ = v.grad().zero_();
            }
            opt.step();
            for mut v in vs.trainable_variables() {
                v.zero_grad();
            }
        }
    }
}

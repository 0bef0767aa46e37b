//! Forwards by the path of their trait, closures under `no_grad`, and windows with a second condition.

mod forwards {
    use tch::{Tensor, nn, nn::Module, nn::OptimizerConfig};
    fn a(train: &[Batch], test: &[Batch]) {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = net(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for batch in train {
            let y = nn::Module::forward(&net, &batch.x);
            let loss = y.cross_entropy_for_logits(&batch.y);
            loss.backward(); //~ error missing_zero_grad
            opt.step();
        }
    }
    fn c(train: &[Batch], test: &[Batch], k: usize) {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = net(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for (i, batch) in train.iter().enumerate() {
            let y = Module::forward(&net, &batch.x);
            let loss = y.cross_entropy_for_logits(&batch.y) / k as f64;
            loss.backward();
            let last = i + 1 == train.len();
            if (i + 1) % k == 0 || last {
                opt.step();
                opt.zero_grad();
            }
        }
    }
    fn c2(train: &[Batch], test: &[Batch], k: usize) {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = net(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for (i, batch) in train.iter().enumerate() {
            let y = Module::forward(&net, &batch.x);
            let loss = y.cross_entropy_for_logits(&batch.y) / k as f64;
            loss.backward(); //~ warning missing_zero_grad
            let last = i + 1 == train.len();
            if (i + 1) % k == 0 || last {
                opt.step();
            }
        }
    }
    fn c3(train: &[Batch], test: &[Batch], k: usize) {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = net(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for (i, batch) in train.iter().enumerate() {
            let y = Module::forward(&net, &batch.x);
            let loss = y.cross_entropy_for_logits(&batch.y) / k as f64;
            loss.backward();
            let last = i + 1 == train.len();
            if i % k == 0 || last { //~ warning accumulation_off_by_one
                opt.step();
                opt.zero_grad();
            }
        }
    }
}

mod closures {
    use tch::{Tensor, nn, nn::Module, nn::OptimizerConfig};
    fn a(net: &Net, vs: &nn::VarStore, train: &[Batch]) {
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for batch in train {
            let y = tch::no_grad(|| net.forward(&batch.x));
            let loss = y.cross_entropy_for_logits(&batch.y);
            opt.zero_grad();
            loss.backward(); //~ error backward_without_recording
            opt.step();
        }
    }
    fn b(net: &Net, vs: &nn::VarStore, train: &[Batch]) {
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for batch in train {
            let compute = || net.forward(&batch.x);
            let y = tch::no_grad(compute);
            let loss = y.cross_entropy_for_logits(&batch.y);
            opt.zero_grad();
            loss.backward(); //~ error backward_without_recording
            opt.step();
        }
    }
    fn c(net: &Net, vs: &nn::VarStore, train: &[Batch]) {
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for batch in train {
            let compute = || {
                let y = nn::Module::forward(net, &batch.x);
                y.cross_entropy_for_logits(&batch.y)
            };
            let loss = tch::no_grad(compute);
            opt.zero_grad();
            loss.backward(); //~ error backward_without_recording
            opt.step();
        }
    }
    fn right(net: &Net, vs: &nn::VarStore, train: &[Batch], valid: &[Batch]) {
        let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
        for batch in train {
            let loss = nn::Module::forward(net, &batch.x).cross_entropy_for_logits(&batch.y);
            opt.zero_grad();
            loss.backward();
            opt.step();
        }
        let evaluate = || nn::ModuleT::forward_t(net, &valid.x, false).accuracy_for_logits(&valid.y);
        println!("{:?}", tch::no_grad(evaluate));
    }
}

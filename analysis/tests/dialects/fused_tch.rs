//! tch: the fused step of an optimizer is missing.

use tch::{nn, nn::Module, nn::ModuleT, nn::OptimizerConfig, Device, Kind, Reduction, Tensor};

mod one_of_two_never_steps {
    fn adversaries(data: &Data, device: Device) {
        let maker_vs = nn::VarStore::new(device);
        let maker = nn::linear(maker_vs.root(), 8, 64, Default::default());
        let mut maker_opt = nn::Adam::default().build(&maker_vs, 1e-4).unwrap();
        let judge_vs = nn::VarStore::new(device);
        let judge = nn::linear(judge_vs.root(), 64, 1, Default::default());
        let mut judge_opt = nn::Adam::default().build(&judge_vs, 1e-4).unwrap();
        for images in data.batches() {
            let real = images.apply(&judge);
            let fake = data.noise().apply(&maker).detach().apply(&judge);
            let judged = real.mse_loss(&fake, Reduction::Mean);
            let made = data.noise().apply(&maker).apply(&judge).mean(Kind::Float);
            maker_opt.backward_step(&made); //~ error missing_step
        }
    }
}

mod by_value {
    fn toward(mut opt: nn::Optimizer, weight: Tensor, goal: &Tensor) {
        opt.set_lr(0.1);
        for _ in 0..100 {
            let loss = weight.mse_loss(goal, Reduction::Mean); //~ warning missing_step
        }
    }

    fn steps(mut opt: nn::Optimizer, weight: Tensor, goal: &Tensor) {
        for _ in 0..100 {
            let loss = weight.mse_loss(goal, Reduction::Mean);
            opt.backward_step(&loss);
        }
    }
}

mod only_evaluated {
    fn measure(vs: &nn::VarStore, net: &impl ModuleT, data: &Data) -> f64 {
        let opt = nn::Sgd::default().build(vs, 1e-2).unwrap();
        let mut sum = 0.0;
        for (x, y) in data.batches() {
            sum += tch::no_grad(|| f64::try_from(net.forward_t(&x, false).cross_entropy_for_logits(&y)).unwrap());
        }
        sum
    }
}

mod another_object_of_a_struct {
    struct Line {
        vs: nn::VarStore,
        inner: nn::Linear,
        fast: nn::Optimizer,
        slow: nn::Optimizer,
    }

    impl Line {
        fn new() -> Self {
            let vs = nn::VarStore::new(Device::Cpu);
            let inner = nn::linear(vs.root(), 4, 2, Default::default());
            let fast = nn::Sgd::default().build(&vs, 1e-1).unwrap();
            let slow = nn::Adam::default().build(&vs, 1e-3).unwrap();
            Self { vs, inner, fast, slow }
        }

        fn learn(&mut self, loss: &Tensor) {
            self.fast.backward_step(loss); //~ warning missing_step
        }
    }

    fn fit(xs: &Tensor, ys: &Tensor) {
        let mut line = Line::new();
        for _ in 0..1000 {
            let loss = line.inner.forward(xs).mse_loss(ys, Reduction::Mean);
            line.learn(&loss);
        }
    }
}

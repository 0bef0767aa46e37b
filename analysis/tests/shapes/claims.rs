//! Optimizers whose parameters are not comparable with the models of the losses.

mod one {
    use tch::{Tensor, nn, nn::Module, nn::OptimizerConfig};
    fn fit(vs: &nn::VarStore, net: &impl Module, batches: &[Batch]) {
        let mut opt = nn::Adam::default().build(vs, 1e-3).unwrap();
        for batch in batches {
            let loss = net.forward(&batch.x).cross_entropy_for_logits(&batch.y);
            loss.backward(); //~ error missing_zero_grad
            opt.step();
        }
    }
    fn fit_t<M: nn::ModuleT>(vs: &nn::VarStore, net: M, batches: &[Batch]) -> anyhow::Result<()> {
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        for batch in batches {
            let logits = net.forward_t(&batch.x, true);
            let loss = logits.cross_entropy_for_logits(&batch.y);
            loss.backward(); //~ error missing_zero_grad
            opt.step();
        }
        Ok(())
    }
    fn fine_tune(vs: &nn::VarStore, net: &Transformer, batches: &[Batch]) {
        let mut opt = nn::AdamW::default().build(vs, 6.25e-5).unwrap();
        for epoch in 0..3 {
            for batch in batches {
                let (lm, mc) = net.losses(batch);
                let loss = lm * 2.0 + mc;
                loss.backward(); //~ error missing_zero_grad
                opt.step();
            }
        }
    }
    fn double_step(vs: &nn::VarStore, net: &Transformer, batches: &[Batch]) {
        let mut opt = nn::AdamW::default().build(vs, 6.25e-5).unwrap();
        for batch in batches {
            let loss = net.loss(batch);
            opt.zero_grad();
            loss.backward();
            opt.step();
            opt.step(); //~ error step_repeated
        }
    }
    fn discard(vs: &nn::VarStore, net: &Transformer, batches: &[Batch]) {
        let mut opt = nn::AdamW::default().build(vs, 6.25e-5).unwrap();
        for batch in batches {
            let loss = net.loss(batch);
            loss.backward();
            opt.zero_grad(); //~ error gradients_discarded
            opt.step();
        }
    }
    fn early(vs: &nn::VarStore, net: &Transformer, batches: &[Batch]) {
        let mut opt = nn::AdamW::default().build(vs, 6.25e-5).unwrap();
        for batch in batches {
            let loss = net.loss(batch);
            opt.zero_grad();
            opt.step(); //~ error step_before_backward
            loss.backward();
        }
    }
    fn no_backward(vs: &nn::VarStore, net: &impl Module, batches: &[Batch]) {
        let mut opt = nn::AdamW::default().build(vs, 6.25e-5).unwrap();
        for batch in batches {
            let loss = net.forward(&batch.x).cross_entropy_for_logits(&batch.y);
            opt.zero_grad();
            println!("{}", loss.double_value(&[]));
            opt.step(); //~ error missing_backward
        }
    }
    fn no_step(vs: &nn::VarStore, net: &impl Module, batches: &[Batch]) {
        let mut opt = nn::AdamW::default().build(vs, 6.25e-5).unwrap();
        for batch in batches {
            let loss = net.forward(&batch.x).cross_entropy_for_logits(&batch.y);
            opt.zero_grad();
            loss.backward(); //~ error missing_step
        }
    }
    fn rebuilt(vs: &nn::VarStore, net: &impl Module, batches: &[Batch]) {
        for batch in batches {
            let mut opt = nn::AdamW::default().build(vs, 6.25e-5).unwrap(); //~ error optimizer_rebuilt
            let loss = net.forward(&batch.x).cross_entropy_for_logits(&batch.y);
            opt.zero_grad();
            loss.backward();
            opt.step();
        }
    }
    fn closure_model(vs: &nn::VarStore, m: &dyn Fn(&Tensor) -> Tensor, batches: &[Batch]) {
        let mut opt = nn::Sgd::default().build(vs, 1e-3).unwrap();
        for batch in batches {
            let loss = m(&batch.x).mse_loss(&batch.y, tch::Reduction::Mean);
            loss.backward(); //~ error missing_zero_grad
            opt.step();
        }
    }
    fn gan(gvs: &nn::VarStore, dvs: &nn::VarStore, g: &impl Module, d: &impl Module, batches: &[Batch]) {
        let mut opt_g = nn::Adam::default().build(gvs, 1e-3).unwrap();
        let mut opt_d = nn::Adam::default().build(dvs, 1e-3).unwrap();
        for b in batches {
            let fake = g.forward(&b.z).detach();
            let loss_d = d.forward(&b.x).mean(tch::Kind::Float) - d.forward(&fake).mean(tch::Kind::Float);
            opt_d.zero_grad();
            loss_d.backward();
            opt_d.step();
            let loss_g = -d.forward(&g.forward(&b.z)).mean(tch::Kind::Float);
            opt_g.zero_grad();
            loss_g.backward();
            opt_g.step();
        }
    }
}

mod two_of_a_kind {
    use tch::{Tensor, nn, nn::Module, nn::OptimizerConfig};
    fn missing_d(
        gvs: &nn::VarStore,
        dvs: &nn::VarStore,
        g: &impl Module,
        d: &impl Module,
        batches: &[Batch],
    ) {
        let mut opt_g = nn::Adam::default().build(gvs, 1e-3).unwrap();
        let mut opt_d = nn::Adam::default().build(dvs, 1e-3).unwrap();
        for b in batches {
            let fake = g.forward(&b.z).detach();
            let loss_d = d.forward(&b.x).mean(tch::Kind::Float) - d.forward(&fake).mean(tch::Kind::Float);
            loss_d.backward(); //~ error missing_zero_grad
            opt_d.step();
            let loss_g = -d.forward(&g.forward(&b.z)).mean(tch::Kind::Float);
            opt_g.zero_grad();
            loss_g.backward();
            opt_g.step();
        }
    }
    fn missing_g(
        gvs: &nn::VarStore,
        dvs: &nn::VarStore,
        g: &impl Module,
        d: &impl Module,
        batches: &[Batch],
    ) {
        let mut opt_g = nn::Adam::default().build(gvs, 1e-3).unwrap();
        let mut opt_d = nn::Adam::default().build(dvs, 1e-3).unwrap();
        for b in batches {
            let fake = g.forward(&b.z).detach();
            let loss_d = d.forward(&b.x).mean(tch::Kind::Float) - d.forward(&fake).mean(tch::Kind::Float);
            opt_d.zero_grad();
            loss_d.backward();
            opt_d.step();
            let loss_g = -d.forward(&g.forward(&b.z)).mean(tch::Kind::Float);
            loss_g.backward(); //~ error missing_zero_grad
            opt_g.step();
        }
    }
    fn swapped_g(
        gvs: &nn::VarStore,
        dvs: &nn::VarStore,
        g: &impl Module,
        d: &impl Module,
        batches: &[Batch],
    ) {
        let mut opt_g = nn::Adam::default().build(gvs, 1e-3).unwrap();
        let mut opt_d = nn::Adam::default().build(dvs, 1e-3).unwrap();
        for b in batches {
            let fake = g.forward(&b.z).detach();
            let loss_d = d.forward(&b.x).mean(tch::Kind::Float) - d.forward(&fake).mean(tch::Kind::Float);
            opt_d.zero_grad();
            loss_d.backward();
            opt_d.step();
            let loss_g = -d.forward(&g.forward(&b.z)).mean(tch::Kind::Float);
            loss_g.backward();
            opt_g.zero_grad(); //~ error gradients_discarded
            opt_g.step();
        }
    }
    fn real_fake(
        gvs: &nn::VarStore,
        dvs: &nn::VarStore,
        g: &impl Module,
        d: &impl Module,
        batches: &[Batch],
    ) {
        let mut opt_g = nn::Adam::default().build(gvs, 1e-3).unwrap();
        let mut opt_d = nn::Adam::default().build(dvs, 1e-3).unwrap();
        for b in batches {
            opt_d.zero_grad();
            let real = d.forward(&b.x).mean(tch::Kind::Float);
            real.backward();
            let fake = -d.forward(&g.forward(&b.z).detach()).mean(tch::Kind::Float);
            fake.backward();
            opt_d.step();
            opt_g.zero_grad();
            let loss_g = -d.forward(&g.forward(&b.z)).mean(tch::Kind::Float);
            loss_g.backward();
            opt_g.step();
        }
    }
    fn saliency(vs: &nn::VarStore, net: &impl Module, probe: &impl Module, batches: &[Batch]) {
        let mut opt = nn::Adam::default().build(vs, 1e-3).unwrap();
        for b in batches {
            let other = probe.forward(&b.x).sum(tch::Kind::Float);
            other.backward();
            let loss = net.forward(&b.x).mse_loss(&b.y, tch::Reduction::Mean);
            opt.zero_grad();
            loss.backward();
            opt.step();
        }
    }
    fn helper_zeroes(vs: &nn::VarStore, net: &mut Net, batches: &[Batch]) {
        let mut opt = nn::Adam::default().build(vs, 1e-3).unwrap();
        for b in batches {
            prepare(net);
            let loss = net.forward(&b.x).mse_loss(&b.y, tch::Reduction::Mean);
            loss.backward();
            opt.step();
        }
    }
    fn model_zeroes(vs: &nn::VarStore, net: &mut Net, batches: &[Batch]) {
        let mut opt = nn::Adam::default().build(vs, 1e-3).unwrap();
        for b in batches {
            net.zero_grad();
            let loss = net.forward(&b.x).mse_loss(&b.y, tch::Reduction::Mean);
            loss.backward();
            opt.step();
        }
    }
    fn together(gvs: &nn::VarStore, dvs: &nn::VarStore, net: &impl Module, batches: &[Batch]) {
        let mut opt_g = nn::Adam::default().build(gvs, 1e-3).unwrap();
        let mut opt_d = nn::Adam::default().build(dvs, 1e-3).unwrap();
        for b in batches {
            opt_d.zero_grad();
            opt_g.zero_grad();
            net.forward(&b.x).mse_loss(&b.y, tch::Reduction::Mean).backward();
            opt_d.step();
            opt_g.step();
        }
    }
    fn alternating(
        gvs: &nn::VarStore,
        dvs: &nn::VarStore,
        g: &impl Module,
        d: &impl Module,
        batches: &[Batch],
    ) {
        let mut opt_g = nn::Adam::default().build(gvs, 1e-3).unwrap();
        let mut opt_d = nn::Adam::default().build(dvs, 1e-3).unwrap();
        for (i, b) in batches.iter().enumerate() {
            if i % 2 == 0 {
                let loss_d = d.forward(&b.x).mean(tch::Kind::Float);
                opt_d.backward_step(&loss_d);
            } else {
                let loss_g = -d.forward(&g.forward(&b.z)).mean(tch::Kind::Float);
                opt_g.backward_step(&loss_g);
            }
        }
    }
}

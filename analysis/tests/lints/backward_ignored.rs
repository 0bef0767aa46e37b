/// The fused call runs the same backward again.
mod the_same_loss {
    fn train(data: &mut Batches) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = classifier(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        for (x, y) in data.iter() {
            let loss = net.forward(&x).cross_entropy_for_logits(&y);
            loss.backward(); //~ error backward_ignored
            opt.backward_step(&loss);
        }
        Ok(())
    }
}

/// The clip between them is lost as well.
mod clipped_in_vain {
    fn train(data: &mut Batches, vs: &nn::VarStore, net: &Net) -> Result<()> {
        let mut opt = nn::AdamW::default().build(vs, 1e-3)?;
        for (x, y) in data.iter() {
            let loss = net.forward_t(&x, true).cross_entropy_for_logits(&y);
            opt.zero_grad();
            loss.backward(); //~ error backward_ignored
            opt.clip_grad_norm(1.0);
            opt.backward_step(&loss);
        }
        Ok(())
    }
}

/// A second loss whose gradients the fused call zeroes.
mod another_loss {
    fn train(data: &mut Batches) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = classifier(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        for (x, y) in data.iter() {
            let penalty = net.forward(&noise(&x)).square().mean(Kind::Float);
            penalty.backward(); //~ error backward_ignored
            let loss = net.forward(&x).cross_entropy_for_logits(&y);
            opt.backward_step_clip(&loss, 0.5);
        }
        Ok(())
    }
}

/// One call for all three.
mod fused {
    fn train(data: &mut Batches, vs: &nn::VarStore, net: &Net) -> Result<()> {
        let mut opt = nn::Adam::default().build(vs, 1e-3)?;
        for (x, y) in data.iter() {
            let loss = net.forward_t(&x, true).cross_entropy_for_logits(&y);
            opt.backward_step_clip_norm(&loss, 1.0);
        }
        Ok(())
    }
}

/// Three calls, and a fused one in another part of the training.
mod each_in_its_loop {
    fn train(data: &mut Batches) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = classifier(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        for (x, y) in data.iter().take(100) {
            opt.backward_step(&net.forward(&x).cross_entropy_for_logits(&y));
        }
        for (x, y) in data.iter() {
            let loss = net.forward(&x).cross_entropy_for_logits(&y);
            opt.zero_grad();
            loss.backward();
            opt.clip_grad_value(0.5);
            opt.step();
        }
        Ok(())
    }
}

/// The generator's gradients are filled as a side effect, and zeroed by its own call.
mod of_another_optimizer {
    fn train(batches: &mut Batches) -> Result<()> {
        let (vs_g, vs_d) = (nn::VarStore::new(Device::Cpu), nn::VarStore::new(Device::Cpu));
        let (generator, discriminator) = (net(&vs_g.root()), net(&vs_d.root()));
        let mut opt_g = nn::Adam::default().build(&vs_g, 1e-3)?;
        let mut opt_d = nn::Adam::default().build(&vs_d, 1e-3)?;
        for (real, noise) in batches.iter() {
            opt_d.zero_grad();
            let fake = generator.forward(&noise);
            let d_loss = discriminator.forward(&fake).mean(Kind::Float) - discriminator.forward(&real).mean(Kind::Float);
            d_loss.backward();
            opt_d.step();
            let g_loss = -discriminator.forward(&generator.forward(&noise)).mean(Kind::Float);
            opt_g.backward_step(&g_loss);
        }
        Ok(())
    }
}

/// Gradients of an input are read before the step.
mod read {
    fn train(data: &mut Batches) -> Result<()> {
        let vs = nn::VarStore::new(Device::Cpu);
        let net = classifier(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        for (x, y) in data.iter() {
            let x = x.set_requires_grad(true);
            net.forward(&x).cross_entropy_for_logits(&y).backward();
            let attacked = &x + x.grad().sign() * 0.03;
            let loss = net.forward(&attacked).cross_entropy_for_logits(&y);
            opt.backward_step(&loss);
        }
        Ok(())
    }
}

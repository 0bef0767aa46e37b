//! Models that are closures, and scalers that own their optimizer.

use tch::{nn, nn::OptimizerConfig, Reduction, Tensor};

type Model = Box<dyn Fn(&Tensor) -> (Tensor, Tensor)>;

fn model(p: &nn::Path) -> Model {
    let trunk = nn::seq().add(nn::linear(p / "trunk", 8, 8, Default::default())).add_fn(|xs| xs.relu());
    let critic = nn::linear(p / "critic", 8, 1, Default::default());
    let actor = nn::linear(p / "actor", 8, 2, Default::default());
    Box::new(move |xs: &Tensor| {
        let xs = xs.apply(&trunk);
        (xs.apply(&critic), xs.apply(&actor))
    })
}

mod right {
    fn train(data: &Data) {
        let vs = nn::VarStore::new(Device::Cpu);
        let model = super::model(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-4).unwrap();
        for batch in data {
            let returns = {
                let r = Tensor::zeros([9], FLOAT_CPU);
                let last = tch::no_grad(|| model(&batch.last).0);
                r.get(-1).copy_(&last);
                r
            };
            let (critic, actor) = model(&batch.states);
            let advantages = returns.narrow(0, 0, 8) - critic;
            let value_loss = (&advantages * &advantages).mean(Kind::Float);
            let loss = value_loss + (-advantages.detach() * actor.log_softmax(-1, Kind::Float)).mean(Kind::Float);
            opt.backward_step_clip(&loss, 0.5);
        }
    }
}

mod never_steps {
    fn train(data: &Data) {
        let vs = nn::VarStore::new(Device::Cpu);
        let model = super::model(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-4).unwrap();
        for batch in data {
            let (critic, _) = model(&batch.states);
            let value_loss = (&batch.returns - critic).square().mean(Kind::Float); //~ warning missing_step
        }
    }
}

mod returns_with_a_graph {
    fn train(data: &Data) {
        let vs = nn::VarStore::new(Device::Cpu);
        let model = super::model(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-4).unwrap();
        for batch in data {
            let returns = {
                let r = Tensor::zeros([9], FLOAT_CPU);
                let last = model(&batch.last).0;
                r.get(-1).copy_(&last);
                r
            };
            let (critic, _) = model(&batch.states);
            let error = returns.narrow(0, 0, 8) - critic; //~ warning target_not_detached
            opt.backward_step(&error.square().mean(Kind::Float));
        }
    }
}

mod scalers {
    fn right(scaler: &mut GradScaler<impl Optimizer>, net: &Net, data: &Data) {
        for batch in data {
            let loss = net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            let optimizer = scaler.optimizer_mut();
            optimizer.set_lr(batch.rate);
            scaler.backward_step(&loss)?;
        }
    }

    fn twice(scaler: &mut GradScaler<impl Optimizer>, net: &Net, data: &Data) {
        for batch in data {
            let loss = net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            scaler.backward_step(&loss)?;
            scaler.backward_step(&loss)?; //~ error backward_repeated
        }
    }
}

mod rebuilt {
    fn fit(vs: &nn::VarStore, net: &Net, data: &Data) {
        for batch in data {
            let mut opt = own::SparseAdam::new(vs, 1e-3); //~ error optimizer_rebuilt
            let loss = net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            opt.zero_grad();
            loss.backward();
            opt.step();
        }
    }
}

/// Features of a network without an optimizer are computed once.
mod features {
    fn right(data: &Data) {
        let mut vs = nn::VarStore::new(Device::Cpu);
        let net = resnet18_no_final_layer(&vs.root());
        vs.load("weights.ot")?;
        let features = tch::no_grad(|| data.images.apply_t(&net, false));
        let vs = nn::VarStore::new(Device::Cpu);
        let linear = nn::linear(vs.root(), 512, 2, Default::default());
        let mut sgd = nn::Sgd::default().build(&vs, 1e-3)?;
        for epoch in 1..1001 {
            sgd.backward_step(&features.apply(&linear).cross_entropy_for_logits(&data.labels));
        }
    }

    fn with_their_graph(data: &Data) {
        let mut vs = nn::VarStore::new(Device::Cpu);
        let net = resnet18_no_final_layer(&vs.root());
        vs.load("weights.ot")?;
        let features = data.images.apply_t(&net, false);
        let vs = nn::VarStore::new(Device::Cpu);
        let linear = nn::linear(vs.root(), 512, 2, Default::default());
        let mut sgd = nn::Sgd::default().build(&vs, 1e-3)?;
        for epoch in 1..1001 {
            sgd.backward_step(&features.apply(&linear).cross_entropy_for_logits(&data.labels)); //~ warning backward_repeated
        }
    }
}

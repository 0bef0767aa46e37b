//! Settings, devices and data, which hold no parameters, and stores, which do.

use training_loop::prelude::*;
fn fit(train: &DataLoader, config: &Config) -> Result<()> {
    let mut model = Net::new(config);
    let mut optimizer = AdamW::new(model.parameters(), config.rate);
    for batch in train {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
        log(config, loss.item());
    }
    save(&model)
}
fn dev(device: Device) {
    let model = build(device);
    let mut optimizer = AdamW::new(model.parameters(), 1e-3);
    for i in 0..100 {
        let x = rand(20, 10, device);
        let y = rand(20, 1, device);
        let loss = mse_loss(&model.forward(&x), &y);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
    }
    save(&model)
}
fn args(args: Args) -> Result<()> {
    let device = Device::cuda_if_available();
    let dataset = Mnist::load(&args.path);
    let mut net = Net::new(args.width, args.depth, dataset.classes(), device);
    let mut opt = Sgd::new(net.parameters(), args.lr);
    for epoch in 0..args.epochs {
        for (x, y) in dataset.train_iter(args.batch_size).shuffle() {
            let out = net.forward(&x.to(device));
            let loss = cross_entropy(&out, &y);
            loss.backward(); //~ error missing_zero_grad
            opt.step();
            report(&args, epoch, loss.item());
        }
        let eval = evaluate(&net, &dataset, &args);
        println!("{eval}");
    }
    Ok(())
}
fn dqn(mut env: CartPole) {
    let width = env.observation_space();
    let net = Net::new(width);
    let mut optimizer = Adam::new(net.parameters(), 1e-3);
    for _ in 0..1000 {
        let state = env.reset();
        let (next, reward) = env.step(0);
        let loss = mse_loss(&net.forward(&state), &reward);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
    }
    save(&net);
}
struct Hyper {
    lr: f64,
    epochs: usize,
    device: Device,
}
fn hyper(h: &Hyper, train: &DataLoader) {
    let mut model = Net::new(h);
    let mut optimizer = AdamW::new(model.parameters(), h.lr);
    for batch in train {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
        update_progress(h, loss.item());
    }
    save(&model);
}
fn path_of_store(p: &nn::Path, train: &DataLoader) {
    let model = Net::new(p);
    let mut optimizer = AdamW::new(model.parameters(), 0.1);
    for batch in train {
        reset_gradients(p);
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
    save(&model);
}
fn store_in_config(ctx: &Ctx, train: &DataLoader) {
    let model = Net::new(&ctx.config.vs);
    let mut optimizer = AdamW::new(model.parameters(), 0.1);
    for batch in train {
        update_all(&ctx.config.vs);
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
    save(&model);
}
fn wrapped(inner: &Net, train: &DataLoader) {
    let model = Wrapper::new(inner);
    let mut optimizer = AdamW::new(model.parameters(), 0.1);
    for batch in train {
        zero_gradients(inner);
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
    save(&model);
}
impl Trainer {
    fn run(&mut self, train: &DataLoader) {
        let device = self.config.device;
        let model = Net::new(&self.config, device);
        let mut optimizer = AdamW::new(model.parameters(), self.config.lr);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input.to(device)), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
            self.track_step(&self.config, loss.item());
        }
        save(&model);
    }
}

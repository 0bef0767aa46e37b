//! Fallible and in-place methods of tensors, derivatives as values, and modes that are arguments.
use tch::{nn, nn::Module, nn::ModuleT, nn::OptimizerConfig, Kind, Reduction, TchError, Tensor};

fn fallible_backward(opt: &mut nn::Optimizer, loss: &Tensor) -> Result<(), TchError> {
    opt.zero_grad();
    loss.f_backward()?;
    opt.step();
    Ok(())
}

fn backward_by_path(opt: &mut nn::Optimizer, loss: &Tensor) -> Result<(), TchError> {
    opt.zero_grad();
    Tensor::f_backward(loss)?;
    opt.step();
    Ok(())
}

fn derivatives(opt: &mut nn::Optimizer, loss: &Tensor, weights: &[Tensor]) -> Result<(), TchError> {
    opt.zero_grad();
    let grads = Tensor::f_run_backward(&[loss], weights, false, false)?;
    for (weight, grad) in weights.iter().zip(&grads) {
        weight.grad().copy_(grad);
    }
    opt.step();
    Ok(())
}

fn fallible_and_never_zeroed(data: &[Batch]) -> Result<(), TchError> {
    let vs = nn::VarStore::new(Device::Cpu);
    let net = classifier(&vs.root());
    let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
    for batch in data {
        let loss = net.forward(&batch.x).f_mse_loss(&batch.y, Reduction::Mean)?;
        loss.f_backward()?; //~ error missing_zero_grad
        opt.step();
    }
    vs.save("net.ot")
}

fn fallible_and_twice(data: &[Batch]) -> Result<(), TchError> {
    let vs = nn::VarStore::new(Device::Cpu);
    let net = classifier(&vs.root());
    let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
    for batch in data {
        opt.zero_grad();
        let loss = net.forward(&batch.x).f_mse_loss(&batch.y, Reduction::Mean)?;
        loss.f_backward()?;
        loss.f_backward()?; //~ error backward_repeated
        opt.step();
    }
    vs.save("net.ot")
}

fn probabilities_into_logits(net: &impl Module, opt: &mut nn::Optimizer, batch: &Batch) -> Result<(), TchError> {
    let output = net.forward(&batch.x).f_softmax(-1, Kind::Float)?;
    let loss = output.cross_entropy_for_logits(&batch.y); //~ error double_softmax
    opt.backward_step(&loss);
    Ok(())
}

fn logarithms_in_place(net: &impl Module, opt: &mut nn::Optimizer, batch: &Batch) {
    let mut output = net.forward(&batch.x).softmax(-1, Kind::Float);
    let _ = output.log_();
    let loss = output.nll_loss(&batch.y);
    opt.backward_step(&loss);
}

fn without_reduction(net: &impl Module, opt: &mut nn::Optimizer, batch: &Batch) {
    let loss = net.forward(&batch.x).mse_loss(&batch.y, Reduction::None);
    opt.backward_step(&loss); //~ warning loss_without_reduction
}

fn reduced_afterwards(net: &impl Module, opt: &mut nn::Optimizer, batch: &Batch) {
    let loss = net.forward(&batch.x).mse_loss(&batch.y, Reduction::None).masked_fill(&batch.pad, 0.0);
    opt.backward_step(&loss.mean(Kind::Float));
}

fn the_wrong_flag_in_both_loops(train: &[Batch], valid: &[Batch]) {
    let vs = nn::VarStore::new(Device::Cpu);
    let net = classifier(&vs.root());
    let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
    for batch in train {
        let loss = net.forward_t(&batch.x, false).cross_entropy_for_logits(&batch.y); //~ warning training_in_eval_mode
        opt.backward_step(&loss);
    }
    for batch in valid {
        let output = tch::no_grad(|| net.forward_t(&batch.x, true)); //~ error evaluation_in_train_mode
        println!("{}", output.accuracy_for_logits(&batch.y));
    }
}

fn the_wrong_flag_of_an_application(train: &[Batch], valid: &[Batch]) {
    let vs = nn::VarStore::new(Device::Cpu);
    let net = classifier(&vs.root());
    let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
    for batch in train {
        let loss = batch.x.apply_t(&net, true).cross_entropy_for_logits(&batch.y);
        opt.backward_step(&loss);
    }
    let _guard = tch::no_grad_guard();
    for batch in valid {
        let output = batch.x.apply_t(&net, true); //~ error evaluation_in_train_mode
        println!("{}", output.accuracy_for_logits(&batch.y));
    }
}

fn the_right_flags(train: &[Batch], valid: &[Batch]) {
    let vs = nn::VarStore::new(Device::Cpu);
    let net = classifier(&vs.root());
    let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
    for batch in train {
        let loss = net.forward_t(&batch.x, true).cross_entropy_for_logits(&batch.y);
        opt.backward_step(&loss);
    }
    for batch in valid {
        let output = tch::no_grad(|| net.forward_t(&batch.x, false));
        println!("{}", output.accuracy_for_logits(&batch.y));
    }
}

/// The flag of a traced model is ignored: only `set_train` and `set_eval` count.
fn a_traced_model_stays_in_training(images: &Images) -> Result<(), TchError> {
    let vs = nn::VarStore::new(Device::Cpu);
    let mut model = tch::TrainableCModule::load("model.pt", vs.root())?;
    model.set_train();
    let mut opt = nn::Adam::default().build(&vs, 1e-4)?;
    for epoch in 1..20 {
        for (x, y) in images.train_iter(128).shuffle() {
            let loss = model.forward_t(&x, true).cross_entropy_for_logits(&y);
            opt.backward_step(&loss);
        }
        let accuracy = model.batch_accuracy_for_logits(&images.test_images, &images.test_labels, vs.device(), 512); //~ error evaluation_in_train_mode
        println!("{epoch} {accuracy}");
    }
    model.save("trained.pt")
}

fn a_traced_model_is_switched(images: &Images) -> Result<(), TchError> {
    let vs = nn::VarStore::new(Device::Cpu);
    let mut model = tch::TrainableCModule::load("model.pt", vs.root())?;
    let mut opt = nn::Adam::default().build(&vs, 1e-4)?;
    for epoch in 1..20 {
        model.set_train();
        for (x, y) in images.train_iter(128).shuffle() {
            let loss = model.forward_t(&x, true).cross_entropy_for_logits(&y);
            opt.backward_step(&loss);
        }
        model.set_eval();
        let accuracy = model.batch_accuracy_for_logits(&images.test_images, &images.test_labels, vs.device(), 512);
        println!("{epoch} {accuracy}");
    }
    model.save("trained.pt")
}

fn built_and_never_used(images: &Images) -> Result<(), TchError> {
    let vs = nn::VarStore::new(Device::Cpu);
    let net = classifier(&vs.root());
    let mut opt = nn::Adam::default().build(&vs, 1e-4)?;
    for (x, y) in images.train_iter(128).shuffle() {
        let loss = net.forward_t(&x, true).cross_entropy_for_logits(&y); //~ warning missing_step
        println!("{}", f64::try_from(&loss)?);
    }
    vs.save("net.ot")
}

fn in_mixed_precision(images: &Images) -> Result<(), TchError> {
    let vs = nn::VarStore::new(Device::cuda_if_available());
    let net = classifier(&vs.root());
    let mut opt = nn::Adam::default().build(&vs, 1e-4)?;
    for (x, y) in images.train_iter(128).shuffle() {
        let loss = tch::autocast(true, || net.forward_t(&x, true).cross_entropy_for_logits(&y));
        loss.backward(); //~ error missing_zero_grad
        opt.step();
    }
    vs.save("net.ot")
}

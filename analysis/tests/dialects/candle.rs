//! candle: gradients are values that `backward` returns, and the mode is an argument.

use candle_core::{DType, Device, Result, Tensor, Var, D};
use candle_nn::{loss, AdamW, Module, ModuleT, Optimizer, ParamsAdamW, VarBuilder, VarMap, SGD};

mod right {
    fn fit(model: &Net, data: &Data, optimizer: &mut AdamW) -> Result<()> {
        for (x, y) in data.batches() {
            let loss = loss::cross_entropy(&model.forward(&x)?, &y)?;
            let grads = loss.backward()?;
            optimizer.step(&grads)?;
        }
        Ok(())
    }
}

mod clipped_too_late {
    fn scale(grads: &mut GradStore, vars: &[Var], factor: f64) -> Result<()> {
        for var in vars {
            if let Some(grad) = grads.remove(var) {
                grads.insert(var, (grad * factor)?); //~ error clip_after_step
            }
        }
        Ok(())
    }

    fn fit(model: &Net, vars: &[Var], data: &Data, optimizer: &mut AdamW) -> Result<()> {
        for (x, y) in data.batches() {
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            let mut grads = loss.backward()?;
            optimizer.step(&grads)?;
            scale(&mut grads, vars, 0.5)?;
        }
        Ok(())
    }

    fn unseen(model: &Net, data: &Data, optimizer: &mut AdamW) -> Result<()> {
        for (x, y) in data.batches() {
            let mut grads = loss::mse(&model.forward(&x)?, &y)?.backward()?;
            optimizer.step(&grads)?;
            clip_by_norm(&mut grads, 1.0)?; //~ error clip_after_step
        }
        Ok(())
    }
}

mod no_step {
    fn bound(model: &Net, data: &Data, optimizer: &mut AdamW) -> Result<f32> {
        let mut sum = 0f32;
        for (x, y) in data.batches() {
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            let grads = loss.backward()?; //~ error missing_step
            sum += loss.to_scalar::<f32>()?;
        }
        Ok(sum)
    }

    fn only_measured(model: &Net, data: &Data, varmap: &VarMap) -> Result<()> {
        let mut optimizer = SGD::new(varmap.all_vars(), 0.1)?;
        for (x, y) in data.batches() {
            let grads = loss::mse(&model.forward(&x)?, &y)?.backward()?; //~ error missing_step
            println!("{}", grad_norm(&grads));
        }
        Ok(())
    }

    fn fused(model: &Net, data: &Data, varmap: &VarMap) -> Result<f32> {
        let optimizer = SGD::new(varmap.all_vars(), 0.1)?;
        let mut sum = 0f32;
        for (x, y) in data.batches() {
            let loss = loss::mse(&model.forward(&x)?, &y)?; //~ warning missing_step
            sum += loss.to_scalar::<f32>()?;
        }
        Ok(sum)
    }

    struct Learner {
        net: Net,
        opt: AdamW,
    }

    impl Learner {
        fn learn(&mut self, x: &Tensor, y: &Tensor) -> Result<f32> {
            let loss = loss::mse(&self.net.forward(x)?, y)?; //~ warning missing_step
            loss.to_scalar()
        }

        fn measure(&mut self, x: &Tensor, y: &Tensor) -> Result<f32> {
            loss::mse(&self.net.forward(x)?, y)?.to_scalar()
        }

        fn loss_to_train(&self, x: &Tensor, y: &Tensor) -> Result<Tensor> {
            loss::mse(&self.net.forward(x)?, y)
        }
    }
}

mod stepped_twice {
    fn fit(model: &Net, data: &Data, optimizer: &mut AdamW) -> Result<()> {
        for (x, y) in data.batches() {
            let grads = loss::mse(&model.forward(&x)?, &y)?.backward()?;
            optimizer.step(&grads)?;
            optimizer.step(&grads)?; //~ error step_repeated
        }
        Ok(())
    }

    fn one_call(agent: &mut Agent, x: &Tensor, y: &Tensor) -> Result<()> {
        let grads = loss::mse(&agent.net.forward(x)?, y)?.backward()?;
        agent.optimizer.step(&grads)?;
        agent.optimizer.step(&grads) //~ error step_repeated
    }

    fn of_the_first_batch(model: &Net, x: &Tensor, y: &Tensor, optimizer: &mut AdamW) -> Result<()> {
        let grads = loss::mse(&model.forward(x)?, y)?.backward()?;
        for _ in 0..100 {
            optimizer.step(&grads)?; //~ error step_repeated
        }
        Ok(())
    }
}

mod computed_twice {
    fn looked_at(model: &Net, x: &Tensor, y: &Tensor, opt: &mut AdamW) -> Result<f64> {
        let loss = loss::cross_entropy(&model.forward(x)?, y)?;
        let grads = loss.backward()?; //~ error backward_ignored
        let norm = grad_norm(&grads);
        opt.backward_step(&loss)?;
        Ok(norm)
    }

    fn clipped_in_vain(model: &Net, data: &Data, opt: &mut AdamW) -> Result<()> {
        for (x, y) in data.batches() {
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            let mut grads = loss.backward()?; //~ error backward_ignored
            clip_grads(&mut grads, 1.0)?;
            opt.backward_step(&loss)?;
        }
        Ok(())
    }

    fn bare(model: &Net, data: &Data, opt: &mut AdamW) -> Result<()> {
        for (x, y) in data.batches() {
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            loss.backward()?; //~ error backward_ignored
            opt.backward_step(&loss)?;
        }
        Ok(())
    }
}

mod modes {
    fn fit(model: &Net, train: &Data, valid: &Data, optimizer: &mut AdamW) -> Result<f32> {
        let mut sum = 0f32;
        for (x, y) in train.batches() {
            let loss = loss::mse(&model.forward_t(&x, false)?, &y)?; //~ warning training_in_eval_mode
            optimizer.backward_step(&loss)?;
        }
        for (x, y) in valid.batches() {
            sum += loss::mse(&model.forward_t(&x, true)?, &y)?.to_scalar::<f32>()?; //~ warning evaluation_in_train_mode
        }
        Ok(sum)
    }

    fn whole_set(model: &Net, data: &Digits, varmap: &VarMap) -> Result<()> {
        let mut optimizer = SGD::new(varmap.all_vars(), 0.1)?;
        let test_images = data.test_images.copy()?;
        for epoch in 0..10 {
            let loss = loss::cross_entropy(&model.forward(&data.train_images, true)?, &data.train_labels)?;
            optimizer.backward_step(&loss)?;
            let test_logits = model.forward(&test_images, true)?; //~ warning evaluation_in_train_mode
            println!("{epoch} {}", accuracy(&test_logits, &data.test_labels)?);
        }
        Ok(())
    }
}

mod rebuilt {
    fn optimizer(model: &Net, varmap: &VarMap, data: &Data) -> Result<()> {
        for (x, y) in data.batches() {
            let mut optimizer = AdamW::new_lr(varmap.all_vars(), 1e-3)?; //~ error optimizer_rebuilt
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            optimizer.backward_step(&loss)?;
        }
        Ok(())
    }

    fn in_every_epoch(model: &Net, varmap: &VarMap, data: &Data) -> Result<()> {
        for epoch in 0..10 {
            let mut optimizer = AdamW::new_lr(varmap.all_vars(), 1e-3)?; //~ warning optimizer_rebuilt
            for (x, y) in data.batches() {
                let loss = loss::mse(&model.forward(&x)?, &y)?;
                optimizer.backward_step(&loss)?;
            }
            println!("{epoch}");
        }
        Ok(())
    }

    fn with_a_new_rate(model: &Net, varmap: &VarMap, data: &Data) -> Result<()> {
        for epoch in 0..10 {
            let mut optimizer = AdamW::new_lr(varmap.all_vars(), 0.1 / (epoch + 1) as f64)?;
            for (x, y) in data.batches() {
                let loss = loss::mse(&model.forward(&x)?, &y)?;
                optimizer.backward_step(&loss)?;
            }
        }
        Ok(())
    }

    fn model(data: &Data, device: &Device) -> Result<()> {
        for (x, y) in data.batches() {
            let varmap = VarMap::new(); //~ error model_rebuilt
            let model = Net::new(VarBuilder::from_varmap(&varmap, DType::F32, device))?;
            let mut optimizer = AdamW::new_lr(varmap.all_vars(), 1e-3)?;
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            optimizer.backward_step(&loss)?;
        }
        Ok(())
    }
}

mod graphs {
    fn sum(model: &Net, data: &Data, optimizer: &mut AdamW, device: &Device) -> Result<Tensor> {
        let mut total = Tensor::zeros((), DType::F32, device)?;
        for (x, y) in data.batches() {
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            optimizer.backward_step(&loss)?;
            total = (total + &loss)?; //~ warning graph_kept
        }
        Ok(total)
    }

    fn sum_by_method(model: &Net, data: &Data, optimizer: &mut AdamW, device: &Device) -> Result<Tensor> {
        let mut total = Tensor::zeros((), DType::F32, device)?;
        for (x, y) in data.batches() {
            let loss = loss::mse(&model.forward(&x)?, &y)?;
            optimizer.backward_step(&loss)?;
            total = total.add(&loss)?; //~ warning graph_kept
        }
        Ok(total)
    }
}

mod losses {
    fn softmax_twice(model: &Net, data: &Data, optimizer: &mut AdamW) -> Result<()> {
        for (x, y) in data.batches() {
            let probabilities = candle_nn::ops::softmax(&model.forward(&x)?, D::Minus1)?;
            let loss = loss::cross_entropy(&probabilities, &y)?; //~ error double_softmax
            optimizer.backward_step(&loss)?;
        }
        Ok(())
    }

    fn own_target(q: &Net, optimizer: &mut AdamW, batch: &Batch) -> Result<()> {
        let next = q.forward(&batch.next)?.max(1)?;
        let target = (&batch.reward + (next * 0.99)?)?;
        let chosen = q.forward(&batch.state)?.gather(&batch.action, 1)?;
        let loss = loss::mse(&chosen, &target)?; //~ warning target_not_detached
        optimizer.backward_step(&loss)
    }
}

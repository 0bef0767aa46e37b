//! tch: loops that never zero, with calls whose effects the file does not show; and steps that are gone.

use tch::nn::{self, Optimizer, OptimizerConfig, VarStore};
use tch::Tensor;

mod never_zeroed {
    fn faulty(net: &mut Net, opt: &mut Optimizer, data: &mut Loader, watch: &mut dyn Watch, loss_of: fn(&Tensor, &Tensor) -> Tensor) {
        for i in 0..1000 {
            let batch = data.next_batch(net);
            let value = loss_of(&net.forward(&batch.x), &batch.y);
            value.backward(); //~ warning missing_zero_grad
            opt.step();
            watch.after(i);
        }
    }

    fn right(net: &mut Net, opt: &mut Optimizer, data: &mut Loader, watch: &mut dyn Watch, loss_of: fn(&Tensor, &Tensor) -> Tensor) {
        for i in 0..1000 {
            let batch = data.next_batch(net);
            let value = loss_of(&net.forward(&batch.x), &batch.y);
            opt.zero_grad();
            value.backward();
            opt.step();
            watch.after(i);
        }
    }

    /// What gets the optimizer may zero.
    fn watched(net: &mut Net, opt: &mut Optimizer, data: &mut Loader, watch: &mut dyn Watch, loss_of: fn(&Tensor, &Tensor) -> Tensor) {
        for i in 0..1000 {
            let batch = data.next_batch(net);
            let value = loss_of(&net.forward(&batch.x), &batch.y);
            value.backward();
            opt.step();
            watch.after(i, opt);
        }
    }
}

mod an_optimizer_of_a_field {
    struct Trainer {
        optimizer: Option<Optimizer>,
    }

    impl Trainer {
        fn train_step(&mut self, net: &Net, data: &Data) -> Result<f64> {
            let optimizer = self.optimizer.as_mut().ok_or_else(|| anyhow!("there is none"))?;
            let mut sum = 0.0;
            for batch in data.batches() {
                let loss = net.forward(&batch.x).mse_loss(&batch.y, tch::Reduction::Mean);
                sum += f64::try_from(&loss)?;
                optimizer.zero_grad();
                loss.backward(); //~ warning missing_step
                optimizer.clip_grad_norm(0.5);
            }
            Ok(sum)
        }

        fn right_train_step(&mut self, net: &Net, data: &Data) -> Result<f64> {
            let optimizer = self.optimizer.as_mut().ok_or_else(|| anyhow!("there is none"))?;
            let mut sum = 0.0;
            for batch in data.batches() {
                let loss = net.forward(&batch.x).mse_loss(&batch.y, tch::Reduction::Mean);
                sum += f64::try_from(&loss)?;
                optimizer.zero_grad();
                loss.backward();
                optimizer.clip_grad_norm(0.5);
                optimizer.step();
            }
            Ok(sum)
        }

        /// The caller steps after several batches.
        fn accumulate(&mut self, net: &Net, data: &Data) -> Result<f64> {
            let optimizer = self.optimizer.as_mut().ok_or_else(|| anyhow!("there is none"))?;
            let mut sum = 0.0;
            optimizer.zero_grad();
            for batch in data.batches() {
                let loss = net.forward(&batch.x).mse_loss(&batch.y, tch::Reduction::Mean);
                sum += f64::try_from(&loss)?;
                loss.backward();
            }
            Ok(sum)
        }
    }
}

mod an_optimizer_of_a_function {
    impl Trainer {
        fn train(&self, net: &Net, data: &mut Data, vars: &VarStore, rate: f64) -> Result<()> {
            let mut opt = self.init_optimizer(vars, rate)?; //~ warning missing_step
            for _ in 0..10 {
                let mut epoch_loss = 0.0;
                for (x, y) in data.shuffle() {
                    self.look(x, y, net, &mut epoch_loss);
                }
            }
            Ok(())
        }

        fn right_train(&self, net: &Net, data: &mut Data, vars: &VarStore, rate: f64) -> Result<()> {
            let mut opt = self.init_optimizer(vars, rate)?;
            for _ in 0..10 {
                let mut epoch_loss = 0.0;
                for (x, y) in data.shuffle() {
                    self.round(x, y, net, &mut epoch_loss, &mut opt);
                }
            }
            Ok(())
        }
    }
}

mod a_method_step {
    pub struct Trainer {
        opt: Optimizer,
    }

    impl Trainer {
        pub fn step(&mut self, predictions: &Tensor, gold: &Tensor) -> f64 {
            let loss = predictions.mse_loss(gold, tch::Reduction::Mean); //~ warning missing_step
            loss.double_value(&[])
        }
    }

    pub struct Right {
        opt: Optimizer,
    }

    impl Right {
        pub fn step(&mut self, predictions: &Tensor, gold: &Tensor) -> f64 {
            let loss = predictions.mse_loss(gold, tch::Reduction::Mean);
            self.opt.backward_step(&loss);
            loss.double_value(&[])
        }
    }
}

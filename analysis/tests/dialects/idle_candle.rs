//! candle: losses that nothing trains with, and optimizers that never step.

use candle_core::{Device, Result, Tensor, D};
use candle_nn::{loss, AdamW, Module, Optimizer, ParamsAdamW, VarMap};

struct Agent {
    net: Net,
    optimizer: AdamW,
    critic: Critic,
}

impl Agent {
    fn train_step(&mut self, batch: &Batch) -> Result<f32> {
        let misses = self.net.forward(&batch.x)?.sub(&batch.y)?.sqr()?;
        let loss = misses.broadcast_mul(&batch.weights)?.mean_all()?;
        self.optimizer.backward_step(&loss)?;
        self.buffer.update_priorities(&misses)?;
        loss.to_scalar::<f32>()
    }
}

mod never_stepped {
    pub struct Learner {
        net: Net,
        optimizer: AdamW,
    }

    impl Learner {
        fn train_step(&mut self, batch: &Batch) -> Result<f32> {
            let misses = self.net.forward(&batch.x)?.sub(&batch.y)?.sqr()?;
            let loss = misses.broadcast_mul(&batch.weights)?.mean_all()?; //~ warning missing_step
            self.buffer.update_priorities(&misses)?;
            loss.to_scalar::<f32>()
        }

        fn rate(&self) -> f64 {
            self.optimizer.learning_rate()
        }
    }
}

mod two_optimizers {
    pub struct Both {
        policy_optimizer: Clipped,
        value_optimizer: Clipped,
    }

    impl Update for Both {
        fn update(&mut self, losses: Losses) -> Result<()> {
            self.value_optimizer.backward_step(&losses.value_loss)?; //~ warning missing_step
            Ok(())
        }
    }

    pub struct Right {
        first_optimizer: Clipped,
        second_optimizer: Clipped,
    }

    impl Update for Right {
        fn update(&mut self, losses: Losses) -> Result<()> {
            self.first_optimizer.backward_step(&losses.policy_loss)?;
            self.second_optimizer.backward_step(&losses.value_loss)?;
            Ok(())
        }
    }
}

mod parts_of_tuples {
    impl Agent {
        fn update_critic(&mut self, batch: &Batch) -> Result<(f32, f32)> {
            let (loss, mean) = { //~ warning missing_step
                let pred = self.critic.qvals(&batch.x)?;
                let target = batch.y.detach();
                let mean = target.mean_all()?.to_scalar::<f32>()?;
                (loss::mse(&pred, &target)?, mean)
            };
            self.critic.soft_update()?;
            Ok((loss.to_scalar::<f32>()?, mean))
        }

        fn update_critic_rightly(&mut self, batch: &Batch) -> Result<(f32, f32)> {
            let (loss, mean) = {
                let pred = self.critic.qvals(&batch.x)?;
                let target = batch.y.detach();
                let mean = target.mean_all()?.to_scalar::<f32>()?;
                (loss::mse(&pred, &target)?, mean)
            };
            self.critic.backward_step(&loss)?;
            self.critic.soft_update()?;
            Ok((loss.to_scalar::<f32>()?, mean))
        }

        /// Another method trains with the loss that this one stores.
        fn update_history(&mut self, batch: &Batch) -> Result<()> {
            let loss = self.critic.qvals(&batch.x)?.mean_all()?;
            println!("{}", loss.to_scalar::<f32>()?);
            self.pending = Some(loss);
            Ok(())
        }
    }
}

mod losses_of_the_model {
    fn train_model(model: &Gpt, data: &mut Loader, vars: &VarMap) -> Result<f32> {
        let mut optimizer = AdamW::new(vars.all_vars(), ParamsAdamW::default())?;
        let mut last = 0.;
        for batch in data {
            let (_, loss) = model.run(&batch.x, Some(&batch.y), true)?;
            if let Some(loss_tensor) = loss { //~ warning missing_step
                last = loss_tensor.to_scalar::<f32>()?;
            }
        }
        Ok(last)
    }

    fn train_model_rightly(model: &Gpt, data: &mut Loader, vars: &VarMap) -> Result<f32> {
        let mut optimizer = AdamW::new(vars.all_vars(), ParamsAdamW::default())?;
        let mut last = 0.;
        for batch in data {
            let (_, loss) = model.run(&batch.x, Some(&batch.y), true)?;
            if let Some(loss_tensor) = loss {
                optimizer.backward_step(&loss_tensor)?;
                last = loss_tensor.to_scalar::<f32>()?;
            }
        }
        Ok(last)
    }
}

mod losses_without_a_gradient {
    #[test]
    fn a_detached_value_has_no_gradient() {
        let value = critic().forward(&states()).unwrap().detach();
        let gradients = value.backward().unwrap();
        assert!(gradients.get(weight().as_tensor()).is_none());
    }
}

mod optimizers_in_enums {
    impl Agent {
        fn optimize_temperature(&mut self, states: &Tensor) -> Result<Option<Tensor>> {
            match &mut self.temperature { //~ warning missing_step
                Temperature::Automatic { log_alpha, optimizer } => {
                    let loss = alpha_loss(log_alpha, states)?;
                    Ok(Some(loss))
                }
                Temperature::Fixed => Ok(None),
            }
        }

        fn optimize_temperature_rightly(&mut self, states: &Tensor) -> Result<Option<Tensor>> {
            match &mut self.temperature {
                Temperature::Automatic { log_alpha, optimizer } => {
                    let loss = alpha_loss(log_alpha, states)?;
                    optimizer.backward_step(&loss)?;
                    Ok(Some(loss))
                }
                Temperature::Fixed => Ok(None),
            }
        }
    }
}

mod other_names_in_a_loss {
    impl Agent {
        /// A field that is named after training trains nothing.
        fn update_actor(&mut self, batch: &Batch) -> Result<f32> {
            let loss = { //~ warning missing_step
                let action = self.actor.sample(&batch.x, self.train)?;
                self.coefficient.update(&action.detach())?;
                self.critic.values(&batch.x, &action)?.mean_all()?
            };
            loss.to_scalar::<f32>()
        }
    }
}

mod gradients_that_nothing_reads {
    fn faulty(net: &Net, fused: &mut Fused, log: &mut Log, data: &Data) -> Result<()> {
        for batch in data.iter() {
            let mean_loss = (net.losses(&batch)? * (1.0 / batch.len() as f64))?;
            let grads = mean_loss.backward().unwrap_or_else(|error| panic!("{error}")); //~ warning missing_step
            log.step(batch.number);
        }
        Ok(())
    }

    fn right(net: &Net, fused: &mut Fused, log: &mut Log, data: &Data) -> Result<()> {
        for batch in data.iter() {
            let mean_loss = (net.losses(&batch)? * (1.0 / batch.len() as f64))?;
            let grads = mean_loss.backward().unwrap_or_else(|error| panic!("{error}"));
            fused.step(&grads, &net.all_vars(), 1e-3).unwrap_or_else(|error| panic!("{error}"));
            log.step(batch.number);
        }
        Ok(())
    }
}

//! candle: models that own their optimizers, and optimizers of the user's own.

use candle_core::backprop::GradStore;
use candle_core::{Device, Result, Tensor, Var, D};
use candle_nn::loss::mse;

use crate::util::{Actor, AdamW, Critic, Curve, Entropy};

mod a_model_steps_itself {
    struct Agent<Q, P> {
        critic: Critic<Q>,
        actor: Actor<P>,
        entropy: Entropy,
        gamma: f64,
    }

    impl<Q, P> Agent<Q, P> {
        fn update_critic(&mut self, batch: Batch) -> Result<f32> {
            let loss = {
                let values = self.critic.values(&batch.state, &batch.action)?;
                let next = self.critic.target_values(&batch.next_state, &batch.action)?;
                let target = (batch.reward + (next * self.gamma)?)?.detach();
                mse(&values, &target)?
            };
            self.critic.backward_step(&loss)?;
            self.critic.soft_update()?;
            Ok(loss.to_scalar::<f32>()?)
        }

        fn update_actor(&mut self, batch: &Batch) -> Result<f32> {
            let loss = {
                let action = self.actor.sample(&batch.state)?;
                let likelihood = self.actor.likelihood(&batch.state, &action)?;
                self.entropy.update(&likelihood.detach())?;
                let value = self.critic.values(&batch.state, &action)?;
                (likelihood - value)?.mean_all()?
            };
            self.actor.backward_step(&loss)?;
            loss.to_scalar::<f32>()
        }

        fn update_critic_twice(&mut self, batch: Batch) -> Result<f32> {
            let values = self.critic.forward(&batch.state)?;
            let loss = mse(&values, &batch.target)?;
            self.critic.backward_step(&loss)?;
            self.critic.backward_step(&loss)?; //~ error backward_repeated
            loss.to_scalar::<f32>()
        }

        fn update_critics(critics: &mut Vec<Critic<Q>>, batch: &Batch) -> Result<()> {
            for critic in critics.iter_mut() {
                let loss = mse(&critic.forward(&batch.state)?, &batch.target)?;
                critic.backward_step(&loss)?;
            }
            Ok(())
        }
    }
}

mod without_a_step {
    struct Agent<Q> {
        critic: Critic<Q>,
        curve: Curve,
        pending: Option<Tensor>,
        trainer: Trainer,
    }

    impl<Q> Agent<Q> {
        fn update_critic(&mut self, batch: Batch) -> Result<f32> {
            let values = self.critic.forward(&batch.state)?;
            let loss = mse(&values, &batch.target)?; //~ warning missing_step
            self.critic.soft_update()?;
            loss.to_scalar::<f32>()
        }

        fn train_step(&mut self, batch: Batch) -> Result<f32> {
            let values = self.critic.forward(&batch.state)?;
            let loss = mse(&values, &batch.target)?; //~ warning missing_step
            let value = loss.to_scalar::<f32>()?;
            self.curve.push(value);
            Ok(value)
        }

        /// The model has methods of unknown meaning.
        fn update_actor(&mut self, batch: &Batch) -> Result<f32> {
            let loss = { //~ warning missing_step
                let likelihood = self.critic.likelihood(&batch.state)?;
                let value = self.critic.value(&batch.state)?;
                (likelihood - value)?.mean_all()?
            };
            self.critic.soft_update()?;
            loss.to_scalar::<f32>()
        }

        fn optimize(&mut self, batch: &Batch) -> Result<Tensor> {
            let loss = self.critic.likelihood(&batch.state)?.mean_all()?;
            self.curve.push(1.0);
            Ok(loss)
        }

        fn fit_step(&mut self, batch: &Batch) -> Result<()> {
            let loss = self.critic.likelihood(&batch.state)?.mean_all()?;
            self.trainer.minimize(&loss)
        }

        /// A number is no loss of a tensor.
        fn learn_all(&mut self, batches: &[Batch]) -> Result<f32> {
            let loss = batches.iter().map(|batch| self.trainer.one(batch)).sum::<f32>();
            Ok(loss / batches.len() as f32)
        }

        /// Other code gets the loss.
        fn learn(&mut self, batch: Batch) -> Result<Tensor> {
            let values = self.critic.forward(&batch.state)?;
            mse(&values, &batch.target)
        }

        fn fit(&mut self, batch: Batch) -> Result<()> {
            let loss = mse(&self.critic.forward(&batch.state)?, &batch.target)?;
            self.pending = Some(loss);
            Ok(())
        }

        fn train_batch(&mut self, batch: Batch) -> Result<()> {
            let loss = mse(&self.critic.forward(&batch.state)?, &batch.target)?;
            self.trainer.minimize(&loss)
        }

        fn update(&mut self, batch: Batch) -> Result<f32> {
            let loss = mse(&self.critic.forward(&batch.state)?, &batch.target)?.to_scalar::<f32>()?;
            self.critic.train_on(&batch)?;
            Ok(loss)
        }

        /// These only measure.
        fn update_metrics(&mut self, batch: Batch) -> Result<f32> {
            let loss = mse(&self.critic.forward(&batch.state)?, &batch.target)?;
            loss.to_scalar::<f32>()
        }

        fn update_priorities(&mut self, batch: Batch) -> Result<f32> {
            let loss = mse(&self.critic.forward(&batch.state)?, &batch.target)?;
            loss.to_scalar::<f32>()
        }

        fn train_error(&self, batch: Batch) -> Result<f32> {
            let loss = mse(&self.critic.forward(&batch.state)?, &batch.target)?;
            loss.to_scalar::<f32>()
        }
    }
}

/// The step of an optimizer of the user's own gets the parameters by `&`.
mod parameters_and_gradients {
    fn right(model: &Net, data: &Data) -> Result<()> {
        let mut optimizer = {
            let params = model.parameters();
            AdamW::new(&params, 1e-3, 0.0)?
        };
        for (x, y) in data.batches() {
            let loss = mse(&model.forward(&x)?, &y)?;
            let grads = loss.backward()?;
            let params = model.parameters();
            optimizer.step(&params, &grads)?;
        }
        Ok(())
    }

    fn twice(model: &Net, data: &Data) -> Result<()> {
        let mut optimizer = AdamW::new(&model.parameters(), 1e-3, 0.0)?;
        for (x, y) in data.batches() {
            let loss = mse(&model.forward(&x)?, &y)?;
            let grads = loss.backward()?;
            let params = model.parameters();
            optimizer.step(&params, &grads)?;
            optimizer.step(&params, &grads)?; //~ error step_repeated
        }
        Ok(())
    }

    fn with_a_rate(model: &Net, data: &Data, rate: f64) -> Result<()> {
        let mut optimizer = AdamW::new(&model.parameters(), 1e-3, 0.0)?;
        for (x, y) in data.batches() {
            let grads = mse(&model.forward(&x)?, &y)?.backward()?;
            optimizer.step(&model.parameters(), &grads, rate)?;
            optimizer.step(&model.parameters(), &grads, rate)?; //~ error step_repeated
        }
        Ok(())
    }

    fn rebuilt(model: &Net, data: &Data) -> Result<()> {
        for (x, y) in data.batches() {
            let mut optimizer = {
                let params = model.parameters();
                AdamW::new(&params, 1e-3, 0.0)? //~ error optimizer_rebuilt
            };
            let grads = mse(&model.forward(&x)?, &y)?.backward()?;
            let params = model.parameters();
            optimizer.step(&params, &grads)?;
        }
        Ok(())
    }

    /// Each model takes its own part of the gradients.
    fn of_two_models(encoder: &Net, decoder: &Net, data: &Data) -> Result<()> {
        let mut optimizer = AdamW::new(&encoder.parameters(), 1e-3, 0.0)?;
        for (x, y) in data.batches() {
            let grads = mse(&decoder.forward(&encoder.forward(&x)?)?, &y)?.backward()?;
            optimizer.step(&encoder.parameters(), &grads)?;
            optimizer.step(&decoder.parameters(), &grads)?;
        }
        Ok(())
    }
}

/// A clip of this file gets the gradients by `&mut`, or returns them.
mod clips {
    struct Agent {
        net: Net,
        optimizer: candle_nn::AdamW,
    }

    impl Agent {
        fn right(&mut self, batch: &Batch) -> Result<()> {
            let mut grads = mse(&self.net.forward(&batch.x)?, &batch.y)?.backward()?;
            let vars = self.net.vars();
            clip_gradients(&mut grads, &vars, 1.0)?;
            self.optimizer.step(&grads)
        }

        fn exchanged(&mut self, batch: &Batch) -> Result<()> {
            let mut grads = mse(&self.net.forward(&batch.x)?, &batch.y)?.backward()?;
            let vars = self.net.vars();
            self.optimizer.step(&grads)?;
            clip_gradients(&mut grads, &vars, 1.0)?; //~ error clip_after_step
            Ok(())
        }

        fn measured_afterwards(&mut self, batch: &Batch) -> Result<f32> {
            let grads = mse(&self.net.forward(&batch.x)?, &batch.y)?.backward()?;
            self.optimizer.step(&grads)?;
            would_clip_gradients(&grads, 1.0)
        }
    }

    fn clip_gradients(grads: &mut GradStore, vars: &[Var], most: f64) -> Result<()> {
        let mut total = 0f64;
        for var in vars {
            if let Some(grad) = grads.get(var) {
                total += grad.sqr()?.sum_all()?.to_scalar::<f32>()? as f64;
            }
        }
        let scale = most / (total.sqrt() + 1e-6);
        if scale < 1.0 {
            for var in vars {
                if let Some(grad) = grads.get(var).cloned() {
                    grads.insert(var, (grad * scale)?);
                }
            }
        }
        Ok(())
    }

    fn would_clip_gradients(grads: &GradStore, most: f64) -> Result<f32> {
        Ok(0.0)
    }
}

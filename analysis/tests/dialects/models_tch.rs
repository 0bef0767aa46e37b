//! tch: models that own their optimizers, and methods that train by their name.

use tch::{no_grad, Kind, Reduction, Tensor};

use crate::model::{Actor, Critic};

struct Agent<Q, P> {
    critics: Vec<Critic<Q>>,
    critic: Critic<Q>,
    actor: Actor<P>,
    gamma: f64,
}

impl<Q, P> Agent<Q, P> {
    fn update_actor(&mut self, batch: &Batch) -> f32 {
        let loss = {
            let (action, likelihood) = self.action(&batch.state);
            (&likelihood - &self.critic.forward(&batch.state, &action)).mean(Kind::Float)
        };
        self.actor.backward_step(&loss);
        f32::try_from(loss).expect("a number")
    }

    fn update_critic(&mut self, batch: Batch) -> f32 {
        let values = self.critic.forward(&batch.state);
        let target = no_grad(|| batch.reward + self.critic.forward(&batch.next) * self.gamma);
        let loss = values.mse_loss(&target, Reduction::Mean);
        self.critic.backward_step_clip(&loss, 1.0);
        self.critic.backward_step(&loss); //~ error backward_repeated
        f32::try_from(loss).expect("a number")
    }

    fn update_critics(&mut self, batch: Batch) -> f32 {
        let outputs: Vec<Tensor> = self.critics.iter().map(|critic| critic.forward(&batch.state)).collect();
        let losses: Vec<_> = outputs.iter().map(|output| output.mse_loss(&batch.target, Reduction::Mean)).collect();
        for (critic, loss) in self.critics.iter_mut().zip(&losses) {
            critic.backward_step(&loss);
        }
        losses.iter().map(|loss| f32::try_from(loss).expect("a number")).sum::<f32>()
    }

    fn update_critics_twice(&mut self, batch: Batch) {
        let outputs: Vec<Tensor> = self.critics.iter().map(|critic| critic.forward(&batch.state)).collect();
        let losses: Vec<_> = outputs.iter().map(|output| output.mse_loss(&batch.target, Reduction::Mean)).collect();
        for (critic, loss) in self.critics.iter_mut().zip(&losses) {
            critic.backward_step(&loss);
            critic.backward_step(&loss); //~ error backward_repeated
        }
    }

    fn optimize(&mut self, batch: Batch) -> f64 {
        let values = self.critic.forward(&batch.state);
        let loss = values.mse_loss(&batch.target, Reduction::Mean); //~ warning missing_step
        loss.double_value(&[])
    }

    /// Nothing is recorded, so nothing is to be trained.
    fn update_value(&mut self, batch: Batch) -> f64 {
        let loss = no_grad(|| self.critic.forward(&batch.state).mse_loss(&batch.target, Reduction::Mean));
        loss.double_value(&[])
    }
}

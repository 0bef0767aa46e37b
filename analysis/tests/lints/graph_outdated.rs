use tch::{nn, nn::OptimizerConfig, Kind, Reduction};

/// The loss of the generator is computed before the step of the discriminator.
mod adversarial {
    fn fit(vs_g: &nn::VarStore, vs_d: &nn::VarStore, data: &Data) {
        let (generator, critic) = (Net::new(vs_g), Net::new(vs_d));
        let mut opt_g = nn::Adam::default().build(vs_g, 1e-3).unwrap();
        let mut opt_d = nn::Adam::default().build(vs_d, 1e-3).unwrap();
        for batch in data {
            let fake = generator.forward(&batch.noise);
            let loss_d = critic.forward(&fake.detach()).mean(Kind::Float) - critic.forward(&batch.real).mean(Kind::Float);
            let loss_g = -critic.forward(&fake).mean(Kind::Float);
            opt_d.backward_step(&loss_d);
            opt_g.backward_step(&loss_g); //~ warning graph_outdated
        }
    }
}

/// An agent whose networks hold their optimizers.
mod actor_and_critic {
    fn wrong(&mut self, states: &Tensor, values: &Tensor) {
        let critic_loss = self.critic.forward(states).mse_loss(values, Reduction::Mean);
        let actor_loss = -self.critic.forward(&self.actor.forward(states)).mean(Kind::Float);
        self.actor.opt.zero_grad();
        self.critic.opt.backward_step(&critic_loss);
        actor_loss.backward(); //~ warning graph_outdated
        self.actor.opt.step();
    }

    fn right(&mut self, states: &Tensor, values: &Tensor) {
        let critic_loss = self.critic.forward(states).mse_loss(values, Reduction::Mean);
        self.critic.opt.backward_step(&critic_loss);
        let actor_loss = -self.critic.forward(&self.actor.forward(states)).mean(Kind::Float);
        self.actor.opt.zero_grad();
        actor_loss.backward();
        self.actor.opt.step();
    }
}

/// The value estimate weights the loss of the actor as a number.
mod advantages {
    fn fit(vs_a: &nn::VarStore, vs_c: &nn::VarStore, data: &Data) {
        let (actor, critic) = (Net::new(vs_a), Net::new(vs_c));
        let mut opt_a = nn::Adam::default().build(vs_a, 1e-3).unwrap();
        let mut opt_c = nn::Adam::default().build(vs_c, 1e-3).unwrap();
        for batch in data {
            let advantages = &batch.returns - critic.forward(&batch.states);
            let log_probs = actor.forward(&batch.states).log_softmax(-1, Kind::Float);
            let loss_a = -(log_probs * advantages.detach()).mean(Kind::Float);
            opt_c.backward_step(&advantages.square().mean(Kind::Float));
            opt_a.backward_step(&loss_a);
        }
    }
}

/// Two phases of one optimizer, and the second loss is older than the first step.
mod phases {
    fn fit(vs: &nn::VarStore, data: &Data) {
        let net = Net::new(vs);
        let mut opt = nn::Adam::default().build(vs, 1e-3).unwrap();
        for batch in data {
            let first = net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            let second = net.forward(&batch.z).mse_loss(&batch.y, Reduction::Mean);
            opt.backward_step(&first);
            opt.backward_step(&second); //~ warning graph_outdated
        }
    }
}

//! Reinforcement learning with the PyTorch bindings.

/// An actor and a critic in one boxed function; a `step` of the environment is not one of the optimizer.
mod actor_and_critic {
    type Model = Box<dyn Fn(&Tensor) -> (Tensor, Tensor)>;

    pub fn train() -> Result<()> {
        let env = VecGymEnv::new("SpaceInvaders", None, PROCS)?;
        let device = Device::cuda_if_available();
        let vs = nn::VarStore::new(device);
        let model = model(&vs.root(), env.action_space());
        let mut opt = nn::Adam::default().build(&vs, 1e-4)?;
        let mut sum_rewards = Tensor::zeros([PROCS], FLOAT_CPU);
        let mut frames = FrameStack::new(PROCS, STACK);
        let _ = frames.update(&env.reset()?, None);
        let states = Tensor::zeros([STEPS + 1, PROCS, STACK, 84, 84], FLOAT_CPU);
        for update in 0..UPDATES {
            states.get(0).copy_(&states.get(-1));
            let values = Tensor::zeros([STEPS, PROCS], FLOAT_CPU);
            let rewards = Tensor::zeros([STEPS, PROCS], FLOAT_CPU);
            let actions = Tensor::zeros([STEPS, PROCS], INT64_CPU);
            for s in 0..STEPS {
                let (critic, actor) = tch::no_grad(|| model(&states.get(s)));
                let probs = actor.softmax(-1, Kind::Float);
                let action = probs.multinomial(1, true).squeeze_dim(-1);
                let step = env.step(Vec::<i64>::try_from(&action)?)?;
                sum_rewards += &step.reward;
                let obs = frames.update(&step.obs, Some(&step.masks));
                actions.get(s).copy_(&action);
                values.get(s).copy_(&critic.squeeze_dim(-1));
                states.get(s + 1).copy_(obs);
                rewards.get(s).copy_(&step.reward);
            }
            let returns = discounted(&rewards, &model, &states);
            let (critic, actor) = model(&states.narrow(0, 0, STEPS).view([STEPS * PROCS, STACK, 84, 84]));
            let critic = critic.view([STEPS, PROCS]);
            let log_probs = actor.log_softmax(-1, Kind::Float).view([STEPS, PROCS, -1]);
            let chosen = log_probs.gather(2, &actions.unsqueeze(-1), false).squeeze_dim(-1);
            let advantages = returns - critic;
            let value_loss = (&advantages * &advantages).mean(Kind::Float);
            let action_loss = (-advantages.detach() * chosen).mean(Kind::Float);
            let loss = value_loss * 0.5 + action_loss - entropy(&log_probs) * 0.01;
            opt.backward_step_clip(&loss, 0.5);
            if update > 0 && update % 500 == 0 {
                println!("{update} {}", f64::try_from(&sum_rewards.mean(Kind::Float))?);
            }
            if update > 0 && update % 1000 == 0 {
                vs.save(format!("a2c{update}.ot"))?;
            }
        }
        Ok(())
    }
}

/// Several passes over one set of collected samples.
mod clipped_policy {
    pub fn update(model: &Model, opt: &mut nn::Optimizer, gathered: &Gathered) -> Result<()> {
        let (advantages, returns) = tch::no_grad(|| {
            let (values, _) = model.forward(&gathered.states);
            let returns = gathered.returns(&values);
            (&returns - values, returns)
        });
        for _ in 0..PASSES {
            let chosen = Tensor::randint(gathered.len(), [BATCH], INT64_CPU);
            let (values, logits) = model.forward(&gathered.states.index_select(0, &chosen));
            let log_probs = logits.log_softmax(-1, Kind::Float);
            let actions = gathered.actions.index_select(0, &chosen);
            let picked = log_probs.gather(-1, &actions.unsqueeze(-1), false).squeeze_dim(-1);
            let ratio = (picked - gathered.log_probs.index_select(0, &chosen)).exp();
            let advantage = advantages.index_select(0, &chosen);
            let value_loss = (returns.index_select(0, &chosen) - values.squeeze_dim(-1)).square().mean(Kind::Float);
            let action_loss = -(&ratio * &advantage).minimum(&(ratio.clamp(0.8, 1.2) * &advantage)).mean(Kind::Float);
            let loss = value_loss * 0.5 + action_loss;
            opt.backward_step_clip(&loss, 0.5);
        }
        Ok(())
    }
}

/// An episode, then one update on all of it.
mod policy_gradient {
    pub fn run() -> Result<()> {
        let env = GymEnv::new("CartPole-v0")?;
        let vs = nn::VarStore::new(Device::Cpu);
        let policy = policy(&vs.root(), env.observation_space(), env.action_space());
        let mut opt = nn::Adam::default().build(&vs, 1e-2)?;
        for epoch in 0..50 {
            let mut obs = env.reset(epoch)?;
            let mut steps: Vec<Step<i64>> = vec![];
            loop {
                let action = tch::no_grad(|| {
                    obs.unsqueeze(0).apply(&policy).softmax(1, Kind::Float).multinomial(1, true)
                });
                let action = i64::try_from(action)?;
                let step = env.step(action)?;
                steps.push(step.copy_with_obs(&obs));
                obs = if step.is_done { env.reset(epoch)? } else { step.obs };
                if step.is_done && steps.len() > 5000 {
                    break;
                }
            }
            let rewards = discounted(&steps);
            let mask = masks(&steps);
            let stacked: Vec<Tensor> = steps.into_iter().map(|step| step.obs).collect();
            let logits = Tensor::stack(&stacked, 0).apply(&policy);
            let log_probs = (mask * logits.log_softmax(1, Kind::Float)).sum_dim_intlist(1, false, Kind::Float);
            let loss = -(rewards * log_probs).mean(Kind::Float);
            opt.backward_step(&loss)
        }
        Ok(())
    }
}

/// A critic with a target network; actor and critic have their own optimizers.
mod deterministic_policy {
    struct Agent {
        actor: Actor,
        critic: Critic,
        target_critic: Critic,
        actor_opt: nn::Optimizer,
        critic_opt: nn::Optimizer,
        buffer: Replay,
    }

    impl Agent {
        fn train(&mut self, batch: usize) {
            let Some((states, actions, rewards, next)) = self.buffer.random_batch(batch) else { return };
            let mut target = self.target_critic.forward(&next, &self.actor.forward(&next));
            target = rewards + (0.99 * target);
            target = target.detach();
            let q = self.critic.forward(&states, &actions);
            let diff = target - q;
            let critic_loss = (&diff * &diff).mean(Kind::Float);
            self.critic_opt.zero_grad();
            critic_loss.backward();
            self.critic_opt.step();
            let actor_loss = -self.critic.forward(&states, &self.actor.forward(&states)).mean(Kind::Float);
            self.actor_opt.zero_grad();
            actor_loss.backward();
            self.actor_opt.step();
            track(&mut self.target_critic.vs, &self.critic.vs, 0.005);
        }
    }
}

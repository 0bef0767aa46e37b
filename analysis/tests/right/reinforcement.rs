//! Reinforcement learning: environments step too.

fn dqn(online: &mut QNet, target: &mut QNet, env: &mut CartPole, config: &DqnConfig) {
    let mut optimizer = Adam::new(online.parameters(), config.lr);
    let mut replay = ReplayBuffer::new(config.capacity);
    let mut state = env.reset();
    for step in 0..config.steps {
        let epsilon = config.epsilon(step);
        let action = if rand::random::<f32>() < epsilon {
            env.random_action()
        } else {
            no_grad(|| online.forward(&state).argmax(-1).item())
        };
        let transition = env.step(action);
        replay.push(state.clone(), action, transition.reward, transition.state.clone(), transition.done);
        state = if transition.done { env.reset() } else { transition.state };
        if replay.len() < config.warm_up {
            continue;
        }
        let batch = replay.sample(config.batch_size);
        let q = online.forward(&batch.states).gather(1, &batch.actions);
        let next = no_grad(|| target.forward(&batch.next_states).max_axis(1));
        let goal = &batch.rewards + &batch.not_done * next * config.gamma;
        let loss = smooth_l1_loss(&q, &goal);
        optimizer.zero_grad();
        loss.backward();
        optimizer.clip_grad_value(100.0);
        optimizer.step();
        if step % config.sync_every == 0 {
            target.load_state_dict(&online.state_dict());
        }
    }
}

fn double_dqn(online: &mut QNet, target: &mut QNet, replay: &ReplayBuffer) {
    let mut optimizer = Adam::new(online.parameters(), 1e-4);
    for _ in 0..1000 {
        let batch = replay.sample(32);
        let best = online.forward(&batch.next_states).detach().argmax(1);
        let next = target.forward(&batch.next_states).detach().gather(1, &best);
        let loss = mse_loss(&online.forward(&batch.states).gather(1, &batch.actions), &(&batch.rewards + next * 0.99));
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        target.soft_update(online, 0.005);
    }
}

fn reinforce(policy: &mut Policy, env: &mut Env) {
    let mut optimizer = Adam::new(policy.parameters(), 1e-2);
    for episode in 0..500 {
        let mut log_probs = Vec::new();
        let mut rewards = Vec::new();
        let mut state = env.reset();
        loop {
            let (action, log_prob) = policy.sample(&state);
            let (next, reward, done) = env.step(action);
            log_probs.push(log_prob);
            rewards.push(reward);
            state = next;
            if done {
                break;
            }
        }
        let returns = discount(&rewards, 0.99);
        let mut loss = Tensor::from(0.0);
        for (log_prob, value) in log_probs.iter().zip(&returns) {
            loss = loss - log_prob * *value;
        }
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if episode % 10 == 0 {
            println!("{episode}: {}", rewards.iter().sum::<f32>());
        }
    }
}

fn ppo(agent: &mut ActorCritic, envs: &mut VecEnv, args: &PpoArgs) {
    let mut optimizer = Adam::new(agent.parameters(), args.lr);
    let mut next_obs = envs.reset();
    for update in 0..args.updates {
        if args.anneal {
            optimizer.set_lr(args.lr * (1.0 - update as f32 / args.updates as f32));
        }
        let mut rollout = Rollout::new(args.steps, envs.len());
        for step in 0..args.steps {
            let (action, log_prob, value) = no_grad(|| agent.act(&next_obs));
            let (obs, reward, done) = envs.step(&action);
            rollout.store(step, &next_obs, &action, &log_prob, &value, &reward, &done);
            next_obs = obs;
        }
        let (advantages, returns) = rollout.advantages(no_grad(|| agent.value(&next_obs)), args.gamma, args.lambda);
        for _ in 0..args.epochs {
            for minibatch in rollout.minibatches(args.minibatch) {
                let (log_prob, entropy, value) = agent.evaluate(&minibatch.obs, &minibatch.actions);
                let ratio = (log_prob - &minibatch.log_probs).exp();
                let advantage = normalize(&advantages.select(&minibatch.index));
                let plain = -(&advantage * &ratio);
                let clipped = -(&advantage * ratio.clamp(1.0 - args.clip, 1.0 + args.clip));
                let policy_loss = plain.maximum(&clipped).mean();
                let value_loss = (value - returns.select(&minibatch.index)).square().mean() * 0.5;
                let loss = policy_loss - entropy.mean() * args.entropy + value_loss * args.value;
                optimizer.zero_grad();
                loss.backward();
                clip_grad_norm(agent.parameters(), args.max_norm);
                optimizer.step();
            }
        }
    }
}

fn soft_actor_critic(actor: &mut Net, q1: &mut Net, q2: &mut Net, targets: &mut [Net; 2], replay: &ReplayBuffer, alpha: f32) {
    let mut actor_optimizer = Adam::new(actor.parameters(), 3e-4);
    let mut q1_optimizer = Adam::new(q1.parameters(), 3e-4);
    let mut q2_optimizer = Adam::new(q2.parameters(), 3e-4);
    for update in 0..10_000 {
        let batch = replay.sample(256);
        let goal = no_grad(|| {
            let (next_action, log_prob) = actor.sample(&batch.next_states);
            let next = targets[0].forward(&batch.next_states, &next_action).minimum(&targets[1].forward(&batch.next_states, &next_action));
            &batch.rewards + (next - log_prob * alpha) * 0.99
        });
        let q1_loss = mse_loss(&q1.forward(&batch.states, &batch.actions), &goal);
        q1_optimizer.zero_grad();
        q1_loss.backward();
        q1_optimizer.step();
        let q2_loss = mse_loss(&q2.forward(&batch.states, &batch.actions), &goal);
        q2_optimizer.zero_grad();
        q2_loss.backward();
        q2_optimizer.step();
        if update % 2 == 0 {
            let (action, log_prob) = actor.sample(&batch.states);
            let value = q1.forward(&batch.states, &action).minimum(&q2.forward(&batch.states, &action));
            let actor_loss = (log_prob * alpha - value).mean();
            actor_optimizer.zero_grad();
            actor_loss.backward();
            actor_optimizer.step();
        }
        polyak(targets, [&*q1, &*q2], 0.005);
    }
}

fn ddpg(actor: &mut Net, critic: &mut Net, actor_target: &mut Net, critic_target: &mut Net, replay: &ReplayBuffer) {
    let mut actor_optim = Adam::new(actor.parameters(), 1e-4);
    let mut critic_optim = Adam::new(critic.parameters(), 1e-3);
    for _ in 0..200 {
        let batch = replay.sample(64);
        let next_actions = actor_target.forward(&batch.next_states).detach();
        let next_q = critic_target.forward(&batch.next_states, &next_actions).detach();
        let expected = &batch.rewards + next_q * 0.99;
        let q = critic.forward(&batch.states, &batch.actions);
        let critic_loss = mse_loss(&q, &expected);
        critic_optim.zero_grad();
        critic_loss.backward();
        critic_optim.step();
        let actor_loss = -critic.forward(&batch.states, &actor.forward(&batch.states)).mean();
        actor_optim.zero_grad();
        actor_loss.backward();
        actor_optim.step();
        actor_target.track(actor, 0.01);
        critic_target.track(critic, 0.01);
    }
}

fn imitation(policy: &mut Policy, expert: &Expert, env: &mut Env) -> Dataset {
    let mut data = Dataset::new();
    let mut optim = Adam::new(policy.parameters(), 1e-3);
    for round in 0..10 {
        let mut observation = env.reset();
        for _ in 0..1000 {
            let action = if round == 0 { expert.act(&observation) } else { no_grad(|| policy.act(&observation)) };
            data.push(&observation, expert.act(&observation));
            observation = env.step(action).observation;
        }
        for _ in 0..5 {
            for batch in data.batches(64) {
                optim.zero_grad();
                let loss = cross_entropy(&policy.forward(&batch.observations), &batch.actions);
                loss.backward();
                optim.step();
            }
        }
    }
    data
}

impl Agent {
    fn learn(&mut self, batch: &Transitions) -> f32 {
        let target = {
            let _guard = no_grad_guard();
            &batch.rewards + self.target.forward(&batch.next_states).max_axis(1) * self.gamma
        };
        let loss = smooth_l1_loss(&self.online.forward(&batch.states).gather(1, &batch.actions), &target);
        self.optimizer.zero_grad();
        loss.backward();
        self.optimizer.clip_grad_norm(10.0);
        self.optimizer.step();
        self.updates += 1;
        if self.updates % self.sync_every == 0 {
            self.target.load_state_dict(&self.online.state_dict());
        }
        loss.item()
    }
}

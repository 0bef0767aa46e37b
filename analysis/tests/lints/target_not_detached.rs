/// Deep Q-learning with one network.
mod one_network {
    #[training_loop]
    fn fit(q_net: &mut Net, memory: &Memory, gamma: f64) {
        let mut optimizer = Adam::new(q_net.parameters(), 1e-3);
        for batch in memory {
            let q = q_net.forward(&batch.state).gather(1, &batch.action);
            let target = &batch.reward + gamma * q_net.forward(&batch.next).amax(1);
            let loss = mse_loss(&q, &target); //~ warning target_not_detached
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// The loss is written by hand, the target first.
mod by_hand {
    #[training_loop]
    fn fit(critic: &mut Net, memory: &Memory) {
        let mut optimizer = Adam::new(critic.parameters(), 1e-3);
        for batch in memory {
            let next_value = critic.forward(&batch.next);
            let td_target = &batch.reward + 0.99 * &next_value;
            let value = critic.forward(&batch.state);
            let loss = (&td_target - &value).square().mean(); //~ warning target_not_detached
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A copy exists, but is not used.
mod copy_unused {
    #[training_loop]
    fn fit(online: &mut Net, frozen: &Net, memory: &Memory) {
        let mut optimizer = Adam::new(online.parameters(), 1e-3);
        for batch in memory {
            let q = online.forward(&batch.state);
            let q_next = online.forward(&batch.next);
            let _unused = frozen.forward(&batch.next);
            let loss = huber_loss(&q, &q_next); //~ warning target_not_detached
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Detached, at either place.
mod detached {
    #[training_loop]
    fn fit(q_net: &mut Net, memory: &Memory, gamma: f64) {
        let mut optimizer = Adam::new(q_net.parameters(), 1e-3);
        for batch in memory {
            let q = q_net.forward(&batch.state);
            let next = q_net.forward(&batch.next).detach();
            let target = &batch.reward + gamma * next;
            let other_target = &batch.reward + gamma * q_net.forward(&batch.other);
            let loss = mse_loss(&q, &target) + mse_loss(&q, &other_target.detach());
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Computed with recording off: by a closure, and by a guard.
mod unrecorded {
    #[training_loop]
    fn fit(q_net: &mut Net, memory: &Memory) {
        let mut optimizer = Adam::new(q_net.parameters(), 1e-3);
        for batch in memory {
            let q = q_net.forward(&batch.state);
            let target = no_grad(|| &batch.reward + 0.99 * q_net.forward(&batch.next));
            let other_target = {
                let _guard = no_grad_guard();
                q_net.forward(&batch.other)
            };
            let loss = mse_loss(&q, &target) + mse_loss(&q, &other_target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A target network that no optimizer updates; the graph only costs memory.
mod target_network {
    #[training_loop]
    fn fit(online: &mut Net, target_net: &Net, memory: &Memory) {
        let mut optimizer = Adam::new(online.parameters(), 1e-3);
        for batch in memory {
            let q = online.forward(&batch.state);
            let target = &batch.reward + 0.99 * target_net.forward(&batch.next);
            let loss = mse_loss(&q, &target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Two outputs of one model that should agree: siamese and consistency losses.
mod two_outputs {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let left = model.forward(&batch.left);
            let right = model.forward(&batch.right);
            let loss = mse_loss(&left, &right) + (&left - &right).square().mean();
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// An autoencoder: the target is data, or the first part of one forward.
mod autoencoder {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let target = &batch.input;
            let (code, decoded) = model.forward(target);
            let code_target = code.tanh();
            let loss = mse_loss(&decoded, target) + mse_loss(&code, &code_target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Only reported, never trained on.
mod only_reported {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let output = model.forward(&batch.input);
            let target = model.forward(&batch.next);
            println!("{}", mse_loss(&output, &target).item());
            let loss = mse_loss(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// The loss of an actor is weighted with an advantage.
mod advantages {
    #[training_loop]
    fn attached(net: &mut Net, rollouts: &Rollouts) {
        let mut optimizer = Adam::new(net.parameters(), 1e-3);
        for rollout in rollouts {
            let values = net.forward(&rollout.states);
            let log_probs = net.policy(&rollout.states).log_softmax(1);
            let advantages = &rollout.returns - &values;
            let actor_loss = (-&advantages * log_probs).mean(); //~ warning target_not_detached
            let loss = advantages.square().mean() + actor_loss;
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn detached(net: &mut Net, rollouts: &Rollouts) {
        let mut optimizer = Adam::new(net.parameters(), 1e-3);
        for rollout in rollouts {
            let values = net.forward(&rollout.states);
            let log_probs = net.policy(&rollout.states).log_softmax(1);
            let advantages = &rollout.returns - &values;
            let actor_loss = (-advantages.detach() * log_probs).mean();
            let loss = advantages.square().mean() + actor_loss;
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn of_the_rollout(net: &mut Net, rollouts: &Rollouts) {
        let mut optimizer = Adam::new(net.parameters(), 1e-3);
        for rollout in rollouts {
            let log_probs = net.forward(&rollout.states).log_softmax(1);
            let loss = (-&rollout.advantages * log_probs).mean();
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn entropy(net: &mut Net, rollouts: &Rollouts) {
        let mut optimizer = Adam::new(net.parameters(), 1e-3);
        for rollout in rollouts {
            let output = net.forward(&rollout.states);
            let (log_probs, probs) = (output.log_softmax(1), output.softmax(1));
            let loss = (-log_probs * probs).sum().mean();
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

mod gan {
    #[training_loop]
    fn fit(generator: &mut Net, critic: &mut Net, train: &DataLoader, noise: &Tensor) {
        let mut opt_g = Adam::new(generator.parameters(), 2e-4);
        let mut opt_d = Adam::new(critic.parameters(), 2e-4);
        for batch in train {
            opt_d.zero_grad();
            let fake = generator.forward(noise);
            let real_loss = bce_loss(&critic.forward(&batch.images), &batch.ones);
            let fake_loss = bce_loss(&critic.forward(&fake.detach()), &batch.zeros);
            let d_loss = real_loss + fake_loss;
            d_loss.backward();
            opt_d.step();
            opt_g.zero_grad();
            let g_loss = bce_loss(&critic.forward(&fake), &batch.ones);
            g_loss.backward();
            opt_g.step();
        }
    }
}

mod gan_with_two_backwards {
    #[training_loop]
    fn fit(generator: &mut Net, critic: &mut Net, train: &DataLoader, noise: &Tensor) {
        let mut opt_g = Adam::new(generator.parameters(), 2e-4);
        let mut opt_d = Adam::new(critic.parameters(), 2e-4);
        for batch in train {
            opt_d.zero_grad();
            let real_loss = bce_loss(&critic.forward(&batch.images), &batch.ones);
            real_loss.backward();
            let fake = generator.forward(noise).detach();
            let fake_loss = bce_loss(&critic.forward(&fake), &batch.zeros);
            fake_loss.backward();
            opt_d.step();
            opt_g.zero_grad();
            let g_loss = bce_loss(&critic.forward(&generator.forward(noise)), &batch.ones);
            g_loss.backward();
            opt_g.step();
        }
    }
}

mod several_critic_steps {
    #[training_loop]
    fn fit(generator: &mut Net, critic: &mut Net, train: &DataLoader, noise: &Tensor) {
        let mut opt_g = RmsProp::new(generator.parameters(), 5e-5);
        let mut opt_c = RmsProp::new(critic.parameters(), 5e-5);
        for batch in train {
            for _ in 0..5 {
                let fake = no_grad(|| generator.forward(noise));
                let c_loss = critic.forward(&fake).mean() - critic.forward(&batch.images).mean();
                opt_c.zero_grad();
                c_loss.backward();
                opt_c.step();
            }
            let g_loss = -critic.forward(&generator.forward(noise)).mean();
            opt_g.zero_grad();
            g_loss.backward();
            opt_g.step();
        }
    }
}

mod encoder_and_decoder {
    #[training_loop]
    fn fit(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
        let mut opt_e = Adam::new(encoder.parameters(), 1e-3);
        let mut opt_d = Adam::new(decoder.parameters(), 1e-3);
        for batch in train {
            opt_e.zero_grad();
            opt_d.zero_grad();
            let code = encoder.forward(&batch.input);
            let loss = mse_loss(&decoder.forward(&code), &batch.input);
            loss.backward();
            opt_e.step();
            opt_d.step();
        }
    }
}

mod actor_and_critic {
    #[training_loop]
    fn fit(actor: &mut Net, critic: &mut Net, buffer: &Buffer) {
        let mut actor_opt = Adam::new(actor.parameters(), 3e-4);
        let mut critic_opt = Adam::new(critic.parameters(), 1e-3);
        for batch in buffer {
            let values = critic.forward(&batch.states);
            let critic_loss = mse_loss(&values, &batch.returns);
            critic_opt.zero_grad();
            critic_loss.backward();
            critic_opt.step();
            let advantage = &batch.returns - &critic.forward(&batch.states).detach();
            let log_probs = actor.forward(&batch.states);
            let actor_loss = -(log_probs * advantage).mean();
            actor_opt.zero_grad();
            actor_loss.backward();
            actor_opt.step();
        }
    }
}

mod deep_q {
    #[training_loop]
    fn fit(online: &mut Net, target: &mut Net, buffer: &Buffer, episodes: usize, every: usize) {
        let mut optimizer = Adam::new(online.parameters(), 1e-4);
        for episode in 0..episodes {
            for batch in buffer {
                let next = no_grad(|| target.forward(&batch.next_states));
                let goal = &batch.rewards + next * 0.99;
                let loss = mse_loss(&online.forward(&batch.states), &goal);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            if episode % every == 0 {
                target.copy_from(&online);
            }
        }
    }
}

mod student_and_teacher {
    #[training_loop]
    fn fit(student: &mut Net, teacher: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = AdamW::new(student.parameters(), 1e-3);
        teacher.eval();
        for _ in 0..epochs {
            student.train();
            for batch in train {
                let soft = no_grad(|| teacher.forward(&batch.input));
                let logits = student.forward(&batch.input);
                let loss = kl_div(&logits, &soft) + cross_entropy(&logits, &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

mod recurrent {
    #[training_loop]
    fn fit(rnn: &mut Rnn, train: &DataLoader) {
        let mut optimizer = Sgd::new(rnn.parameters(), 0.1);
        let mut hidden = Tensor::zeros(&[1, 8]);
        for batch in train {
            let (output, next) = rnn.forward(&batch.input, &hidden);
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.clip_grad_norm(0.25);
            optimizer.step();
            hidden = next.detach();
        }
    }
}

mod unrolled {
    #[training_loop]
    fn fit(rnn: &mut Rnn, train: &DataLoader) {
        let mut optimizer = Adam::new(rnn.parameters(), 1e-3);
        for sequence in train {
            let mut hidden = Tensor::zeros(&[1, 8]);
            let mut losses = Vec::new();
            for step in sequence {
                hidden = rnn.forward(&step.input, &hidden);
                losses.push(mse_loss(&hidden, &step.target));
            }
            let loss = losses.iter().sum();
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

mod collects_losses {
    #[training_loop]
    fn fit(model: &mut Mlp, train: &DataLoader) -> Vec<Tensor> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut history = Vec::new();
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            history.push(loss.detach());
        }
        history
    }
}

mod own_target {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let target = model.forward(&batch.other_view).detach();
            let prediction = model.forward(&batch.view);
            let loss = mse_loss(&prediction, &target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

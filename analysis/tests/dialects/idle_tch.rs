//! tch: losses that nothing trains with, and optimizers that never step.

use tch::nn::{self, Module, Optimizer, OptimizerConfig};
use tch::{Kind, Reduction, Tensor};

mod a_loss_that_is_only_shown {
    fn faulty(data: &Data, config: impl OptimizerConfig) {
        let vs = nn::VarStore::new(Device::Cpu);
        let mut opt = config.build(&vs, 1e-3).unwrap();
        let net = build(&vs.root(), data);
        for epoch in 0..10 {
            let loss = net.forward(&data.images).cross_entropy_for_logits(&data.labels); //~ warning missing_step
            println!("{epoch}: {}", f64::from(&loss));
        }
    }

    fn right(data: &Data, config: impl OptimizerConfig) {
        let vs = nn::VarStore::new(Device::Cpu);
        let mut opt = config.build(&vs, 1e-3).unwrap();
        let net = build(&vs.root(), data);
        for epoch in 0..10 {
            let loss = net.forward(&data.images).cross_entropy_for_logits(&data.labels);
            opt.backward_step(&loss);
            println!("{epoch}: {}", f64::from(&loss));
        }
    }

    /// The sum of two losses is only shown.
    fn train_step(net: &Net, opt: &mut Optimizer, batch: &Batch) -> f64 {
        let (policy, value) = net.evaluate(&batch.x);
        let p_loss = (&batch.p * policy).mean(Kind::Float).neg();
        let v_loss = value.mse_loss(&batch.v, Reduction::Mean);
        let total_loss = &p_loss + &v_loss; //~ warning missing_step
        total_loss.double_value(&[])
    }

    fn right_train_step(net: &Net, opt: &mut Optimizer, batch: &Batch) -> f64 {
        let (policy, value) = net.evaluate(&batch.x);
        let p_loss = (&batch.p * policy).mean(Kind::Float).neg();
        let v_loss = value.mse_loss(&batch.v, Reduction::Mean);
        let total_loss = &p_loss + &v_loss;
        opt.backward_step(&total_loss);
        total_loss.double_value(&[])
    }

    /// The caller trains with the loss.
    fn update_part(net: &Net, opt: &mut Optimizer, batch: &Batch) -> Tensor {
        opt.set_lr(batch.rate);
        let loss = net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
        println!("{}", f64::from(&loss));
        loss
    }
}

mod getters_of_optimizers {
    impl Agent {
        fn train(&mut self, batch: &Batch) {
            let critic_loss = self.critic.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            self.critic.optimizer_mut().zero_grad();
            critic_loss.backward();
            self.critic.optimizer_mut().step();
            self.critic.optimizer_mut().step(); //~ error step_repeated
        }

        fn learn(&mut self, batch: &Batch) {
            let critic_loss = self.critic.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            self.critic.optimizer_mut().zero_grad();
            critic_loss.backward();
            let actor_loss = self.actor.forward(&batch.x).mean(Kind::Float);
            self.critic.optimizer_mut().step();
            self.actor.optimizer_mut().zero_grad();
            actor_loss.backward();
            self.actor.optimizer_mut().step();
        }

        fn learn_without_the_actor(&mut self, batch: &Batch) {
            let critic_loss = self.critic.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            self.critic.optimizer_mut().zero_grad();
            critic_loss.backward();
            self.critic.optimizer_mut().step();
            let actor_loss = self.actor.forward(&batch.x).mean(Kind::Float);
            self.actor.optimizer_mut().zero_grad(); //~ warning missing_step
            actor_loss.backward();
        }
    }
}

mod branches {
    impl Dqn {
        fn update_critic(&mut self, batch: &Batch) -> f32 {
            let pred = self.net.forward(&batch.x);
            let loss = if let Some(weights) = &batch.weights {
                let loss = (weights * (&pred - &batch.y).abs()).mean(Kind::Float); //~ warning missing_step
                loss
            } else {
                let loss = pred.mse_loss(&batch.y, Reduction::Mean);
                self.net.backward_step(&loss);
                loss
            };
            f32::try_from(loss).unwrap()
        }

        fn update_critic_rightly(&mut self, batch: &Batch) -> f32 {
            let pred = self.net.forward(&batch.x);
            let loss = if let Some(weights) = &batch.weights {
                let loss = (weights * (&pred - &batch.y).abs()).mean(Kind::Float);
                self.net.backward_step(&loss);
                loss
            } else {
                let loss = pred.mse_loss(&batch.y, Reduction::Mean);
                self.net.backward_step(&loss);
                loss
            };
            f32::try_from(loss).unwrap()
        }
    }

    fn only_with_a_limit(net: &Net, opt: &mut Optimizer, train: &Loader, clip: Option<f64>) {
        for batch in train {
            let losses = net.all_losses(&batch);
            match clip {
                Some(limit) => opt.backward_step_clip(&losses.total, limit), //~ warning missing_step
                None => {}
            }
        }
    }

    fn with_and_without_a_limit(net: &Net, opt: &mut Optimizer, train: &Loader, clip: Option<f64>) {
        for batch in train {
            let losses = net.all_losses(&batch);
            match clip {
                Some(limit) => opt.backward_step_clip(&losses.total, limit),
                None => opt.backward_step(&losses.total),
            }
        }
    }
}

mod gradients_that_are_measured {
    fn faulty(vs: &nn::VarStore, net: &Net, train: &Loader) {
        let mut optimizer = nn::Adam::default().build(vs, 1e-3).unwrap();
        for batch in train {
            optimizer.zero_grad(); //~ warning missing_step
            let loss = net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            loss.backward();
            let defined = net.weight.grad().defined();
            println!("{defined} {}", f64::from(&loss));
        }
    }

    fn right(vs: &nn::VarStore, net: &Net, train: &Loader) {
        let mut optimizer = nn::Adam::default().build(vs, 1e-3).unwrap();
        for batch in train {
            optimizer.zero_grad();
            let loss = net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            loss.backward();
            let defined = net.weight.grad().defined();
            optimizer.step();
            println!("{defined} {}", f64::from(&loss));
        }
    }

    #[test]
    fn zeroes() {
        let vs = nn::VarStore::new(Device::Cpu);
        let weight = vs.root().zeros("weight", &[2]);
        let mut optimizer = nn::Adam::default().build(&vs, 1e-3).unwrap();
        weight.sum(Kind::Float).backward();
        optimizer.zero_grad();
        assert_eq!(f64::from(weight.grad().sum(Kind::Float)), 0.);
    }
}

mod each_iteration_builds {
    fn faulty(vs: &nn::VarStore, net: &Net, train: &[Batch]) {
        let mut order = Vec::new();
        for batch in train {
            let mut opt = nn::Adam::default().build(vs, 1e-3).unwrap(); //~ error optimizer_rebuilt
            let out = net.all(&batch.x).detach();
            order.push(f64::from(&out));
            opt.backward_step(&net.all_losses(&batch).total);
        }
    }

    fn a_model_for_each_fold(folds: &[Fold]) {
        for fold in folds {
            let vs = nn::VarStore::new(Device::Cpu);
            let net = build(&vs.root(), fold);
            let mut opt = nn::Adam::default().build(&vs, 1e-3).unwrap();
            for batch in &fold.batches {
                opt.backward_step(&net.all_losses(batch).total);
            }
            report(&net, fold);
        }
    }
}

mod channels {
    /// The result of `send` says only whether somebody still receives.
    fn worker(net: &Net, opt: &mut Optimizer, world: &World, train: &Loader, results: &Sender) {
        for batch in train {
            let loss = net.forward(&batch.x).mse_loss(&batch.y, Reduction::Mean);
            opt.zero_grad();
            loss.backward();
            all_reduce_gradients(world, net);
            opt.step();
            if results.send(f64::from(&loss)).is_err() {
                return;
            }
        }
    }
}

/// The sum of an epoch is a sum of graphs.
mod a_sum {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            let mut total = Tensor::zeros(&[]);
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
                total = total + &loss; //~ warning graph_kept
            }
            println!("{}", total.item());
        }
    }
}

/// With `+=`, and in a field of a variable.
mod added_in_place {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, mut stats: Stats) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut seen = Stats::new();
        for (input, target) in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&input), &target);
            loss.backward();
            optimizer.step();
            seen.total += loss; //~ warning graph_kept
        }
        println!("{}", seen.total.item());
    }
}

/// Losses, or outputs, in a vector.
mod a_vector {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Vec<Tensor> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut losses = Vec::new();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            losses.push(loss.clone()); //~ warning graph_kept
        }
        losses
    }
}

/// Numbers, tensors without a graph, the last loss alone.
mod without_the_graph {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let (mut total, mut all, mut last) = (0.0, Tensor::zeros(&[]), None);
        let mut losses = Vec::new();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            total += loss.item();
            all = all + loss.detach();
            losses.push(loss.item());
            last = Some(loss);
        }
        println!("{total} {:?} {losses:?} {last:?}", all);
    }
}

/// A `backward` through the sum: several steps of a sequence, several heads.
mod run_backward_itself {
    #[training_loop]
    fn unroll(cell: &mut Cell, train: &DataLoader) {
        let mut optimizer = Sgd::new(cell.parameters(), 0.1);
        for sequence in train {
            let mut total = Tensor::zeros(&[]);
            let mut outputs = Vec::new();
            for item in sequence.items() {
                let output = cell.forward(&item.input);
                total = total + mse_loss(&output, &item.target);
                outputs.push(output);
            }
            optimizer.zero_grad();
            total.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn episode(policy: &mut Net, env: &mut Env) {
        let mut optimizer = Adam::new(policy.parameters(), 1e-3);
        let mut log_probs = Vec::new();
        let mut rewards = Vec::new();
        for _ in 0..1000 {
            log_probs.clear();
            while !env.done() {
                let output = policy.forward(&env.state());
                log_probs.push(output.log_softmax(1));
                rewards.push(env.act(&output));
            }
            let loss = policy_loss(&log_probs, &rewards);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Emptied in each iteration; passed to a function that runs `backward`.
mod emptied_or_given_away {
    #[training_loop]
    fn recent(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut recent = VecDeque::new();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            recent.push_back(loss);
            if recent.len() > 10 {
                recent.pop_front();
            }
        }
        println!("{recent:?}");
    }

    fn rollout(policy: &Net, env: &mut Env) -> Vec<Tensor> {
        let mut log_probs = Vec::new();
        while !env.done() {
            log_probs.push(policy.forward(&env.state()).log_softmax(1));
        }
        log_probs
    }
}

/// A field whose name begins like another's is not part of the sum; the field itself is.
mod field_with_a_similar_name {
    struct Trainer {
        last: Tensor,
        last_scale: Tensor,
    }

    impl Trainer {
        fn scaled(&mut self, model: &mut Net, train: &DataLoader) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                self.last = &self.last_scale * &loss;
            }
        }

        fn summed(&mut self, model: &mut Net, train: &DataLoader) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                self.last = &self.last + &loss; //~ warning graph_kept
            }
        }
    }
}

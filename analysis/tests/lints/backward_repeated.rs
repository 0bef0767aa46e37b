/// The output is computed once, the loss in each iteration.
mod output_from_before_the_loop {
    #[training_loop]
    fn fit(model: &mut Net, batch: &Batch, rounds: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let output = model.forward(&batch.input);
        for _ in 0..rounds {
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }
}

/// Two backwards through one loss.
mod twice {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }
}

/// The graph is kept for the second backward.
mod retained {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward_retain_graph();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Two losses of two forwards.
mod two_losses {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let first = cross_entropy(&model.forward(&batch.input), &batch.target);
            let second = cross_entropy(&model.forward(&batch.input), &batch.target);
            first.backward();
            second.backward();
            optimizer.step();
        }
    }
}

/// One trunk, two heads, a backward for each.
mod two_heads {
    #[training_loop]
    fn fit(trunk: &mut Net, left: &mut Net, right: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new([trunk.parameters(), left.parameters(), right.parameters()].concat(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let features = trunk.forward(&batch.input);
            let first = cross_entropy(&left.forward(&features), &batch.target);
            let second = mse_loss(&right.forward(&features), &batch.value);
            first.backward();
            second.backward(); //~ error backward_repeated
            optimizer.step();
        }
    }
}

/// The two losses are added, or the graph is kept, or the trunk runs twice.
mod two_heads_at_once {
    #[training_loop]
    fn added(trunk: &mut Net, left: &mut Net, right: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new([trunk.parameters(), left.parameters(), right.parameters()].concat(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let features = trunk.forward(&batch.input);
            let first = cross_entropy(&left.forward(&features), &batch.target);
            let second = mse_loss(&right.forward(&features), &batch.value);
            (first + second).backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn kept(trunk: &mut Net, left: &mut Net, right: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new([trunk.parameters(), left.parameters(), right.parameters()].concat(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let features = trunk.forward(&batch.input);
            let first = cross_entropy(&left.forward(&features), &batch.target);
            let second = mse_loss(&right.forward(&features), &batch.value);
            first.backward_retain_graph();
            second.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn run_twice(trunk: &mut Net, left: &mut Net, right: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new([trunk.parameters(), left.parameters(), right.parameters()].concat(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let first = cross_entropy(&left.forward(&trunk.forward(&batch.input)), &batch.target);
            let second = mse_loss(&right.forward(&trunk.forward(&batch.input)), &batch.value);
            first.backward();
            second.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn frozen_trunk(trunk: &Net, left: &mut Net, right: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new([left.parameters(), right.parameters()].concat(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let features = trunk.forward(&batch.input);
            let first = cross_entropy(&left.forward(&features), &batch.target);
            let second = mse_loss(&right.forward(&features), &batch.value);
            first.backward();
            second.backward();
            optimizer.step();
        }
    }

    /// Two outputs of one call may come from two networks inside.
    #[training_loop]
    fn policy_and_value(agent: &mut Agent, train: &DataLoader) {
        let mut optimizer = Adam::new(agent.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let (policy, value) = agent.forward(&batch.input);
            let policy_loss = cross_entropy(&policy, &batch.target);
            let value_loss = mse_loss(&value, &batch.value);
            policy_loss.backward();
            value_loss.backward();
            optimizer.step();
        }
    }
}

/// A state that is carried over with its graph: as a field of the output, as a pair, as a field of a struct.
mod carried_over {
    #[training_loop]
    fn field_of_the_output(rnn: &mut Rnn, train: &DataLoader) {
        let mut optimizer = Sgd::new(rnn.parameters(), 0.1);
        let mut state = rnn.start();
        for batch in train {
            let out = rnn.forward(&batch.input, &state);
            let loss = cross_entropy(&out.logits, &batch.target);
            optimizer.zero_grad();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
            state = out.state;
        }
    }

    #[training_loop]
    fn pair(lstm: &mut Lstm, head: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new([lstm.parameters(), head.parameters()].concat(), 0.1);
        let mut state = lstm.start();
        for batch in train {
            let (output, (h, c)) = lstm.forward(&batch.input, &state);
            let loss = cross_entropy(&head.forward(&output), &batch.target);
            optimizer.zero_grad();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
            state = (h, c);
        }
    }

    #[training_loop]
    fn field_of_a_struct(rnn: &mut Rnn, train: &DataLoader) {
        let mut optimizer = Sgd::new(rnn.parameters(), 0.1);
        let mut memory = Memory::new();
        for batch in train {
            let (output, next) = rnn.forward(&batch.input, &memory.hidden);
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward(); //~ error backward_repeated
            optimizer.step();
            memory.hidden = next;
        }
    }
}

/// The same, detached.
mod cut_off {
    #[training_loop]
    fn field_of_the_output(rnn: &mut Rnn, train: &DataLoader) {
        let mut optimizer = Sgd::new(rnn.parameters(), 0.1);
        let mut state = rnn.start();
        for batch in train {
            let out = rnn.forward(&batch.input, &state);
            let loss = cross_entropy(&out.logits, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            state = out.state.detach();
        }
    }

    #[training_loop]
    fn pair(lstm: &mut Lstm, head: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new([lstm.parameters(), head.parameters()].concat(), 0.1);
        let mut state = lstm.start();
        for batch in train {
            let (output, (h, c)) = lstm.forward(&batch.input, &state);
            let loss = cross_entropy(&head.forward(&output), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            state = (h.detach(), c.detach());
        }
    }

    #[training_loop]
    fn anew_for_each_batch(rnn: &mut Rnn, train: &DataLoader) {
        let mut optimizer = Sgd::new(rnn.parameters(), 0.1);
        for batch in train {
            let mut state = rnn.start();
            let mut total = 0.0;
            optimizer.zero_grad();
            for step in batch.steps {
                let out = rnn.forward(&step.input, &state);
                total = total + mse_loss(&out.value, &step.target);
                state = out.state;
            }
            total.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn every_so_often(rnn: &mut Rnn, train: &DataLoader) {
        let mut optimizer = Sgd::new(rnn.parameters(), 0.1);
        let mut hidden = rnn.start();
        for batch in train {
            hidden = hidden.detach();
            let (output, next) = rnn.forward(&batch.input, &hidden);
            hidden = next;
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

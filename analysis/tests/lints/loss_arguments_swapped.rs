/// The target in the place of the output.
mod target_first {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&batch.target, &output); //~ error loss_arguments_swapped
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// A pair of names, and an output that went through a sigmoid.
mod binary {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (x, y) in train {
            let p = model.forward(&x).sigmoid();
            let loss = bce_loss(&y, &p); //~ error loss_arguments_swapped
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// As a method of the target; the target got another shape and device first.
mod as_a_method {
    fn fit(net: &Net, mut optimizer: nn::Optimizer, train: &Loader) {
        for (xs, ys) in train.iter().shuffle() {
            let labels = ys.view([-1]).one_hot(10);
            let output = net.forward(&xs);
            let loss = binary_cross_entropy_with_logits(&labels, &output); //~ error loss_arguments_swapped
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// `kl_div`, whose output is recognised by its logarithm, in a `while let`.
mod divergence {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut batches = train.iter();
        while let Some(batch) = batches.next() {
            let guess = model.forward(&batch.input).log_softmax(1);
            let loss = kl_div(&batch.shares, &guess); //~ error loss_arguments_swapped
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// The output first.
mod output_first {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (x, y) in train {
            let output = model.forward(&x);
            let loss = cross_entropy(&output, &y) + bce_with_logits_loss(&output, &y.one_hot(10));
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Symmetric losses are right either way.
mod symmetric {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = mse_loss(&batch.target, &output)
                + l1_loss(&batch.target, &output)
                + huber_loss(&batch.target, &output);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Both come from models: a student is trained with a teacher, in either order.
mod distillation {
    #[training_loop]
    fn fit(student: &mut Net, teacher: &Net, train: &DataLoader) {
        let mut optimizer = Adam::new(student.parameters(), 1e-3);
        for batch in train {
            let wanted = teacher.forward(&batch.input).detach();
            let output = student.forward(&batch.input);
            let loss = kl_div(&wanted, &output.softmax(1)) + cross_entropy(&output, &wanted);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// What comes first is made from data by an opaque network, or passed to the user's own loss.
mod unseen {
    #[training_loop]
    fn fit(model: &mut Net, head: &Head, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let labels = model.forward(&batch.other);
            let loss = cross_entropy(&head.apply(&batch.input), &labels)
                + contrastive_loss(&batch.input, &model.forward(&batch.other))
                + cross_entropy(&batch.input.apply(head), &labels);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// An optimized input is not data.
mod learnt_input {
    #[training_loop]
    fn paint(model: &Net, images: &DataLoader) {
        for mut image in images {
            image.requires_grad_(true);
            let mut optimizer = Adam::new(vec![&image], 1e-2);
            for _ in 0..100 {
                let loss = cross_entropy(&image, &model.forward(&image).detach());
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

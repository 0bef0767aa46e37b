//! What a model returns, by the end of its own `forward`.

/// The model ends with the op that the loss applies.
mod at_the_end_of_forward {
    struct A {
        body: Linear,
        head: Linear,
    }

    impl A {
        fn forward(&self, x: &Tensor) -> Tensor {
            let x = self.body.forward(x).relu();
            let x = self.head.forward(&x);
            let x = x.softmax(1);
            x
        }
    }

    fn in_a_variable(model: &mut A, optimizer: &mut Adam, loader: &DataLoader) {
        for batch in loader {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target); //~ error double_softmax
            loss.backward();
            optimizer.step();
        }
    }

    struct B {
        body: Linear,
        out: Sigmoid,
    }

    impl Module for B {
        fn forward(&self, x: &Tensor) -> Result<Tensor> {
            let h = self.body.forward(x)?;
            Ok(self.out.forward(&h)?.squeeze())
        }
    }

    struct Trainer {
        model: B,
        optimizer: Adam,
    }

    impl Trainer {
        fn in_a_layer(&mut self, loader: &DataLoader) -> Result<()> {
            for batch in loader {
                self.optimizer.zero_grad();
                let out = self.model.forward(&batch.input)?;
                let loss = bce_with_logits_loss(&out, &batch.target); //~ error double_softmax
                loss.backward();
                self.optimizer.step();
            }
            Ok(())
        }
    }

    struct C {
        body: Linear,
    }

    impl C {
        fn new() -> Self {
            Self {
                body: Linear::new(3, 4),
            }
        }
        fn probabilities(&self, x: &Tensor) -> Tensor {
            softmax(&self.body.forward(x), 1)
        }
        fn forward(&self, x: &Tensor) -> Tensor {
            self.probabilities(x)
        }
    }

    fn in_a_helper(loader: &DataLoader) -> C {
        let model = C::new();
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in loader {
            optimizer.zero_grad();
            let loss = nll_loss(&model.forward(&batch.input), &batch.target); //~ error double_softmax
            loss.backward();
            optimizer.step();
        }
        model
    }
}

/// The model ends with what the loss takes.
mod right_ends_of_forward {
    struct A {
        body: Linear,
        head: Linear,
    }

    impl A {
        fn forward(&self, x: &Tensor) -> Tensor {
            let x = self.body.forward(x).relu();
            let x = self.head.forward(&x);
            if self.training { x } else { x.softmax(1) }
        }
    }

    fn only_in_evaluation(model: &mut A, optimizer: &mut Adam, loader: &DataLoader) {
        for batch in loader {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }

    struct B {
        body: Linear,
    }

    impl Module for B {
        fn forward(&self, x: &Tensor) -> Tensor {
            self.body.forward(x).log_softmax(1)
        }
    }

    fn logarithms(model: &B, optimizer: &mut Adam, loader: &DataLoader) {
        for batch in loader {
            optimizer.zero_grad();
            let loss = nll_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }

    struct C {
        body: Linear,
    }

    impl C {
        fn forward(&self, x: &Tensor) -> Tensor {
            self.body.forward(x).sigmoid()
        }
        fn logits(&self, x: &Tensor) -> Tensor {
            self.body.forward(x)
        }
    }

    fn probabilities(model: &C, optimizer: &mut Adam, loader: &DataLoader) {
        for batch in loader {
            optimizer.zero_grad();
            let loss = bce_loss(&model.forward(&batch.input), &batch.target)
                + bce_with_logits_loss(&model.logits(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }

    struct D {
        attention: Linear,
        body: Linear,
    }

    impl D {
        fn forward(&self, x: &Tensor) -> Tensor {
            let w = self.attention.forward(x).softmax(1);
            self.body.forward(&(w * x))
        }
    }

    fn in_the_attention(model: &D, optimizer: &mut Adam, loader: &DataLoader) {
        for batch in loader {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }
}

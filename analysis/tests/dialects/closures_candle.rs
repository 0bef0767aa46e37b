//! candle: training in closures that other code runs.

use candle_core::{Result, Tensor};
use candle_nn::loss::mse;
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarMap};

mod in_a_pool {
    struct Agent {
        net: Net,
        optimizer: AdamW,
        steps: usize,
    }

    impl Agent {
        fn right(&mut self, batch: &Batch) -> Result<f32> {
            with_autorelease_pool(|| {
                if batch.is_empty() {
                    return Ok(0.0);
                }
                self.steps += 1;
                let loss = mse(&self.net.forward(&batch.x)?, &batch.y)?;
                let grads = loss.backward()?;
                self.optimizer.step(&grads)?;
                loss.to_scalar::<f32>()
            })
        }

        fn twice(&mut self, batch: &Batch) -> Result<f32> {
            with_autorelease_pool(|| {
                let loss = mse(&self.net.forward(&batch.x)?, &batch.y)?;
                let grads = loss.backward()?;
                self.optimizer.step(&grads)?;
                self.optimizer.step(&grads)?; //~ error step_repeated
                loss.to_scalar::<f32>()
            })
        }

        fn without_a_step(&mut self, batch: &Batch) -> Result<f32> {
            with_autorelease_pool(|| {
                let loss = mse(&self.net.forward(&batch.x)?, &batch.y)?;
                let grads = loss.backward()?; //~ warning missing_step
                loss.to_scalar::<f32>()
            })
        }
    }
}

mod in_a_thread {
    fn right(net: Net, weights: VarMap, data: Receiver) -> JoinHandle<()> {
        std::thread::spawn(move || {
            let mut optimizer = AdamW::new(weights.all_vars(), ParamsAdamW::default()).unwrap();
            while let Ok(batch) = data.recv() {
                let loss = mse(&net.forward(&batch.x).unwrap(), &batch.y).unwrap();
                optimizer.backward_step(&loss).unwrap();
            }
        })
    }

    fn rebuilt(net: Net, weights: VarMap, data: Receiver) -> JoinHandle<()> {
        std::thread::spawn(move || {
            while let Ok(batch) = data.recv() {
                let mut optimizer = AdamW::new(weights.all_vars(), ParamsAdamW::default()).unwrap(); //~ error optimizer_rebuilt
                let loss = mse(&net.forward(&batch.x).unwrap(), &batch.y).unwrap();
                optimizer.backward_step(&loss).unwrap();
            }
        })
    }

    fn twice(net: Net, weights: VarMap, data: Receiver) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut optimizer = AdamW::new(weights.all_vars(), ParamsAdamW::default()).unwrap();
                while let Ok(batch) = data.recv() {
                    let loss = mse(&net.forward(&batch.x).unwrap(), &batch.y).unwrap();
                    optimizer.backward_step(&loss).unwrap();
                    optimizer.backward_step(&loss).unwrap(); //~ error backward_repeated
                }
            });
        });
    }

    async fn in_a_task(net: Net, weights: VarMap, data: Receiver) {
        tokio::spawn(async move {
            let mut optimizer = AdamW::new(weights.all_vars(), ParamsAdamW::default()).unwrap();
            while let Some(batch) = data.recv().await {
                let loss = mse(&net.forward(&batch.x).unwrap(), &batch.y).unwrap();
                let grads = loss.backward().unwrap();
                optimizer.step(&grads).unwrap();
                optimizer.step(&grads).unwrap(); //~ error step_repeated
            }
        });
    }
}

mod run_by_other_code {
    /// The benchmark runs the closure again and again, and needs no step.
    fn measured(bencher: &mut Bencher, net: &Net, x: &Tensor, y: &Tensor) {
        bencher.iter(|| {
            let loss = mse(&net.forward(x).unwrap(), y).unwrap();
            let grads = loss.backward().unwrap();
        });
    }

    /// The caller of the closure steps.
    fn gradients_for_the_caller(minimizer: &Minimizer, net: &Net, x: &Tensor, y: &Tensor) -> Result<()> {
        minimizer.run(|| {
            let loss = mse(&net.forward(x)?, y)?;
            let grads = loss.backward()?;
            Ok((loss, grads))
        })
    }

    /// The other code may run the closure several times, with different batches.
    fn each(pool: &Pool, net: &Net, weights: &VarMap) -> Result<()> {
        let mut optimizer = AdamW::new(weights.all_vars(), ParamsAdamW::default())?;
        pool.for_batches(|x: &Tensor, y: &Tensor| {
            let loss = mse(&net.forward(x)?, y)?;
            optimizer.backward_step(&loss)
        })
    }
}

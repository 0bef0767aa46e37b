//! candle: the fused step of an optimizer is missing.

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{linear, loss, AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, SGD};

mod without_a_named_model {
    fn line(xs: &Tensor, ys: &Tensor) -> Result<f32> {
        let slope = Var::new(&[[0f32, 0.]], &Device::Cpu)?;
        let offset = Var::new(0f32, &Device::Cpu)?;
        let mut sgd = SGD::new(vec![slope.clone(), offset.clone()], 0.01)?;
        let line = Linear::new(slope.as_tensor().clone(), Some(offset.as_tensor().clone()));
        for _ in 0..200 {
            let miss = line.forward(xs)?.sub(ys)?;
            let loss = miss.sqr()?.sum_all()?; //~ warning missing_step
        }
        offset.to_scalar::<f32>()
    }

    #[test]
    fn converges() -> Result<()> {
        let weights = VarMap::new();
        let net = linear(4, 1, VarBuilder::from_varmap(&weights, DType::F32, &Device::Cpu))?;
        let mut adam = AdamW::new(weights.all_vars(), ParamsAdamW::default())?;
        let mut last = 0f32;
        for _ in 0..50 {
            let loss = net.forward(&Tensor::ones((8, 4), DType::F32, &Device::Cpu)?)?.sqr()?.mean_all()?; //~ warning missing_step
            last = loss.to_scalar::<f32>()?;
        }
        assert!(last < 0.1);
        Ok(())
    }

    fn for_each_seed(data: &Data, seeds: &[u64]) -> Result<()> {
        for seed in seeds {
            let weights = VarMap::new();
            let net = linear(4, 1, VarBuilder::from_varmap(&weights, DType::F32, &Device::Cpu))?;
            let mut adam = AdamW::new_lr(weights.all_vars(), 1e-3)?;
            for (x, y) in data.batches() {
                let loss = loss::mse(&net.forward(&x)?, &y)?; //~ warning missing_step
                println!("{seed} {}", loss.to_scalar::<f32>()?);
            }
        }
        Ok(())
    }
}

mod the_caller_or_other_code_steps {
    fn built_for_the_caller(net: &Net, weights: &VarMap, data: &Data) -> Result<AdamW> {
        let adam = AdamW::new_lr(weights.all_vars(), 1e-3)?;
        for (x, y) in data.batches() {
            println!("{}", loss::mse(&net.forward(&x)?, &y)?.to_scalar::<f32>()?);
        }
        Ok(adam)
    }

    fn in_a_trainer(net: Net, weights: &VarMap, data: &Data) -> Result<Trainer> {
        let adam = AdamW::new_lr(weights.all_vars(), 1e-3)?;
        let mut trainer = Trainer { net, adam };
        for (x, y) in data.batches() {
            trainer.one(&x, &y)?;
        }
        Ok(trainer)
    }

    fn in_a_closure(net: &Net, weights: &VarMap, data: &Data) -> Result<()> {
        let mut adam = AdamW::new_lr(weights.all_vars(), 1e-3)?;
        data.for_each(|x, y| adam.backward_step(&loss::mse(&net.forward(x)?, y)?));
        for (x, y) in data.batches() {
            let loss = loss::mse(&net.forward(&x)?, &y)?;
            println!("{}", loss.to_scalar::<f32>()?);
        }
        Ok(())
    }

    fn in_a_helper(net: &Net, weights: &VarMap, data: &Data) -> Result<()> {
        let mut adam = AdamW::new_lr(weights.all_vars(), 1e-3)?;
        for (x, y) in data.batches() {
            let loss = loss::mse(&net.forward(&x)?, &y)?;
            apply(&mut adam, &loss)?;
        }
        Ok(())
    }

    #[test]
    fn only_the_rate() -> Result<()> {
        let weights = VarMap::new();
        let mut adam = AdamW::new_lr(weights.all_vars(), 1e-3)?;
        adam.set_learning_rate(0.5);
        assert_eq!(adam.learning_rate(), 0.5);
        Ok(())
    }
}

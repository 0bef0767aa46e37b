//! candle: the graph of a loss stays after `backward`, which returns new gradients each time.

use candle_core::{Result, Tensor};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, SGD, VarBuilder, VarMap, loss};

mod the_same_loss {
    fn twice(varmap: &VarMap, model: &Net, loader: &Loader) -> Result<()> {
        let mut optimizer = AdamW::new(varmap.all_vars(), ParamsAdamW::default())?;
        for batch in loader {
            let loss = loss::mse(&model.forward(&batch.x)?, &batch.y)?;
            optimizer.backward_step(&loss)?;
            optimizer.backward_step(&loss)?; //~ error backward_repeated
        }
        varmap.save("model.safetensors")
    }

    /// The loss of a method that is named after training, and a field of a loss.
    fn of_a_call(loader: &Loader) -> Result<()> {
        let varmap = VarMap::new();
        let model = Net::new(VarBuilder::from_varmap(&varmap, DType::F32, &device))?;
        let mut optimizer = AdamW::new(varmap.all_vars(), ParamsAdamW::default())?;
        for batch in loader {
            let loss = model.train(&batch.x, &batch.y)?;
            optimizer.backward_step(&loss)?;
            optimizer.backward_step(&loss)?; //~ error backward_repeated
        }
        for batch in loader {
            let loss = batch_loss(&model, &batch)?;
            println!("{}", loss.total.to_scalar::<f32>()?);
            optimizer.backward_step(&loss.total)?;
            optimizer.backward_step(&loss.total)?; //~ error backward_repeated
        }
        varmap.save("model.safetensors")
    }
}

mod two_optimizers {
    struct Both {
        one: AdamW,
        other: SGD,
    }

    /// The second gradients are computed from parameters that the first step has changed.
    fn each_computes_its_own(first: &VarMap, second: &VarMap, a: &Net, b: &Net, loader: &Loader) -> Result<()> {
        let mut one = AdamW::new(first.all_vars(), ParamsAdamW::default())?;
        let mut other = SGD::new(second.all_vars(), 0.1)?;
        for batch in loader {
            let loss = loss::mse(&b.forward(&a.forward(&batch.x)?)?, &batch.y)?;
            one.backward_step(&loss)?;
            other.backward_step(&loss)?; //~ warning backward_repeated
        }
        first.save("a.safetensors")?;
        second.save("b.safetensors")
    }

    /// Both steps come after both `backward`.
    fn two_losses_of_one_output(first: &VarMap, second: &VarMap, a: &Net, b: &Net, loader: &Loader) -> Result<()> {
        let mut one = AdamW::new(first.all_vars(), ParamsAdamW::default())?;
        let mut other = SGD::new(second.all_vars(), 0.1)?;
        for batch in loader {
            let output = b.forward(&a.forward(&batch.x)?)?;
            let near = loss::mse(&output, &batch.y)?.backward()?;
            let far = loss::mse(&output, &batch.z)?.backward()?;
            one.step(&near)?;
            other.step(&far)?;
        }
        first.save("a.safetensors")?;
        second.save("b.safetensors")
    }
}

/// The step of the discriminator leaves the generator, whose output both losses use, as it is.
mod adversarial {
    fn fit(loader: &Loader) -> Result<()> {
        let (first, second) = (VarMap::new(), VarMap::new());
        let generator = Net::new(VarBuilder::from_varmap(&first, DType::F32, &device))?;
        let critic = Net::new(VarBuilder::from_varmap(&second, DType::F32, &device))?;
        let mut opt_generator = AdamW::new(first.all_vars(), ParamsAdamW::default())?;
        let mut opt_critic = AdamW::new(second.all_vars(), ParamsAdamW::default())?;
        for batch in loader {
            let fake = generator.forward(&batch.noise)?;
            let judged = loss::mse(&critic.forward(&fake)?, &batch.zeros)?;
            opt_critic.backward_step(&judged)?;
            let fooled = loss::mse(&critic.forward(&fake)?, &batch.ones)?;
            opt_generator.backward_step(&fooled)?;
        }
        first.save("generator.safetensors")?;
        second.save("critic.safetensors")
    }
}

mod before_the_loop {
    fn output(x: &Tensor, y: &Tensor) -> Result<()> {
        let varmap = VarMap::new();
        let model = Net::new(VarBuilder::from_varmap(&varmap, DType::F32, &device))?;
        let mut optimizer = AdamW::new(varmap.all_vars(), ParamsAdamW::default())?;
        let output = model.forward(x)?;
        for _ in 0..10 {
            let loss = loss::mse(&output, y)?;
            optimizer.backward_step(&loss)?; //~ error backward_repeated
        }
        varmap.save("model.safetensors")
    }
}

mod rebuilt {
    fn beside_a_loss_of_a_call(loader: &Loader) -> Result<()> {
        let varmap = VarMap::new();
        let model = Net::new(VarBuilder::from_varmap(&varmap, DType::F32, &device))?;
        for batch in loader {
            let mut optimizer = AdamW::new(varmap.all_vars(), ParamsAdamW::default())?; //~ error optimizer_rebuilt
            let loss = model.train(&batch.x, &batch.y)?;
            optimizer.backward_step(&loss)?;
        }
        varmap.save("model.safetensors")
    }
}

/// The value of the next state, as the target of the value of this one.
mod of_the_next_state {
    fn through_the_model(memory: &Memory) -> Result<()> {
        let varmap = VarMap::new();
        let model = Net::new(VarBuilder::from_varmap(&varmap, DType::F32, &device))?;
        let mut optimizer = AdamW::new(varmap.all_vars(), ParamsAdamW::default())?;
        for batch in memory {
            let next_states = Tensor::stack(&batch.next, 0)?;
            let x = model.forward(&batch.states)?.gather(&batch.actions, 1)?;
            let best = model.forward(&next_states)?.max_keepdim(1)?;
            let y = (best * GAMMA + &batch.rewards)?;
            let loss = loss::mse(&x, &y)?; //~ warning target_not_detached
            optimizer.backward_step(&loss)?;
        }
        varmap.save("model.safetensors")
    }

    fn detached(memory: &Memory) -> Result<()> {
        let varmap = VarMap::new();
        let model = Net::new(VarBuilder::from_varmap(&varmap, DType::F32, &device))?;
        let mut optimizer = AdamW::new(varmap.all_vars(), ParamsAdamW::default())?;
        for batch in memory {
            let next_states = Tensor::stack(&batch.next, 0)?;
            let x = model.forward(&batch.states)?.gather(&batch.actions, 1)?;
            let best = model.forward(&next_states)?.detach().max_keepdim(1)?;
            let y = (best * GAMMA + &batch.rewards)?;
            let loss = loss::mse(&x, &y)?;
            optimizer.backward_step(&loss)?;
        }
        varmap.save("model.safetensors")
    }

    /// A model of the world trains the encoding of the next state as well.
    fn a_model_of_the_world(memory: &Memory) -> Result<()> {
        let varmap = VarMap::new();
        let builder = VarBuilder::from_varmap(&varmap, DType::F32, &device);
        let (encoder, world) = (Net::new(builder.pp("encoder"))?, Net::new(builder.pp("world"))?);
        let mut optimizer = AdamW::new(varmap.all_vars(), ParamsAdamW::default())?;
        for batch in memory {
            let next_states = Tensor::stack(&batch.next, 0)?;
            let predicted = world.forward(&encoder.forward(&batch.states)?)?;
            let encoded = encoder.forward(&next_states)?;
            let loss = loss::mse(&predicted, &encoded)?;
            optimizer.backward_step(&loss)?;
        }
        varmap.save("model.safetensors")
    }
}

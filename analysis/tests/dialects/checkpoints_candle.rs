//! candle cannot save the state of an optimizer, so a checkpoint of the parameters alone is all that there is.

use candle_core::{Device, Result, Tensor};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarBuilder, VarMap, loss};

fn resumed(data: &Loader, resume: bool) -> Result<()> {
    let mut varmap = VarMap::new();
    let model = Net::new(VarBuilder::from_varmap(&varmap, DType::F32, &Device::Cpu))?;
    if resume {
        varmap.load("checkpoint.safetensors")?;
    }
    let mut optimizer = AdamW::new(varmap.all_vars(), ParamsAdamW::default())?;
    for batch in data {
        let loss = loss::mse(&model.forward(&batch.x)?, &batch.y)?;
        optimizer.backward_step(&loss)?;
    }
    varmap.save("checkpoint.safetensors")
}

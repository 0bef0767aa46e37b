//! tch cannot save the state of an optimizer, so a checkpoint of the parameters alone is all that there is.

use tch::{nn, nn::Module, nn::OptimizerConfig};

fn resumed(data: &[Batch], resume: bool) -> anyhow::Result<()> {
    let mut vs = nn::VarStore::new(tch::Device::Cpu);
    let net = net(&vs.root());
    if resume {
        vs.load("checkpoint.ot")?;
    }
    let mut optimizer = nn::Adam::default().build(&vs, 1e-3)?;
    for batch in data {
        let loss = net.forward(&batch.x).cross_entropy_for_logits(&batch.y);
        optimizer.backward_step(&loss);
    }
    vs.save("checkpoint.ot")?;
    Ok(())
}

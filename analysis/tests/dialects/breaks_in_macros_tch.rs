//! tch: a loop before the training ends by a `break` in the tokens of a macro.

use tch::{nn, nn::Module, nn::OptimizerConfig, Device, Kind, Tensor};

async fn right(games: &mut Games, vs: &nn::VarStore) {
    let net = nn::linear(vs.root(), 9, 1, Default::default());
    let mut opt = nn::Adam::default().build(vs, 1e-4).unwrap();
    for epoch in 0..10 {
        let mut history = Vec::new();
        loop {
            tokio::select! {
                game = games.next() => match game {
                    Some(game) => history.push(game),
                    None => break,
                },
            }
        }
        for (states, values) in history {
            let loss = (net.forward(&states) - values).square().mean(Kind::Float);
            opt.backward_step(&loss);
        }
    }
}

async fn without_a_step(games: &mut Games, vs: &nn::VarStore) {
    let net = nn::linear(vs.root(), 9, 1, Default::default());
    let mut opt = nn::Adam::default().build(vs, 1e-4).unwrap();
    for epoch in 0..10 {
        let mut history = Vec::new();
        loop {
            tokio::select! {
                game = games.next() => match game {
                    Some(game) => history.push(game),
                    None => break,
                },
            }
        }
        for (states, values) in history {
            opt.zero_grad();
            let loss = (net.forward(&states) - values).square().mean(Kind::Float);
            loss.backward(); //~ error missing_step
        }
    }
}

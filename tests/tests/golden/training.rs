//! Whole training runs: the loss of each of 30 steps and the final weights.

use training_loop::prelude::*;

use crate::cases::{Case, Verdict, cases};
use crate::layers::{entry, load};

#[derive(Module)]
struct Classifier {
    hidden: Linear,
    output: Linear,
}

impl Classifier {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.hidden.forward(x).relu())
    }
}

#[derive(Module)]
struct Regressor {
    first: Linear,
    norm: BatchNorm1d,
    second: Linear,
    scale: LayerNorm,
    output: Linear,
}

impl Regressor {
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.norm.forward(&self.first.forward(x)).tanh();
        let x = self.scale.forward(&self.second.forward(&x)).gelu() + x;
        self.output.forward(&x)
    }
}

#[test]
pub(crate) fn trainings() {
    let mut verdict = Verdict::default();
    for case in cases("training") {
        match case.name() {
            "classifier/sgd" => classifier(&mut verdict, &case, |p| Box::new(Sgd::new(p, 0.1).momentum(0.9))),
            "classifier/adam" => classifier(&mut verdict, &case, |p| Box::new(Adam::new(p, 0.01))),
            "classifier/adamw_clipped" => {
                classifier(&mut verdict, &case, |p| Box::new(AdamW::new(p, 0.02).weight_decay(0.1)));
            }
            "regressor/nesterov" => regressor(&mut verdict, &case),
            other => panic!("the recorded training `{other}` is not tested: add it here"),
        }
    }
    verdict.demand("training");
}

type Build = fn(Vec<Parameter>) -> Box<dyn Optimizer>;

fn classifier(verdict: &mut Verdict, case: &Case, build: Build) {
    let model = Classifier { hidden: Linear::new(4, 8), output: Linear::new(8, 3) };
    let labels = case.counts("labels");
    let loss = |output: &Tensor, rows: &[usize]| {
        let labels: Vec<usize> = rows.iter().map(|row| labels[*row]).collect();
        cross_entropy(output, &Labels::from(labels))
    };
    train(verdict, case, &model, |x| model.forward(x), loss, build);
}

fn regressor(verdict: &mut Verdict, case: &Case) {
    let model = Regressor {
        first: Linear::new(3, 7),
        norm: BatchNorm1d::new(7),
        second: Linear::new(7, 7),
        scale: LayerNorm::new(7),
        output: Linear::new(7, 1),
    };
    let targets = case.array("targets");
    let loss = |output: &Tensor, rows: &[usize]| {
        huber_loss(output, &Tensor::from(targets.select(ndarray::Axis(0), rows)))
    };
    let build: Build = |p| Box::new(Sgd::new(p, 0.05).momentum(0.9).nesterov(true).weight_decay(0.01));
    train(verdict, case, &model, |x| model.forward(x), loss, build);
}

fn train(
    verdict: &mut Verdict,
    case: &Case,
    model: &impl Module,
    forward: impl Fn(&Tensor) -> Tensor,
    loss: impl Fn(&Tensor, &[usize]) -> Tensor,
    build: Build,
) {
    verdict.case();
    let name = case.name();
    load(model, case.named("start"));
    let mut optimizer = build(model.parameters());
    let inputs = case.array("inputs");
    let batch = case.count("batch");
    model.train();
    for (step, theirs) in case.numbers("losses").into_iter().enumerate() {
        let rows: Vec<usize> = (0..batch).map(|i| (step * batch + i) % inputs.shape()[0]).collect();
        let output = forward(&Tensor::from(inputs.select(ndarray::Axis(0), &rows)));
        let loss = loss(&output, &rows);
        optimizer.zero_grad();
        loss.backward();
        if case.has("clip") {
            let norm = optimizer.clip_grad_norm(case.number("clip") as f32);
            verdict.numbers(&format!("{name}: norm {step}"), f64::from(norm), case.numbers("norms")[step]);
        }
        optimizer.step();
        verdict.numbers(&format!("{name}: loss {step}"), f64::from(loss.item()), theirs);
    }
    for (key, theirs) in case.named("after") {
        verdict.arrays(&format!("{name}: {key}"), &entry(model, &key), &theirs);
    }
    let _evaluation = evaluation(model);
    let outputs = forward(&Tensor::from(inputs.view()));
    verdict.arrays(&format!("{name}: outputs in evaluation"), &outputs.to_array(), &case.array("outputs"));
}

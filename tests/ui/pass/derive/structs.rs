//! Every shape of struct that the derive takes.

#![deny(warnings)]

use std::marker::PhantomData;
use training_loop::prelude::*;

#[derive(Module)]
struct Unit;

#[derive(Module)]
struct Tuple(Linear, Option<Linear>, Vec<Linear>);

#[derive(Module)]
struct Generic<'a, A: Clone, B, const N: usize>
where
    B: Copy,
{
    first: A,
    all: [A; N],
    borrowed: &'a Linear,
    boxed: Box<Tuple>,
    r#type: usize,
    name: String,
    scale: f32,
    kind: PhantomData<B>,
    #[module(skip)]
    started: std::time::Instant,
}

mod facade {
    pub use training_loop as ml;
}

#[derive(Module)]
#[module(crate = facade::ml)]
struct Elsewhere {
    weight: Parameter,
    mean: Buffer,
    activation: Activation,
    classes: &'static [&'static str],
}

#[derive(Clone, Module)]
struct Leaf {
    layer: Relu,
}

fn main() {
    let linear = Linear::new(2, 2);
    let leaf = Leaf { layer: Relu };
    let generic = Generic::<_, u8, 1> {
        first: leaf.clone(),
        all: [leaf],
        borrowed: &linear,
        boxed: Box::new(Tuple(Linear::new(1, 2), Some(Linear::new(2, 3)), vec![Linear::new(3, 4)])),
        r#type: 1,
        name: String::new(),
        scale: 1.0,
        kind: PhantomData,
        started: std::time::Instant::now(),
    };
    let _ = (&generic.r#type, &generic.name, &generic.scale, &generic.kind, &generic.started);
    let names: Vec<String> = generic.named_parameters().into_iter().map(|(name, _)| name).collect();
    let expected = ["borrowed.weight", "borrowed.bias", "boxed.0.weight", "boxed.0.bias"];
    assert_eq!(names[..4], expected);
    assert_eq!(names[4..6], ["boxed.1.weight", "boxed.1.bias"]);
    assert_eq!(names[6], "boxed.2.0.weight");
    assert!(Unit.parameters().is_empty());
    let elsewhere = Elsewhere {
        weight: Linear::new(1, 1).parameters().remove(0),
        mean: Buffer::new(Tensor::zeros(&[1])),
        activation: Activation::Relu,
        classes: &["bitter", "sour"],
    };
    assert_eq!((elsewhere.parameters().len(), elsewhere.state_dict().len()), (1, 2));
    let y = elsewhere.activation.apply(&(elsewhere.weight.tensor() - elsewhere.mean.tensor()));
    assert_eq!((y.len(), elsewhere.classes.len()), (1, 2));
}

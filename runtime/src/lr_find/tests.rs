//! The search restores all state, and its suggestions are stable.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::data::TensorDataset;
use crate::nn::{BatchNorm1d, Dropout, Linear, Visitor};
use crate::private::field;
use crate::{AdamW, Sgd, mse_loss, random_state, seed_scope};

/// A model with all kinds of training state: parameters, running statistics, dropout.
struct Net(Linear, BatchNorm1d, Dropout, Linear);

impl Net {
    fn new() -> Self {
        let _seeded = seed_scope(3);
        Self(Linear::new(3, 8), BatchNorm1d::new(8), Dropout::new(0.2), Linear::new(8, 1))
    }

    fn loss(&self, batch: &Batch<Tensor>) -> Tensor {
        let hidden = self.1.forward(&self.0.forward(&batch.input)).relu();
        mse_loss(&self.3.forward(&self.2.forward(&hidden)), &batch.target)
    }
}

impl Module for Net {
    fn visit(&self, visitor: &mut dyn Visitor) {
        field(visitor, "0", &self.0);
        field(visitor, "1", &self.1);
        field(visitor, "2", &self.2);
        field(visitor, "3", &self.3);
    }
}

fn loader() -> DataLoader<Tensor> {
    let _seeded = seed_scope(5);
    let x = Tensor::randn(&[20, 3]);
    let y = x.sum_axis(1).reshape(&[20, 1]);
    DataLoader::new(TensorDataset::new(x, y).unwrap(), 6).shuffle(1)
}

/// The state that the search must restore.
fn state(net: &Net, optimizer: &dyn Optimizer) -> impl PartialEq + std::fmt::Debug + use<> {
    let gradients = net.parameters().iter().map(Parameter::grad).collect::<Vec<_>>();
    let stages = net.parameters().iter().map(|parameter| parameter.lock().stage).collect::<Vec<_>>();
    let modes = mode::modes(net).iter().map(mode::Mode::flags).collect::<Vec<_>>();
    (net.state_dict(), optimizer.state_dict().unwrap(), (gradients, stages), modes, random_state())
}

#[test]
fn nothing_is_changed_on_any_way_out() {
    let (net, train) = (Net::new(), loader());
    let mut optimizer = AdamW::new(net.parameters(), 1e-3);
    // Moments, gradients, running statistics and a mode that differ from the initial ones.
    for batch in train.epoch(0) {
        optimizer.zero_grad();
        net.loss(&batch).backward();
        optimizer.step();
    }
    net.2.eval();
    let before = state(&net, &optimizer);
    let curve = lr_find(&net, &mut optimizer, &train, Net::loss).unwrap();
    assert!(!curve.points().is_empty());
    assert_eq!(state(&net, &optimizer), before);
    let left = Cell::new(7);
    let panics = catch_unwind(AssertUnwindSafe(|| {
        let loss = |net: &Net, batch: &Batch<Tensor>| {
            left.set(left.get() - 1);
            assert!(left.get() > 0, "on purpose");
            net.loss(batch)
        };
        lr_find(&net, &mut optimizer, &train, loss)
    }));
    assert!(panics.is_err());
    assert_eq!(state(&net, &optimizer), before);
    let data = TensorDataset::new(Tensor::zeros(&[2, 3]), Tensor::zeros(&[2, 1])).unwrap();
    let none = DataLoader::new(data, 6).drop_last();
    assert!(lr_find(&net, &mut optimizer, &none, Net::loss).is_err());
    assert_eq!(state(&net, &optimizer), before);
    // Training after a search equals training without it.
    let train_on = |search: bool| {
        let (_seeded, net) = (seed_scope(1), Net::new());
        let mut optimizer = Sgd::new(net.parameters(), 0.05).momentum(0.9);
        if search {
            lr_find(&net, &mut optimizer, &train, Net::loss).unwrap();
        }
        for batch in train.epoch(0) {
            optimizer.zero_grad();
            net.loss(&batch).backward();
            optimizer.step();
        }
        net.state_dict()
    };
    assert_eq!(train_on(true), train_on(false));
}

/// The loss `λ w²` with one parameter, which gradient descent minimizes for learning rates below `1 / λ`.
fn quadratic(curvature: Scalar) -> LrCurve {
    struct Weight(Parameter);
    impl Module for Weight {
        fn visit(&self, visitor: &mut dyn Visitor) {
            visitor.parameter("weight", &self.0);
        }
    }
    let weight = Weight(Parameter::new(ndarray::arr1(&[1.0])));
    let mut optimizer = Sgd::new(weight.parameters(), 0.1);
    let data = TensorDataset::new(Tensor::zeros(&[1, 1]), Tensor::zeros(&[1, 1])).unwrap();
    let loss = |weight: &Weight, _: &Batch<Tensor>| (weight.0.tensor() * weight.0.tensor()).sum() * curvature;
    LrFind::new().from(1e-6).run(&weight, &mut optimizer, &DataLoader::new(data, 1), loss).unwrap()
}

#[test]
fn a_quadratic_gets_a_stable_rate() {
    for curvature in [0.2, 1.0, 50.0] {
        let curve = quadratic(curvature);
        let stable = 1.0 / curvature;
        for rate in [curve.suggestion().unwrap(), curve.valley().unwrap()] {
            assert!(rate < stable && rate > 1e-4 * stable, "{rate} for the curvature {curvature}");
        }
    }
    let curve = quadratic(50.0);
    assert!(curve.has_diverged() && curve.points().len() < 100);
    assert!(curve.points().is_sorted_by(|one, other| one.0 < other.0));
    let text = curve.to_string();
    assert!(
        text.contains("the loss diverged after") && text.contains("where the loss falls fastest"),
        "{text}"
    );
}

#[test]
fn the_rules_are_those_of_their_sources() {
    let curve = |losses: &[f64]| {
        let points = losses.iter().enumerate().map(|(index, loss)| (index as f64 + 1.0, *loss)).collect();
        LrCurve { points, has_diverged: false }
    };
    let flat = [1.0; 10];
    let falling = [&flat[..], &[1.0, 0.9, 0.5, 0.4, 0.4, 9.0]].concat();
    assert_eq!(curve(&falling).suggestion(), Some(12.0));
    let rising = (0..20).map(f64::from).collect::<Vec<_>>();
    assert_eq!((curve(&rising).suggestion(), curve(&rising).valley()), (None, None));
    assert!(curve(&rising).to_string().ends_with("no suggestion: the loss falls nowhere"));
    let valley = [5.0, 6.0, 5.5, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.4, 3.0, 7.0];
    assert_eq!(curve(&valley).valley(), Some(6.0));
    assert_eq!((curve(&flat).suggestion(), curve(&[]).suggestion(), curve(&[]).valley()), (None, None, None));
}

#[test]
fn options_out_of_range_are_refused() {
    let (net, train) = (Net::new(), loader());
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    let cases = [
        (LrFind::new().from(0.0), "`from`"),
        (LrFind::new().from(1.0).to(1.0), "`to`"),
        (LrFind::new().to(Scalar::INFINITY), "`to`"),
        (LrFind::new().updates(1), "`updates`"),
    ];
    for (options, name) in cases {
        let error = options.run(&net, &mut optimizer, &train, Net::loss).unwrap_err();
        assert!(error.to_string().contains(name) && error.to_string().contains("LrFind"), "{error}");
    }
}

#[test]
fn the_curve_is_a_picture() {
    let svg = quadratic(1.0).svg();
    assert!(
        svg.starts_with("<svg xmlns=") && svg.contains("learning rate") && svg.contains("class=\"mark\"")
    );
    assert!(LrCurve { points: Vec::new(), has_diverged: true }.svg().contains("no finite values"));
}

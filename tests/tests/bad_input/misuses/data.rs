//! Data sets, loaders, optimizers and schedules.

use ndarray::arr1;
use training_loop::data::Rows;
use training_loop::prelude::*;

use super::{MOST, at, check, labels, z};

/// A data set that claims more samples than can be ordered.
struct Boaster;

impl Dataset for Boaster {
    type Input = Tensor;
    type Target = Labels;

    fn len(&self) -> usize {
        MOST
    }

    fn batch(&self, indices: &[usize]) -> training_loop::data::Batch {
        training_loop::data::Batch {
            input: z(&[indices.len(), 1]),
            target: indices.iter().map(|_| 0).collect(),
        }
    }
}

#[test]
#[rustfmt::skip]
fn data_and_optimizers() {
    let set = || TensorDataset::new(z(&[3, 2]), labels(&[0, 1, 0])).expect("a data set");
    let weight = || {
        let weight = Parameter::new(arr1(&[1.0]));
        weight.tensor().sum().backward();
        weight
    };
    check(&[
        at!(z(&[3, 2]).pick(&[3])),
        at!(z(&[]).pick(&[0])),
        at!((z(&[3, 2]), labels(&[0])).pick(&[2])),
        at!(set().subset(&[3])),
        at!(set().batch(&[0, 3])),
        at!(set().map_inputs(|_| Scalar::NAN)),
        at!(DataLoader::new(set(), 0).epoch(0).len()),
        at!(DataLoader::new(set(), 0).iter().len()),
        at!((&DataLoader::new(set(), 0)).into_iter().len()),
        at!(DataLoader::new(set(), 0).windows(0, 1).len()),
        at!(DataLoader::new(set(), 1).windows(0, 0).len()),
        at!(DataLoader::new(Boaster, 1).epoch(0).len()),
        at!(DataLoader::new(Boaster, MOST).shuffle(0).iter().len()),
        at!(Sgd::new(vec![weight()], -1.0).step()),
        at!(Sgd::new(vec![weight()], 0.1).momentum(2.0).step()),
        at!(Adam::new(vec![weight()], Scalar::NAN).step()),
        at!(AdamW::new(vec![weight()], 0.1).betas(1.0, 0.9).step()),
        at!(Sgd::new(vec![weight()], 0.1).clip_grad_norm(-1.0)),
        at!(Sgd::new(vec![weight()], 0.1).clip_grad_value(Scalar::NAN)),
        at!((Box::new(Sgd::new(vec![weight()], -1.0))).step()),
        at!(Optimizer::clip_grad_norm(&mut &mut Sgd::new(vec![weight()], 0.1), -1.0)),
        at!(StepLr::new(0, 0.1)),
        at!(CosineLr::new(0)),
        at!(RmsProp::new(vec![weight()], 0.1).alpha(1.0).step()),
        at!(Muon::new(vec![weight()], 0.1).step()),
        at!(Lbfgs::new(vec![weight()], -1.0).step(|| 0.0)),
        at!(Sgd::new(vec![weight()], 0.0).group(vec![weight()], |group| group.learning_rate(0.1)).step()),
        at!(Sgd::new(vec![weight()], 0.1).group(vec![weight()], |group| group.weight_decay(-0.1)).step()),
        at!(ConstantLr::new(-0.5, 1)),
        at!(LinearLr::new(1.0, Scalar::NAN.into(), 1)),
        at!(LinearLr::new(1.0, 0.0, 0)),
        at!(MultiStepLr::new([], 0.1)),
        at!(MultiStepLr::new([1], 0.0)),
        at!(ExponentialLr::new(-1.0)),
        at!(PolynomialLr::new(10, 0.0)),
        at!(CosineRestartsLr::new(0)),
        at!(CosineRestartsLr::new(1).t_mult(0)),
        at!(CosineRestartsLr::new(1).min(-1.0)),
        at!(CyclicLr::new(0.2, 0.1, 10)),
        at!(CyclicLr::new(0.1, 0.2, 10).step_size_down(0)),
        at!(CyclicLr::new(0.1, 0.2, 10).exp_range(0.0)),
        at!(InverseSqrtLr::new(0)),
        at!(WarmupStableDecayLr::new(1, 1, 0)),
        at!(WarmupStableDecayLr::new(1, 1, 1).min_ratio(2.0)),
        at!(PlateauLr::new().factor(1.0)),
        at!(PlateauLr::new().threshold(-1.0)),
        at!(PlateauLr::new().min_rate(Scalar::INFINITY)),
        at!(PlateauLr::new().eps(-1.0)),
        at!(SequentialLr::new(StepLr::new(1, 0.5)).then(0, StepLr::new(1, 0.5))),
        at!(SequentialLr::new(PlateauLr::new())),
        at!(ChainedLr::new(StepLr::new(1, 0.5)).and(PlateauLr::new())),
        at!(OneCycleLr::new(0.0, 10)),
        at!(OneCycleLr::new(0.1, 0)),
        at!(OneCycleLr::new(0.1, 10).pct_start(30.0)),
        at!(OneCycleLr::new(0.1, 10).div_factor(0.0)),
        at!(OneCycleLr::new(0.1, 10).final_div_factor(Scalar::NAN)),
    ]);
}

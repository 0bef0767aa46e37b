//! A file that gets dfdx through a module of its own: the methods that only dfdx has tell the library.

use crate::prelude::*;

fn right() {
    let mut t: Tensor<Rank1<5>, TestDtype, _> = dev.ones();
    let mut sgd = Sgd::new(&t, Default::default());
    for rate in rates.iter() {
        let gradients = (t.leaky_trace() * rate.clone()).mean().backward();
        sgd.update(&mut t, &gradients).expect("");
    }
}

fn never_steps() {
    let mut t: Tensor<Rank1<5>, TestDtype, _> = dev.ones();
    let mut sgd = Sgd::new(&t, Default::default());
    for rate in rates.iter() {
        let gradients = (t.leaky_trace() * rate.clone()).mean().backward(); //~ error missing_step
    }
}

fn steps_twice() {
    let mut t: Tensor<Rank1<5>, TestDtype, _> = dev.ones();
    let mut sgd = Sgd::new(&t, Default::default());
    for rate in rates.iter() {
        let gradients = (t.leaky_trace() * rate.clone()).mean().backward();
        sgd.update(&mut t, &gradients).expect("");
        sgd.update(&mut t, &gradients).expect(""); //~ error step_repeated
    }
}

/// The optimizer is built when the gradients are there already.
mod built_late {
    fn right(bn: &mut Net, x: Tensor) {
        let g = bn.forward_mut(x.leaky_trace()).square().mean().backward();
        let mut opt = Sgd::new(&bn, Default::default());
        opt.update(bn, &g).expect("");
    }

    fn twice(bn: &mut Net, x: Tensor) {
        let g = bn.forward_mut(x.leaky_trace()).square().mean().backward();
        let mut opt = Sgd::new(&bn, Default::default());
        opt.update(bn, &g).expect("");
        opt.update(bn, &g).expect(""); //~ error step_repeated
    }
}

//! Frozen parts are unchanged by a run, and evaluation scopes of several threads are independent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use training_loop::prelude::*;

use crate::common::{Numbers, bits, blobs};

#[derive(Module)]
struct Net {
    input: Linear,
    norm: BatchNorm1d,
    dropout: Dropout,
    output: Linear,
}

impl Net {
    fn new() -> Self {
        seed(5);
        Self {
            input: Linear::new(4, 8),
            norm: BatchNorm1d::new(8),
            dropout: Dropout::new(0.5),
            output: Linear::new(8, 3),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.norm.forward(&self.input.forward(x));
        self.output.forward(&self.dropout.forward(&x.relu()))
    }
}

fn loader() -> DataLoader {
    DataLoader::new(blobs(32, 1), 8)
}

/// The same with a hand-written loop.
#[training_loop]
fn by_hand(model: &Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.05).momentum(0.9).weight_decay(0.1);
    for epoch in 0..2 {
        model.train();
        for batch in train.epoch(epoch) {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
        }
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.05).weight_decay(0.1),
    epochs = 3,
    metrics = [accuracy],
)]
fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, seed: u64) -> Result<History>;

#[test]
fn a_frozen_part_changes_in_nothing() {
    let mut model = Net::new();
    fit(&mut model, &loader(), &loader(), 1).unwrap();
    model.norm.freeze();
    model.dropout.freeze();
    let (norm, input) = (bits(&model.norm), bits(&model.input));
    fit(&mut model, &loader(), &loader(), 1).unwrap();
    by_hand(&model, &loader());
    assert_eq!(bits(&model.norm), norm, "weights and running averages");
    assert!(!model.norm.is_training() && !model.dropout.is_training() && model.output.is_training());
    assert_ne!(bits(&model.input), input, "gradients flow through a frozen part");

    // The frozen dropout draws nothing: the seed makes no difference.
    let trained = |seed| {
        let mut model = Net::new();
        model.dropout.freeze();
        fit(&mut model, &loader(), &loader(), seed).unwrap();
        bits(&model)
    };
    assert_eq!(trained(1), trained(2));

    model.norm.unfreeze();
    fit(&mut model, &loader(), &loader(), 1).unwrap();
    assert_ne!(bits(&model.norm), norm);
    assert!(model.norm.is_training());
}

/// Six threads send requests to one model while a seventh trains it and an eighth trains another.
#[test]
fn evaluation_scopes_of_several_threads_do_not_disturb_each_other() {
    const REQUESTS: usize = 4_000;
    let shared = Arc::new(Net::new());
    let x = Tensor::from(Numbers(7).table(5, 4));
    // Only the model's modes and running averages may affect the result: the trainer below has no optimizer.
    let expected = {
        let _evaluation = evaluation(&*shared);
        shared.forward(&x).to_array()
    };
    shared.norm.freeze();
    let (wrong, dropped, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let undisturbed = {
        let mut model = Net::new();
        fit(&mut model, &loader(), &loader(), 3).unwrap();
        bits(&model)
    };
    thread::scope(|scope| {
        let servers: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..REQUESTS {
                        let _evaluation = evaluation(&*shared);
                        let is_wrong = shared.forward(&x).to_array() != expected;
                        wrong.fetch_add(usize::from(is_wrong), Ordering::Relaxed);
                    }
                })
            })
            .collect();
        // Always in training mode: dropout with probability one half drops some of 40 elements.
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let kept = shared.dropout.forward(&Tensor::ones(&[40])).view().iter().all(|&x| x == 1.0);
                assert!(!kept && shared.is_training(), "a scope of another thread reached the training");
                dropped.fetch_add(1, Ordering::Relaxed);
            }
        });
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let mut model = Net::new();
                fit(&mut model, &loader(), &loader(), 3).unwrap();
                assert_eq!(bits(&model), undisturbed);
            }
        });
        let served = servers.into_iter().map(thread::ScopedJoinHandle::join).filter(Result::is_err).count();
        done.store(true, Ordering::Relaxed);
        assert_eq!(served, 0, "no server panicked");
    });
    assert_eq!(wrong.into_inner(), 0, "of {} answers", 6 * REQUESTS);
    assert!(dropped.into_inner() > 0 && shared.is_training());
}

//! Runs whose batches are augmented and read ahead by workers.

use training_loop::prelude::*;

use crate::bits::{plain, windows};
use crate::common::{Net, blobs, rows, valid_loader};

/// Samples with new noise in each epoch.
fn noisy(workers: usize) -> DataLoader {
    let noise =
        |Batch { input, target }: Batch| Batch { input: &input + Tensor::randn(input.shape()) * 0.1, target };
    DataLoader::new(blobs(44, 1).map(noise), 8).shuffle(7).workers(workers)
}

/// A run without workers equals a run that is stopped with two workers and resumed with three.
#[test]
fn workers_change_no_bit_and_need_no_state() {
    for (fit, updates) in [(plain as crate::bits::Fit, 18), (windows, 10)] {
        let folder = tempfile::tempdir().unwrap();
        let run = |workers: usize, mut model: Net, stop: usize, options: &RunOptions| {
            let history = fit(&mut model, &noisy(workers), &valid_loader(), stop, options).unwrap();
            (model.bits(), rows(&history))
        };
        let options = |name: &str| RunOptions::new().dir(folder.path().join(name));
        let whole = run(0, Net::fresh(), 1_000, &options("whole"));
        for stop in (1..updates).step_by(2) {
            let options = options(&stop.to_string());
            run(2, Net::fresh(), stop, &options);
            let resumed = run(3, Net::other(), 1_000, &options.resume_auto());
            assert!(resumed == whole, "after {stop} updates");
        }
    }
}

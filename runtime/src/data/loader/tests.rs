//! The batches and windows of a loader.

use super::*;
use crate::data::TensorDataset;

fn loader(samples: usize, batch_size: usize) -> DataLoader {
    let dataset = TensorDataset::new(Tensor::zeros(&[samples, 2]), (0..samples as u32).collect::<Labels>());
    DataLoader::new(dataset.unwrap(), batch_size)
}

fn labels(batches: impl Iterator<Item = Batch>) -> Vec<Vec<u32>> {
    batches.map(|batch| batch.target.as_slice().to_vec()).collect()
}

#[test]
fn no_sample_is_left_out_unless_asked() {
    assert_eq!(labels(loader(5, 2).epoch(0)), [vec![0, 1], vec![2, 3], vec![4]]);
    assert_eq!(labels(loader(5, 2).drop_last().epoch(0)), [vec![0, 1], vec![2, 3]]);
    assert_eq!(labels(loader(4, 2).epoch(0)), [vec![0, 1], vec![2, 3]]);
    assert_eq!(labels(loader(3, 8).epoch(0)), [vec![0, 1, 2]]);
    for samples in 1..12 {
        for batch_size in 1..14 {
            for loader in [loader(samples, batch_size), loader(samples, batch_size).drop_last()] {
                let batches = loader.epoch(0);
                assert_eq!(batches.len(), loader.batches());
                let sizes = batches.map(|batch| batch.len()).collect::<Vec<_>>();
                assert_eq!(sizes.len(), loader.batches());
                assert_eq!(sizes.iter().sum::<usize>(), loader.samples());
            }
        }
    }
}

#[test]
fn the_order_is_a_function_of_seed_and_epoch() {
    let loader = loader(50, 8).shuffle(3);
    let first = labels(loader.epoch(4));
    let _ = labels(loader.epoch(9));
    assert_eq!(first, labels(loader.epoch(4)));
    assert_ne!(first, labels(loader.epoch(5)));
    assert_ne!(first, labels(loader.clone().shuffle(4).epoch(4)));
    let mut all = first.concat();
    all.sort_unstable();
    assert_eq!(all, (0..50).collect::<Vec<_>>());
}

#[test]
fn a_plain_loop_counts_its_passes() {
    let loader = loader(20, 8).shuffle(3);
    for epoch in 0..3 {
        assert_eq!(labels(loader.into_iter()), labels(loader.epoch(epoch)));
    }
    assert_eq!(labels(loader.clone().into_iter()), labels(loader.epoch(0)));
}

#[test]
fn windows_hold_the_same_batches_and_their_weights_add_up_to_one() {
    for samples in 1..14 {
        for (batch_size, k) in [(1, 1), (2, 3), (3, 2), (4, 4), (20, 2), (3, usize::MAX)] {
            let loader = loader(samples, batch_size).shuffle(1);
            let mut joined = Vec::new();
            let windows = loader.windows(2, k);
            assert_eq!(windows.len(), loader.batches().div_ceil(k));
            for window in windows {
                let weights = window.into_iter().map(|batch| window.weight(&batch)).sum::<Scalar>();
                assert!((weights - 1.0).abs() < 1e-6, "{samples} {batch_size} {k}");
                assert!(window.batches() <= k);
                assert_eq!(window.into_iter().len(), window.batches());
                joined.extend(labels(window.into_iter()));
            }
            assert_eq!(joined, labels(loader.epoch(2)));
        }
    }
}

#[test]
fn a_loader_without_batches_is_refused() {
    let message = |loader: DataLoader| loader.check("train").unwrap_err().to_string();
    assert!(loader(5, 5).drop_last().check("train").is_ok());
    assert!(message(loader(5, 8).drop_last()).contains("`train` yields no batch"));
    assert_eq!(message(loader(5, 0)), "`batch_size` of `DataLoader` is 0, but must be at least 1");
    assert_eq!((loader(5, 0).batches(), loader(5, 0).samples()), (0, 0));
}

#[test]
#[should_panic(expected = "`batch_size` is 0")]
fn a_batch_size_of_zero_panics_where_it_is_used() {
    let _ = loader(5, 0).epoch(0);
}

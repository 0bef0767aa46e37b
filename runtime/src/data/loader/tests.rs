//! The batches and windows of a loader.

use super::*;
use crate::Scalar;
use crate::data::{RandomSampler, Samples, SequentialSampler, TensorDataset, WeightedSampler};

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

/// A data set that draws, and takes longer for some samples than for others.
fn noisy(samples: usize) -> impl Dataset<Input = Tensor, Target = Labels> + 'static {
    Samples::new(samples, |index| {
        std::thread::sleep(std::time::Duration::from_micros((index % 7) as u64 * 100));
        (Tensor::rand(&[2]) + index as Scalar, index as u32)
    })
}

fn bits(batches: impl Iterator<Item = Batch>) -> Vec<(Vec<u32>, Vec<Scalar>)> {
    batches.map(|batch| (batch.target.as_slice().to_vec(), batch.input.as_slice().to_vec())).collect()
}

#[test]
fn workers_give_the_same_batches() {
    let loaders = [
        DataLoader::new(noisy(23), 4),
        DataLoader::new(noisy(23), 4).shuffle(5).drop_last(),
        DataLoader::new(noisy(23), 4)
            .sampler(WeightedSampler::balanced(&[0, 1, 1].into()).unwrap().samples(30), 5),
    ];
    for loader in loaders {
        for workers in [1, 2, 5, 40] {
            let ahead = loader.clone().workers(workers);
            for epoch in 0..2 {
                let expected = bits(loader.epoch(epoch));
                assert_eq!(bits(ahead.epoch(epoch)), expected, "{workers} workers");
                // Resuming within an epoch, before the workers run and while they do.
                assert_eq!(bits(ahead.epoch(epoch).skip(3)), expected[3..]);
                let mut batches = ahead.epoch(epoch);
                assert_eq!(
                    (batches.len(), bits(batches.by_ref().take(1))),
                    (expected.len(), expected[..1].to_vec())
                );
                assert_eq!(bits(std::iter::once(batches.nth(2).unwrap())), expected[3..4]);
                assert_eq!(bits(batches), expected[4..]);
            }
            let windows = |loader: &DataLoader| -> Vec<_> {
                loader.windows(1, 2).flat_map(|window| bits(window.iter())).collect()
            };
            assert_eq!(windows(&ahead), windows(&loader));
        }
        assert_eq!(bits(loader.clone().workers(0).epoch(0)), bits(loader.epoch(0)));
    }
}

#[test]
fn draws_are_a_function_of_seed_epoch_and_place() {
    let draws = |batch_size, seed, epoch: usize| -> Vec<Scalar> {
        crate::seed(batch_size as u64);
        let loader =
            DataLoader::new(Samples::new(9, |_| (Tensor::rand(&[1]), 0_u32)), batch_size).shuffle(seed);
        loader.epoch(epoch).flat_map(|batch| batch.input.as_slice().to_vec()).collect()
    };
    let expected = draws(1, 3, 2);
    let mut different = expected.clone();
    different.sort_by(Scalar::total_cmp);
    different.dedup();
    assert_eq!(different.len(), 9, "each sample draws other numbers");
    assert_eq!((draws(4, 3, 2), draws(9, 3, 2)), (expected.clone(), expected.clone()));
    assert_ne!(draws(1, 3, 3), expected);
    assert_ne!(draws(1, 4, 2), expected);
    // The draws of the program go on as if nothing had been read.
    crate::seed(1);
    let before = crate::random_state();
    let _ = bits(DataLoader::new(noisy(4), 2).epoch(0));
    assert_eq!(crate::random_state(), before);
}

/// The message of the panic of a loop over a loader.
fn message(loader: &DataLoader) -> String {
    let count = std::panic::AssertUnwindSafe(|| loader.epoch(0).count());
    let panic = std::panic::catch_unwind(count).expect_err("a sample fails");
    text(&*panic)
}

/// A data set that fails for whole batches, without naming the sample.
struct Bad(&'static [usize]);
impl Dataset for Bad {
    type Input = Tensor;
    type Target = Labels;
    fn len(&self) -> usize {
        10
    }
    fn batch(&self, indices: &[usize]) -> Batch {
        assert!(!self.0.iter().all(|bad| indices.contains(bad)), "broken");
        Batch { input: Tensor::zeros(&[indices.len(), 1]), target: (0..indices.len() as u32).collect() }
    }
}

#[test]
fn a_failing_sample_is_named() {
    let fails = |workers| {
        let sample =
            |index: usize| if index == 6 { Err("no such file") } else { Ok((Tensor::ones(&[1]), 0_u32)) };
        message(&DataLoader::new(Samples::fallible(9, sample), 2).workers(workers))
    };
    assert_eq!((fails(0), fails(2)), ("sample 6: no such file".into(), "sample 6: no such file".into()));
    let loader = |bad| DataLoader::new(Bad(bad), 4).workers(2);
    assert_eq!(message(&loader(&[5])), "sample 5: broken");
    assert_eq!(message(&loader(&[4, 6])), "samples [4, 5, 6, 7]: broken");
    // The batches before the failure arrive.
    let good = std::sync::atomic::AtomicUsize::new(0);
    let count = || {
        for _ in &loader(&[9]) {
            good.fetch_add(1, Ordering::Relaxed);
        }
    };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(count)).is_err());
    assert_eq!(good.into_inner(), 2);
}

/// Workers read a limited number of batches ahead, and end with the iterator.
#[test]
fn workers_wait_and_end() {
    let read = Arc::new(AtomicUsize::new(0));
    let counted = {
        let read = Arc::clone(&read);
        Samples::new(1000, move |_| {
            read.fetch_add(1, Ordering::SeqCst);
            (Tensor::ones(&[1]), 0_u32)
        })
    };
    let loader = DataLoader::new(counted, 1).workers(3);
    let mut batches = loader.epoch(0);
    assert!(batches.next().is_some());
    // One taken, two per worker ready. A busy machine may take its time.
    let pause = || std::thread::sleep(std::time::Duration::from_millis(50));
    (0..200).take_while(|_| read.load(Ordering::SeqCst) < 7).for_each(|_| pause());
    pause();
    assert_eq!(read.load(Ordering::SeqCst), 7);
    drop(batches);
    let after = read.load(Ordering::SeqCst);
    pause();
    assert_eq!(read.load(Ordering::SeqCst), after);
    // No thread holds the data set any more.
    drop(loader);
    assert_eq!(Arc::strong_count(&read), 1);
}

#[test]
fn samplers_set_the_order_and_the_length() {
    let listed = loader(5, 2).sampler(SequentialSampler::new([4, 4, 1]), 0);
    assert_eq!(
        (labels(listed.epoch(0)), listed.samples(), listed.batches()),
        (vec![vec![4, 4], vec![1]], 3, 2)
    );
    let random = loader(5, 4).sampler(RandomSampler::new(5).samples(11), 2).drop_last();
    assert_eq!((random.samples(), labels(random.epoch(1)).concat().len()), (8, 8));
    assert_eq!(labels(random.epoch(1)), labels(random.clone().epoch(1)));
    assert_ne!(labels(random.epoch(1)), labels(random.epoch(2)));
    let before = loader(5, 2).shuffle(2).description();
    assert!(before.contains("shuffled with seed 2") && random.description().contains("with seed 2"));
    assert!(loader(5, 2).sampler(SequentialSampler::new([]), 0).check("train").is_err());
}

#[test]
#[should_panic(expected = "the sampler chose sample 5, but there are only 5, counted from 0")]
fn a_sample_out_of_range_is_named() {
    let _ = loader(5, 2).sampler(SequentialSampler::new([0, 5]), 0).epoch(0);
}

#[test]
fn data_sets_are_combined() {
    let set = |start: u32, length: u32| {
        let inputs = (0..length).map(|i| (start + i) as Scalar).collect::<Vec<_>>();
        TensorDataset::new(inputs, (start..start + length).collect::<Labels>()).unwrap()
    };
    let both = set(0, 4).concat(set(10, 3)).concat(set(20, 1));
    assert_eq!(both.len(), 8);
    let batch = both.batch(&[7, 5, 0, 4, 3, 5]);
    assert_eq!(batch.target.as_slice(), [20, 11, 0, 10, 3, 11]);
    assert_eq!(batch.input.as_slice(), [20.0, 11.0, 0.0, 10.0, 3.0, 11.0]);
    let some = both.pick(vec![6, 1, 6]);
    assert_eq!((some.len(), some.batch(&[2, 1]).target.as_slice()), (3, &[12, 1][..]));
    let doubled = some.map(|Batch { input, target }| Batch { input: input * 2.0, target });
    assert_eq!(doubled.batch(&[0]).input.as_slice(), [24.0]);
    let pair = Samples::new(3, |i| ((Tensor::zeros(&[2]), Labels::from([i as u32, 7])), i as Scalar));
    let batch = pair.batch(&[2, 0]);
    assert_eq!((batch.input.1.shape(), batch.target.shape()), (&[2, 2][..], &[2, 1][..]));
    assert_eq!((batch.input.1.as_slice(), batch.target.as_slice()), (&[2, 7, 0, 7][..], &[2.0, 0.0][..]));
}

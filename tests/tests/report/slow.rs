//! The profile of runs with one slow stage each.

use std::thread::sleep;
use std::time::{Duration, Instant};

use training_loop::OptimizerState;
use training_loop::prelude::*;
use training_loop::run::{Callback, Row, RunInfo, Stage};

use super::{Net, loader};

/// The delay of a slow stage.
const SLOW: Duration = Duration::from_millis(60);

/// A user-defined optimizer, with the delays of its `step` and its `state_dict`.
struct Slow(Sgd, Duration, Duration);

impl Optimizer for Slow {
    fn parameters(&self) -> &[Parameter] {
        self.0.parameters()
    }

    fn step(&mut self) {
        sleep(self.1);
        self.0.step();
    }

    fn learning_rate(&self) -> Scalar {
        self.0.learning_rate()
    }

    fn set_learning_rate(&mut self, rate: Scalar) {
        self.0.set_learning_rate(rate);
    }

    fn check(&self) -> Result<()> {
        self.0.check()
    }

    fn state_dict(&self) -> Result<OptimizerState> {
        sleep(self.2);
        self.0.state_dict()
    }

    fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
        self.0.load_state_dict(state)
    }
}

/// Checks the profile of `fit`. The stages must add up to the time of the call, and `slow` must take at least
/// `times` delays and more than any other stage.
fn check(slow: Stage, times: u32, fit: impl FnOnce(&RunOptions) -> Result<History>) {
    let began = Instant::now();
    let history = fit(&RunOptions::new().profile()).unwrap();
    let all = began.elapsed().as_secs_f64();
    let profile = history.profile().unwrap();
    // A busy machine may suspend the thread between the two clock reads.
    let missing = all - profile.total();
    assert!((0.0..0.01 * all + 0.05).contains(&missing), "{missing} of {all} are missing\n{profile}");
    let sum: f64 = Stage::ALL.iter().map(|stage| profile.seconds(*stage)).sum();
    assert!((sum / profile.total() - 1.0).abs() < 1e-9);
    let expected = (SLOW * times).as_secs_f64();
    assert!(profile.seconds(slow) >= expected, "{slow:?} has less than {expected}\n{profile}");
    let others = Stage::ALL.into_iter().filter(|stage| *stage != slow);
    let longest = others.map(|stage| profile.seconds(stage)).fold(0.0, f64::max);
    assert!(longest < profile.seconds(slow), "another stage has the time of {slow:?}\n{profile}");
}

#[training_loop(epochs = 2, loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1))]
fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;

#[test]
fn data() {
    let (train, valid) = (loader(SLOW), loader(Duration::ZERO));
    check(Stage::Data, 4, |run| fit(&mut Net::new(), &train, &valid, run));
}

#[test]
fn validation() {
    let (train, valid) = (loader(Duration::ZERO), loader(SLOW));
    check(Stage::Validation, 4, |run| fit(&mut Net::new(), &train, &valid, run));
}

#[test]
fn forward() {
    #[training_loop(epochs = 2, optimizer = Sgd::new(model.parameters(), 0.1),
        training_step = |model, batch| {
            if model.is_training() {
                sleep(SLOW);
            }
            cross_entropy(&model.forward(&batch.input), &batch.target)
        })]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;
    let loader = loader(Duration::ZERO);
    check(Stage::Forward, 4, |run| fit(&mut Net::new(), &loader, &loader.clone(), run));
}

#[test]
fn optimizer() {
    #[training_loop(epochs = 2, loss = cross_entropy,
        optimizer = Slow(Sgd::new(model.parameters(), 0.1), SLOW, Duration::ZERO))]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;
    let loader = loader(Duration::ZERO);
    check(Stage::Optimizer, 4, |run| fit(&mut Net::new(), &loader, &loader.clone(), run));
}

#[test]
fn hooks() {
    #[training_loop(epochs = 2, loss = cross_entropy,
        optimizer = Sgd::new(model.parameters(), 0.1),
        on(epoch_end = |_, state| sleep(SLOW * u32::from(state.epoch < 2))))]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;
    let loader = loader(Duration::ZERO);
    check(Stage::Callbacks, 2, |run| fit(&mut Net::new(), &loader, &loader.clone(), run));
}

#[test]
fn callbacks() {
    struct Sleeper;
    impl Callback for Sleeper {
        fn run_begins(&mut self, _: &RunInfo) -> Result<()> {
            sleep(SLOW);
            Ok(())
        }

        fn epoch_ends(&mut self, _: &RunInfo, _: &Row) -> Result<ControlFlow<()>> {
            sleep(SLOW);
            Ok(ControlFlow::Continue(()))
        }

        fn run_ends(&mut self, _: &RunInfo) -> Result<()> {
            sleep(SLOW);
            Ok(())
        }
    }
    let loader = loader(Duration::ZERO);
    check(Stage::Callbacks, 4, |run| {
        fit(&mut Net::new(), &loader, &loader.clone(), &run.clone().callback(Sleeper))
    });
}

#[test]
fn rest() {
    /// A metric whose updates are slow.
    struct Metered;
    impl Metered {
        fn new() -> Self {
            Self
        }
    }
    impl Metric for Metered {
        fn name(&self) -> String {
            "metered".to_owned()
        }

        fn update(&mut self, _: &Tensor, _: &Labels) {
            sleep(SLOW);
        }

        fn compute(&self) -> f64 {
            0.0
        }

        fn reset(&mut self) {}
    }
    #[training_loop(epochs = 2, loss = cross_entropy,
        optimizer = Sgd::new(model.parameters(), 0.1),
        train_metrics = [Metered::new])]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;
    let loader = loader(Duration::ZERO);
    check(Stage::Rest, 4, |run| fit(&mut Net::new(), &loader, &loader.clone(), run));
}

/// The state of the optimizer is read only for checkpoints.
#[test]
fn checkpoint() {
    #[training_loop(epochs = 2, loss = cross_entropy,
        optimizer = Slow(Sgd::new(model.parameters(), 0.1), Duration::ZERO, SLOW),
        checkpoint(every = 1 epochs))]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;
    let (folder, loader) = (tempfile::tempdir().unwrap(), loader(Duration::ZERO));
    // Read once at the start, and after each of two epochs.
    check(Stage::Checkpoint, 3, |run| {
        fit(&mut Net::new(), &loader, &loader.clone(), &run.clone().dir(folder.path()))
    });
}

/// `backward` cannot sleep, so it has more work than the forward pass: twice as many matmuls.
#[test]
fn backward() {
    #[training_loop(
        training_step = |model, batch| (0..8).fold(model.forward(&batch.input), |x, _| model.forward(&x)).mean(),
        optimizer = Sgd::new(model.parameters(), 1e-6),
        epochs = 3,
    )]
    fn fit(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;
    let data = TensorDataset::new(Tensor::randn(&[256, 256]), Tensor::zeros(&[256, 1])).unwrap();
    let history =
        fit(&mut Linear::new(256, 256), &DataLoader::new(data, 128), &RunOptions::new().profile()).unwrap();
    let profile = history.profile().unwrap();
    assert!(profile.seconds(Stage::Backward) > 0.8 * profile.seconds(Stage::Forward), "{profile}");
    assert!(profile.seconds(Stage::Backward) > profile.seconds(Stage::Rest), "{profile}");
}

//! What a run shows: the report, the profile and the summary, of generated loops.

#[path = "report/browser.rs"]
mod browser;

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use training_loop::OptimizerState;
use training_loop::data::Dataset;
use training_loop::prelude::*;
use training_loop::run::{Callback, Row, RunInfo, Stage};

/// The time of a slow stage.
const SLOW: Duration = Duration::from_millis(60);

/// A model with layers that a training changes.
#[derive(Module)]
struct Net {
    hidden: Linear,
    norm: BatchNorm1d,
    dropout: Dropout,
    output: Linear,
}

impl Net {
    fn new() -> Self {
        let _seeded = seed_scope(1);
        Self {
            hidden: Linear::new(4, 8),
            norm: BatchNorm1d::new(8),
            dropout: Dropout::new(0.5),
            output: Linear::new(8, 3),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let hidden = self.dropout.forward(&self.norm.forward(&self.hidden.forward(x)).relu());
        self.output.forward(&hidden)
    }
}

/// Twelve samples of three classes, whose batches take `delay`.
struct Samples {
    delay: Duration,
}

impl Dataset for Samples {
    type Input = Tensor;
    type Target = Labels;

    fn len(&self) -> usize {
        12
    }

    fn batch(&self, indices: &[usize]) -> Batch {
        sleep(self.delay);
        let x = |row: usize, column: usize| ((indices[row] * 5 + column * 3) % 7) as f32 / 7.0;
        let input = ndarray::Array2::from_shape_fn((indices.len(), 4), |(row, column)| x(row, column));
        let target = indices.iter().map(|index| (*index % 3) as u32).collect::<Labels>();
        Batch { input: Tensor::from(input), target }
    }
}

fn loader(delay: Duration) -> DataLoader {
    DataLoader::new(Samples { delay }, 6)
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3),
    scheduler = CosineLr::new(6),
    epochs = epochs,
    seed = 3,
    clip_grad_norm = 1.0,
    metrics = [accuracy, confusion],
    train_metrics = [accuracy],
    checkpoint(every = 1 epochs),
    early_stop(patience = 9),
)]
fn fit(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    epochs: usize,
    run: &RunOptions,
) -> Result<History>;

fn report(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("report.html")).expect("the report of the run")
}

#[test]
fn a_run_leaves_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let options = RunOptions::new().dir(&dir).report().profile().summary();
    let loader = loader(Duration::ZERO);
    let history = fit(&mut Net::new(), &loader, &loader.clone(), 3, &options).unwrap();
    let page = report(&dir);
    for text in [
        "Training run: fit",
        "The run ended: all epochs are done.",
        "<dt>epochs</dt><dd>3 of 3</dd>",
        "<dt>updates</dt><dd>6</dd>",
        "valid_confusion, epoch 3",
        "<td class=\"text\">loss</td><td class=\"code\">cross_entropy</td>",
        "<td class=\"text\">epochs</td><td class=\"code\">3</td>",
        "<td class=\"text\">seed</td><td class=\"code\">3</td>",
        "12 samples in batches of 6, in order",
        "AdamW::new(model.parameters(), 1e-3)",
        "accuracy, confusion",
        "zero_grad",
        "Time per stage",
        "BatchNorm1d",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    assert!(history.profile().is_some() && history.summary().is_some());
    // From the history alone, the same page.
    let again = folder.path().join("again.html");
    history.save_report(&again).unwrap();
    assert_eq!(std::fs::read_to_string(again).unwrap(), page);
    // The rows of a resumed run are in its report.
    fit(&mut Net::new(), &loader, &loader.clone(), 4, &options.resume_auto()).unwrap();
    let page = report(&dir);
    assert!(page.contains("4 of 4") && page.contains("<dt>resumed after</dt><dd>6 updates</dd>"), "{page}");
}

#[test]
fn a_running_job_can_be_watched() {
    /// Reads the report while the run runs.
    struct Watcher(Vec<String>);
    impl Callback for Watcher {
        fn epoch_ends(&mut self, run: &RunInfo, _: &Row) -> Result<ControlFlow<()>> {
            self.0.push(report(run.dir.expect("the folder of the run")));
            sleep(Duration::from_millis(300)); // Longer than fifty writes.
            Ok(ControlFlow::Continue(()))
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let watcher = std::sync::Arc::new(std::sync::Mutex::new(Watcher(Vec::new())));
    let options = RunOptions::new().dir(folder.path()).report().callback(std::sync::Arc::clone(&watcher));
    let loader = loader(Duration::ZERO);
    fit(&mut Net::new(), &loader, &loader.clone(), 3, &options).unwrap();
    let pages = &watcher.lock().unwrap().0;
    let last = pages.last().unwrap();
    assert!(last.contains("The run had not ended when this page was written"), "{last}");
    assert!(!last.contains("The run ended"));
}

#[test]
fn a_try_of_a_few_batches_writes_no_report() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let options = RunOptions::new().dir(&dir).report().profile().fast_dev_run(1);
    let loader = loader(Duration::ZERO);
    let history = fit(&mut Net::new(), &loader, &loader.clone(), 3, &options).unwrap();
    assert!(history.profile().is_some() && !dir.join("report.html").exists());
}

#[test]
fn a_report_without_a_folder_is_refused_before_the_first_batch() {
    #[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1)]
    fn fit(model: &mut Net, train: &DataLoader, run: &RunOptions) -> Result<History>;
    let error = fit(&mut Net::new(), &loader(Duration::ZERO), &RunOptions::new().report()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`report` is without a folder: the report is a file in the folder of the run; write \
         `RunOptions::new().dir(path).report()`, or set `TRAINING_LOOP_DIR`"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let options = RunOptions::new().dir(&file).report();
    let error = fit(&mut Net::new(), &loader(Duration::ZERO), &options).unwrap_err();
    assert!(error.to_string().contains("file"), "{error}");
}

/// An optimizer of the user, with the times that its `step` and its `state_dict` take.
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

/// Each test has one slow stage, and finds it with its time.
mod slow {
    use super::*;

    /// The profile of `fit`, which must take all of its time. `slow` takes `times` slow moments.
    fn check(slow: Stage, times: u32, fit: impl FnOnce(&RunOptions) -> Result<History>) {
        let began = Instant::now();
        let history = fit(&RunOptions::new().profile()).unwrap();
        let all = began.elapsed().as_secs_f64();
        let profile = history.profile().unwrap();
        // A busy machine may stop the thread between the two clocks.
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
            on(epoch_end = |_, _state| sleep(SLOW)))]
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
        #[derive(Default)]
        struct Metered;
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
            train_metrics = [Metered::default()])]
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
        // Once at the start, and after each of two epochs.
        check(Stage::Checkpoint, 3, |run| {
            fit(&mut Net::new(), &loader, &loader.clone(), &run.clone().dir(folder.path()))
        });
    }

    /// No backward can sleep, so this one has more work than the forward pass: twice as many matmuls.
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
            fit(&mut Linear::new(256, 256), &DataLoader::new(data, 128), &RunOptions::new().profile())
                .unwrap();
        let profile = history.profile().unwrap();
        assert!(profile.seconds(Stage::Backward) > 0.8 * profile.seconds(Stage::Forward), "{profile}");
        assert!(profile.seconds(Stage::Backward) > profile.seconds(Stage::Rest), "{profile}");
    }
}

#[test]
fn a_summary_changes_nothing() {
    let train = |show: bool| {
        let (_seeded, net) = (seed_scope(7), Net::new());
        net.dropout.eval();
        if show {
            let table = summary(&net, |net| net.forward(&Tensor::ones(&[5, 4])));
            assert_eq!(
                table.to_string(),
                "\
layer    type         output  trainable  frozen  bytes
Net                   [5, 3]          0       0      0
hidden   Linear       [5, 8]         40       0    160
norm     BatchNorm1d  [5, 8]         16       0    132
dropout  Dropout      [5, 8]          0       0      0
output   Linear       [5, 3]         27       0    108
total                                83       0    400"
            );
            assert!(!net.dropout.is_training() && net.norm.is_training());
        }
        net.dropout.train();
        let mut optimizer = Sgd::new(net.parameters(), 0.1);
        for batch in &loader(Duration::ZERO) {
            optimizer.zero_grad();
            cross_entropy(&net.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        (net.state_dict(), Tensor::randn(&[3]).to_array())
    };
    assert_eq!(train(true), train(false));
}

/// The options neither change a training, nor does a run without them have anything to show.
#[test]
fn what_is_shown_does_not_change_the_training() {
    let folder = tempfile::tempdir().unwrap();
    let train = |dir: &str, options: fn(RunOptions) -> RunOptions| {
        let mut net = Net::new();
        let loader = loader(Duration::ZERO);
        let options = options(RunOptions::new().dir(folder.path().join(dir)));
        let history = fit(&mut net, &loader, &loader.clone(), 2, &options).unwrap();
        (net.state_dict(), history)
    };
    let (shown, history) = train("shown", |options| options.report().profile().summary());
    let (plain, without) = train("plain", |options| options);
    assert!(shown == plain);
    let summary = history.summary().unwrap();
    assert_eq!(summary.rows()[1].output.as_deref(), Some(&[6, 8][..]));
    assert_eq!((summary.rows()[1].name.as_str(), summary.rows()[1].kind), ("hidden", "Linear"));
    assert!(without.profile().is_none() && without.summary().is_none());
    assert!(!folder.path().join("plain/report.html").exists());
}

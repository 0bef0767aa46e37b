//! The report, the profile and the summary of generated loops.

#[path = "report/browser.rs"]
mod browser;
#[path = "report/slow.rs"]
mod slow;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use training_loop::data::Dataset;
use training_loop::prelude::*;
use training_loop::run::{Callback, Row, RunInfo};

/// A model with layers whose state changes in training.
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

/// Twelve samples of three classes. Loading a batch takes `delay`.
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
    // The history alone yields the same page.
    let again = folder.path().join("again.html");
    history.save_report(&again).unwrap();
    assert_eq!(std::fs::read_to_string(again).unwrap(), page);
    // The report contains the rows of the resumed run.
    fit(&mut Net::new(), &loader, &loader.clone(), 4, &options.resume_auto()).unwrap();
    let page = report(&dir);
    assert!(page.contains("4 of 4") && page.contains("<dt>resumed after</dt><dd>6 updates</dd>"), "{page}");
}

#[test]
fn a_running_job_can_be_watched() {
    /// Reads the report during the run. Ends the run once the report contains an epoch.
    #[derive(Default)]
    struct Watcher(Option<String>);
    impl Callback for Watcher {
        fn epoch_ends(&mut self, run: &RunInfo, _: &Row) -> Result<ControlFlow<()>> {
            let page = report(run.dir.expect("the folder of the run"));
            if page.contains("this page was written, after epoch") {
                self.0 = Some(page);
                return Ok(ControlFlow::Break(()));
            }
            // On a slow disk, the next write of the report comes after a longer interval.
            sleep(Duration::from_millis(100));
            Ok(ControlFlow::Continue(()))
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let watcher = Arc::new(Mutex::new(Watcher::default()));
    let options = RunOptions::new().dir(folder.path()).report().callback(Arc::clone(&watcher));
    let loader = loader(Duration::ZERO);
    fit(&mut Net::new(), &loader, &loader.clone(), 200, &options).unwrap();
    let watcher = watcher.lock().unwrap();
    let page = watcher.0.as_ref().expect("a report was written during the run");
    assert!(!page.contains("The run ended"), "{page}");
    assert!(report(folder.path()).contains("The run ended: a hook stopped the run."));
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

/// The options do not change the training. Without them, a run has no report, profile or summary.
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

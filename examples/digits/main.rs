//! Trains a multi-layer perceptron on 1,797 images of handwritten digits, saves the best model, loads it
//! again and shows its predictions.
//!
//! `cargo run --release --example digits -- --help` lists the options.

mod options;
mod picture;

use std::path::Path;
use std::process::ExitCode;

use options::Options;
use training_loop::prelude::*;

const DIGITS: &[u8] = include_bytes!("../data/digits.csv.gz");
const PIXELS: usize = 64;
const HIDDEN: usize = 512;
const CLASSES: usize = 10;

#[derive(Module)]
struct Mlp {
    hidden: Linear,
    dropout: Dropout,
    output: Linear,
}

impl Mlp {
    fn new() -> Self {
        Self {
            hidden: Linear::new(PIXELS, HIDDEN),
            dropout: Dropout::new(0.5),
            output: Linear::new(HIDDEN, CLASSES),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let hidden = self.hidden.forward(x).relu();
        self.output.forward(&self.dropout.forward(&hidden))
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 2e-3).weight_decay(0.05),
    scheduler = CosineLr::new(options.epochs).per_epoch(),
    epochs = options.epochs,
    seed = options.seed,
    metrics = [accuracy],
    clip_grad_norm = 1.0,
    on(validation_end = |model, state| {
        if state.is_best() {
            model.save(best)?;
        }
    }),
)]
fn fit(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    options: &Options,
    best: &Path,
) -> Result<History>;

/// The digits as grey values from 0 to 1, and their labels.
fn digits() -> Result<TensorDataset> {
    let table = Csv::from_bytes("digits.csv.gz", DIGITS).header(false).target_column(PIXELS);
    Ok(table.classification()?.map_inputs(|grey| grey / 16.0))
}

fn run(options: &Options) -> Result<()> {
    std::fs::create_dir_all(&options.out).map_err(|error| Error::io(&options.out, "create", error))?;
    let best = options.out.join("best.safetensors");
    let curve = options.out.join("history.csv");

    seed(options.seed);
    let (train, valid) = digits()?.split(0.8, options.seed)?;
    println!("{} digits to learn from, {} to check with", train.len(), valid.len());
    let pictures = valid.clone();
    let train = DataLoader::new(train, 32).shuffle(options.seed);
    let valid = DataLoader::new(valid, 256);

    let history = fit(&mut Mlp::new(), &train, &valid, options, &best)?;
    history.save_csv(&curve)?;
    println!("history    {}", curve.display());
    println!("best model {}", best.display());

    let model = Mlp::new();
    model.load(&best)?;
    let _evaluation = evaluation(&model);
    let mut right = accuracy();
    for batch in &valid {
        right.update(&model.forward(&batch.input), &batch.target);
    }
    println!(
        "\nThe best model, loaded again, reads {:.1} % of the unseen digits right:\n",
        100.0 * right.compute()
    );
    let few = pictures.batch(&[0, 1, 2, 3, 4, 5]);
    let read = model.forward(&few.input).argmax(1);
    print!("{}", picture::row(&few.input.view(), &read, &few.target));
    Ok(())
}

fn main() -> ExitCode {
    let options = options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

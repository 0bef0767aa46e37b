//! Trains a small network on handwritten digits. Then it serves single requests on several threads and
//! measures the latency.
//!
//! `cargo run --release --example serving -- --help` lists the options.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Arg, Command, value_parser};
use training_loop::prelude::*;
use training_loop::run::{ProgressStyle, set_progress};

const DIGITS: &[u8] = include_bytes!("../data/digits.csv.gz");
const PIXELS: usize = 64;

#[derive(Module)]
struct Mlp {
    hidden: Linear,
    dropout: Dropout,
    output: Linear,
}

impl Mlp {
    fn new() -> Self {
        Self {
            hidden: Linear::new(PIXELS, 256).activation(Activation::Relu),
            dropout: Dropout::new(0.3),
            output: Linear::new(256, 10),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.dropout.forward(&self.hidden.forward(x)))
    }
}

#[training_loop(loss = cross_entropy, optimizer = AdamW::new(model.parameters(), 2e-3), epochs = 10, seed = 0)]
fn fit(model: &mut Mlp, train: &DataLoader) -> Result<History>;

/// Serves one request: returns the digit for the grey values of an image. Any number of threads may call it
/// at the same time.
fn answer(model: &Mlp, pixels: &[Scalar]) -> usize {
    let _evaluation = evaluation(model);
    let scores = model.forward(&Tensor::from(pixels).reshape(&[1, PIXELS]));
    scores.argmax(1).as_slice()[0] as usize
}

/// Sends requests from `threads` threads for the duration `time`. Returns the latency of each request.
fn serve(
    model: &Mlp,
    pictures: &Tensor,
    expected: &[usize],
    threads: usize,
    time: Duration,
) -> Vec<Duration> {
    let start = Instant::now();
    let client = |first: usize| {
        let mut times = Vec::new();
        let mut number = first;
        while start.elapsed() < time {
            number = (number + 1) % expected.len();
            let pixels = &pictures.as_slice()[number * PIXELS..][..PIXELS];
            let before = Instant::now();
            let digit = answer(model, pixels);
            times.push(before.elapsed());
            assert_eq!(digit, expected[number], "an answer does not depend on who else asks");
        }
        times
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..threads).map(|number| scope.spawn(move || client(number * 100))).collect();
        clients.into_iter().flat_map(|client| client.join().expect("no client panics")).collect()
    })
}

fn run(most: usize, time: Duration) -> Result<()> {
    let table = Csv::from_bytes("digits.csv.gz", DIGITS).header(false).target_column(PIXELS);
    let (train, test) = table.classification()?.map_inputs(|grey| grey / 16.0).split(0.8, 0)?;
    seed(0);
    set_progress(ProgressStyle::Off);
    let mut model = Mlp::new();
    fit(&mut model, &DataLoader::new(train, 32).shuffle(0))?;

    let all: Vec<usize> = (0..test.len()).collect();
    let pictures = test.batch(&all).input;
    let expected: Vec<usize> =
        pictures.as_slice().chunks(PIXELS).map(|pixels| answer(&model, pixels)).collect();

    println!("threads  answers/s   median us  99 % us");
    for threads in (0..).map(|power| 1 << power).take_while(|threads| *threads <= most) {
        let mut times = serve(&model, &pictures, &expected, threads, time);
        times.sort_unstable();
        let micros = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
        let rate = times.len() as f64 / time.as_secs_f64();
        println!("{threads:>7}  {rate:>9.0}  {:>10.1}  {:>7.1}", micros(0.5), micros(0.99));
    }
    Ok(())
}

fn main() -> ExitCode {
    let matches = Command::new("serving")
        .about(
            "Answers single requests from several threads with one model, and measures how long each takes",
        )
        .arg(
            Arg::new("threads")
                .long("threads")
                .value_name("N")
                .default_value("4")
                .value_parser(value_parser!(u16).range(1..))
                .help("Most clients at once; measured are 1, 2, 4 and so on"),
        )
        .arg(
            Arg::new("millis")
                .long("millis")
                .value_name("N")
                .default_value("2000")
                .value_parser(value_parser!(u16).range(1..))
                .help("How long each number of clients is measured, in milliseconds"),
        )
        .after_help(training_loop::environment::HELP)
        .get_matches();
    let number = |name: &str| *matches.get_one::<u16>(name).expect("has a default");
    match run(number("threads").into(), Duration::from_millis(number("millis").into())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

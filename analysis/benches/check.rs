//! What checking costs: one ordinary function, and how the cost grows with the statements.
//!
//! `cargo bench -p training-loop-analysis --bench check` prints a table; with `--profile dev` it is what a
//! macro costs that is built as Cargo builds macros for a debug build.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proc_macro2::TokenStream;
use training_loop_analysis::{CheckOptions, check_fn, expand};

/// A training loop of the usual size.
const ORDINARY: &str =
    "fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, epochs: usize) -> Result<f32> {
    let mut optimizer = AdamW::new(model.parameters(), 1e-3).weight_decay(0.01);
    let mut scheduler = CosineLr::new(1e-3, epochs);
    let mut best = f32::INFINITY;
    for epoch in 0..epochs {
        model.train();
        let mut total = 0.0;
        for (index, batch) in train.iter().enumerate() {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
            total += loss.item();
            if index % 100 == 0 {
                println!(\"epoch {epoch}, batch {index}: {}\", loss.item());
            }
        }
        model.eval();
        let mut correct = 0;
        no_grad(|| {
            for batch in valid {
                let output = model.forward(&batch.input);
                correct += count(&output.argmax(1), &batch.target);
            }
        });
        scheduler.step();
        if total < best {
            best = total;
            model.save(\"best.safetensors\")?;
        }
    }
    Ok(best)
}";

/// A function of about this many statements, in loops nested this deep.
fn nested(statements: usize, depth: usize) -> String {
    let mut text = String::from(
        "fn fit(model: &mut Mlp, train: &DataLoader) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);\n",
    );
    let each = statements / depth / 5;
    for level in 0..depth {
        let _ = writeln!(text, "for batch{level} in train {{");
        for update in 0..each {
            let _ = writeln!(
                text,
                "optimizer.zero_grad();
                 let loss = mse_loss(&model.forward(&batch{level}.input), &batch{level}.target);
                 if batch{level}.len() > {update} {{ println!(\"{{}}\", loss.item()); }}
                 loss.backward();
                 optimizer.step();"
            );
        }
    }
    text + &"}".repeat(depth) + "}"
}

fn median(mut run: impl FnMut(), runs: usize) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[runs / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn main() {
    let annotated = CheckOptions { annotated: true, ..CheckOptions::default() };
    let tokens: TokenStream = ORDINARY.parse().expect("tokens");
    let parse = median(|| drop(syn::parse2::<syn::ItemFn>(tokens.clone()).expect("a function")), 101);
    let whole = median(|| drop(expand(TokenStream::new(), tokens.clone())), 101);
    let share = 100.0 * parse.as_secs_f64() / whole.as_secs_f64();
    println!("one function of 30 statements: {:.3} ms, of which parsing {share:.0} %", milliseconds(whole));
    println!("\n| statements | nested loops | ms | µs a statement |\n|---|---|---|---|");
    for depth in [1, 3, 8] {
        for statements in [625, 1250, 2500, 5000, 10_000] {
            let function = syn::parse_str(&nested(statements, depth)).expect("a function");
            let time = median(|| drop(check_fn(&function, &annotated)), 3);
            let each = time.as_secs_f64() * 1e6 / statements as f64;
            println!("| {statements} | {depth} | {:.1} | {each:.1} |", milliseconds(time));
        }
    }
}

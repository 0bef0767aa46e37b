//! Source, control-flow graph and state column of a few loops, as snapshots.

use training_loop_analysis::{CheckOptions, Checked};

fn drawn(source: &str) -> String {
    let function = syn::parse_str(source).expect("the source parses");
    let options = CheckOptions { annotated: true, ..CheckOptions::default() };
    let numbered: Vec<String> =
        source.lines().enumerate().map(|(index, line)| format!("{:>2}  {line}", index + 1)).collect();
    format!("{}\n\n{}", numbered.join("\n"), Checked::function(&function, &options).drawing())
}

const PLAIN: &str = "fn fit(model: &mut Mlp, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}";

#[test]
fn a_missing_zero_grad_shows_in_the_later_rounds() {
    insta::assert_snapshot!(drawn(PLAIN));
}

#[test]
fn accumulation_under_a_condition() {
    insta::assert_snapshot!(drawn(
        "fn fit(model: &mut Mlp, train: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.iter().enumerate() {
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        if (i + 1) % k == 0 {
            optimizer.step();
        }
        log(i);
        if (i + 1) % k == 0 {
            optimizer.zero_grad();
        }
    }
}"
    ));
}

#[test]
fn loops_in_loops_and_ways_out() {
    insta::assert_snapshot!(drawn(
        "fn fit(model: &mut Mlp, train: &DataLoader) -> Result<()> {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    'epochs: for epoch in 0..10 {
        for batch in train {
            let batch = batch?;
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if loss.item().is_nan() {
                break 'epochs;
            }
            loss.backward();
            optimizer.step();
        }
    }
    Ok(())
}"
    ));
}

#[test]
fn two_optimizers() {
    insta::assert_snapshot!(drawn(
        "fn fit(g: &mut G, d: &mut D, train: &DataLoader) {
    let mut opt_g = Adam::new(g.parameters(), 1e-3);
    let mut opt_d = Adam::new(d.parameters(), 1e-3);
    for batch in train {
        let fake = g.forward(&batch.noise);
        opt_d.zero_grad();
        bce_loss(&d.forward(&fake.detach()), &batch.zeros).backward();
        opt_d.step();
        opt_g.zero_grad();
        bce_loss(&d.forward(&fake), &batch.ones).backward();
        opt_g.step();
    }
}"
    ));
}

#[test]
fn as_mermaid() {
    let function = syn::parse_str(PLAIN).expect("the source parses");
    insta::assert_snapshot!(Checked::function(&function, &CheckOptions::default()).mermaid());
}

//! Numbers out of range and empty loaders in generated loops: an error at the start, before any batch.

use training_loop::prelude::*;

fn loader(rows: usize) -> DataLoader {
    let labels: Labels = (0..rows as u32).map(|row| row % 2).collect();
    DataLoader::new(TensorDataset::new(Tensor::ones(&[rows, 2]), labels).unwrap(), 4)
}

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), rate).momentum(momentum), epochs = 2)]
fn sgd(model: &mut Linear, train: &DataLoader, rate: f32, momentum: f32) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.01).betas(first, 0.999).eps(eps).weight_decay(decay),
    epochs = 2,
)]
fn adamw(model: &mut Linear, train: &DataLoader, first: f64, eps: f32, decay: f32) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = epochs,
    accumulate = k,
    clip_grad_norm = limit,
)]
fn clauses(model: &mut Linear, train: &DataLoader, epochs: usize, k: usize, limit: f32) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn plain(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(Vec::new(), 0.1), epochs = 2)]
fn without_parameters(model: &mut Linear, train: &DataLoader) -> Result<History>;

/// The error of a run that must leave the model unchanged.
#[track_caller]
fn refused(run: impl FnOnce(&mut Linear) -> Result<History>) -> String {
    seed(3);
    let mut model = Linear::new(2, 2);
    let before = model.parameters()[0].value();
    let error = run(&mut model).expect_err("out of range");
    assert_eq!(model.parameters()[0].value(), before, "nothing was trained");
    assert!(model.parameters()[0].grad().is_none(), "no batch was taken");
    error.to_string()
}

#[test]
fn hyper_parameters_name_themselves_their_value_and_their_range() {
    let train = loader(10);
    let sgd = |rate, momentum| refused(|model| sgd(model, &train, rate, momentum));
    assert_eq!(sgd(-0.1, 0.9), "`learning_rate` of `Sgd` is -0.1, but must be at least 0 and finite");
    assert_eq!(sgd(f32::NAN, 0.9), "`learning_rate` of `Sgd` is NaN, but must be at least 0 and finite");
    assert_eq!(sgd(f32::INFINITY, 0.9), "`learning_rate` of `Sgd` is inf, but must be at least 0 and finite");
    assert_eq!(sgd(0.1, 1.0), "`momentum` of `Sgd` is 1, but must be in [0, 1)");
    assert_eq!(sgd(0.1, -0.5), "`momentum` of `Sgd` is -0.5, but must be in [0, 1)");
    let adamw = |first, eps, decay| refused(|model| adamw(model, &train, first, eps, decay));
    assert_eq!(adamw(1.0, 1e-8, 0.01), "`beta1` of `AdamW` is 1, but must be in [0, 1)");
    assert_eq!(adamw(0.9, -1.0, 0.01), "`eps` of `AdamW` is -1, but must be at least 0 and finite");
    assert_eq!(
        adamw(0.9, 1e-8, -0.01),
        "`weight_decay` of `AdamW` is -0.01, but must be at least 0 and finite"
    );
    assert_eq!(
        refused(|model| without_parameters(model, &train)),
        "`Sgd` has no parameters to train; give it `model.parameters()` of a model with layers"
    );
}

#[test]
fn clauses_with_values_of_the_run_keep_the_macros_words() {
    let train = loader(10);
    let clauses = |epochs, k, limit| refused(|model| clauses(model, &train, epochs, k, limit));
    assert_eq!(
        clauses(0, 1, 1.0),
        "`epochs` is 0: must be at least 1; write the number of passes over the training data: `epochs \
         = 10`"
    );
    assert_eq!(
        clauses(1, 0, 1.0),
        "`accumulate` is 0: must be at least 1; write how many batches make one update, `accumulate = 4`, or remove it \
         to update on every batch"
    );
    assert_eq!(
        clauses(1, 1, 0.0),
        "`clip_grad_norm` is 0: must be finite and above 0; write the largest norm to allow, \
         `clip_grad_norm = 1.0`, or remove it"
    );
    assert_eq!(
        clauses(1, 1, f32::NAN),
        "`clip_grad_norm` is NaN: must be finite and above 0; write the largest norm to allow, \
         `clip_grad_norm = 1.0`, or remove it"
    );
}

#[test]
fn loaders_without_batches() {
    let empty = || loader(3).drop_last();
    assert_eq!(
        refused(|model| plain(model, &empty(), &loader(4))),
        "the loader `train` yields no batch: `drop_last` drops its only batch of 3 samples, as a full \
         one has 4; make the batch smaller or leave `drop_last` out"
    );
    assert_eq!(
        refused(|model| plain(model, &loader(4), &empty())),
        "the loader `valid` yields no batch: `drop_last` drops its only batch of 3 samples, as a full \
         one has 4; make the batch smaller or leave `drop_last` out"
    );
}

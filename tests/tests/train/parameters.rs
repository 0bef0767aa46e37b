//! An absent clause takes the function's parameter of its name.

#![expect(clippy::too_many_arguments, clippy::ref_option, reason = "functions of many clauses")]

use training_loop::prelude::*;
use training_loop::schedule::{Position, Schedule};

use crate::common::{Mlp, bits, blobs};

fn fresh() -> Mlp {
    seed(5);
    Mlp::new(4, 8, 3)
}

fn loader() -> DataLoader {
    DataLoader::new(blobs(29, 1), 6)
}

#[training_loop(
    loss = cross_entropy,
    optimizer = optimizer,
    scheduler = scheduler,
    epochs = epochs,
    max_steps = max_steps,
    seed = seed,
    accumulate = accumulate,
    clip_grad_norm = clip_grad_norm,
)]
fn told(
    model: &mut Mlp,
    train: &DataLoader,
    optimizer: &mut Sgd,
    scheduler: &mut dyn Schedule,
    epochs: usize,
    max_steps: usize,
    seed: u64,
    accumulate: usize,
    clip_grad_norm: f32,
) -> Result<History>;

#[training_loop]
fn taken(
    model: &mut Mlp,
    train: &DataLoader,
    loss: fn(&Tensor, &Labels) -> Tensor,
    optimizer: &mut Sgd,
    scheduler: &mut dyn Schedule,
    epochs: usize,
    max_steps: usize,
    seed: u64,
    accumulate: usize,
    clip_grad_norm: f32,
) -> Result<History>;

#[test]
fn every_clause_takes_its_parameter() {
    let (mut one, mut other) = (fresh(), fresh());
    let sgd = |model: &Mlp| Sgd::new(model.parameters(), 0.5).momentum(0.9);
    let schedule = || StepLr::new(1, 0.8);
    let (mut first, mut second) = (sgd(&one), sgd(&other));
    let a = told(&mut one, &loader(), &mut first, &mut schedule(), 9, 7, 3, 2, 0.5).unwrap();
    let b =
        taken(&mut other, &loader(), cross_entropy, &mut second, &mut schedule(), 9, 7, 3, 2, 0.5).unwrap();
    assert_eq!(bits(&one), bits(&other));
    assert_eq!(a.get("loss"), b.get("loss"));
    assert_eq!(b.stop_reason(), StopReason::MaxSteps);
    assert!((second.learning_rate() - 0.5 * 0.8_f32.powi(7)).abs() < 1e-7);
    let error = taken(&mut other, &loader(), cross_entropy, &mut second, &mut schedule(), 9, 7, 3, 0, 0.5)
        .unwrap_err();
    assert!(error.to_string().contains("`accumulate` is 0: must be at least 1"), "{error}");
}

/// A schedule that counts its calls.
struct Counted {
    position: Position,
    per_epoch: bool,
}

impl Schedule for Counted {
    fn rate(&self, base: f64, t: usize) -> f64 {
        base / (1 + t) as f64
    }

    fn position(&mut self) -> &mut Position {
        &mut self.position
    }

    fn is_per_epoch(&self) -> bool {
        self.per_epoch
    }
}

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.8))]
fn scheduled(
    model: &mut Mlp,
    train: &DataLoader,
    epochs: usize,
    scheduler: &mut dyn Schedule,
) -> Result<History>;

#[test]
fn a_schedule_that_is_a_parameter_moves_with_each_update_or_each_epoch() {
    for (per_epoch, moves) in [(false, 10), (true, 2)] {
        let mut schedule = Counted { position: Position::default(), per_epoch };
        scheduled(&mut fresh(), &loader(), 2, &mut schedule).unwrap();
        assert_eq!(schedule.position.done, moves);
    }
}

macro_rules! optional {
    ($($name:ident: $schedule:ty, $valid:ty;)*) => {$(
        #[training_loop(
            loss = cross_entropy,
            metrics = [accuracy],
            validate(every = 2 epochs, first),
            on(validation_end = |_, _| *validations += 1),
        )]
        fn $name(
            model: &mut Mlp,
            train: &DataLoader,
            valid: $valid,
            optimizer: Sgd,
            scheduler: $schedule,
            epochs: usize,
            validations: &mut usize,
        ) -> Result<History>;
    )*};
}

optional! {
    owned: Option<StepLr>, Option<DataLoader>;
    borrowed: Option<&mut StepLr>, Option<&DataLoader>;
    of_traits: Option<&mut dyn Schedule>, &Option<DataLoader>;
    boxed: Option<Box<dyn Schedule>>, std::option::Option<&DataLoader>;
    behind_a_reference: &mut Option<StepLr>, Option<&DataLoader>;
}

#[test]
fn what_is_optional_may_be_there_or_not() {
    let sgd = |model: &Mlp| Sgd::new(model.parameters(), 0.5);
    let run = |fit: &dyn Fn(&mut Mlp, Sgd, &mut usize) -> Result<History>| {
        let (mut model, mut validations) = (fresh(), 0);
        let optimizer = sgd(&model);
        let history = fit(&mut model, optimizer, &mut validations).unwrap();
        (bits(&model), history.last("valid_accuracy").is_some(), history.best_epoch().is_some(), validations)
    };
    let train = loader();
    let none = [
        run(&|model, sgd, n| owned(model, &train, None, sgd, None, 3, n)),
        run(&|model, sgd, n| borrowed(model, &train, None, sgd, None, 3, n)),
        run(&|model, sgd, n| of_traits(model, &train, &None, sgd, None, 3, n)),
        run(&|model, sgd, n| boxed(model, &train, None, sgd, None, 3, n)),
        run(&|model, sgd, n| behind_a_reference(model, &train, None, sgd, &mut None, 3, n)),
    ];
    let valid = DataLoader::new(blobs(9, 4), 4);
    let step = || StepLr::new(1, 0.5);
    let some = [
        run(&|model, sgd, n| owned(model, &train, Some(valid.clone()), sgd, Some(step()), 3, n)),
        run(&|model, sgd, n| borrowed(model, &train, Some(&valid), sgd, Some(&mut step()), 3, n)),
        run(&|model, sgd, n| of_traits(model, &train, &Some(valid.clone()), sgd, Some(&mut step()), 3, n)),
        run(&|model, sgd, n| boxed(model, &train, Some(&valid), sgd, Some(Box::new(step())), 3, n)),
        run(&|model, sgd, n| behind_a_reference(model, &train, Some(&valid), sgd, &mut Some(step()), 3, n)),
    ];
    for (without, with) in none.iter().zip(&some) {
        assert_eq!((without, with), (&none[0], &some[0]));
    }
    assert_eq!((none[0].1, none[0].2, none[0].3), (false, true, 0));
    assert_eq!((some[0].1, some[0].2, some[0].3), (true, true, 3));
    assert_ne!(none[0].0, some[0].0, "the schedule changes the run");
}

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn unseeded(model: &mut Dropped, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn seeded(model: &mut Dropped, train: &DataLoader, seed: u64) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    seed = 9,
    on(batch_end = |_, _| Err::<(), _>(Error::other("enough"))),
)]
fn fails(model: &mut Dropped, train: &DataLoader) -> Result<History>;

#[derive(Module)]
struct Dropped {
    layer: Linear,
    dropout: Dropout,
}

impl Dropped {
    fn new() -> Self {
        Self { layer: Linear::new(4, 3), dropout: Dropout::new(0.5) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.layer.forward(&self.dropout.forward(x))
    }
}

#[test]
fn without_a_seed_a_run_draws_from_the_threads_stream_and_moves_it_on() {
    let run = |n: u64| {
        seed(n);
        let mut models: Vec<Vec<u32>> = Vec::new();
        for _ in 0..3 {
            let mut model = Dropped::new();
            models.push(bits(&model));
            unseeded(&mut model, &loader()).unwrap();
            models.push(bits(&model));
        }
        models
    };
    let models = run(42);
    for (index, model) in models.iter().enumerate() {
        assert!(models[..index].iter().all(|other| other != model), "model {index} is an earlier one");
    }
    assert_eq!(models, run(42));
    // The seed also applies to the dropout of a model that was made before.
    let trained = |n: u64| {
        seed(1);
        let mut model = Dropped::new();
        seed(n);
        unseeded(&mut model, &loader()).unwrap();
        bits(&model)
    };
    assert_eq!(trained(2), trained(2));
    assert_ne!(trained(2), trained(3));
}

#[test]
fn a_seed_holds_inside_and_leaves_no_trace() {
    let next = |fit: &dyn Fn(&mut Dropped)| {
        seed(42);
        let mut model = Dropped::new();
        fit(&mut model);
        (bits(&model), bits(&Dropped::new()))
    };
    let (_, after_nothing) = next(&|_| {});
    let (one, after) = next(&|model| drop(seeded(model, &loader(), 7).unwrap()));
    let (same, _) = next(&|model| {
        let _ = (Dropped::new(), seeded(model, &loader(), 7).unwrap());
    });
    let (other, _) = next(&|model| drop(seeded(model, &loader(), 8).unwrap()));
    assert_eq!(after, after_nothing);
    assert_eq!(one, same);
    assert_ne!(one, other);
    assert_eq!(next(&|model| assert!(fails(model, &loader()).is_err())).1, after_nothing);
}

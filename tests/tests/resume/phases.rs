//! A run with phases that is stopped after any batch and resumed equals an uninterrupted one, bit for bit.

use std::ops::ControlFlow;

use training_loop::OptimizerState;
use training_loop::prelude::*;
use training_loop::run::Phases;

use crate::common::{checkpoints, rows};

/// A generator of points in the plane, and a critic that distinguishes them from real points.
#[derive(Module)]
struct Gan {
    critic: Linear,
    dropout: Dropout,
    generator: Linear,
}

impl Gan {
    fn new(start: u64) -> Self {
        seed(start);
        Self { critic: Linear::new(2, 1), dropout: Dropout::new(0.3), generator: Linear::new(3, 2) }
    }

    fn score(&self, x: &Tensor) -> Tensor {
        self.critic.forward(&self.dropout.forward(x)).mean()
    }

    fn fake(&self, count: usize) -> Tensor {
        self.generator.forward(&Tensor::randn(&[count, 3]))
    }

    fn bits(&self) -> Vec<u32> {
        self.parameters().iter().flat_map(|own| own.to_array().into_iter().map(f32::to_bits)).collect()
    }
}

/// Five batches, the last one short.
fn points() -> DataLoader<Tensor> {
    let _seeded = seed_scope(1);
    let data = TensorDataset::new(Tensor::randn(&[18, 2]), Tensor::zeros(&[18, 1])).unwrap();
    DataLoader::new(data, 4).shuffle(2)
}

macro_rules! fits {
    ($($name:ident { every = $every:literal, rate = $rate:literal, length = $length:literal, $($clauses:tt)* })*) => {$(
        #[training_loop(
            phases(
                critic(
                    optimizer = Adam::new(model.critic.parameters(), $rate),
                    training_step = |model, batch| {
                        let (real, fake) = (model.score(&batch.input), model.score(&model.fake(batch.len()).detach()));
                        (&fake - &real, [("real", real)])
                    },
                    scheduler = CosineLr::new($length),
                    clip_grad_norm = 0.5,
                ),
                generator(
                    optimizer = Sgd::new(model.generator.parameters(), 0.1).momentum(0.9),
                    training_step = |model, batch| -model.score(&model.fake(batch.len())),
                    every = $every,
                    scheduler = scheduler,
                ),
            ),
            on(batch_end = |_, state| stop_at(state.step, stop)),
            $($clauses)*
        )]
        fn $name(
            model: &mut Gan,
            train: &DataLoader<Tensor>,
            scheduler: Option<StepLr>,
            stop: usize,
            run: &RunOptions,
        ) -> Result<History>;
    )*};
}

fits! {
    plain { every = 3, rate = 0.01, length = 12, epochs = 3, checkpoint(every = 1 epochs) }
    seeded {
        every = 4, rate = 0.01, length = 12,
        epochs = 3,
        seed = 5,
        warmup = 3 steps,
        ema(decay = 0.5),
        restore_best(monitor = generator_loss),
        checkpoint(every = 2 steps),
    }
    other_interval { every = 2, rate = 0.01, length = 12, epochs = 3, checkpoint(every = 1 epochs) }
    other_rate { every = 3, rate = 0.02, length = 12, epochs = 3, checkpoint(every = 1 epochs) }
    other_schedule { every = 3, rate = 0.01, length = 30, epochs = 3, checkpoint(every = 1 epochs) }
}

fn stop_at(step: usize, stop: usize) -> ControlFlow<()> {
    if step >= stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

#[training_loop(
    phases(
        critic(
            optimizer = Adam::new(model.critic.parameters(), 0.01),
            training_step = |model, batch| model.score(&batch.input),
            scheduler = PlateauLr::new().patience(0).factor(0.5),
        ),
        generator(
            optimizer = Sgd::new(model.generator.parameters(), 0.1),
            training_step = |model, batch| -model.score(&model.fake(batch.len())),
            scheduler = PlateauLr::new().patience(1).factor(0.1),
        ),
    ),
    on(batch_end = |_, state| stop_at(state.step, stop)),
    forward = |model, batch| model.critic.forward(&batch.input),
    loss = mse_loss,
    validate(every = 2 steps),
    epochs = 3,
    checkpoint(every = 1 steps),
)]
fn by_validation(
    model: &mut Gan,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    stop: usize,
    run: &RunOptions,
) -> Result<History>;

type Fit = fn(&mut Gan, &DataLoader<Tensor>, Option<StepLr>, usize, &RunOptions) -> Result<History>;

fn stop_anywhere(fit: Fit, schedule: Option<&StepLr>) {
    let folder = tempfile::tempdir().unwrap();
    let options = |name: &str| RunOptions::new().dir(folder.path().join(name));
    let run = |start, most, options: &RunOptions| {
        let mut model = Gan::new(start);
        let history = fit(&mut model, &points(), schedule.cloned(), most, options).unwrap();
        (model.bits(), rows(&history))
    };
    let whole = run(1, 1_000, &options("whole"));
    for stop in 1..15 {
        let options = options(&stop.to_string());
        run(1, stop, &options);
        assert_eq!(run(2, 1_000, &options.resume_auto()), whole, "after {stop} batches");
    }
    assert_eq!(run(2, 1_000, &options("whole").resume_auto()), whole, "after the end");
}

#[test]
fn after_each_batch() {
    stop_anywhere(plain, Some(&StepLr::new(2, 0.5)));
    stop_anywhere(plain, None);
}

#[test]
fn with_a_seed_averages_and_a_warmup() {
    stop_anywhere(seeded, Some(&StepLr::new(1, 0.7).per_epoch()));
}

/// Each validation without an improvement reduces the learning rate of the first phase, and every second one
/// that of the second phase.
#[test]
fn with_rates_by_validations() {
    let valid: Fit = |model, train, _, stop, run| by_validation(model, train, &points(), stop, run);
    stop_anywhere(valid, None);
    let folder = tempfile::tempdir().unwrap();
    let history =
        by_validation(&mut Gan::new(1), &points(), &points(), 1_000, &RunOptions::new().dir(folder.path()))
            .unwrap();
    let rates: Vec<_> = history.rows().iter().map(|row| row.learning_rate.unwrap()).collect();
    assert!(rates[0] > rates[2], "{rates:?}");
}

#[test]
fn other_phases_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions::new().dir(folder.path());
    let schedule = Some(StepLr::new(2, 0.5));
    plain(&mut Gan::new(1), &points(), schedule.clone(), 7, &options).unwrap();
    assert_eq!(checkpoints(folder.path()).len(), 1);
    let options = options.resume_auto();
    let refused = |fit: Fit, schedule: &Option<StepLr>| {
        let mut model = Gan::new(2);
        let before = model.bits();
        let error = fit(&mut model, &points(), schedule.clone(), 1_000, &options).unwrap_err().to_string();
        assert_eq!(model.bits(), before);
        error
    };
    let every = refused(other_interval, &schedule);
    assert!(every.contains("`phases(generator(every))` is 2 here and 3"), "{every}");
    let rate = refused(other_rate, &schedule);
    assert!(rate.contains("`phases(critic(learning_rate))` is 0.02 here and 0.01"), "{rate}");
    let length = refused(other_schedule, &schedule);
    assert!(length.contains("`critic.schedule.rate(1)`"), "{length}");
    let absent = refused(plain, &None);
    assert!(absent.contains("generator.schedule.rate(0)"), "{absent}");
    plain(&mut Gan::new(2), &points(), schedule, 1_000, &options).unwrap();
}

/// Optimizers of two phases after one update each, where all gradients are `gradient`. The layer of the
/// second phase has `width` inputs.
fn optimizers(width: usize, gradient: f32) -> [Adam; 2] {
    [2, width].map(|inputs| {
        let layer = Linear::new(inputs, 1);
        let mut optimizer = Adam::new(layer.parameters(), 0.1);
        (layer.forward(&Tensor::ones(&[2, inputs])).sum() * gradient).backward();
        optimizer.step();
        optimizer
    })
}

#[test]
fn a_state_that_fits_one_phase_only_changes_none() {
    let phases = |[one, two]: &mut [Adam; 2], load: Option<&OptimizerState>| {
        let mut phases = Phases::new().phase("one", one, None).phase("two", two, None);
        let loaded = load.map_or(Ok(()), |state| phases.load_state_dict(state));
        (phases.state_dict().unwrap(), loaded)
    };
    let (saved, _) = phases(&mut optimizers(3, 1.0), None);
    assert_eq!(saved.kind(), "one: Adam, two: Adam");

    let mut wider = optimizers(4, 2.0);
    let (before, _) = phases(&mut wider, None);
    let (after, loaded) = phases(&mut wider, Some(&saved));
    let text = loaded.unwrap_err().to_string();
    assert!(text.contains("0.exp_avg") && after == before, "{text}");

    let (after, loaded) = phases(&mut optimizers(3, 2.0), Some(&saved));
    assert!(loaded.is_ok() && after == saved && before != saved);
}

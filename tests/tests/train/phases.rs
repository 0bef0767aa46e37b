//! Loops with several optimizers: bitwise equality with hand-written loops, and the clauses of the loop.

use std::ops::ControlFlow;

use training_loop::prelude::*;

/// A generator of points in the plane, and a critic that distinguishes them from real points.
#[derive(Module)]
pub(crate) struct Gan {
    critic: Net,
    generator: Net,
}

#[derive(Module)]
pub(crate) struct Net {
    hidden: Linear,
    output: Linear,
}

impl Net {
    fn new(sizes: [usize; 3]) -> Self {
        Self { hidden: Linear::new(sizes[0], sizes[1]), output: Linear::new(sizes[1], sizes[2]) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.hidden.forward(x).relu())
    }
}

impl Gan {
    fn fresh() -> Self {
        seed(5);
        Self { critic: Net::new([2, 8, 1]), generator: Net::new([3, 8, 2]) }
    }

    fn fake(&self, count: usize) -> Tensor {
        self.generator.forward(&Tensor::randn(&[count, 3]))
    }

    fn bits(&self) -> Vec<u32> {
        self.parameters().iter().flat_map(|own| own.to_array().into_iter().map(f32::to_bits)).collect()
    }
}

type Batch = training_loop::prelude::Batch<Tensor>;

/// The losses of a GAN.
fn real_or_fake(model: &Gan, batch: &Batch) -> Tensor {
    let (real, fake) =
        (model.critic.forward(&batch.input), model.critic.forward(&model.fake(batch.len()).detach()));
    bce_with_logits_loss(&real, &Tensor::ones(real.shape()))
        + bce_with_logits_loss(&fake, &Tensor::zeros(fake.shape()))
}

fn fool(model: &Gan, batch: &Batch) -> Tensor {
    let fake = model.critic.forward(&model.fake(batch.len()));
    bce_with_logits_loss(&fake, &Tensor::ones(fake.shape()))
}

/// The losses of a Wasserstein GAN.
fn distance(model: &Gan, batch: &Batch) -> (Tensor, [(&'static str, Tensor); 2]) {
    let real = model.critic.forward(&batch.input).mean();
    let fake = model.critic.forward(&model.fake(batch.len()).detach()).mean();
    (&fake - &real, [("real", real), ("fake", fake)])
}

fn approach(model: &Gan, batch: &Batch) -> Tensor {
    -model.critic.forward(&model.fake(batch.len())).mean()
}

/// Four batches of 8, 8, 8 and 2 points.
pub(crate) fn points() -> DataLoader<Tensor> {
    let _seeded = seed_scope(1);
    let x = Tensor::randn(&[26, 2]) * 0.5 + 2.0;
    DataLoader::new(TensorDataset::new(x, Tensor::zeros(&[26, 1])).unwrap(), 8).shuffle(2)
}

#[training_loop(
    phases(
        critic(optimizer = Adam::new(model.critic.parameters(), 0.01), training_step = real_or_fake),
        generator(optimizer = Adam::new(model.generator.parameters(), 0.02), training_step = fool),
    ),
    epochs = 3,
    seed = 7,
)]
fn gan(model: &mut Gan, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    phases(
        critic(
            optimizer = Adam::new(model.critic.parameters(), 0.01),
            training_step = distance,
            clip_grad_norm = 0.5,
            scheduler = CosineLr::new(20),
        ),
        generator(
            optimizer = Sgd::new(model.generator.parameters(), 0.02).momentum(0.9),
            training_step = approach,
            every = 5,
            clip_grad_value = 0.1,
            scheduler = StepLr::new(1, 0.5).per_epoch(),
        ),
    ),
    epochs = 4,
    seed = 7,
)]
fn wgan(model: &mut Gan, train: &DataLoader<Tensor>) -> Result<History>;

#[test]
fn a_gan_equals_the_loop_by_hand() {
    let (train, mut ours, theirs) = (points(), Gan::fresh(), Gan::fresh());
    let history = gan(&mut ours, &train).unwrap();
    let mut losses = [0.0, 0.0];
    {
        let _seed = seed_scope(7);
        let mut critic = Adam::new(theirs.critic.parameters(), 0.01);
        let mut generator = Adam::new(theirs.generator.parameters(), 0.02);
        theirs.train();
        for epoch in 0..3 {
            losses = [0.0, 0.0];
            for batch in train.epoch(epoch) {
                let loss = real_or_fake(&theirs, &batch);
                critic.zero_grad();
                loss.backward();
                critic.step();
                losses[0] += f64::from(loss.item()) * batch.len() as f64 / 26.0;

                let loss = fool(&theirs, &batch);
                generator.zero_grad();
                loss.backward();
                generator.step();
                losses[1] += f64::from(loss.item()) * batch.len() as f64 / 26.0;
            }
        }
    }
    assert_eq!(ours.bits(), theirs.bits());
    assert_eq!(history.names(), ["critic_loss", "generator_loss"]);
    for (name, expected) in ["critic_loss", "generator_loss"].into_iter().zip(losses) {
        assert!((history.last(name).unwrap() - expected).abs() < 1e-9, "{name}");
    }
}

#[test]
fn a_critic_with_five_updates_equals_the_loop_by_hand() {
    let (train, mut ours, theirs) = (points(), Gan::fresh(), Gan::fresh());
    let history = wgan(&mut ours, &train).unwrap();
    let mut updates = [0, 0];
    {
        let _seed = seed_scope(7);
        let mut critic = Adam::new(theirs.critic.parameters(), 0.01);
        let mut of_critic = CosineLr::new(20);
        of_critic.start(&mut critic);
        let mut generator = Sgd::new(theirs.generator.parameters(), 0.02).momentum(0.9);
        let mut of_generator = StepLr::new(1, 0.5).per_epoch();
        of_generator.start(&mut generator);
        theirs.train();
        let mut batches = 0;
        for epoch in 0..4 {
            for batch in train.epoch(epoch) {
                batches += 1;
                let (loss, _) = distance(&theirs, &batch);
                critic.zero_grad();
                loss.backward();
                critic.clip_grad_norm(0.5);
                critic.step();
                of_critic.step(&mut critic);
                updates[0] += 1;
                // The interval continues across epochs: batches 5, 10 and 15 of 16.
                if batches % 5 == 0 {
                    let loss = approach(&theirs, &batch);
                    generator.zero_grad();
                    loss.backward();
                    generator.clip_grad_value(0.1);
                    generator.step();
                    updates[1] += 1;
                }
            }
            of_generator.step(&mut generator);
        }
    }
    assert_eq!(updates, [16, 3]);
    assert_eq!(ours.bits(), theirs.bits());
    assert_eq!(history.names(), ["critic_loss", "critic_real", "critic_fake", "generator_loss"]);
    // The first epoch has no generator update, and therefore no generator loss.
    let generator: Vec<bool> = history.get("generator_loss").iter().map(Option::is_some).collect();
    assert_eq!(generator, [false, true, true, true]);
    let row = history.rows().last().unwrap();
    let [loss, real, fake] = ["critic_loss", "critic_real", "critic_fake"].map(|name| row.get(name).unwrap());
    assert!((loss - (fake - real)).abs() < 1e-6);
}

/// The hook, the step and the learning rate.
type Seen = (&'static str, usize, Scalar);

#[training_loop(
    phases(
        critic(optimizer = critic, training_step = distance, every = intervals[0]),
        generator(optimizer = generator, training_step = approach, every = intervals[1]),
    ),
    epochs = 5,
    max_steps = max_steps,
    on(
        before_step = |_, state| seen.push(("before", state.step, optimizer.learning_rate())),
        batch_end = |_, state| {
            seen.push(("end", state.step, 0.0));
            if state.step == 6 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    ),
)]
fn counted(
    model: &mut Gan,
    train: &DataLoader<Tensor>,
    critic: &mut Sgd,
    generator: &mut Sgd,
    intervals: [usize; 2],
    max_steps: usize,
    seen: &mut Vec<Seen>,
) -> Result<History>;

/// Runs `counted` on a fresh model.
fn count(n: usize, m: usize, max_steps: usize) -> Result<(History, Vec<Seen>)> {
    let (mut model, mut seen) = (Gan::fresh(), Vec::new());
    let mut critic = Sgd::new(model.critic.parameters(), 0.5);
    let mut generator = Sgd::new(model.generator.parameters(), 0.25);
    let history = counted(&mut model, &points(), &mut critic, &mut generator, [n, m], max_steps, &mut seen)?;
    Ok((history, seen))
}

#[test]
fn a_step_is_a_batch_and_hooks_see_the_phase() {
    let (history, seen) = count(1, 3, 4).unwrap();
    assert_eq!(history.stop_reason(), StopReason::MaxSteps);
    let of = |name| seen.iter().filter(move |(own, ..)| *own == name);
    assert_eq!(of("end").map(|(_, step, _)| *step).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let rates = [(0, 0.5), (1, 0.5), (2, 0.5), (2, 0.25), (3, 0.5)];
    assert_eq!(of("before").map(|(_, step, rate)| (*step, *rate)).collect::<Vec<_>>(), rates);
    let (history, _) = count(3, 1, 100).unwrap();
    assert_eq!(history.stop_reason(), StopReason::Hook);
    assert_eq!(history.len(), 2, "the sixth batch is the second of the second epoch");
}

#[test]
fn intervals_are_checked_at_the_start() {
    let error = |n, m| count(n, m, 4).unwrap_err().to_string();
    assert!(error(0, 1).starts_with("`every` is 0: must be at least 1"), "{}", error(0, 1));
    let none = error(2, 3);
    assert!(none.starts_with("`every` is 2: must be 1 in one phase, so that each batch is used"), "{none}");
}

#[training_loop(
    phases(
        critic(optimizer = Sgd::new(model.critic.parameters(), 0.1), training_step = distance),
        generator(
            optimizer = Sgd::new(model.generator.parameters(), 0.1),
            training_step = |model, batch| approach(model, batch) * Scalar::NAN,
            every = 3,
        ),
    ),
    epochs = 5,
)]
fn diverges(model: &mut Gan, train: &DataLoader<Tensor>) -> Result<History>;

#[test]
fn a_loss_that_is_not_finite_names_its_phase_and_updates_nothing() {
    let mut model = Gan::fresh();
    let before: Vec<_> = model.generator.parameters().iter().map(Parameter::to_array).collect();
    let history = diverges(&mut model, &points()).unwrap();
    assert_eq!(history.stop_reason(), StopReason::NonFinite { epoch: 0, batch: 2 });
    let text = history.explanation().unwrap();
    assert!(text.contains("the loss of phase `generator` is NaN at batch 3 of epoch 1"), "{text}");
    let after: Vec<_> = model.generator.parameters().iter().map(Parameter::to_array).collect();
    assert_eq!(before, after);
}

#[training_loop(
    phases(
        critic(optimizer = Sgd::new(model.critic.parameters(), 0.01), training_step = distance),
        generator(optimizer = Sgd::new(model.generator.parameters(), 0.01), training_step = approach),
    ),
    forward = |model, batch| model.critic.forward(&batch.input),
    loss = mse_loss,
    epochs = 30,
    ema(decay = 0.5),
    early_stop(monitor = critic_fake, patience = 2, min_delta = 100.0),
    restore_best(monitor = critic_fake),
)]
fn validated(model: &mut Gan, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;

#[test]
fn a_part_of_a_phase_is_monitored_beside_a_validation() {
    let history = validated(&mut Gan::fresh(), &points(), &points()).unwrap();
    assert_eq!((history.stop_reason(), history.len()), (StopReason::EarlyStop, 3));
    assert!(history.last("valid_loss").is_some() && history.best_epoch().is_some());
    assert_eq!(history.last("loss"), None);
}

#[training_loop(
    phases(
        critic(optimizer = Sgd::new(model.critic.parameters(), 0.01), training_step = distance),
        generator(optimizer = Sgd::new(model.generator.parameters(), 0.01), training_step = approach, every = 6),
    ),
    epochs = 4,
    restore_best(monitor = generator_loss),
)]
fn seldom(model: &mut Gan, train: &DataLoader<Tensor>) -> Result<History>;

/// The generator runs on batches 6 and 12 of 16, which are in epochs 1 and 2.
#[test]
fn an_epoch_without_the_monitored_phase_is_not_the_best() {
    let history = seldom(&mut Gan::fresh(), &points()).unwrap();
    let measured: Vec<bool> = history.get("generator_loss").iter().map(Option::is_some).collect();
    assert_eq!(measured, [false, true, true, false]);
    assert!(matches!(history.best_epoch(), Some(1 | 2)));
}

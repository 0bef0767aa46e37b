/// Everything that changes the order of a loop, in one spec.
///
/// # Training loop
///
/// Trains `model` on `train`, for `epochs` epochs.
///
/// - Every 3 batches: `zero_grad`; for each batch `forward`, `loss`, `backward`, `metrics`; then `clip_grad_norm`, `step`, `schedule`.
/// - Optimizer: `AdamW::new(model.parameters(), 0.01)`.
/// - Schedule: `CosineLr::new(12)`.
/// - Validation on `valid` after every 2 epochs and the last one, and before the first epoch: `forward`, `loss`, `metrics`.
/// - Seed: 3; afterwards the thread's own random stream continues.
/// - Clauses taken from parameters: `model`, `train`, `valid`.
#[allow(private_bounds, trivial_bounds)]
pub fn fit(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    epochs: usize,
    seen: &mut Vec<(usize, bool)>,
) -> Result<History>
where
    Mlp: ::training_loop::Module,
{
    ::training_loop::private::require(
        epochs >= 1,
        "epochs",
        epochs,
        "must be at least 1",
        "write the number of passes over the training data: `epochs = 10`",
    )?;
    let mut run = ::training_loop::private::Run::new(Some(epochs), None).validated(true);
    ::training_loop::private::loader(train).check("train")?;
    ::training_loop::private::loader(valid).check("valid")?;
    let _seed = ::training_loop::seed_scope(3);
    let mut optimizer = AdamW::new(model.parameters(), 0.01);
    ::training_loop::Optimizer::check(&optimizer)?;
    let mut scheduler = CosineLr::new(12);
    ::training_loop::schedule::Schedule::start(&mut scheduler, &mut optimizer);
    ::training_loop::Module::train(model);
    run.begin_first();
    {
        let _evaluation = ::training_loop::evaluation(model);
        run.begin_validation();
        let mut valid_accuracy = accuracy();
        for batch in ::training_loop::private::loader(valid).epoch(0) {
            let output = model.forward(&batch.input);
            let loss = {
                let output = &output;
                let batch = &batch;
                cross_entropy(output, &batch.target)
            };
            run.add_valid_loss(&loss, batch.len());
            ::training_loop::private::measure(
                &batch.target,
                &output,
                &mut valid_accuracy,
            );
        }
        run.measure_valid(&valid_accuracy);
        run.end_validation();
    }
    run.end_epoch()?;
    for epoch in 0..epochs {
        run.begin_epoch(epoch, ::training_loop::private::loader(train).batches());
        let mut train_accuracy = accuracy();
        let mut train_top_k = top_k(2);
        'windows: for window in ::training_loop::private::loader(train).windows(epoch, 3)
        {
            ::training_loop::Optimizer::zero_grad(&mut optimizer);
            run.begin_window(window.samples());
            for batch in &window {
                let output = model.forward(&batch.input);
                let loss = {
                    let output = &output;
                    let batch = &batch;
                    cross_entropy(output, &batch.target)
                };
                run.add_batch(&loss, batch.len())?;
                if run.diverged(model) {
                    break 'windows;
                }
                if run.batch_weight() > 0.0 {
                    (&loss * run.batch_weight()).backward();
                }
                ::training_loop::private::measure(
                    &batch.target,
                    &output,
                    &mut train_accuracy,
                );
                ::training_loop::private::measure(
                    &batch.target,
                    &output,
                    &mut train_top_k,
                );
            }
            if run.window_weight() > 0.0 {
                ::training_loop::Optimizer::scale_grad(
                    &mut optimizer,
                    run.window_scale(),
                );
                let grad_norm = ::training_loop::Optimizer::clip_grad_norm(
                    &mut optimizer,
                    0.5,
                );
                if run.exploded(model, &optimizer, Some(grad_norm)) {
                    break;
                }
                ::training_loop::Optimizer::step(&mut optimizer);
                run.end_step(
                    ::training_loop::Optimizer::learning_rate(&optimizer),
                    Some(grad_norm),
                );
                if !::training_loop::schedule::Schedule::is_per_epoch(&scheduler) {
                    ::training_loop::schedule::Schedule::step(
                        &mut scheduler,
                        &mut optimizer,
                    );
                }
            }
            if run.is_over() {
                break;
            }
        }
        run.measure(&train_accuracy);
        run.measure(&train_top_k);
        if ::training_loop::schedule::Schedule::is_per_epoch(&scheduler) {
            ::training_loop::schedule::Schedule::step(&mut scheduler, &mut optimizer);
        }
        if run.is_last() || (epoch + 1).is_multiple_of(2) {
            let _evaluation = ::training_loop::evaluation(model);
            run.begin_validation();
            let mut valid_accuracy = accuracy();
            for batch in ::training_loop::private::loader(valid).epoch(epoch) {
                let output = model.forward(&batch.input);
                let loss = {
                    let output = &output;
                    let batch = &batch;
                    cross_entropy(output, &batch.target)
                };
                run.add_valid_loss(&loss, batch.len());
                ::training_loop::private::measure(
                    &batch.target,
                    &output,
                    &mut valid_accuracy,
                );
            }
            run.measure_valid(&valid_accuracy);
            run.end_validation();
        }
        run.hook({
            let model = &*model;
            let state = &run.state();
            seen.push((state.epoch, model.is_training()))
        })?;
        run.end_epoch()?;
        if run.is_over() {
            break;
        }
    }
    Ok(run.finish())
}

//! burn: checkpoints of a model, with and without the record of the optimizer.

use burn::optim::{AdamConfig, GradientsParams, Optimizer, SgdConfig};
use burn::prelude::*;
use burn::record::{CompactRecorder, Recorder};

mod files {
    fn resumed(config: &Config, data: &Loader, device: &Device, resume: bool) -> Net {
        let recorder = CompactRecorder::new();
        let mut model: Net = config.model.init(device);
        let mut optim = AdamConfig::new().init();
        if resume {
            model = model.load_file("checkpoint", &recorder, device).unwrap();
        }
        for batch in data.iter() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            model = optim.step(config.rate, model, grads);
        }
        model.clone().save_file("checkpoint", &recorder).unwrap(); //~ warning optimizer_state_not_saved
        model
    }

    fn with_momentum(config: &Config, data: &Loader, device: &Device, path: &Path) -> Net {
        let mut model: Net = config.model.init(device);
        if path.exists() {
            model = model.load_file(path, &CompactRecorder::new(), device).unwrap();
        }
        let mut optim = SgdConfig::new().with_momentum(Some(momentum())).init();
        for batch in data.iter() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            model = optim.step(config.rate, model, grads);
        }
        model.clone().save_file(path, &CompactRecorder::new()).unwrap(); //~ warning optimizer_state_not_saved
        model
    }

    /// The two calls have the recorder and the device in common, and not the file.
    fn tuned(config: &Config, data: &Loader, device: &Device) -> Net {
        let recorder = CompactRecorder::new();
        let mut model: Net = config.model.init(device).load_file("pretrained", &recorder, device).unwrap();
        let mut optim = AdamConfig::new().init();
        for batch in data.iter() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            model = optim.step(config.rate, model, grads);
        }
        model.clone().save_file("tuned", &recorder).unwrap();
        model
    }

    fn without_state(config: &Config, data: &Loader, device: &Device, path: &Path) -> Net {
        let mut model: Net = config.model.init(device).load_file(path, &CompactRecorder::new(), device).unwrap();
        let mut optim = SgdConfig::new().init();
        for batch in data.iter() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            model = optim.step(config.rate, model, grads);
        }
        model.clone().save_file(path, &CompactRecorder::new()).unwrap();
        model
    }
}

mod records {
    fn model_alone(config: &Config, data: &Loader, device: &Device, resume: bool) -> Net {
        let recorder = CompactRecorder::new();
        let mut model: Net = config.model.init(device);
        let mut optim = AdamConfig::new().init();
        if resume {
            model = model.load_record(recorder.load("model".into(), device).unwrap());
        }
        for batch in data.iter() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            model = optim.step(config.rate, model, grads);
        }
        recorder.record(model.clone().into_record(), "model".into()).unwrap(); //~ warning optimizer_state_not_saved
        model
    }

    fn both(config: &Config, data: &Loader, device: &Device, resume: bool) -> Net {
        let recorder = CompactRecorder::new();
        let mut model: Net = config.model.init(device);
        let mut optim = AdamConfig::new().init();
        if resume {
            model = model.load_record(recorder.load("model".into(), device).unwrap());
            optim = optim.load_record(recorder.load("optim".into(), device).unwrap());
        }
        for batch in data.iter() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            model = optim.step(config.rate, model, grads);
        }
        recorder.record(model.clone().into_record(), "model".into()).unwrap();
        recorder.record(optim.to_record(), "optim".into()).unwrap();
        model
    }
}

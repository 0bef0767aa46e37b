//! The effects of the stages, and their faults.

use super::{Contribution, Machine, Tensor, V};

impl Machine<'_> {
    /// A forward pass of a model; an argument may give the mode.
    pub(crate) fn forward(&mut self, model: usize, inputs: &[V], train: Option<bool>) -> V {
        let V::Tensor(base) = self.derive(&[V::Data(false), V::Tuple(inputs.to_vec())]) else {
            let data = self.derive(inputs);
            let parents = Vec::new();
            let valid = matches!(data, V::Data(true));
            return self.output(model, parents, valid, train);
        };
        let (parents, valid) = (self.tensors[base].parents.clone(), self.tensors[base].valid);
        self.output(model, parents, valid, train)
    }

    fn output(&mut self, model: usize, parents: Vec<usize>, valid: bool, train: Option<bool>) -> V {
        let mode = train.or(self.models[model].mode);
        let recorded = self.recording();
        let name = self.models[model].name.clone();
        if valid && mode != Some(false) {
            self.fault("evaluates in training mode", &name);
        }
        if valid && recorded {
            self.fault("records while it evaluates", &name);
        }
        let in_eval = mode == Some(false);
        self.tensors.push(Tensor {
            parents,
            model: Some(model),
            recorded,
            valid,
            in_eval,
            ..Tensor::default()
        });
        V::Tensor(self.tensors.len() - 1)
    }

    /// A tensor that is added to a sum or a list.
    pub(crate) fn keep(&mut self, value: &V) -> V {
        let V::Tensor(_) = value else { return value.clone() };
        let kept = self.derive(std::slice::from_ref(value));
        if let V::Tensor(id) = kept {
            self.tensors[id].kept = true;
        }
        kept
    }

    pub(crate) fn backward(&mut self, root: usize, retain: bool, by: &str) {
        if self.tensors[root].valid {
            self.fault("trains on validation data", by);
        }
        let (mut open, mut seen) = (vec![root], std::collections::BTreeSet::new());
        let mut reached: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
        let scaled = self.tensors[root].scaled;
        while let Some(id) = open.pop() {
            if !self.tensors[id].recorded || !seen.insert(id) {
                continue;
            }
            open.extend(self.tensors[id].parents.clone());
            self.tensors[id].kept = false;
            if self.tensors[id].consumed {
                self.fault("backward through a graph that is used up", by);
            }
            self.tensors[id].consumed = !retain;
            if let Some(model) = self.tensors[id].model.filter(|model| self.is_trained(*model)) {
                *reached.entry(model).or_default() += 1;
                if self.tensors[id].in_eval {
                    let name = self.models[model].name.clone();
                    self.fault("trains in evaluation mode", &name);
                }
            }
        }
        if seen.is_empty() {
            self.fault("backward without a graph", by);
        }
        for (model, count) in reached {
            let model_name = self.models[model].name.clone();
            self.reach.insert(format!("{by} reaches {model_name} {count} times"));
            let model = &mut self.models[model];
            model.gradients.push(Contribution { used: false, scaled, by: by.to_owned() });
            model.clipped_early |= model.clipped;
        }
        for index in 0..self.optimizers.len() {
            let models = &self.optimizers[index].models;
            if models.iter().any(|model| self.models[*model].gradients.iter().any(|known| !known.used)) {
                self.optimizers[index].filled += 1;
            }
        }
    }

    fn is_trained(&self, model: usize) -> bool {
        self.optimizers.iter().any(|optimizer| optimizer.models.contains(&model))
    }

    pub(crate) fn zero(&mut self, models: &[usize]) {
        for &model in models {
            let known = std::mem::take(&mut self.models[model].gradients);
            let name = self.models[model].name.clone();
            for lost in known.iter().filter(|known| !known.used) {
                self.fault("gradients are dropped", &format!("{} for {name}", lost.by));
            }
            (self.models[model].clipped, self.models[model].clipped_early) = (false, false);
        }
    }

    pub(crate) fn clip(&mut self, models: &[usize]) {
        let all = || models.iter().flat_map(|model| &self.models[*model].gradients);
        let (any, scaled) = (all().any(|known| !known.used), all().any(|known| known.scaled));
        if !any {
            self.fault("clips nothing", "");
        }
        if scaled {
            self.fault("clips scaled gradients", "");
        }
        for &model in models {
            self.models[model].clipped = true;
        }
    }

    pub(crate) fn unscale(&mut self, optimizer: usize) {
        for model in self.optimizers[optimizer].models.clone() {
            self.models[model].gradients.iter_mut().for_each(|known| known.scaled = false);
        }
    }

    pub(crate) fn step(&mut self, optimizer: usize) {
        let models = self.optimizers[optimizer].models.clone();
        let names: Vec<&str> = models.iter().map(|model| self.models[*model].name.as_str()).collect();
        let name = names.join(" and ");
        let all = || models.iter().flat_map(|model| &self.models[*model].gradients);
        let (new, old) = (all().any(|known| !known.used), all().any(|known| known.used));
        let scaled = all().any(|known| known.scaled);
        match (new, old) {
            (true, false) => {}
            (true, true) => self.fault("steps on old gradients too", &name),
            (false, true) => self.fault("steps twice on one set of gradients", &name),
            (false, false) => self.fault("steps without gradients", &name),
        }
        if scaled {
            self.fault("steps on scaled gradients", &name);
        }
        for model in models {
            if self.models[model].clipped_early {
                self.fault("clips before the last backward", &name);
            }
            let model = &mut self.models[model];
            (model.clipped, model.clipped_early) = (false, false);
            model.gradients.iter_mut().for_each(|known| known.used = true);
        }
        self.optimizers[optimizer].steps += 1;
    }

    pub(crate) fn move_schedule(&mut self, id: usize) {
        let alone = if self.optimizers.len() == 1 { Some(0) } else { None };
        let Some(optimizer) = self.schedules[id].optimizer.or(alone) else { return };
        let steps = self.optimizers[optimizer].steps;
        if steps == 0 {
            self.fault("the schedule moves before the first step", "");
        } else if self.schedules[id].moves > 0 && self.schedules[id].at == steps {
            self.fault("the schedule moves twice", "");
        }
        (self.schedules[id].moves, self.schedules[id].at) = (self.schedules[id].moves + 1, steps);
    }

    /// A use of the parameters that should follow an update: a save or an average.
    pub(crate) fn read_weights(&mut self, models: &[usize], what: &str) {
        let pending = |model: &&usize| self.models[**model].gradients.iter().any(|known| !known.used);
        if models.iter().any(|model| pending(&model)) {
            self.fault(what, "");
        }
    }

    /// Checks for leftovers at the end of the function.
    pub(crate) fn end(&mut self) {
        for model in 0..self.models.len() {
            let name = self.models[model].name.clone();
            for left in self.models[model].gradients.clone().iter().filter(|known| !known.used) {
                self.fault("gradients are left over", &format!("{} for {name}", left.by));
            }
        }
        for index in 0..self.optimizers.len() {
            if self.optimizers[index].filled > 0 && self.optimizers[index].steps == 0 {
                self.never.insert(format!("an optimizer never steps: {index}"));
            }
        }
        for schedule in self.schedules.clone() {
            let moved = schedule.moves > 0;
            if !moved && schedule.optimizer.is_some_and(|id| self.optimizers[id].steps > 0) {
                self.never.insert("the schedule never moves".to_owned());
            }
        }
        if self.tensors.iter().any(|tensor| tensor.kept && tensor.recorded) {
            self.fault("a graph is kept", "");
        }
    }
}

//! Arguments of the called function, created from the names and types of its parameters.

use super::{Machine, Model, Optimizer, Schedule, V, calls};

impl Machine<'_> {
    /// An argument for a parameter with this name and type.
    pub(crate) fn given(&mut self, name: &str, ty: &str) -> V {
        let bare = ty.trim_start_matches('&').replace("'a", "");
        let bare = bare.strip_prefix("mut").unwrap_or(&bare).to_owned();
        let valid = ["valid", "val", "test", "dev", "held"].iter().any(|word| name.starts_with(word));
        if let Some(fields) = self.program.structs.get(&bare) {
            let fields: Vec<_> =
                fields.iter().map(|(name, ty)| (name.clone(), self.given(name, ty))).collect();
            let models = fields.iter().filter_map(|(_, field)| match field {
                V::Model(id) => Some(*id),
                _ => None,
            });
            let models: Vec<usize> = models.collect();
            for (name, field) in &fields {
                if let V::Optimizer(id) = field {
                    let own = models.iter().filter(|id| name.contains(&self.models[**id].name)).copied();
                    let own: Vec<usize> = own.collect();
                    self.optimizers[*id].models = if own.is_empty() { models.clone() } else { own };
                }
                if let V::Schedule(id) = field {
                    let of = fields.iter().find_map(|(_, field)| match field {
                        V::Optimizer(id) => Some(*id),
                        _ => None,
                    });
                    self.schedules[*id].optimizer = of;
                }
            }
            self.objects.push(fields.into_iter().collect());
            return V::Object(self.objects.len() - 1);
        }
        match bare.as_str() {
            "usize" | "u64" | "i64" | "u32" => V::Num(2),
            "bool" => V::Bool(self.chance()),
            "f32" | "f64" | "Rng" | "Config" | "str" | "Path" | "History" => V::Any,
            "Tensor" | "Batch" | "[Batch]" => V::Data(valid),
            "GradScaler" => V::Scaler,
            _ if bare.starts_with("Option<") => {
                let inner = bare.trim_start_matches("Option<").trim_end_matches('>').to_owned();
                V::Some(Box::new(self.given(name, &inner)))
            }
            _ if bare.contains("Loader") || bare.contains("Buffer") || bare.contains('[') => V::Loader(valid),
            _ if bare.contains("Env") || bare.contains("Vec<") => V::Any,
            _ if bare.contains("Lr") || bare.contains("Schedule") => self.schedule(None),
            _ if calls::is_optimizer(&bare) => {
                self.optimizers.push(Optimizer::default());
                V::Optimizer(self.optimizers.len() - 1)
            }
            _ if bare.contains("Ema") => V::Average,
            _ => self.model(name),
        }
    }

    pub(crate) fn model(&mut self, name: &str) -> V {
        self.models.push(Model { name: name.to_owned(), ..Model::default() });
        V::Model(self.models.len() - 1)
    }

    pub(crate) fn schedule(&mut self, optimizer: Option<usize>) -> V {
        self.schedules.push(Schedule { optimizer, ..Schedule::default() });
        V::Schedule(self.schedules.len() - 1)
    }
}

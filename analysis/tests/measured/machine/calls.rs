//! Calls of the fixtures' own functions, and of the libraries that they use.

use syn::{Expr, ExprCall, ExprClosure, ExprMethodCall, FnArg};

use super::{Machine, Optimizer, Run, Stop, V, text};

const OPTIMIZERS: [&str; 6] = ["Sgd", "Adam", "AdamW", "RmsProp", "Lion", "Optimizer"];

pub(crate) fn is_optimizer(ty: &str) -> bool {
    OPTIMIZERS.iter().any(|known| ty == *known || ty.ends_with("Optimizer"))
}

impl Machine<'_> {
    fn arguments<'e>(&mut self, arguments: impl IntoIterator<Item = &'e Expr>) -> Run<Vec<V>> {
        arguments.into_iter().map(|argument| self.expr(argument)).collect()
    }

    /// All models in some values, those of optimizers included.
    fn models_in(&self, values: &[V]) -> Vec<usize> {
        let mut models = Vec::new();
        for value in values {
            match value {
                V::Model(id) => models.push(*id),
                V::Optimizer(id) => models.extend(&self.optimizers[*id].models),
                V::Tuple(parts) => models.extend(self.models_in(parts)),
                V::List(id) => models.extend(self.models_in(&self.lists[*id])),
                _ => {}
            }
        }
        models
    }

    pub(crate) fn call(&mut self, call: &ExprCall) -> Run<V> {
        let path = text(&call.func);
        let last = path.rsplit("::").next().unwrap_or_default().to_owned();
        if let Some(V::Closure(closure)) = self.variable(&path).cloned() {
            let given = self.arguments(&call.args)?;
            return self.run(&closure, given);
        }
        if !path.contains("::") && self.program.functions.contains_key(&path) {
            let given = self.arguments(&call.args)?;
            return self.enter(&path, None, given);
        }
        if let Some(name) = path.strip_prefix("Self::")
            && self.program.functions.contains_key(name)
        {
            let given = self.arguments(&call.args)?;
            return self.enter(name, None, given);
        }
        if last == "no_grad"
            && let Some(Expr::Closure(closure)) = call.args.first()
        {
            self.unrecorded += 1;
            let value = self.run(closure, Vec::new());
            self.unrecorded -= 1;
            return value;
        }
        if !path.contains("::") && last.starts_with(char::is_lowercase) && self.variable(&path).is_some() {
            return Ok(V::Any);
        }
        let given = self.arguments(&call.args)?;
        if path.contains("::") && path.starts_with(char::is_uppercase) {
            return Ok(self.construct(call, &path, given));
        }
        Ok(match last.as_str() {
            "Ok" | "Err" => given.into_iter().next().unwrap_or(V::Any),
            "Some" => V::Some(Box::new(given.into_iter().next().unwrap_or(V::Any))),
            "no_grad_guard" | "evaluation" => V::Guard,
            "clip_grad_norm" | "clip_grad_value" => {
                let models = self.models_in(&given);
                self.clip(&models);
                V::Any
            }
            _ if last.contains("save") || last.contains("checkpoint") => {
                let models = self.models_in(&given);
                self.read_weights(&models, "saves in the middle of an update");
                V::Any
            }
            _ => self.derive(&given),
        })
    }

    fn construct(&mut self, call: &ExprCall, path: &str, given: Vec<V>) -> V {
        let ty = path.split("::").next().unwrap_or_default();
        match ty {
            "Tensor" => V::Data(false),
            "Vec" => {
                self.lists.push(Vec::new());
                V::List(self.lists.len() - 1)
            }
            "Box" | "Arc" | "Rc" | "RefCell" | "Mutex" => given.into_iter().next().unwrap_or(V::Any),
            "GradScaler" => V::Scaler,
            "Ema" => V::Average,
            _ if is_optimizer(ty) => {
                let models = self.models_in(&given);
                let before = self.built.insert(text(call), self.optimizers.len());
                // Rebuilding after several steps is a restart: for each epoch, fold or image.
                if before.is_some_and(|before| self.optimizers[before].steps < 2) {
                    self.fault("an optimizer is built again", "");
                }
                self.optimizers.push(Optimizer { models, ..Optimizer::default() });
                V::Optimizer(self.optimizers.len() - 1)
            }
            _ if ty.contains("Lr") || ty.contains("Schedule") => {
                let of = given
                    .iter()
                    .find_map(|value| if let V::Optimizer(id) = value { Some(*id) } else { None });
                self.schedule(of)
            }
            _ if ty.contains("Loader") => V::Loader(text(call).contains("valid")),
            _ if ["Loss", "History", "Env", "Stop", "Rng", "Instant", "Meter", "Buffer"]
                .iter()
                .any(|word| ty.contains(word)) =>
            {
                V::Any
            }
            _ => self.model(""),
        }
    }

    /// Runs a closure in place.
    pub(crate) fn run(&mut self, closure: &ExprClosure, given: Vec<V>) -> Run<V> {
        self.scopes.push(Vec::new());
        for (pat, value) in closure.inputs.iter().zip(given) {
            self.bind(pat, value);
        }
        let result = self.expr(&closure.body);
        self.scopes.pop();
        if let Err(Stop::Return(value)) = result { Ok(value) } else { result }
    }

    /// Runs one of the fixture's own functions.
    fn enter(&mut self, name: &str, this: Option<V>, given: Vec<V>) -> Run<V> {
        let (signature, body) = self.program.functions[name].clone();
        let off = usize::from(!self.recording());
        self.unrecorded += off;
        let outer = std::mem::replace(&mut self.scopes, vec![Vec::new()]);
        let rounds = std::mem::take(&mut self.rounds);
        if let Some(this) = this {
            self.declare("self", this);
        }
        let typed = signature.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(typed) => Some(&*typed.pat),
            FnArg::Receiver(_) => None,
        });
        for (pat, value) in typed.zip(given) {
            self.bind(pat, value);
        }
        let result = self.block(&body);
        (self.scopes, self.rounds) = (outer, rounds);
        self.unrecorded -= off;
        if let Err(Stop::Return(value)) = result { Ok(value) } else { result }
    }

    pub(crate) fn method(&mut self, call: &ExprMethodCall) -> Run<V> {
        let receiver = self.expr(&call.receiver)?;
        let name = call.method.to_string();
        if let (V::Object(_), true) = (&receiver, self.program.functions.contains_key(&name)) {
            let given = self.arguments(&call.args)?;
            return self.enter(&name, Some(receiver), given);
        }
        if name == "for_each" || name == "try_for_each" {
            if let Some(Expr::Closure(closure)) = call.args.first() {
                for item in self.items(&receiver) {
                    self.run(closure, vec![item])?;
                }
            }
            return Ok(V::Any);
        }
        let given = self.arguments(&call.args)?;
        match receiver {
            V::Optimizer(id) => Ok(self.of_optimizer(id, &name, &given, call)),
            V::Model(id) => Ok(self.of_model(id, &name, &given)),
            V::Tensor(id) => Ok(self.of_tensor(id, &name, &given, call)),
            V::Schedule(id) if name == "step" => {
                self.move_schedule(id);
                Ok(V::Any)
            }
            V::Average if name == "update" => {
                let models = self.models_in(&given);
                self.read_weights(&models, "averages the weights from before the update");
                Ok(V::Any)
            }
            V::Scaler => Ok(self.of_scaler(&name, &given)),
            V::List(id) => self.of_list(id, &name, &given, call),
            V::Loader(valid) => Ok(match name.as_str() {
                "next" => V::Some(Box::new(V::Data(valid))),
                "sample" | "batch" | "draw" => V::Data(valid),
                "len" => V::Num(5),
                _ => self.sequence(V::Loader(valid), &name, &given),
            }),
            V::Data(valid) => Ok(match name.as_str() {
                "is_empty" | "len" => V::Any,
                "enumerate" | "zip" => self.sequence(V::Data(valid), &name, &given),
                _ => self.derive(&[vec![V::Data(valid)], given].concat()),
            }),
            rounds @ V::Rounds(_) => Ok(self.sequence(rounds, &name, &given)),
            some @ (V::Some(_) | V::None) => Ok(match (name.as_str(), some) {
                ("unwrap" | "expect", V::Some(inner)) => *inner,
                ("is_some", some) => V::Bool(matches!(some, V::Some(_))),
                ("is_none", some) => V::Bool(matches!(some, V::None)),
                // An `Option` has no such methods.
                ("zero_grad" | "step" | "clip_grad_norm", _) => return Err(Stop::Undeclared),
                (_, some) => some,
            }),
            V::Tuple(parts) if name == "clone" => Ok(V::Tuple(parts)),
            V::Any if name == "step" || name == "push" => Ok(V::Any),
            other => Ok(self.derive(&[vec![other], given].concat())),
        }
    }

    /// Iterator methods, which keep the items as they are.
    fn sequence(&mut self, items: V, name: &str, given: &[V]) -> V {
        match name {
            "enumerate" => {
                let items = self.items(&items).into_iter();
                V::Rounds((0..).zip(items).map(|(at, item)| V::Tuple(vec![V::Num(at), item])).collect())
            }
            "zip" => {
                let (mine, other) = (self.items(&items), self.items(&given[0]));
                V::Rounds(mine.into_iter().zip(other).map(|(a, b)| V::Tuple(vec![a, b])).collect())
            }
            _ => items,
        }
    }

    fn of_optimizer(&mut self, id: usize, name: &str, given: &[V], call: &ExprMethodCall) -> V {
        let models = self.optimizers[id].models.clone();
        match (name, given) {
            ("zero_grad", _) => self.zero(&models),
            ("step", []) => self.step(id),
            ("clip_grad_norm" | "clip_grad_value", _) => self.clip(&models),
            ("backward_step" | "backward_step_clip", [V::Tensor(loss), ..]) => {
                self.zero(&models);
                self.backward(*loss, false, &text(call));
                self.step(id);
            }
            ("parameters", _) => return V::Optimizer(id),
            _ => {}
        }
        V::Any
    }

    fn of_model(&mut self, id: usize, name: &str, given: &[V]) -> V {
        match name {
            "train" => self.models[id].mode = Some(true),
            "eval" => self.models[id].mode = Some(false),
            "zero_grad" => self.zero(&[id]),
            "clip_grad_norm" => self.clip(&[id]),
            "parameters" => return V::Model(id),
            "clone" => return self.model(""),
            "save" | "state_dict" => self.read_weights(&[id], "saves in the middle of an update"),
            "copy_from" | "load" | "load_state_dict" | "freeze" | "set_dropout" => {}
            "forward_t" => {
                let train = if let Some(V::Bool(train)) = given.last() { Some(*train) } else { None };
                return self.forward(id, given, train);
            }
            _ => return self.forward(id, given, None),
        }
        V::Any
    }

    fn of_tensor(&mut self, id: usize, name: &str, given: &[V], call: &ExprMethodCall) -> V {
        match name {
            "backward" => self.backward(id, false, &text(call)),
            "backward_retain_graph" => self.backward(id, true, &text(call)),
            "clone" => return V::Tensor(id),
            "detach" => {
                let valid = self.tensors[id].valid;
                self.tensors.push(super::Tensor { valid, ..super::Tensor::default() });
                return V::Tensor(self.tensors.len() - 1);
            }
            "item" | "is_finite" | "is_nan" | "to_array" | "argmax" | "len" | "double_value" => {}
            _ => return self.derive(&[vec![V::Tensor(id)], given.to_vec()].concat()),
        }
        V::Any
    }

    fn of_scaler(&mut self, name: &str, given: &[V]) -> V {
        match (name, given) {
            ("scale", [V::Tensor(_)]) => {
                let scaled = self.derive(given);
                if let V::Tensor(id) = scaled {
                    self.tensors[id].scaled = true;
                }
                return scaled;
            }
            ("unscale", [V::Optimizer(id)]) => self.unscale(*id),
            ("step", [V::Optimizer(id)]) => {
                self.unscale(*id);
                self.step(*id);
            }
            _ => {}
        }
        V::Any
    }

    fn of_list(&mut self, id: usize, name: &str, given: &[V], call: &ExprMethodCall) -> Run<V> {
        Ok(match name {
            "push" => {
                let kept = self.keep(&given[0]);
                self.lists[id].push(kept);
                V::Any
            }
            "clear" => {
                self.lists[id].clear();
                V::Any
            }
            "len" => V::Num(self.lists[id].len().try_into().unwrap_or(0)),
            "map" | "fold" | "filter" => {
                let Some(Expr::Closure(closure)) = call.args.last() else { return Ok(V::List(id)) };
                let mut all = Vec::new();
                for item in self.lists[id].clone() {
                    let item = if closure.inputs.len() == 2 { vec![V::Any, item] } else { vec![item] };
                    all.push(self.run(closure, item)?);
                }
                self.lists.push(all);
                V::List(self.lists.len() - 1)
            }
            "iter" | "iter_mut" | "into_iter" | "drain" | "rev" | "collect" => V::List(id),
            "enumerate" | "zip" => self.sequence(V::List(id), name, given),
            _ => self.derive(&[V::List(id)]),
        })
    }
}

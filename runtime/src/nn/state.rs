//! Parameters and buffers by name, and loading them.

use super::{Buffer, Module, Visitor};
use crate::{Array, Error, Misshapen, Parameter, Result, StateDict};

/// Collects each parameter once.
pub(super) struct Parameters<'a>(pub(super) &'a mut Vec<Parameter>);

impl Visitor for Parameters<'_> {
    fn parameter(&mut self, _: &str, parameter: &Parameter) {
        if !self.0.iter().any(|other| other.is_same(parameter)) {
            self.0.push(parameter.clone());
        }
    }
}

/// What a name of a state stands for.
pub(super) enum Entry {
    Parameter(Parameter),
    Buffer(Buffer),
}

impl Entry {
    pub(super) fn value(&self) -> Array {
        match self {
            Self::Parameter(parameter) => parameter.value(),
            Self::Buffer(buffer) => buffer.value(),
        }
    }

    fn shape(&self) -> Vec<usize> {
        match self {
            Self::Parameter(parameter) => parameter.shape().to_vec(),
            Self::Buffer(buffer) => buffer.shape(),
        }
    }

    fn set(&self, value: Array) {
        match self {
            Self::Parameter(parameter) => parameter.set(value),
            Self::Buffer(buffer) => buffer.set(value),
        }
    }
}

/// Parameters and buffers under their full names.
pub(super) fn entries<M: Module + ?Sized>(module: &M) -> Vec<(String, Entry)> {
    struct Entries {
        /// Names of the fields around, each with a dot behind it.
        path: String,
        /// Lengths of `path` to go back to.
        lengths: Vec<usize>,
        found: Vec<(String, Entry)>,
    }
    impl Visitor for Entries {
        fn parameter(&mut self, name: &str, parameter: &Parameter) {
            self.found.push((format!("{}{name}", self.path), Entry::Parameter(parameter.clone())));
        }

        fn buffer(&mut self, name: &str, buffer: &Buffer) {
            self.found.push((format!("{}{name}", self.path), Entry::Buffer(buffer.clone())));
        }

        fn enter(&mut self, name: &str) {
            self.lengths.push(self.path.len());
            self.path += name;
            self.path.push('.');
        }

        fn leave(&mut self) {
            self.path.truncate(self.lengths.pop().unwrap_or(0));
        }
    }
    let mut visitor = Entries { path: String::new(), lengths: Vec::new(), found: Vec::new() };
    module.visit(&mut visitor);
    visitor.found
}

/// Compares all names and shapes, and only then changes the model.
pub(super) fn load(entries: &[(String, Entry)], state: &StateDict) -> Result<()> {
    let mut missing = Vec::new();
    let mut misshapen = Vec::new();
    for (name, entry) in entries {
        match state.get(name) {
            None => missing.push(name.clone()),
            Some(value) if value.shape() != entry.shape() => misshapen.push(Misshapen {
                name: name.clone(),
                expected: entry.shape(),
                found: value.shape().to_vec(),
            }),
            Some(_) => {}
        }
    }
    let known = |name: &str| entries.iter().any(|(own, _)| own == name);
    let unexpected = state.names().filter(|name| !known(name)).map(str::to_owned).collect::<Vec<_>>();
    if !(missing.is_empty() && unexpected.is_empty() && misshapen.is_empty()) {
        return Err(Error::State { path: None, missing, unexpected, misshapen });
    }
    for (name, entry) in entries {
        if let Some(value) = state.get(name) {
            entry.set(value.clone());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{BatchNorm1d, Linear};
    use crate::private::field;

    struct Net {
        hidden: Linear,
        norms: Vec<BatchNorm1d>,
        extra: Option<Linear>,
        pair: (Linear, usize),
        scale: Parameter,
    }

    impl Net {
        fn new(width: usize) -> Self {
            Self {
                hidden: Linear::new(2, width),
                norms: vec![BatchNorm1d::new(width)],
                extra: None,
                pair: (Linear::new(width, 1).no_bias(), 7),
                scale: Parameter::new(ndarray::arr1(&[1.0])),
            }
        }
    }

    impl Module for Net {
        fn visit(&self, visitor: &mut dyn Visitor) {
            field(visitor, "hidden", &self.hidden);
            field(visitor, "norms", &self.norms);
            field(visitor, "extra", &self.extra);
            field(visitor, "pair", &self.pair);
            field(visitor, "scale", &self.scale);
        }
    }

    #[test]
    fn names_are_those_of_pytorch() {
        let net = Net::new(3);
        let names: Vec<_> = net.named_parameters().into_iter().map(|(name, _)| name).collect();
        let trained =
            ["hidden.weight", "hidden.bias", "norms.0.weight", "norms.0.bias", "pair.0.weight", "scale"];
        assert_eq!(names, trained);
        assert_eq!(net.parameters().len(), trained.len());
        let state = net.state_dict();
        assert_eq!(state.len(), trained.len() + 3);
        for name in ["running_mean", "running_var", "num_batches_tracked"] {
            assert!(state.get(&format!("norms.0.{name}")).is_some(), "{name}");
        }
    }

    #[test]
    fn a_shared_parameter_is_trained_once_and_saved_under_both_names() {
        struct Tied(Linear, Parameter);
        impl Module for Tied {
            fn visit(&self, visitor: &mut dyn Visitor) {
                field(visitor, "layer", &self.0);
                field(visitor, "weight", &self.1);
            }
        }
        let layer = Linear::new(2, 2);
        let shared = layer.weight.clone();
        let tied = Tied(layer, shared);
        assert_eq!(tied.parameters().len(), 2);
        assert_eq!(tied.named_parameters().len(), 2);
        assert_eq!(tied.state_dict().len(), 3);
    }

    #[test]
    fn a_state_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net.safetensors");
        let (first, second) = (Net::new(3), Net::new(3));
        assert_ne!(first.state_dict(), second.state_dict());
        first.save(&path).unwrap();
        second.load(&path).unwrap();
        for (name, value) in first.state_dict().iter() {
            assert_eq!(second.state_dict().get(name), Some(value));
        }
    }

    #[test]
    fn all_that_differs_is_named_and_nothing_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net.safetensors");
        let mut other = Net::new(3).state_dict();
        other.insert("head.weight", Array::zeros(ndarray::IxDyn(&[1])));
        let other = other.iter().filter(|(name, _)| *name != "scale");
        let other = other.map(|(name, value)| (name.to_owned(), value.clone())).collect::<StateDict>();
        other.save(&path).unwrap();
        let net = Net::new(4);
        let before = net.state_dict();
        let error = net.load(&path).unwrap_err();
        assert_eq!(net.state_dict(), before);
        let Error::State { path: Some(at), missing, unexpected, misshapen } = &error else {
            panic!("{error}")
        };
        assert_eq!(
            (at, &missing[..], &unexpected[..]),
            (&path, &["scale".to_owned()][..], &["head.weight".to_owned()][..])
        );
        assert_eq!(misshapen.len(), 7);
        assert_eq!((&misshapen[0].expected, &misshapen[0].found), (&vec![4, 2], &vec![3, 2]));
        assert!(error.to_string().contains("`hidden.weight` is [4, 2] in the model and [3, 2] in the state"));
    }
}

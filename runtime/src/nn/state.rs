//! The parameters and buffers of a model by name, and the loading and saving of their values.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{Buffer, Module, Visitor};
use crate::{Array, LoadReport, Misshapen, ModelFile, Parameter, Result, Scalar, StateDict, safetensors};

/// The path to the fields that a visitor is in.
#[derive(Default)]
struct Path {
    /// The names of the enclosing fields, each followed by a dot.
    text: String,
    /// For each enclosing field, the length of `text` before the field's name was added. `leave`
    /// truncates `text` to this length.
    lengths: Vec<usize>,
}

impl Path {
    /// The full name of the parameter `name`, which the parameter keeps for messages.
    fn name(&self, name: &str, parameter: &Parameter) -> String {
        let name = format!("{}{name}", self.text);
        parameter.keep_name(&name);
        name
    }

    fn enter(&mut self, name: &str) {
        self.lengths.push(self.text.len());
        self.text += name;
        self.text.push('.');
    }

    fn leave(&mut self) {
        self.text.truncate(self.lengths.pop().unwrap_or(0));
    }
}

/// A visitor that collects parameters. A parameter that occurs several times is collected once.
#[derive(Default)]
pub(crate) struct Parameters {
    pub(super) found: Vec<Parameter>,
    path: Path,
}

impl Visitor for Parameters {
    fn parameter(&mut self, name: &str, parameter: &Parameter) {
        self.path.name(name, parameter);
        if !self.found.iter().any(|other| other.is_same(parameter)) {
            self.found.push(parameter.clone());
        }
    }

    fn enter(&mut self, name: &str) {
        self.path.enter(name);
    }

    fn leave(&mut self) {
        self.path.leave();
    }
}

/// A parameter or a buffer of a model.
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

    fn set(&self, value: &Array) {
        match self {
            Self::Parameter(parameter) => parameter.set(value.view()),
            Self::Buffer(buffer) => buffer.set(value.clone()),
        }
    }
}

/// All parameters and buffers of a module with their full names.
pub(super) fn entries<M: Module + ?Sized>(module: &M) -> Vec<(String, Entry)> {
    #[derive(Default)]
    struct Entries {
        path: Path,
        found: Vec<(String, Entry)>,
    }
    impl Visitor for Entries {
        fn parameter(&mut self, name: &str, parameter: &Parameter) {
            self.found.push((self.path.name(name, parameter), Entry::Parameter(parameter.clone())));
        }

        fn buffer(&mut self, name: &str, buffer: &Buffer) {
            self.found.push((format!("{}{name}", self.path.text), Entry::Buffer(buffer.clone())));
        }

        fn enter(&mut self, name: &str) {
            self.path.enter(name);
        }

        fn leave(&mut self) {
            self.path.leave();
        }
    }
    let mut visitor = Entries::default();
    module.visit(&mut visitor);
    visitor.found
}

/// Compares all names and shapes of a state with the names and shapes of a model.
pub(super) fn compare<'a>(
    entries: &[(String, Entry)],
    found: impl Iterator<Item = (&'a str, &'a [usize])>,
) -> LoadReport {
    let own: BTreeSet<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    let mut report = LoadReport::default();
    let mut shapes = BTreeMap::new();
    for (name, shape) in found {
        if own.contains(name) {
            shapes.insert(name, shape);
        } else {
            report.unexpected.push(name.to_owned());
        }
    }
    for (name, entry) in entries {
        match shapes.get(&**name) {
            None => report.missing.push(name.clone()),
            Some(&shape) if shape != entry.shape() => report.misshapen.push(Misshapen {
                name: name.clone(),
                expected: entry.shape(),
                found: shape.to_vec(),
            }),
            Some(_) => report.loaded.push(name.clone()),
        }
    }
    report
}

/// Checks that a state and a model have the same names and shapes.
pub(super) fn check<'a>(
    entries: &[(String, Entry)],
    found: impl Iterator<Item = (&'a str, &'a [usize])>,
) -> Result<()> {
    let report = compare(entries, found);
    if report.is_complete() { Ok(()) } else { Err(report.into_error()) }
}

/// The number of bytes that a copy of the largest value needs. The result includes an extra
/// quarter, because the sizes of runtime buffers are rounded up.
pub(super) fn copy_bytes(state: &StateDict) -> u64 {
    let largest = state.iter().map(|(_, value)| value.len()).max().unwrap_or(0) as u64;
    largest * size_of::<Scalar>() as u64 / 4 * 5
}

/// Sets the model's parameters and buffers to the values of a state that `check` accepted.
pub(super) fn set(entries: &[(String, Entry)], state: &StateDict) {
    let values: BTreeMap<&str, &Array> = state.iter().collect();
    for (name, entry) in entries {
        if let Some(value) = values.get(&**name) {
            entry.set(value);
        }
    }
}

/// Writes the values of a module as the content of a safetensors file. Only one value at a time is copied.
pub(crate) fn write_module<M: Module + ?Sized>(module: &M, file: &mut dyn Write) -> io::Result<()> {
    let entries = entries(module);
    let tensors: Vec<_> = entries.iter().map(|(name, entry)| (name.as_str(), entry.shape())).collect();
    safetensors::write(file, &tensors, |index, file| {
        safetensors::write_numbers(file, &entries[index].1.value())
    })
}

/// Reads values of a module from a file, NaN and infinities included. The module is not changed.
///
/// # Errors
/// The errors of [`Module::load`].
pub(crate) fn read_module<M: Module + ?Sized>(module: &M, path: &std::path::Path) -> Result<StateDict> {
    let entries = entries(module);
    let file = ModelFile::new(path).allow_not_finite();
    let state =
        file.read_checked(|found| check(&entries, found.iter().map(|entry| (&*entry.name, &*entry.shape))))?;
    file.check_memory(copy_bytes(&state))?;
    Ok(state)
}

/// The names of a module's frozen parameters.
pub(crate) fn frozen<M: Module + ?Sized>(module: &M) -> Vec<String> {
    let is_frozen = |entry: &Entry| matches!(entry, Entry::Parameter(own) if !own.requires_grad());
    entries(module).into_iter().filter(|(_, entry)| is_frozen(entry)).map(|(name, _)| name).collect()
}

/// Freezes the parameters with these names, and unfreezes all others. Gradients are kept.
pub(crate) fn set_frozen<M: Module + ?Sized>(module: &M, names: &[String]) {
    for (name, entry) in entries(module) {
        if let Entry::Parameter(parameter) = entry {
            parameter.set_requires_grad(!names.contains(&name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
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

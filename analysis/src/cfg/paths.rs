//! Places of values: variables and their fields.

use crate::limits;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Index of a place in [`Paths`].
pub type PathId = usize;

/// All places of a function, each a variable or a field of another place.
#[derive(Debug, Default)]
pub struct Paths {
    parents: Vec<Option<PathId>>,
    names: Vec<String>,
    fields: BTreeMap<(PathId, String), PathId>,
}

impl Paths {
    /// Adds a variable.
    pub fn root(&mut self, name: &str) -> PathId {
        self.parents.push(None);
        self.names.push(name.to_owned());
        self.names.len() - 1
    }

    /// The place of a field, added if it is new.
    pub fn field(&mut self, parent: PathId, member: &str) -> PathId {
        let key = (parent, member.to_owned());
        if let Some(&known) = self.fields.get(&key) {
            return known;
        }
        let id = self.root(&format!("{}.{member}", self.names[parent]));
        self.parents[id] = Some(parent);
        self.fields.insert(key, id);
        id
    }

    /// The name of a place in the source.
    pub fn name(&self, path: PathId) -> &str {
        &self.names[path]
    }

    /// All variables with their names.
    pub fn variables(&self) -> impl Iterator<Item = (PathId, &str)> {
        let all = self.parents.iter().zip(&self.names).enumerate();
        all.filter(|(_, (parent, _))| parent.is_none()).map(|(id, (_, name))| (id, name.as_str()))
    }

    /// The variable that contains a place: `self` for `self.net.head`.
    pub fn root_of(&self, mut path: PathId) -> PathId {
        while let Some(parent) = self.parents[path] {
            path = parent;
        }
        path
    }

    /// The place that contains a field: `self.net` for `self.net.head`. `None` for a variable.
    pub fn parent(&self, path: PathId) -> Option<PathId> {
        self.parents[path]
    }

    /// Whether two places are the same, or one is a part of the other.
    pub fn overlap(&self, a: PathId, b: PathId) -> bool {
        self.holds(a, b) || self.holds(b, a)
    }

    /// Whether `part` is `whole`, or a part of `whole`.
    pub fn holds(&self, whole: PathId, part: PathId) -> bool {
        let mut at = Some(part);
        while let Some(path) = at {
            if path == whole {
                return true;
            }
            at = self.parents[path];
        }
        false
    }
}

/// The places that a value was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deps {
    /// Exactly these places, sorted.
    Known(Rc<[PathId]>),
    /// Possibly any place.
    Anything,
}

thread_local! {
    /// The list of no places, which most values share.
    static NO_PLACES: Rc<[PathId]> = Rc::from([]);
}

impl Default for Deps {
    fn default() -> Self {
        Self::none()
    }
}

impl Deps {
    /// The empty set.
    pub fn none() -> Self {
        Self::Known(NO_PLACES.with(Rc::clone))
    }

    /// The set of one place.
    pub fn one(path: PathId) -> Self {
        Self::Known(Rc::from([path]))
    }

    /// Whether the set is known to be empty.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Known(paths) if paths.is_empty())
    }

    /// The places of the set; empty if the set is not known.
    pub fn paths(&self) -> &[PathId] {
        match self {
            Self::Known(paths) => paths,
            Self::Anything => &[],
        }
    }

    /// The union of two sets. The union is `Anything` if one of the sets is `Anything`, or if the
    /// union would have too many places.
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => {
                if b.iter().all(|path| a.contains(path)) {
                    return self.clone();
                }
                if a.is_empty() {
                    return other.clone();
                }
                let mut all: Vec<PathId> = a.iter().chain(b.iter()).copied().collect();
                all.sort_unstable();
                all.dedup();
                if all.len() > limits::PLACES { Self::Anything } else { Self::Known(all.into()) }
            }
            _ => Self::Anything,
        }
    }

    /// Whether some place of one set overlaps a place of the other set; `None` if unknown.
    pub fn overlaps(&self, other: &Self, paths: &Paths) -> Option<bool> {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => {
                Some(a.iter().any(|&a| b.iter().any(|&b| paths.overlap(a, b))))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_overlap_their_whole_and_not_each_other() {
        let mut paths = Paths::default();
        let model = paths.root("model");
        let (encoder, head) = (paths.field(model, "encoder"), paths.field(model, "head"));
        assert!(paths.overlap(encoder, model) && paths.overlap(model, head));
        assert!(!paths.overlap(encoder, head));
        assert_eq!(paths.field(model, "head"), head);
        assert_eq!(paths.name(head), "model.head");
        assert_eq!(Deps::one(encoder).overlaps(&Deps::one(head), &paths), Some(false));
    }

    #[test]
    fn many_places_become_anything() {
        let all = (0..=limits::PLACES).fold(Deps::none(), |deps, path| deps.union(&Deps::one(path)));
        assert_eq!(all, Deps::Anything);
    }
}

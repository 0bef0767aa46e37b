//! The modules of a crate have an order: the imports between modules are acyclic.
//!
//! A module is a file or a folder right below `src`. The files of one folder may import each other, a parent
//! its child and a child its parent: they are one module. A name that the root exports is its module's. The
//! root declares all modules, so that a module which imports anything else from the root is in a circle with
//! it.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{Paths, is_test};
use crate::tree::{Source, demand, rust};

/// The crates whose modules are compared, each with the circles that it may keep and their reasons.
const CRATES: [(&str, &[Allowed]); 3] = [("analysis/src", &[]), ("lint/src", &[]), ("runtime/src", RUNTIME)];

const RUNTIME: &[Allowed] = &[
    (
        &["autograd", "parameter", "reduction", "tensor"],
        "one recursive type: a graph holds tensors and parameters, a tensor its graph, a parameter makes tensors",
    ),
    (&["kernel", "storage"], "a buffer is memory of a kernel, and four kernels take one for partial sums"),
];

/// The modules of a circle, sorted, and the reason why they may import each other.
type Allowed = (&'static [&'static str], &'static str);

/// The name of the root among the modules.
const ROOT: &str = "lib";

#[test]
fn modules_import_each_other_in_no_circle() {
    for (folder, allowed) in CRATES {
        let graph = Graph::of(folder, &rust(folder));
        let mut circles = graph.circles();
        for (circle, reason) in allowed {
            assert!(!reason.is_empty(), "{folder}: {circle:?} is allowed without a reason");
            let known = circles.iter().position(|found| found.iter().eq(circle.iter()));
            circles.remove(known.unwrap_or_else(|| panic!("{folder}: {circle:?} is no circle any more")));
        }
        let told: Vec<String> = circles.iter().map(|circle| graph.describe(circle)).collect();
        demand(&format!("the modules of `{folder}` import each other in a circle"), &told);
    }
}

/// The modules that each module imports, with the places.
#[derive(Default)]
struct Graph {
    imports: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Graph {
    /// Reads the files of a crate, tests left out.
    fn of(folder: &str, files: &[Source]) -> Self {
        let parts = |file: &Source| -> Vec<String> {
            let path = file.path[folder.len() + 1..].trim_end_matches(".rs");
            path.split('/').map(ToOwned::to_owned).collect()
        };
        let modules: BTreeSet<String> = files.iter().map(|file| parts(file).swap_remove(0)).collect();
        let tests: BTreeSet<String> = files.iter().flat_map(test_files).collect();
        let exports = exports(folder, files, &modules);
        let mut graph = Self::default();
        for file in files.iter().filter(|file| !tests.contains(&file.path)) {
            let parts = parts(file);
            for (line, path) in Paths::of(file) {
                let Some(name) = below_root(&path, parts.len()) else { continue };
                let exported = || exports.get(name).map_or(ROOT, String::as_str);
                let imported = if modules.contains(name) { name } else { exported() };
                let place = format!("{}:{line}", file.path);
                graph.add(&parts[0], imported, place);
            }
            if parts[0] != ROOT {
                graph.add(ROOT, &parts[0], format!("{folder}/{ROOT}.rs"));
            }
        }
        graph
    }

    fn add(&mut self, from: &str, to: &str, place: String) {
        if from != to {
            let places = self.imports.entry(from.to_owned()).or_default().entry(to.to_owned()).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }

    /// The modules that a module imports, directly or through others.
    fn reach<'g>(&'g self, module: &'g str) -> BTreeSet<&'g str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![module];
        while let Some(next) = open.pop() {
            let imported = self.imports.get(next).into_iter().flat_map(BTreeMap::keys);
            open.extend(imported.map(String::as_str).filter(|name| reached.insert(*name)));
        }
        reached
    }

    /// The strongly connected components of more than one module.
    fn circles(&self) -> Vec<BTreeSet<&str>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> =
            self.imports.keys().map(|module| (module.as_str(), self.reach(module))).collect();
        let circle = |module: &&str| -> BTreeSet<&str> {
            let back = |other: &&str| reach.get(other).is_some_and(|known| known.contains(module));
            reach[module].iter().copied().filter(back).collect()
        };
        let circles: BTreeSet<BTreeSet<&str>> = reach.keys().map(circle).collect();
        circles.into_iter().filter(|circle| circle.len() > 1).collect()
    }

    /// The imports among the modules of a circle.
    fn describe(&self, circle: &BTreeSet<&str>) -> String {
        let mut lines = vec![circle.iter().copied().collect::<Vec<_>>().join(", ")];
        for from in circle {
            for (to, places) in &self.imports[*from] {
                if circle.contains(to.as_str()) {
                    lines.push(format!("    {from} imports {to}: {}", places.join(", ")));
                }
            }
        }
        lines.join("\n")
    }
}

/// The names that the root exports from its modules, each with its module: `crate::Tensor` is `tensor`'s.
fn exports(folder: &str, files: &[Source], modules: &BTreeSet<String>) -> BTreeMap<String, String> {
    let root = files.iter().find(|file| file.path == format!("{folder}/{ROOT}.rs"));
    let paths = root.into_iter().flat_map(Paths::of);
    let export = |(_, path): (usize, String)| {
        let (module, name) = (path.split("::").next()?, path.rsplit("::").next()?);
        modules.contains(module).then(|| (name.to_owned(), module.to_owned()))
    };
    paths.filter_map(export).collect()
}

/// The name below the crate's root at which a path starts. `depth` is the depth of the file's module below
/// the root.
fn below_root(path: &str, depth: usize) -> Option<&str> {
    let mut words = path.split("::");
    let above = path.split("::").take_while(|word| *word == "super").count();
    match words.nth(above)? {
        "crate" => words.next(),
        name if above == depth && depth > 0 => Some(name),
        _ => None,
    }
}

/// The files of the modules that a file declares for tests alone.
fn test_files(file: &Source) -> Vec<String> {
    let folder = file.path.trim_end_matches(".rs").trim_end_matches("/lib");
    let modules = file.syntax().items.into_iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.content.is_none() && is_test(&module.attrs) => Some(module.ident),
        _ => None,
    });
    modules.map(|name| format!("{folder}/{name}.rs")).collect()
}

#[test]
fn circles_are_found_with_their_places() {
    let file = |name: &str, text: &str| Source { path: format!("x/src/{name}.rs"), text: text.to_owned() };
    let files = [
        file("lib", "mod a; mod b; mod c; mod d; mod e;"),
        file("a", "mod part; #[cfg(test)] mod tests; use crate::{b::B, c};"),
        file("a/part", "use super::A;\nuse super::super::b::*;"),
        file("a/tests", "use crate::d::D;"),
        file("b", "fn f() { vec![\ncrate::c::g()]; }"),
        file("c", "use crate::a::A; #[cfg(test)] mod tests { use crate::d::D; }"),
        file("d", "use crate::a::A;"),
        file("e", "use crate::f;"),
    ];
    let graph = Graph::of("x/src", &files);
    let told: Vec<String> = graph.circles().iter().map(|circle| graph.describe(circle)).collect();
    assert_eq!(
        told,
        [
            "a, b, c\n    a imports b: x/src/a.rs:1, x/src/a/part.rs:2\n    a imports c: x/src/a.rs:1\n    \
             b imports c: x/src/b.rs:2\n    c imports a: x/src/c.rs:1",
            "e, lib\n    e imports lib: x/src/e.rs:1\n    lib imports e: x/src/lib.rs",
        ]
    );
}

//! `unsafe` is in the kernels only, each block with its reason.

use syn::visit::{self, Visit};

use crate::tree::{demand, idents, rust};

/// A test's own allocator needs it.
const ALLOCATOR: &str = "tests/tests/memory.rs";

#[test]
fn unsafe_stays_in_the_kernels() {
    let mut broken = Vec::new();
    for folder in ["analysis", "macros", "runtime", "examples", "tests"] {
        for file in rust(folder) {
            if file.path.starts_with("runtime/src/kernel") || file.path == ALLOCATOR {
                continue;
            }
            idents(file.tokens(), &mut |line, ident, next| {
                // A quoted `unsafe` belongs to the user's program; as a field it is syn's.
                if ident == "unsafe" && next != "_" {
                    broken.push(format!("{}:{line}", file.path));
                }
            });
        }
    }
    demand("`unsafe` only under `runtime/src/kernel`", &broken);
}

#[derive(Default)]
struct Blocks {
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for Blocks {
    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.lines.push(block.unsafe_token.span.start().line);
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let Some(token) = &item.unsafety {
            self.lines.push(token.span.start().line);
        }
        visit::visit_item_impl(self, item);
    }
}

#[test]
fn every_unsafe_block_gives_its_reason() {
    let mut files = rust("runtime/src");
    files.retain(|file| file.path.starts_with("runtime/src/kernel"));
    files.extend(rust("tests/tests").into_iter().filter(|file| file.path == ALLOCATOR));
    let mut broken = Vec::new();
    for file in files {
        let mut blocks = Blocks::default();
        blocks.visit_file(&file.syntax());
        let lines: Vec<&str> = file.text.lines().collect();
        for line in blocks.lines {
            if !has_reason(&lines, line - 1) {
                broken.push(format!("{}:{line}", file.path));
            }
        }
    }
    demand("an `unsafe` block follows a comment `// SAFETY: ...`", &broken);
}

/// Whether there is a SAFETY comment on the line, or above the statement that contains the line.
fn has_reason(lines: &[&str], at: usize) -> bool {
    if lines[at].contains("// SAFETY:") {
        return true;
    }
    for line in lines[..at].iter().rev().map(|line| line.trim()) {
        if line.starts_with("//") {
            if line.starts_with("// SAFETY:") {
                return true;
            }
        } else if line.is_empty() || line.ends_with([';', '{', '}']) {
            return false;
        }
    }
    false
}

#[test]
fn a_missing_reason_is_seen() {
    let lines = [
        "let a = 1;",
        "let b =",
        "    unsafe { read(p) };",
        "// SAFETY: in range.",
        "// And aligned.",
        "unsafe {}",
    ];
    assert!(!has_reason(&lines, 2));
    assert!(has_reason(&lines, 5));
}

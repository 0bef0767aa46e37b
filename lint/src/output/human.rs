//! Prints findings in the style of rustc's errors.

use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use training_loop_analysis::diagnostic::{self, Diagnostic};

use super::Printer;
use crate::report::{Checked, Summary};
use crate::source::Source;

/// The printer of the human-readable format.
pub(super) struct Human {
    renderer: Renderer,
}

impl Human {
    pub(super) fn new(colour: bool) -> Self {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        Self { renderer: renderer.decor_style(DecorStyle::Ascii) }
    }

    /// Prints a finding: its title, the labelled lines, then notes and help.
    fn finding(&self, out: &mut dyn Write, source: &Source, finding: &Diagnostic) -> io::Result<()> {
        let level = match finding.level {
            diagnostic::Level::Error => Level::ERROR,
            diagnostic::Level::Warning => Level::WARNING,
        };
        let mut title = level.primary_title(finding.message.as_str());
        if let Some(lint) = finding.lint {
            title = title.id(lint);
        }
        let mut group = title.element(snippet(source, finding));
        for note in finding.notes.iter().filter(|note| note.place.is_none()) {
            group = group.element(Level::NOTE.message(note.message.as_str()));
        }
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let groups: &[Group<'_>] = &[group];
        writeln!(out, "{}\n", self.renderer.render(groups))
    }
}

impl Printer for Human {
    fn file(&self, out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
        for finding in &checked.findings {
            self.finding(out, &checked.source, finding)?;
        }
        let path = checked.source.path.to_string_lossy();
        checked.proofs.iter().try_for_each(|proof| writeln!(out, "{}", proof.text(&path)))
    }

    fn summary(&self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let count = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        };
        let found = match (summary.errors, summary.warnings) {
            (0, 0) => "nothing found".to_owned(),
            (errors, 0) => count(errors, "error"),
            (0, warnings) => count(warnings, "warning"),
            (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
        };
        let (files, functions) = (count(summary.files, "file"), count(summary.functions, "function"));
        writeln!(out, "checked {files}, {functions}, {}: {found}", count(summary.loops, "loop"))
    }
}

/// The source lines from the first to the last place that the finding or its notes contain.
///
/// The cost does not depend on the size of the file.
fn snippet<'a>(source: &'a Source, finding: &'a Diagnostic) -> Snippet<'a, Annotation<'a>> {
    let main = source.range(&finding.place);
    let notes = finding.notes.iter().filter_map(|note| {
        let range = note.place.map(|place| source.range(&place))?;
        Some((range, note.message.as_str()))
    });
    let mut annotations = vec![(AnnotationKind::Primary, main, "")];
    annotations.extend(notes.map(|(range, message)| (AnnotationKind::Context, range, message)));
    let lines = finding.notes.iter().filter_map(|note| note.place).chain([finding.place]);
    let first = lines.clone().map(|place| place.line()).min().unwrap_or(1);
    let last = lines.map(|place| place.end.end().line).max().unwrap_or(1);
    let (start, end) = (source.line_start(first), source.line_start(last + 1));
    let annotations = annotations.into_iter().map(|(kind, range, label)| {
        let annotation = kind.span(range.start - start..range.end - start);
        if label.is_empty() { annotation } else { annotation.label(label) }
    });
    Snippet::source(&source.text[start..end])
        .line_start(first)
        .path(source.path.to_string_lossy())
        .annotations(annotations.collect::<Vec<_>>())
}

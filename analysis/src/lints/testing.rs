//! Helpers of the lints' unit tests.

use std::fmt::Write as _;

use crate::{CheckOptions, check_fn};

/// The names and lines of the findings in a function.
pub(super) fn found(source: &str, annotated: bool) -> Vec<(&'static str, usize)> {
    let function = syn::parse_str(source).unwrap_or_else(|error| panic!("{error}: {source}"));
    let options = CheckOptions { annotated, ..CheckOptions::default() };
    let findings = check_fn(&function, &options);
    findings.iter().map(|finding| (finding.lint.unwrap_or(""), finding.place.line())).collect()
}

/// The findings in a loop whose body is `body`. The text of the body starts on line 5.
pub(super) fn in_loop(body: &str) -> Vec<(&'static str, usize)> {
    let source = format!(
        "fn fit(model: &mut Mlp, train: &DataLoader, k: usize) {{
            let mut optimizer = Sgd::new(model.parameters(), 0.1);

            for (i, (x, y, z)) in train.iter().enumerate() {{
                {body}
            }}
        }}"
    );
    found(&source, true)
}

/// The findings in a correct loop with this loss expression on line 6.
pub(super) fn with_loss(loss: &str) -> Vec<(&'static str, usize)> {
    in_loop(&format!(
        "let output = model.forward(x);\nlet loss = {loss};\n optimizer.zero_grad(); loss.backward(); optimizer.step();"
    ))
}

/// The messages, notes and help of all findings in a function.
pub(super) fn messages(source: &str, annotated: bool) -> String {
    let function = syn::parse_str(source).unwrap_or_else(|error| panic!("{error}: {source}"));
    let options = CheckOptions { annotated, ..CheckOptions::default() };
    let mut all = String::new();
    for finding in check_fn(&function, &options) {
        let _ = writeln!(all, "{}: {}", finding.lint.unwrap_or(""), finding.message);
        for note in &finding.notes {
            let _ = writeln!(all, "  note: {}", note.message);
        }
        let _ = writeln!(all, "  help: {}", finding.help.unwrap_or_default());
    }
    all
}

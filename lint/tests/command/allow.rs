//! Tests of comments that silence findings.

use crate::program::{FAULTY, Folder};

fn with(comment_above: &str, comment_behind: &str) -> String {
    FAULTY.replace(
        "        loss.backward();",
        &format!("        {comment_above}\n        loss.backward(); {comment_behind}"),
    )
}

#[test]
fn a_comment_with_a_reason_silences_its_place_only() {
    let comment = "// training-loop: allow(missing_zero_grad): shows what happens";
    for text in [with(comment, ""), with("", comment), with(&format!("{comment}\n\n // more"), "")] {
        let folder = Folder::with(&[("a.rs", &text), ("b.rs", FAULTY)]);
        let run = folder.run("check");
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
        assert!(!run.out.contains("a.rs") && run.out.contains("b.rs"), "{run:?}");
        assert_eq!(folder.run("check a.rs").code, 0);
    }
}

#[test]
fn elsewhere_or_of_another_lint_it_silences_nothing() {
    let comment = "// training-loop: allow(missing_zero_grad): why";
    let other = "// training-loop: allow(missing_step): why";
    let string = "let s = \"// training-loop: allow(missing_zero_grad): why\";";
    for text in [
        format!("{comment}\n{FAULTY}"),
        FAULTY.replace("optimizer.step();", &format!("optimizer.step(); {comment}")),
        with(other, ""),
        with(string, ""),
        with("/// training-loop: allow(missing_zero_grad): why", ""),
    ] {
        let folder = Folder::with(&[("a.rs", &text)]);
        let run = folder.run("check a.rs");
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{text}\n{run:?}");
    }
}

#[test]
fn a_comment_that_says_it_wrongly_is_told_and_silences_nothing() {
    for (comment, said) in [
        ("// training-loop: allow(missing_zero_grad)", "gives no reason"),
        ("// training-loop: allow(missing_zero_grads): why", "did you mean `missing_zero_grad`?"),
    ] {
        let folder = Folder::with(&[("a.rs", &with(comment, ""))]);
        let run = folder.run("check");
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.starts_with("warning: a.rs:5: ") && run.err.contains(said), "{run:?}");
    }
    // A malformed comment alone is not a finding.
    let folder = Folder::with(&[("a.rs", "// training-loop: allow(missing_zero_grad)\nfn f() {}\n")]);
    assert_eq!(folder.run("check").code, 0);
}

//! Tests of the guards of sites, and of the kinds of these guards.

use crate::CheckOptions;
use crate::cfg::ConditionKind;
use crate::lower::lower_resolved;
use crate::lower::resolve::Resolver;

/// The guards of the step in a loop over `train`, each with its text, outcome and kind.
fn guards(loops: &str) -> Vec<String> {
    let source = format!(
        "fn fit(model: &mut Mlp, train: &DataLoader, k: usize, flag: bool) {{
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            {loops}
        }}"
    );
    let function = syn::parse_str(&source).unwrap_or_else(|error| panic!("{error}: {source}"));
    let cfg = lower_resolved(&Resolver::of_function(&function, &CheckOptions::default()), 0).cfg;
    let step =
        cfg.sites.iter().find(|site| site.text.to_string() == "optimizer.step()").expect("there is a step");
    let show = |&(guard, holds): &(usize, bool)| {
        let guard = &cfg.guards[guard];
        let kind = match &guard.kind {
            ConditionKind::Counter(counter) => format!(
                "{} every {} {}{}{}",
                if counter.fires == holds { "full" } else { "filling" },
                counter.every.text,
                counter.shift.map_or("?".to_owned(), |shift| shift.to_string()),
                if counter.or_else { " or else" } else { "" },
                if counter.starts_over { "" } else { " on and on" },
            ),
            other => format!("{other:?}"),
        };
        format!("{} = {holds}: {kind}", guard.text)
    };
    step.guards.iter().map(show).collect()
}

/// The guards of the step in a loop that has an index and this body.
fn indexed(body: &str) -> Vec<String> {
    guards(&format!("for (i, (x, y)) in train.iter().enumerate() {{ {body} }}"))
}

#[test]
fn nothing_guards_what_always_runs() {
    assert!(indexed("f(&model.forward(x)).backward(); optimizer.step();").is_empty());
    assert!(indexed("if i % 10 == 0 { log(i); } optimizer.step();").is_empty());
    assert!(indexed("if bad { break; } optimizer.step();").is_empty());
    assert!(guards("while go() { optimizer.step(); }").is_empty());
    assert!(guards("if flag { for x in train { optimizer.step(); } }").is_empty());
}

#[test]
fn counters_are_known_in_all_their_forms() {
    for (body, expected) in [
        ("if (i + 1) % k == 0 { optimizer.step(); }", "(i + 1) % k == 0 = true: full every k 0"),
        ("if i % 4 == 0 { optimizer.step(); }", "i % 4 == 0 = true: full every 4 1"),
        ("if i % 4 == 3 { optimizer.step(); }", "i % 4 == 3 = true: full every 4 0"),
        ("if i % k == k - 1 { optimizer.step(); }", "i % k == k - 1 = true: full every k 0"),
        ("if (i + 2) % k == 0 { optimizer.step(); }", "(i + 2) % k == 0 = true: full every k -1"),
        (
            "if (i + 1).is_multiple_of(k) { optimizer.step(); }",
            "(i + 1).is_multiple_of(k) = true: full every k 0",
        ),
        ("if (i + 1) % k != 0 { continue; } optimizer.step();", "(i + 1) % k != 0 = false: full every k 0"),
        ("if !((i + 1) % k == 0) { continue; } optimizer.step();", "(i + 1) % k == 0 = true: full every k 0"),
        (
            "if (i + 1) % k == 0 { log(); } else { optimizer.step(); }",
            "(i + 1) % k == 0 = false: filling every k 0",
        ),
        (
            "let n = i + 1; let full = n % k == 0; if full { optimizer.step(); }",
            "full = true: full every k 0",
        ),
        (
            "if (i + 1) % k == 0 || i + 1 == train.len() { optimizer.step(); }",
            "(i + 1) % k == 0 || i + 1 == train.len() = true: full every k 0 or else",
        ),
        (
            "if (i + 1) % k != 0 && i + 1 != train.len() { continue; } optimizer.step();",
            "(i + 1) % k != 0 && i + 1 != train.len() = false: full every k 0 or else",
        ),
        (
            "match (i + 1) % k { 0 => optimizer.step(), _ => {} }",
            "match (i + 1) % k is 0 = true: full every k 0",
        ),
        (
            "let step = epoch * n + i; if step % k == 0 { optimizer.step(); }",
            "step % k == 0 = true: full every k ?",
        ),
    ] {
        assert_eq!(indexed(body), [expected], "{body}");
    }
}

#[test]
fn a_variable_may_count() {
    for (loops, expected) in [
        (
            "let mut count = 0; for x in train { count += 1; if count == k { optimizer.step(); count = 0; } }",
            "count == k = true: full every k 0",
        ),
        (
            "let mut count = 0; for x in train { if count % k == 0 { optimizer.step(); } count += 1; }",
            "count % k == 0 = true: full every k 1",
        ),
        (
            "let mut count = 0; for e in 0..9 { for x in train { count += 1; if count % k == 0 { optimizer.step(); } } }",
            "count % k == 0 = true: full every k 0 on and on",
        ),
        (
            "for e in 0..9 { let mut count = 0; for x in train { count += 1; if count % k == 0 { optimizer.step(); } } }",
            "count % k == 0 = true: full every k 0",
        ),
        (
            "for (i, x) in train.iter().enumerate().skip(1) { if (i + 1) % k == 0 { optimizer.step(); } }",
            "(i + 1) % k == 0 = true: full every k -1",
        ),
        (
            "for (x, i) in train.iter().zip(1..) { if i % k == 0 { optimizer.step(); } }",
            "i % k == 0 = true: full every k 0",
        ),
        (
            "let mut it = train.iter().enumerate(); while let Some((i, x)) = it.next() { if i % k == 0 { optimizer.step(); } }",
            "i % k == 0 = true: full every k 1",
        ),
        (
            "train.iter().enumerate().for_each(|(i, x)| { if (i + 1) % k != 0 { return; } optimizer.step(); });",
            "(i + 1) % k != 0 = false: full every k 0",
        ),
        ("for i in 1..=k { if i % 2 == 0 { optimizer.step(); } }", "i % 2 == 0 = true: full every 2 0"),
    ] {
        assert_eq!(guards(loops), [expected], "{loops}");
    }
}

#[test]
fn what_does_not_count_this_loop_is_no_counter() {
    assert_eq!(
        guards("for e in 0..9 { for x in train { if e % k == 0 { optimizer.step(); } } }"),
        ["e % k == 0 = true: Other"]
    );
    assert_eq!(indexed("let n = x.len(); if n % 4 == 0 { optimizer.step(); }"), ["n % 4 == 0 = true: Other"]);
    assert_eq!(
        indexed("if i + 1 == train.len() { optimizer.step(); }"),
        ["i + 1 == train.len() = true: Other"]
    );
}

#[test]
fn other_conditions_are_told_apart() {
    for (body, expected) in [
        ("let loss = f(&model.forward(x)); if loss.item().is_finite() { optimizer.step(); }", "Measured"),
        (
            "let loss = f(&model.forward(x)); let good = loss.item() < 3.0; if good { optimizer.step(); }",
            "Measured",
        ),
        (
            "let norm = optimizer.clip_grad_norm(1.0); if norm > 9.0 { continue; } optimizer.step();",
            "Measured",
        ),
        ("if let Some(y) = x.target { optimizer.step(); }", "Absent"),
        ("let Some(y) = x.target else { continue; }; optimizer.step();", "Absent"),
        ("match x.target { Some(y) => optimizer.step(), None => {} }", "Absent"),
        ("if flag { optimizer.step(); }", "Flag"),
        ("if !self.frozen { optimizer.step(); }", "Flag"),
        ("if x.len() > 3 { optimizer.step(); }", "Other"),
    ] {
        let found = indexed(body);
        assert!(found.len() == 1 && found[0].ends_with(&format!(": {expected}")), "{body}: {found:?}");
    }
}

#[test]
fn several_guards_and_jumps_inside_branches() {
    assert_eq!(
        indexed("if flag { if (i + 1) % k == 0 { optimizer.step(); } }"),
        ["flag = true: Flag", "(i + 1) % k == 0 = true: full every k 0"]
    );
    assert_eq!(
        indexed("if flag { if x.bad() { continue; } } optimizer.step();"),
        ["flag && x.bad() = false: Other"]
    );
    assert_eq!(
        indexed("if flag { if x.bad() { continue; } log(); } else { optimizer.step(); }"),
        ["flag = false: Flag"]
    );
}

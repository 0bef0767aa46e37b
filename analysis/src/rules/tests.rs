//! Rules for literals, and values that wait for the run.

use super::*;
use crate::spec::ClauseName;

/// Applies the rule of a clause to a value. Returns the error message, or the accepted literal.
fn check(name: &str, value: &str) -> String {
    let bag = Bag::new();
    let value = syn::parse_str(value).unwrap_or_else(|error| panic!("{value}: {error}"));
    let rule = ClauseName::find(name).and_then(ClauseName::rule).expect("a rule");
    let amount = rule.check(&bag, &value).amount;
    match (bag.check().first(), amount) {
        (Some(error), _) => error.message.clone(),
        (None, Amount::Literal(literal)) => literal.to_string(),
        (None, Amount::Expr(_)) => "later".to_owned(),
    }
}

#[test]
fn literals_are_checked_now() {
    assert_eq!(check("epochs", "20"), "20");
    assert_eq!(check("epochs", "1_000"), "1_000");
    assert_eq!(check("epochs", "0"), "`epochs` must be at least 1");
    assert_eq!(check("epochs", "-3"), "`epochs` must be at least 1");
    assert_eq!(check("epochs", "2.5"), "`epochs` is a whole number, not a fraction");
    assert_eq!(check("epochs", "\"20\""), "`epochs` is a whole number, not a string");
    assert_eq!(check("epochs", "true"), "`epochs` is a whole number, not true or false");
    assert_eq!(check("epochs", "20u32"), "`epochs` is a plain number: `20` without `u32`");
    assert_eq!(check("seed", "0"), "0");
    assert_eq!(check("seed", "-1"), "`seed` must be at least 0");
    assert!(check("seed", "99999999999999999999").starts_with("`seed` does not fit"));
}

#[test]
fn numbers_become_floats_where_floats_are_needed() {
    assert_eq!(check("clip_grad_norm", "1.5"), "1.5");
    assert_eq!(check("clip_grad_norm", "1"), "1.0");
    for bad in ["0", "0.0", "-1.0", "1e40"] {
        assert_eq!(check("clip_grad_norm", bad), "`clip_grad_norm` must be finite and above 0");
    }
    assert_eq!(check("clip_grad_norm", "'a'"), "`clip_grad_norm` is a number, not a character");
    assert_eq!(check("clip_grad_norm", "1f64"), "`clip_grad_norm` is a plain number: `1` without `f64`");
}

#[test]
fn times_are_positive_numbers() {
    for good in ["10", "1.5", "1e3", "0x10", "1_000"] {
        assert_eq!(check("max_time", good), good);
    }
    for bad in ["0", "0.0", "-5", "-1.5", "1e999"] {
        assert_eq!(check("max_time", bad), "`max_time` must be finite and above 0");
    }
    assert!(check("max_time", "1e16").starts_with("`max_time` does not fit"));
    assert_eq!(check("max_time", "\"10 minutes\""), "`max_time` is a number with a unit, not a string");
    assert_eq!(check("max_time", "10u64"), "`max_time` is a plain number: `10` without `u64`");
    assert_eq!(check("max_time", "limit"), "later");
}

#[test]
fn other_expressions_wait_for_the_run() {
    for value in ["n", "2 * n", "options.epochs", "-n"] {
        assert_eq!(check("epochs", value), "later");
    }
}

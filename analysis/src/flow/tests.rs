//! How states meet.

use super::*;

#[test]
fn certainty_needs_every_path_and_unknown_says_nothing() {
    let mut cell = Cell::new(Gradients::USED);
    assert_eq!(cell.certainty(Gradients::USED), Some(Certain::Every));
    assert!(cell.join(&Cell::new(Gradients::EMPTY)));
    assert_eq!(cell.certainty(Gradients::USED), Some(Certain::Some));
    assert!(cell.join(&Cell::new(Gradients::UNKNOWN)));
    assert_eq!(cell.certainty(Gradients::USED), None);
}

#[test]
fn a_skipped_loop_only_takes_certainty_away() {
    let mut filled = Cell::new(Gradients::FILLED);
    let mut skipped = Cell::new(Gradients::EMPTY);
    skipped.direct = Gradients::NONE;
    filled.join(&skipped);
    assert_eq!(filled.certainty(Gradients::EMPTY), None);
    let mut used = Cell::new(Gradients::USED);
    used.join(&skipped);
    assert_eq!(used.certainty(Gradients::USED), Some(Certain::Some));
}

//! Arbitrary tokens as arguments and as bodies, and valid but unusual functions: nothing panics, the item is
//! emitted, and no input takes long.
//!
//! `STRANGE_INPUTS=1000000 cargo test --release -p training-loop-analysis --test strange` tries more of them.
//! `tests/fuzz` generates the same programs from a fuzzer's bytes.

#[path = "strange/generate.rs"]
mod generate;
#[path = "strange/hold.rs"]
mod hold;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// The maximal time for an input of a few hundred bytes, in a debug build on a busy machine.
const LONGEST: Duration = Duration::from_secs(5);

fn inputs() -> u32 {
    std::env::var("STRANGE_INPUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

#[test]
fn nothing_strange_panics_or_takes_long() {
    let config = Config { cases: inputs(), failure_persistence: None, ..Config::default() };
    let (mut all, mut parsed, mut longest) = (0_u32, 0_u32, Duration::ZERO);
    let counts = std::cell::RefCell::new((&mut all, &mut parsed, &mut longest));
    // Mostly short programs, which are quick to check, and a few long ones.
    let bytes = prop_oneof![
        190 => prop::collection::vec(any::<u8>(), 0..24),
        9 => prop::collection::vec(any::<u8>(), 0..80),
        1 => prop::collection::vec(any::<u8>(), 0..400),
    ];
    TestRunner::new(config)
        .run(&bytes, |bytes| {
            let start = Instant::now();
            let was_valid = hold::hold(&bytes);
            let time = start.elapsed();
            prop_assert!(time < LONGEST, "{time:?}");
            let mut counts = counts.borrow_mut();
            *counts.0 += 1;
            *counts.1 += u32::from(was_valid);
            *counts.2 = time.max(*counts.2);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    println!("{all} inputs, {parsed} of them valid, the longest took {longest:?}");
    // Half the bodies of one input in four are arbitrary tokens.
    assert!(parsed > all / 10 * 7, "only {parsed} of {all} programs were valid");
}

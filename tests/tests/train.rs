//! Real training: it converges on real data, the clauses have their documented effects, and runs repeat bit
//! for bit.

#[path = "train/averaged.rs"]
mod averaged;
#[path = "train/bits.rs"]
mod bits;
#[path = "train/common.rs"]
mod common;
#[path = "train/evaluation.rs"]
mod evaluation;
#[path = "train/exact.rs"]
mod exact;
#[path = "train/files.rs"]
mod files;
#[path = "train/frozen.rs"]
mod frozen;
#[path = "train/interchange.rs"]
mod interchange;
#[path = "train/meaning.rs"]
mod meaning;
#[path = "train/modes.rs"]
mod modes;
#[path = "train/page.rs"]
mod page;
#[path = "train/parameters.rs"]
mod parameters;
#[path = "train/parts.rs"]
mod parts;
#[path = "train/phases.rs"]
mod phases;
#[path = "train/ranked.rs"]
mod ranked;
#[path = "train/rates.rs"]
mod rates;
#[path = "train/real.rs"]
mod real;
#[path = "train/safe.rs"]
mod safe;
#[path = "train/stopping.rs"]
mod stopping;
#[path = "train/synthetic.rs"]
mod synthetic;
#[path = "train/warmup.rs"]
mod warmup;

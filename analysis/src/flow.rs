//! The dataflow analysis: the possible states at each point of a control-flow graph.
//!
//! A [`FlowState`] has a few state sets for each optimizer and for each graph that was back-propagated.
//! Each event changes these sets. A work list joins the sets of all paths up to the fixpoint.
//! After the fixpoint, a single pass collects the [`Visit`]s, which are the input of lints.
//!
//! ```text
//! for batch in train {                          // gradients:
//!     let loss = mse_loss(&output, &target);    // {empty}   later iterations {used}
//!     loss.backward();                          // {filled}  later iterations {stale}
//!     optimizer.step();                         // {used}
//! }
//! ```
//!
//! The modules are listed in the order of their imports. Each module imports only modules above it.

mod gradients;
mod graph;
mod states;
mod value;

mod reach;

mod claims;

mod facts;
mod tracked;

mod path;
mod state;
mod stores;

mod visit;

mod solve;

mod ahead;
mod around;
mod live;
mod meet;

pub use ahead::first_effects;
pub use around::{Moved, Order};
pub(crate) use claims::claim;
pub use facts::OptimizerFacts;
pub use gradients::GradientStates;
pub use graph::GraphUse;
pub use live::unused;
pub use meet::{Missed, missed};
pub use solve::{Solution, solve};
pub use state::FlowState;
pub use states::{AbstractValue, StateSet};
pub use value::{GradientProvenance, GradientValue};
pub use visit::{Case, Observed, Visit};

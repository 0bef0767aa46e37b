//! Control flow: branches, loops, jumps, and the conditions that lead to a place.

use super::env::{bind, value};
use super::{FrameKind, Lower, address, text};

pub(super) mod ask;
mod branches;
pub(super) mod condition;
mod count;
pub(super) mod expression;
pub(super) mod factors;
pub(super) mod failure;
pub(super) mod guard;
pub(super) mod head;
mod jump;
pub(super) mod known;
mod pipeline;

//! Writes of parameters without an optimizer, while gradients are recorded.
//!
//! Such a write becomes a part of the next graph, or is refused at run time. No lint reports it; proofs doubt it.

use syn::Expr;

use super::Call;
use crate::cfg::{Deps, Recorded, Write};
use crate::lower::Lower;
use crate::lower::env::bind::member;
use crate::lower::env::value::{Kind, Value};
use crate::vocabulary::{names_gradients, names_stored_values, writes_in_place};

impl<'a> Lower<'a> {
    /// Records a method that writes its receiver in place: `weight.copy_(&other)`.
    pub(super) fn note_method_write(&mut self, call: &Call<'a>) {
        let Some(receiver) = &call.receiver else { return };
        let plain = matches!(receiver.kind, Kind::Plain) && !receiver.gradient && !receiver.is_tensor();
        let attached = receiver.origin.cut.is_none();
        if writes_in_place(&call.name) && !names_gradients(&call.name) && plain && attached {
            self.writes_recorded(call.expr, receiver.derived().deps);
        }
    }

    /// Records an assignment of a value that was computed from gradients: `self.w = &self.w - grad * rate`.
    pub(in crate::lower) fn note_update(&mut self, left: &'a Expr, value: &Value<'a>) {
        let stored = matches!(left, Expr::Field(field) if names_stored_values(&member(&field.member)));
        if let Some(place) = self.place_of(left).filter(|_| value.gradient && !stored) {
            self.writes_recorded(left, Deps::one(place));
        }
    }

    fn writes_recorded(&mut self, expr: &'a Expr, written: Deps) {
        if self.recording.state() == Recorded::No || written.is_empty() || self.at.dead {
            return;
        }
        let site = self.site_of(expr, None);
        self.cfg.facts.set(site, Write(written));
    }
}

//! The variables that the condition of a guard reads.

use syn::Expr;

use crate::cfg::GuardId;
use crate::lower::Lower;
use crate::tokens::names_in;

impl Lower<'_> {
    /// Records the variables that the condition of a guard reads.
    pub(super) fn note_condition(&mut self, guard: GuardId, condition: &Expr) {
        if self.cfg.guards[guard].reads.is_empty() {
            let names = names_in(&condition);
            self.cfg.guards[guard].reads = names.iter().filter_map(|name| self.lookup(name)).collect();
        }
    }
}

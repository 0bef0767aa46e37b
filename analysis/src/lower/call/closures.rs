//! Training code in closures that are given to opaque calls: `thread::spawn(move || ..)`, `pool.install(|| ..)`.
//!
//! A closure that runs `backward` is lowered at the call, as if the call ran it once.
//! A call that is not known to run its closure once may run it at any time, so what the closure mentions is unknown
//! before and after it.

use super::Call;
use crate::lower::env::value::{Closure, Kind};
use crate::lower::{Lower, address};
use crate::tokens::names_in;
use crate::vocabulary::names_backward;
use crate::vocabulary::rust::runs_closure_once;

impl<'a> Lower<'a> {
    /// Lowers the closures among the arguments of an opaque call that run `backward`.
    pub(super) fn runs_closures(&mut self, call: &Call<'a>) {
        let trains =
            |closure: &Closure<'a>| names_in(&closure.node.body).iter().any(|name| names_backward(name));
        let closures: Vec<Closure<'a>> = call
            .arguments
            .iter()
            .filter_map(|value| match value.kind {
                Kind::Closure(closure) => Some(closure),
                _ => None,
            })
            .filter(trains)
            .collect();
        for closure in closures {
            let once = runs_closure_once(&call.name);
            if once {
                self.inlining.run_once.insert(address(&*closure.node.body));
            } else {
                self.touch_expr(&closure.node.body);
            }
            let around = std::mem::replace(&mut self.inlining.runs_closure, once);
            let value = self.inline_closure(closure, address(call.expr), Vec::new());
            self.inlining.runs_closure = around;
            self.escapes(&value);
        }
    }
}

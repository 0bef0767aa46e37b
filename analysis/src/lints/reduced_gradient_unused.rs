use super::{Cause, Context};
use crate::cfg::{Certain, Versioned, Fate, Gives, Outcome};

lint! {
    /// ## What it finds
    ///
    /// An unused result of an all-reduce.
    /// Either the variable of the result is never read, or the result is dropped although the function uses the result of an equal call elsewhere.
    ///
    /// ## Why it matters
    ///
    /// If an all-reduce returns a new value, its argument still contains only the gradients of this process.
    /// Each process then trains on its own batches, and the copies of the model drift apart.
    /// The `TrainCheck` study describes such a case.
    ///
    /// ## Example
    ///
    /// ```text
    /// let gradient = local_gradient(&model, &batch);
    /// let reduced = world.all_reduce(&gradient);     // <- never read
    /// apply(&mut model, &gradient);
    /// ```
    ///
    /// ## Instead
    ///
    /// Use the returned value: `let gradient = world.all_reduce(&gradient);`.
    ///
    /// ## Limits
    ///
    /// An all-reduce that is a statement or has a `&mut` argument is assumed to work in place.
    reduced_gradient_unused, Error, "an unused result of an all-reduce"
}

fn check(cx: &mut Context<'_>) {
    let reductions = || cx.cfg.facts.all::<Outcome>().map(|(_, outcome)| outcome).filter(|outcome| matches!(outcome.gives, Gives::Reduced | Gives::Copy));
    let gives = |callee: Versioned| {
        reductions().find(|other| other.callee == callee && other.fate == Fate::Kept).map(|other| other.site)
    };
    let lost: Vec<_> = reductions()
        .filter_map(|outcome| match outcome.fate {
            _ if outcome.gives == Gives::Copy => Some((outcome.site, None, None)),
            Fate::Unread(path) => Some((outcome.site, Some(path), None)),
            Fate::Dropped => gives(outcome.callee).map(|kept| (outcome.site, None, Some(kept))),
            Fate::Kept | Fate::Named(_) => None,
        })
        .collect();
    for (site, path, kept) in lost {
        let call = cx.call(site);
        let is_copy = cx.cfg.facts.at::<Outcome>(site).is_some_and(|outcome| outcome.gives == Gives::Copy);
        let message = match path {
            _ if is_copy => format!("{call} writes the sum of all processes into a copy, and nothing reads the copy"),
            Some(path) => format!("{call} returns the sum of all processes, and nothing reads `{}`", cx.cfg.paths.name(path)),
            None => format!("{call} returns the sum of all processes, and the result is dropped"),
        };
        let other = kept.map(|kept| (kept, format!("{} uses its result", cx.call_at(kept))));
        let mut report = cx.report(site, Cause::Alone(site, "reduced_gradient_unused"), site, Certain::Every, message);
        if let Some((kept, note)) = other {
            report = report.note_at(kept, note);
        }
        report
            .note("each process continues with its own gradients, and the models drift apart")
            .help(if is_copy { "reduce the gradient itself, or write the copy back" } else { "use the value that the call returns" });
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    #[test]
    fn unread_and_used() {
        let unread = "fn f(world: &World, gradient: &Tensor) { \n let reduced = world.all_reduce(gradient);\n apply(gradient); }";
        assert_eq!(found(unread, false), [("reduced_gradient_unused", 2)]);
        assert!(found(&unread.replace("apply(gradient)", "apply(&reduced)"), false).is_empty());
    }

    #[test]
    fn a_statement_may_work_in_place() {
        let statement = "fn f(world: &World, gradient: &Tensor) { \n world.all_reduce(gradient);\n apply(gradient); }";
        assert!(found(statement, false).is_empty());
        let elsewhere = statement.replace("apply(gradient)", "let loss = world.all_reduce(&loss(gradient)); println!(\"{}\", loss)");
        assert_eq!(found(&elsewhere, false), [("reduced_gradient_unused", 2)]);
    }
}

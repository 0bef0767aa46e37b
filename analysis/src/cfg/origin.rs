//! The origin of a value: its inputs, its last operation, and whether gradients flow through it.

use super::{Deps, LoopId, SiteId};
use crate::limits;
use crate::vocabulary::{GradientStop, Loss, Op};

/// The kind of a value's inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The kind of the inputs is not known.
    #[default]
    Unknown,
    /// All inputs are literals.
    Constant,
    /// The inputs are items of this loop, or such items and literals.
    Data(LoopId),
    /// One input is the result of a model's forward.
    Computed,
}

/// An operation that stops gradients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How the operation stops gradients.
    pub how: GradientStop,
    /// The call of the operation.
    pub site: SiteId,
    /// The models whose forward precedes the operation.
    pub models: Deps,
    /// Whether a loss, a sum or a mean later reduces the result of the operation to one number.
    pub is_total: bool,
    /// Whether the result of the operation is one input of a loss, and the other input is a
    /// parameter of the function. Such a parameter counts as data.
    pub beside_parameter: bool,
}

impl Cut {
    /// Whether the result of the operation counts as a loss term that should have a gradient.
    ///
    /// A choice that is made for each entry, such as a rounding, does not count: it may be part of
    /// a straight-through estimator.
    fn is_term(&self) -> bool {
        match self.how {
            GradientStop::Number => true,
            GradientStop::Choice => self.is_total,
            GradientStop::Detach => false,
        }
    }
}

/// The origin of a value.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The kind of the value's inputs.
    pub source: Source,
    /// The last operation other than a change of shape, if this operation is a softmax, a sigmoid,
    /// or the logarithm of a softmax or a sigmoid.
    pub last: Option<(Op, SiteId)>,
    /// The forwards that contributed to the value.
    pub forwards: Vec<SiteId>,
    /// The models of `forwards`.
    pub models: Deps,
    /// The operation that stops every gradient through the value.
    pub cut: Option<Cut>,
    /// The operation that stops the gradient through one term, if the value is a sum.
    pub term: Option<Cut>,
    /// Whether the value is a parameter of the function, or the result of operations on such a
    /// parameter. None of the operations is a forward.
    pub given: bool,
    /// Whether the value was multiplied or divided.
    pub scaled: bool,
    /// Whether one of the inputs was computed without recording.
    pub unrecorded: bool,
    /// The loss without reduction that the value contains. `None` once the value is summed or
    /// averaged.
    pub unreduced: Option<SiteId>,
    /// The comparisons that the value depends on, each of two outputs. A comparison is left out if
    /// no gradient can pass from the value to the comparison.
    pub compared: Vec<SiteId>,
    /// The loss that the value computes, if the value is a criterion object.
    pub criterion: Option<&'static Loss>,
}

/// How an operation combines two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// The sum of the values.
    Sum,
    /// The difference of the values.
    Difference,
    /// The product or the quotient of the values.
    Product,
    /// An operation other than a sum, a difference, a product and a quotient.
    Other,
}

impl Origin {
    /// The origin of a literal.
    pub fn constant() -> Self {
        Self { source: Source::Constant, ..Self::default() }
    }

    /// The origin of an item of a loop.
    pub fn data(of: LoopId) -> Self {
        Self { source: Source::Data(of), ..Self::default() }
    }

    /// Whether no gradient flows through the value: it is a literal, data, or detached.
    pub fn is_flat(&self) -> bool {
        matches!(self.source, Source::Constant | Source::Data(_)) || self.cut.is_some()
    }

    /// Whether the value is data, or computed from data only.
    pub fn is_data(&self) -> bool {
        matches!(self.source, Source::Data(_)) && self.models.is_empty()
    }

    /// The same origin, in which everything except the forwards and their models is unknown.
    pub fn forgotten(&self) -> Self {
        Self { forwards: self.forwards.clone(), models: self.models.clone(), ..Self::default() }
    }

    /// The origin of a part of the value, or of a view of the value.
    pub fn part(&self) -> Self {
        Self { term: None, criterion: None, ..self.clone() }
    }

    /// The origin of the result of an unknown operation: data if all its inputs are data, else unknown.
    pub fn unseen<'o>(parts: impl Iterator<Item = &'o Self>) -> Self {
        let all = parts.fold(Self::constant(), |all, part| all.with(part, Join::Other));
        match all.source {
            Source::Data(_) if all.cut.is_none() => all,
            _ => Self { models: all.models, forwards: all.forwards, ..Self::default() },
        }
    }

    /// The origin of the result of arithmetic on this value and `other`.
    pub fn with(&self, other: &Self, join: Join) -> Self {
        let source = match (self.source, other.source) {
            (Source::Computed, _) | (_, Source::Computed) => Source::Computed,
            (Source::Unknown, _) | (_, Source::Unknown) => Source::Unknown,
            (Source::Constant, any) | (any, Source::Constant) => any,
            (data, Source::Data(_)) => data,
        };
        let flat = self.is_flat() && other.is_flat();
        let mut all = self.union(other);
        all.source = source;
        // If a gradient may pass one term, a term without a gradient only adds numbers.
        for (cut, live) in [(self, other), (other, self)] {
            if cut.cut.is_some() && !live.is_flat() {
                all.source = live.source;
            }
        }
        all.cut = if flat { self.cut.clone().or_else(|| other.cut.clone()) } else { None };
        all.term = match join {
            Join::Sum => self
                .term
                .clone()
                .or_else(|| other.term.clone())
                .or_else(|| self.lost_beside(other).filter(Cut::is_term))
                .or_else(|| other.lost_beside(self).filter(Cut::is_term)),
            // A subtracted number may be a baseline.
            Join::Difference => {
                let choice = |cut: &Cut| cut.is_term() && cut.how == GradientStop::Choice;
                self.term.clone().or_else(|| other.lost_beside(self).filter(choice))
            }
            Join::Product if other.is_flat() => self.term.clone(),
            Join::Product if self.is_flat() => other.term.clone(),
            Join::Product | Join::Other => None,
        };
        all.scaled |= join == Join::Product;
        all.unreduced = self.unreduced.or(other.unreduced);
        all
    }

    /// The operation that stops all gradients through this value, if gradients flow through `rest`.
    fn lost_beside(&self, rest: &Self) -> Option<Cut> {
        let grows = rest.source == Source::Computed && rest.cut.is_none();
        self.cut.clone().filter(|_| grows)
    }

    /// The origin of the result of a known operation. Its arguments are this value and `others`.
    pub fn after(&self, op: Op, site: SiteId, others: &[&Self]) -> Self {
        let join = match op {
            Op::Adds => Join::Sum,
            Op::Multiplies => Join::Product,
            Op::Softmax
            | Op::LogSoftmax
            | Op::Sigmoid
            | Op::LogSigmoid
            | Op::Log
            | Op::Moves
            | Op::Each
            | Op::Totals
            | Op::Other => Join::Other,
        };
        let mut joined = others.iter().fold(self.clone(), |all, other| all.with(other, join));
        joined.given = self.given && others.iter().all(|other| other.forwards.is_empty());
        if let Some(cut) = joined.cut.as_mut().filter(|_| op == Op::Totals) {
            cut.is_total = true;
        }
        let last = match op {
            Op::Softmax | Op::LogSoftmax | Op::Sigmoid | Op::LogSigmoid => Some((op, site)),
            Op::Log => self.last.and_then(|(op, _)| op.log()).map(|op| (op, site)),
            Op::Moves => self.last,
            Op::Each | Op::Totals | Op::Adds | Op::Multiplies | Op::Other => None,
        };
        let term = match op {
            Op::Moves | Op::Totals => self.term.clone(),
            Op::Adds | Op::Multiplies => joined.term.clone(),
            Op::Softmax | Op::LogSoftmax | Op::Sigmoid | Op::LogSigmoid | Op::Log | Op::Each | Op::Other => {
                None
            }
        };
        let stays = !matches!(op, Op::Totals | Op::Other);
        Self { last, term, unreduced: joined.unreduced.filter(|_| stays), criterion: None, ..joined }
    }

    /// The origin of a model's output: gradients flow to the model's own parameters again.
    pub fn forward(&self, site: SiteId, model: &Deps) -> Self {
        let mut all = Self { forwards: self.forwards.clone(), ..Self::default() };
        all.add_forward(site);
        Self {
            source: Source::Computed,
            models: self.models.union(model),
            unrecorded: self.unrecorded,
            ..all
        }
    }

    /// The origin of the result of a known loss, with this value as the output and `target` as the
    /// target.
    pub fn loss(&self, target: &Self) -> Self {
        let mut all = self.with(target, Join::Other);
        if target.given {
            // A choice has no gradient, whatever the target is.
            let choice = self.cut.clone().filter(|cut| cut.how == GradientStop::Choice);
            all.cut = all.cut.or(choice.map(|cut| Cut { beside_parameter: true, ..cut }));
        }
        if let Some(cut) = &mut all.cut {
            cut.is_total = true;
        }
        Self { scaled: false, ..all }
    }

    /// The origin of the result of an operation that stops gradients.
    pub fn ended(&self, how: GradientStop, site: SiteId) -> Self {
        let flat = matches!(self.source, Source::Constant | Source::Data(_));
        let cut = Cut { how, site, models: self.models.clone(), is_total: false, beside_parameter: false };
        Self {
            cut: if flat { None } else { self.cut.clone().or(Some(cut)) },
            last: self.last.filter(|_| how == GradientStop::Detach),
            term: None,
            unreduced: None,
            compared: Vec::new(),
            criterion: None,
            ..self.clone()
        }
    }

    /// The origin of a value that has either this origin or `other`.
    pub fn either(&self, other: &Self) -> Self {
        let mut all = self.union(other);
        let same = |a: &Option<Cut>, b: &Option<Cut>| a.clone().filter(|_| b.is_some());
        all.source = if self.source == other.source { self.source } else { Source::Unknown };
        all.last = self.last.filter(|(op, _)| other.last.is_some_and(|(other, _)| other == *op));
        all.cut = same(&self.cut, &other.cut);
        all.term = same(&self.term, &other.term);
        all.unreduced = self.unreduced.and(other.unreduced);
        all
    }

    /// The forwards and models of two origins, with everything else unknown.
    fn union(&self, other: &Self) -> Self {
        let mut all = Self {
            forwards: self.forwards.clone(),
            models: self.models.union(&other.models),
            scaled: self.scaled || other.scaled,
            unrecorded: self.unrecorded || other.unrecorded,
            ..Self::default()
        };
        for &site in &other.forwards {
            all.add_forward(site);
        }
        for &site in self.compared.iter().chain(&other.compared) {
            all.add_comparison(site);
        }
        all
    }

    /// Adds an entry to `compared`, the comparisons of two outputs in this value.
    pub fn add_comparison(&mut self, site: SiteId) {
        if !self.compared.contains(&site) && self.compared.len() < limits::FORWARDS {
            self.compared.push(site);
        }
    }

    fn add_forward(&mut self, site: SiteId) {
        if !self.forwards.contains(&site) && self.forwards.len() < limits::FORWARDS {
            self.forwards.push(site);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output() -> Origin {
        Origin::data(0).forward(1, &Deps::one(7))
    }

    #[test]
    fn a_sum_remembers_a_term_without_gradient_and_a_product_does_not() {
        let number = output().ended(GradientStop::Number, 2);
        assert!(output().with(&number, Join::Sum).term.is_some());
        assert!(number.with(&output(), Join::Sum).term.is_some());
        for join in [Join::Product, Join::Difference, Join::Other] {
            assert!(output().with(&number, join).term.is_none(), "{join:?}");
        }
        let detached = output().ended(GradientStop::Detach, 2);
        assert!(output().with(&detached, Join::Sum).term.is_none(), "a straight-through estimator is right");
        let unknown = Origin::default().with(&number, Join::Sum);
        assert!(unknown.term.is_none() && unknown.cut.is_none());
        assert_eq!(unknown.source, Source::Unknown, "numbers bring no graph");
    }

    #[test]
    fn a_cut_is_whole_only_if_nothing_else_brings_a_gradient() {
        let choice = output().ended(GradientStop::Choice, 3);
        assert!(choice.loss(&Origin::data(0)).cut.is_some());
        assert!(choice.loss(&output()).cut.is_none());
        assert!(choice.loss(&Origin::default()).cut.is_none());
        assert!(choice.forward(4, &Deps::one(8)).cut.is_none(), "the next model learns");
        assert!(Origin::data(0).ended(GradientStop::Choice, 3).cut.is_none(), "data never had a gradient");
    }

    #[test]
    fn the_last_op_goes_through_shapes_and_logarithms_only() {
        let probabilities = output().after(Op::Softmax, 2, &[]);
        let last = |origin: &Origin| origin.last.map(|(op, _)| op);
        assert_eq!(last(&probabilities.after(Op::Moves, 3, &[])), Some(Op::Softmax));
        assert_eq!(last(&probabilities.after(Op::Log, 3, &[])), Some(Op::LogSoftmax));
        assert_eq!(last(&probabilities.after(Op::Each, 3, &[])), None);
        assert_eq!(last(&probabilities.with(&Origin::constant(), Join::Sum)), None);
        assert_eq!(last(&probabilities.either(&output())), None);
    }

    #[test]
    fn data_stay_data_through_unseen_calls_unless_something_else_comes_in() {
        let (data, constant) = (Origin::data(0), Origin::constant());
        assert!(Origin::unseen([&data, &constant].into_iter()).is_data());
        assert!(!Origin::unseen([&data, &Origin::default()].into_iter()).is_data());
        assert!(!Origin::unseen([&data, &output()].into_iter()).is_data());
    }
}

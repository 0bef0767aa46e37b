//! A condition that is followed, and how a message speaks of it.

use crate::vocabulary::rust::Variant;

/// Index into [`crate::cfg::Cfg::conditions`].
pub type ConditionId = usize;

/// A question that several places ask, or one that decides whether a stage runs.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What is asked about, as text.
    pub subject: String,
    /// The variant or literal that it may be; a truth value has none.
    pub answer: Option<String>,
    /// The expression that asked first, as text.
    pub text: String,
    /// Whether the condition holds where that expression is true.
    pub text_holds: bool,
    /// The conditions that cannot hold together with this one, as bits.
    pub excludes: u32,
}

impl Condition {
    /// How it came out, as a message says it after a comma.
    pub fn when(&self, holds: bool) -> String {
        let answer = self.answer.as_deref();
        if let Some(variant) = answer.and_then(Variant::of) {
            let other = if variant == Variant::Some { Variant::None } else { Variant::Err };
            let variant = if holds { variant } else { other };
            return format!("when `{}` is `{}`", self.subject, variant.name());
        }
        match answer {
            Some(answer) if answer.starts_with(char::is_uppercase) => {
                format!("when `{}` is {}`{answer}`", self.subject, if holds { "" } else { "not " })
            }
            _ if self.text.starts_with("let ") => {
                let text = self.text.trim_start_matches("let ");
                let (pattern, _) = text.split_once(" = ").unwrap_or((text, ""));
                let holds = holds == self.text_holds;
                format!("when `{}` is {}`{pattern}`", self.subject, if holds { "" } else { "not " })
            }
            _ => {
                let holds = holds == self.text_holds;
                format!("when `{}` {}", self.text, if holds { "holds" } else { "does not hold" })
            }
        }
    }

    /// Whether saying that it holds tells more than saying that it does not.
    pub fn is_variant(&self) -> bool {
        self.answer.is_some()
    }
}

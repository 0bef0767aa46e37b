//! Lint levels: `allow(..)`, `warn(..)` and `deny(..)`. The words have the same meaning as in
//! rustc.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Level};

/// The level set for a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Drops the findings of the lint.
    Allow,
    /// Findings of the lint are reported as warnings.
    Warn,
    /// Findings of the lint are reported as errors.
    Deny,
}

/// The levels that clauses or attributes set for lints, by the name of the lint.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    settings: BTreeMap<String, Setting>,
}

impl Levels {
    /// Sets the level of a lint. An earlier level of the lint is replaced.
    pub fn set(&mut self, lint: impl Into<String>, setting: Setting) {
        self.settings.insert(lint.into(), setting);
    }

    /// Adds the levels of another set. They replace earlier levels of the same lints.
    pub fn extend(&mut self, other: Self) {
        self.settings.extend(other.settings);
    }

    /// The level that is set for a lint; `None` if no level is set.
    pub fn get(&self, lint: &str) -> Option<Setting> {
        self.settings.get(lint).copied()
    }

    /// Applies the levels to findings. Drops the findings of allowed lints, and changes the levels
    /// of others.
    pub fn apply(&self, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let adjust = |mut finding: Diagnostic| {
            match finding.lint.and_then(|lint| self.get(lint)) {
                Some(Setting::Allow) => return None,
                Some(Setting::Warn) => finding.level = Level::Warning,
                Some(Setting::Deny) => finding.level = Level::Error,
                None => {}
            }
            Some(finding)
        };
        findings.into_iter().filter_map(adjust).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(level: Level) -> Diagnostic {
        let mut finding = Diagnostic::error(proc_macro2::Span::call_site(), "found");
        finding.lint = Some("missing_step");
        finding.level = level;
        finding
    }

    #[test]
    fn settings_drop_lower_and_raise() {
        let mut levels = Levels::default();
        assert_eq!(levels.apply(vec![finding(Level::Error)])[0].level, Level::Error);
        levels.set("missing_step", Setting::Warn);
        assert_eq!(levels.apply(vec![finding(Level::Error)])[0].level, Level::Warning);
        levels.set("missing_step", Setting::Deny);
        assert_eq!(levels.apply(vec![finding(Level::Warning)])[0].level, Level::Error);
        levels.set("missing_step", Setting::Allow);
        assert!(levels.apply(vec![finding(Level::Error)]).is_empty());
    }
}

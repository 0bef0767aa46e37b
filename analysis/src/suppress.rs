//! Lint levels: `allow(..)`, `warn(..)` and `deny(..)`, with the meaning that they have in rustc.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Level};

/// The level set for a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Its findings are dropped.
    Allow,
    /// Its findings become warnings.
    Warn,
    /// Its findings become errors.
    Deny,
}

/// The levels set for lints.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    settings: BTreeMap<String, Setting>,
}

impl Levels {
    /// Sets the level of a lint, in place of an earlier one.
    pub fn set(&mut self, lint: impl Into<String>, setting: Setting) {
        self.settings.insert(lint.into(), setting);
    }

    /// Adds the levels of another set, in place of earlier ones.
    pub fn extend(&mut self, other: Self) {
        self.settings.extend(other.settings);
    }

    /// The level set for a lint, if any.
    pub fn get(&self, lint: &str) -> Option<Setting> {
        self.settings.get(lint).copied()
    }

    /// Drops findings or changes their level.
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

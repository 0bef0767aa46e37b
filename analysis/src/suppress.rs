//! Levels of lints: `allow(..)`, `warn(..)`, `deny(..)`, as rustc has them.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Level};

/// What is done with a lint's findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// They are dropped.
    Allow,
    /// They become warnings.
    Warn,
    /// They become errors.
    Deny,
}

/// The settings of all lints that have one.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    settings: BTreeMap<String, Setting>,
}

impl Levels {
    /// Sets one lint; the last word counts.
    pub fn set(&mut self, lint: impl Into<String>, setting: Setting) {
        self.settings.insert(lint.into(), setting);
    }

    /// Sets all that another has set.
    pub fn extend(&mut self, other: Self) {
        self.settings.extend(other.settings);
    }

    /// The setting of a lint, if it has one.
    pub fn get(&self, lint: &str) -> Option<Setting> {
        self.settings.get(lint).copied()
    }

    /// Drops or changes findings as set.
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

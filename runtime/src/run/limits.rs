//! Limits for trial runs, which use only some batches of their data.

use std::ffi::OsString;

use super::Run;
use crate::data::DataLoader;
use crate::{Error, Result};

/// The limits of a run. `fast_dev_run` takes precedence over `overfit`, and `overfit` over `batches`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// The number of batches in a trial of one epoch without files.
    pub(super) fast_dev_run: Option<usize>,
    /// The number of batches that each epoch repeats.
    pub(super) overfit: Option<usize>,
    /// The largest numbers of training and validation batches in an epoch.
    pub(super) batches: Option<(usize, usize)>,
}

impl Limits {
    /// Checks that the numbers are in range.
    pub(super) fn check(self) -> Result<()> {
        at_least_one("fast_dev_run", self.fast_dev_run, "write how many batches to try: `fast_dev_run(2)`")?;
        at_least_one(
            "overfit_batches",
            self.overfit,
            "write how many batches to repeat: `overfit_batches(2)`",
        )?;
        let help = "write the largest numbers of batches: `limit_batches(100, 10)`; a loop without `valid` has no \
                    validation";
        at_least_one("limit_batches", self.batches.map(|(train, valid)| train.min(valid)), help)
    }

    /// The loader with the limits applied. `most` selects a number of `limit_batches`.
    fn apply<Y, X>(
        self,
        loader: &DataLoader<Y, X>,
        most: impl Fn((usize, usize)) -> usize,
    ) -> DataLoader<Y, X> {
        let limited = |batches: usize| loader.clone().limit(batches);
        match (self.fast_dev_run, self.overfit, self.batches) {
            (Some(batches), _, _) => limited(batches),
            (_, Some(batches), _) => limited(batches).unshuffled(),
            (_, _, Some(batches)) => limited(most(batches)),
            (None, None, None) => loader.clone(),
        }
    }

    /// A line about the limits; `None` without limits.
    fn line(self, validates: bool) -> Option<String> {
        let and = |text: &str| if validates { text.to_owned() } else { String::new() };
        Some(match (self.fast_dev_run, self.overfit, self.batches) {
            (Some(batches), _, _) => format!(
                "fast_dev_run: one epoch with the first {batches} batches of the training{} data, without files and \
                 checkpoints",
                and(" and the validation")
            ),
            (_, Some(batches), _) => format!(
                "overfit_batches: every epoch has the first {batches} batches of the training{} data, not shuffled",
                and(" and the validation")
            ),
            (_, _, Some((train, valid))) => {
                let valid = and(&format!(" and {valid} validation"));
                format!("limit_batches: every epoch has at most {train} training{valid} batches")
            }
            (None, None, None) => return None,
        })
    }
}

/// Checks that an option is at least 1.
pub(super) fn at_least_one(option: &'static str, value: Option<usize>, help: &'static str) -> Result<()> {
    if value != Some(0) {
        return Ok(());
    }
    Err(Error::Rule { clause: option, value: "0".to_owned(), rule: "must be at least 1", help })
}

/// The count in an environment variable; `None` for `off`.
pub(super) fn count(variable: &'static str, text: &OsString) -> Result<Option<usize>> {
    let count = text.to_str().and_then(parse);
    let count =
        count.ok_or_else(|| unread(variable, text, "must be a whole number of at least 1, or `off`"))?;
    Ok(Some(count).filter(|&count| count > 0))
}

/// One or two counts in an environment variable, as `100` or `100,10`; `None` for `off`.
pub(super) fn counts(variable: &'static str, text: &OsString) -> Result<Option<(usize, usize)>> {
    let read = |text: &str| {
        let (train, valid) = text.split_once(',').unwrap_or((text, text));
        let (train, valid) = (parse(train)?, parse(valid)?);
        ((train == 0) == (valid == 0)).then_some((train, valid))
    };
    let counts = text.to_str().and_then(read);
    let rule = "must be one or two whole numbers of at least 1, or `off`";
    Ok(Some(counts.ok_or_else(|| unread(variable, text, rule))?).filter(|&(train, _)| train > 0))
}

/// A count, or 0 for `off`; `None` for another text.
fn parse(text: &str) -> Option<usize> {
    match text.trim() {
        "off" => Some(0),
        text => text.parse().ok().filter(|&count| count > 0),
    }
}

/// The error about an environment variable.
fn unread(variable: &'static str, text: &OsString, rule: &'static str) -> Error {
    let value = text.display().to_string();
    Error::Rule { clause: variable, value, rule, help: "change the environment variable, or unset it" }
}

impl Run {
    /// Applies the limits of the run options to the loader of the training data. The clone shares the data.
    pub fn limit_train<Y, X>(&self, loader: &DataLoader<Y, X>) -> DataLoader<Y, X> {
        self.outside.options.limits.apply(loader, |(train, _)| train)
    }

    /// Applies the limits of the run options to the loader of the validation data. The clone shares the data.
    pub fn limit_valid<Y, X>(&self, loader: &DataLoader<Y, X>) -> DataLoader<Y, X> {
        self.outside.options.limits.apply(loader, |(_, valid)| valid)
    }

    /// Whether the run is a `fast_dev_run`.
    pub(super) fn is_fast(&self) -> bool {
        self.outside.options.limits.fast_dev_run.is_some()
    }

    /// Limits a `fast_dev_run` to one epoch, and prints a line about the limits.
    pub(super) fn begin_limits(&mut self) {
        let limits = self.outside.options.limits;
        if limits.fast_dev_run.is_some() {
            self.history.plan(1);
        }
        if let Some(line) = limits.line(self.validates) {
            self.progress.note(&line);
        }
    }
}

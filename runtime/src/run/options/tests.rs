//! Tests of the options: environment variables and ranges.

use super::*;

/// The options, overridden by these environment variables.
fn under(options: &RunOptions, variables: &[(&str, &str)]) -> Result<RunOptions> {
    let value = |name: &str| variables.iter().find(|(own, _)| *own == name);
    options.clone().overridden(|name| value(name).map(|(_, value)| (*value).into()))
}

#[test]
fn the_environment_overrides_the_code() {
    let options = RunOptions::new().dir("runs/1").resume("runs/0").log_every(10).overfit_batches(3);
    let same = under(&options, &[]).unwrap();
    assert_eq!((same.dir, same.resume), (Some("runs/1".into()), Resume::From("runs/0".into())));
    assert_eq!((same.logs, same.limits), (options.logs, options.limits));
    let other = under(&options, &[(DIR, "runs/2"), (RESUME, "auto"), (LOG_EVERY, "5")]).unwrap();
    assert_eq!((other.dir, other.resume), (Some("runs/2".into()), Resume::Auto));
    assert_eq!(other.logs.every, Some(5));
    assert_eq!(under(&options, &[(RESUME, "off")]).unwrap().resume, Resume::Off);
    assert_eq!(under(&options, &[(RESUME, "x")]).unwrap().resume, Resume::From("x".into()));
    let limits = |variables| under(&options, variables).unwrap().limits;
    assert_eq!(limits(&[(OVERFIT_BATCHES, "off"), (LIMIT_BATCHES, "7")]).batches, Some((7, 7)));
    assert_eq!(limits(&[(OVERFIT_BATCHES, "off")]).overfit, None);
    assert_eq!(limits(&[(LIMIT_BATCHES, "7, 2")]).batches, Some((7, 2)));
    let fast = under(&options, &[(FAST_DEV_RUN, "2")]).unwrap();
    assert_eq!((fast.limits.fast_dev_run, fast.dir, fast.resume), (Some(2), None, Resume::Off));
}

#[test]
fn numbers_out_of_range_are_errors() {
    let message = |options: RunOptions| under(&options, &[]).unwrap_err().to_string();
    assert_eq!(
        message(RunOptions::new().fast_dev_run(0)),
        "`fast_dev_run` is 0: must be at least 1; write how many batches to try: `fast_dev_run(2)`"
    );
    for (options, start) in [
        (RunOptions::new().overfit_batches(0), "`overfit_batches` is 0: must be at least 1; write "),
        (RunOptions::new().limit_batches(0, 1), "`limit_batches` is 0: must be at least 1; write "),
        (RunOptions::new().limit_batches(1, 0), "`limit_batches` is 0: must be at least 1; write "),
        (RunOptions::new().log_every(0), "`log_every` is 0: must be at least 1; write "),
        (RunOptions::new().threads(0), "`threads` is 0: must be at least 1; write "),
    ] {
        let text = message(options);
        assert!(text.starts_with(start), "{text}");
    }
    for text in ["0", "-1", "two", "1.5", "1,2"] {
        for name in [LOG_EVERY, FAST_DEV_RUN, OVERFIT_BATCHES] {
            let error = under(&RunOptions::new(), &[(name, text)]).unwrap_err().to_string();
            let expected = format!(
                "`{name}` is {text}: must be a whole number of at least 1, or `off`; change the environment variable, \
                 or unset it"
            );
            assert_eq!(error, expected);
        }
    }
    for text in ["0", "1,0", "1,off", "1,2,3", "x"] {
        let error = under(&RunOptions::new(), &[(LIMIT_BATCHES, text)]).unwrap_err().to_string();
        assert!(error.contains("must be one or two whole numbers"), "{error}");
    }
}

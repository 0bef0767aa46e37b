//! Lines on standard error.

/// Prints a line. A run goes on when nobody reads it any more, which `eprintln!` would not.
pub(crate) fn write_line(line: &str) {
    // The test harness keeps only what `eprintln!` prints apart.
    #[cfg(test)]
    eprintln!("{line}");
    #[cfg(not(test))]
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{line}\n"));
}

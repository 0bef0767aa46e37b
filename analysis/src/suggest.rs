//! Suggests the right name for a misspelt name.

use strsim::osa_distance;

/// The candidate closest to `name`, if a candidate is close enough. The first of equally close
/// candidates is chosen.
///
/// A prefix of exactly one candidate matches this candidate, so that half-typed names are
/// completed.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    closest(name, &candidates).or_else(|| {
        let mut begun = candidates.iter().filter(|candidate| name.len() > 1 && candidate.starts_with(name));
        begun.next().copied().filter(|_| begun.next().is_none())
    })
}

/// The candidate with the smallest edit distance to `name`. The distance may be at most a third of
/// the length of `name`, or at most 1 for names of fewer than 3 characters.
fn closest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let limit = name.chars().count().max(3) / 3;
    let mut best: Option<(usize, &str)> = None;
    for &candidate in candidates {
        let distance = osa_distance(name, candidate);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_change_and_a_start_is_completed() {
        assert_eq!(nearest("setp", ["step", "loss"]), Some("step"));
        assert_eq!(nearest("optimzier", ["optimizer", "epochs"]), Some("optimizer"));
        assert_eq!(nearest("acc", ["accuracy", "recall"]), Some("accuracy"));
        assert_eq!(nearest("clip", ["clip_grad_norm", "clip_grad_value"]), None);
        assert_eq!(nearest("frobnicate", ["step", "loss"]), None);
    }
}

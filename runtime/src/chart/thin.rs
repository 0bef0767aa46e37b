//! Downsampling of long series.

/// The largest number of points that are all drawn.
pub(super) const MOST: usize = 400;

/// Downsamples a long series. Each group of points keeps the points with its smallest and its largest value,
/// so peaks are kept. A group with non-finite values also keeps one of them.
pub(super) fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= MOST {
        return points.to_vec();
    }
    let size = points.len().div_ceil(MOST / 2);
    points.chunks(size).flat_map(kept).collect()
}

/// The kept points of a group, in the order of the series.
fn kept(group: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let finite = || group.iter().enumerate().filter(|(_, point)| point.1.is_finite());
    let low = finite().min_by(|(_, one), (_, other)| one.1.total_cmp(&other.1));
    let high = finite().max_by(|(_, one), (_, other)| one.1.total_cmp(&other.1));
    let gap = group.iter().enumerate().find(|(_, point)| !point.1.is_finite());
    let mut indices = [low, high, gap].into_iter().flatten().map(|(index, _)| index).collect::<Vec<_>>();
    indices.sort_unstable();
    indices.dedup();
    indices.into_iter().map(|index| group[index]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_and_gaps_survive() {
        let mut points = (0..10_000).map(|n| (f64::from(n), f64::from(n % 7))).collect::<Vec<_>>();
        (points[5_003].1, points[7_777].1, points[9_001].1) = (100.0, -50.0, f64::NAN);
        let few = thinned(&points);
        assert!(few.len() <= 402, "{}", few.len());
        assert!(few.contains(&(5_003.0, 100.0)) && few.contains(&(7_777.0, -50.0)));
        assert_eq!(few.iter().filter(|(_, y)| y.is_nan()).count(), 1);
        assert!(few.is_sorted_by(|one, other| one.0 < other.0));
        assert_eq!(thinned(&points[..400]), points[..400]);
    }
}

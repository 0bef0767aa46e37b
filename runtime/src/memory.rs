//! Memory whose size a file determines. A refused allocation of such memory is an error, not an abort.

use std::hint::black_box;

/// The system refused the requested memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// Allocates this number of bytes at once and frees them again.
///
/// After success, allocations of up to this size in total succeed if they follow right away. Sizes beyond
/// physical memory are refused even where the system would overcommit each single allocation.
pub(crate) fn check(bytes: u64) -> Result<(), Refused> {
    let mut probe = Vec::<u8>::new();
    let bytes = usize::try_from(bytes).map_err(|_| Refused)?;
    let asked = probe.try_reserve_exact(bytes);
    // Otherwise the compiler may remove the unused allocation.
    black_box(&mut probe);
    asked.map_err(|_| Refused)
}

/// An empty list with the capacity `length`.
pub(crate) fn list<T>(length: usize) -> Result<Vec<T>, Refused> {
    let mut list = Vec::new();
    list.try_reserve_exact(length).map_err(|_| Refused)?;
    Ok(list)
}

/// Pushes a value to a list, which grows if it is full.
pub(crate) fn push<T>(list: &mut Vec<T>, value: T) -> Result<(), Refused> {
    if list.len() == list.capacity() {
        list.try_reserve(1).map_err(|_| Refused)?;
    }
    list.push(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_system_has_is_refused() {
        assert_eq!(check(1 << 20), Ok(()));
        assert_eq!(check(u64::MAX), Err(Refused));
        assert_eq!(check(1 << 62), Err(Refused));
        assert!(list::<u64>(usize::MAX).is_err() && list::<u64>(4).unwrap().capacity() >= 4);
        let mut numbers = Vec::new();
        (0..100).for_each(|number| push(&mut numbers, number).unwrap());
        assert!(numbers.into_iter().eq(0..100));
    }
}

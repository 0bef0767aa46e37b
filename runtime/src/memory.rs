//! Allocations whose size depends on a file. A failed allocation is an error instead of an abort.

use std::hint::black_box;

/// The error of an allocation that the system refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// Checks that `bytes` bytes can be allocated. The function allocates all of them in one piece and
/// frees them.
///
/// After success, the next allocations succeed up to this total size. A size beyond physical memory
/// is an error, even if the system would grant many smaller allocations of the same total size.
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

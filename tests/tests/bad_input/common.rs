//! Catching panics with their location, and snapshots of folders.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;

thread_local! {
    /// The location and message of panics, while this thread expects one.
    static EXPECTED: RefCell<Option<Vec<(String, u32, String)>>> = const { RefCell::new(None) };
}

/// Runs code that must panic; returns the file and line of the panic, and its message.
pub(crate) fn panic_of<R>(work: impl FnOnce() -> R) -> (String, u32, String) {
    place_of_panic(work).expect("nothing panicked")
}

/// As [`panic_of`], but `None` if the code does not panic.
pub(crate) fn place_of_panic<R>(work: impl FnOnce() -> R) -> Option<(String, u32, String)> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_expected = EXPECTED.with_borrow_mut(|expected| {
                let Some(caught) = expected else { return false };
                let place = info.location().expect("a panic has a place");
                let text = info.payload().downcast_ref::<&str>().map(ToString::to_string);
                let words = text.or_else(|| info.payload().downcast_ref::<String>().cloned());
                let words = words.expect("a panic with words");
                caught.push((place.file().to_owned(), place.line(), words));
                true
            });
            if !is_expected {
                usual(info);
            }
        }));
    });
    EXPECTED.set(Some(Vec::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let caught = EXPECTED.take().expect("set above");
    if result.is_ok() {
        return None;
    }
    assert_eq!(caught.len(), 1, "one panic, not {caught:?}");
    caught.into_iter().next()
}

/// Every file of a folder with its contents.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap_or_default())
    });
    entries.collect()
}

//! Key-value caches for token-by-token generation.

use crate::{Tensor, cat};

/// The key-value cache of an attention layer, for generating a sequence token by token. It contains the keys
/// and values of all earlier tokens. A new cache is empty, and each layer needs its own.
///
/// [`MultiheadAttention::forward_cached`](super::MultiheadAttention::forward_cached) and
/// [`TransformerEncoder::forward_cached`](super::TransformerEncoder::forward_cached) take a cache. Each call
/// copies the cache once. A clone shares the memory, so that a sequence can be continued in several ways.
#[derive(Clone, Debug, Default)]
pub struct KeyValueCache {
    /// Keys and values, `[.., time, width]` each.
    entries: Option<[Tensor; 2]>,
}

impl KeyValueCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of tokens in the cache.
    pub fn len(&self) -> usize {
        self.entries.as_ref().map_or(0, |[keys, _]| keys.shape()[keys.rank() - 2])
    }

    /// Whether the cache has no tokens.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes all tokens.
    pub fn clear(&mut self) {
        self.entries = None;
    }

    /// Appends the keys and values of new tokens. Returns the keys and values of all tokens.
    #[track_caller]
    pub(super) fn extend(&mut self, keys: Tensor, values: Tensor) -> [Tensor; 2] {
        let all = match &self.entries {
            None => [keys, values],
            Some([old_keys, old_values]) => {
                let (old, new) = (old_keys.shape(), keys.shape());
                let fits = old.len() == new.len()
                    && (0..old.len()).all(|axis| axis + 2 == old.len() || old[axis] == new[axis]);
                assert!(
                    fits,
                    "forward_cached: the new tokens have keys of the shape {new:?}, and the cache {old:?}; all axes but \
                     the time must be equal; `clear` the cache for another batch"
                );
                [cat(&[old_keys, &keys], -2), cat(&[old_values, &values], -2)]
            }
        };
        self.entries = Some(all.each_ref().map(Tensor::detach));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cleared_cache_is_empty() {
        let mut cache = KeyValueCache::new();
        assert!(cache.is_empty());
        let _ = cache.extend(Tensor::zeros(&[2, 3, 4]), Tensor::zeros(&[2, 3, 4]));
        assert_eq!(cache.len(), 3);
        cache.clear();
        assert!(cache.is_empty());
    }

    #[test]
    #[should_panic(
        expected = "keys of the shape [1, 1, 4], and the cache [2, 3, 4]; all axes but the time must be equal"
    )]
    fn another_batch_is_named() {
        let mut cache = KeyValueCache::new();
        let _ = cache.extend(Tensor::zeros(&[2, 3, 4]), Tensor::zeros(&[2, 3, 4]));
        let _ = cache.extend(Tensor::zeros(&[1, 1, 4]), Tensor::zeros(&[1, 1, 4]));
    }
}

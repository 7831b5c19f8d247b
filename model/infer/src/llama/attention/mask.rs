//! The attention mask: which cached positions each query token attends to.

use std::collections::HashMap;

use crate::kv_cache::{PAGE_TOKENS, Sequence};

/// A causal mask over the pages of the KV cache.
#[derive(Debug, Default)]
pub struct AttentionMask {
    /// Number of query tokens.
    pub(super) tokens: usize,
    /// Each page that any token attends to, in the order of first use.
    pub(super) pages: Vec<PageMask>,
}

/// The part of a mask that concerns one page.
#[derive(Debug)]
pub(super) struct PageMask {
    /// First slot of the page.
    pub(super) start: usize,
    /// The query tokens that attend to the page, and to how many of its first slots.
    pub(super) visible: Vec<(usize, usize)>,
}

impl AttentionMask {
    /// Builds the mask for one query token per item of `contexts`: the token attends to the first
    /// `len` positions of its sequence.
    pub fn new<'a>(contexts: impl Iterator<Item = (&'a Sequence, usize)>) -> Self {
        let mut mask = Self::default();
        let mut known = HashMap::new();
        for (sequence, len) in contexts {
            for (start, len) in sequence.pages(len) {
                let at = *known.entry(start).or_insert_with(|| {
                    mask.pages.push(PageMask {
                        start,
                        visible: Vec::new(),
                    });
                    mask.pages.len() - 1
                });
                mask.pages[at].visible.push((mask.tokens, len));
            }
            mask.tokens += 1;
        }
        mask
    }

    /// Returns one past the last slot that any token attends to.
    pub(super) fn end(&self) -> usize {
        let ends = self.pages.iter().map(|page| page.start + PAGE_TOKENS);
        ends.max().unwrap_or(0)
    }
}

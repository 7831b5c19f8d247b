//! Draft tokens by prompt lookup (Saxena 2023,
//! <https://github.com/apoorvumang/prompt-lookup-decoding>): a text repeats itself, so that what followed
//! the same tokens before is likely to follow again.

use std::collections::HashMap;
use std::sync::Arc;

/// The longest n-gram that is looked up, in tokens.
const MAX_NGRAM_TOKENS: usize = 4;

/// The shortest: a single token says too little of the next.
const MIN_NGRAM_TOKENS: usize = 2;

/// An n-gram; shorter ones have `None` in front.
type Ngram = [Option<u32>; MAX_NGRAM_TOKENS];

/// The position of the token after the last occurrence of each n-gram.
type NgramIndex = HashMap<Ngram, usize>;

/// The tokens of a sequence and an index of their n-grams. A clone shares the prompt's part, and is cheap
/// while few tokens have been pushed.
#[derive(Debug, Clone)]
pub struct PromptLookup {
    prompt: Arc<Prompt>,
    /// The tokens after the prompt.
    tail: Vec<u32>,
    /// The n-grams that end after the prompt.
    index: NgramIndex,
}

#[derive(Debug)]
struct Prompt {
    tokens: Vec<u32>,
    /// The n-grams that a token follows.
    index: NgramIndex,
}

impl PromptLookup {
    /// Indexes `prompt`.
    pub fn new(prompt: Vec<u32>) -> Self {
        let mut index = NgramIndex::new();
        for end in MIN_NGRAM_TOKENS..prompt.len() {
            for length in MIN_NGRAM_TOKENS..=MAX_NGRAM_TOKENS.min(end) {
                index.insert(ngram(prompt[end - length..end].iter().copied()), end);
            }
        }
        Self {
            prompt: Arc::new(Prompt {
                tokens: prompt,
                index,
            }),
            tail: Vec::new(),
            index: NgramIndex::new(),
        }
    }

    /// Appends a token.
    pub fn push(&mut self, token: u32) {
        // Only now does a token follow the n-grams at the end.
        let end = self.len();
        for length in MIN_NGRAM_TOKENS..=MAX_NGRAM_TOKENS.min(end) {
            let ngram = self.last_ngram(length);
            self.index.insert(ngram, end);
        }
        self.tail.push(token);
    }

    /// Returns up to `max_tokens` tokens that followed the last occurrence of the longest n-gram that the
    /// sequence ends with; none if it has not occurred before.
    pub fn draft(&self, max_tokens: usize) -> Vec<u32> {
        let position = (MIN_NGRAM_TOKENS..=MAX_NGRAM_TOKENS.min(self.len()))
            .rev()
            .find_map(|length| {
                let ngram = self.last_ngram(length);
                let indexed = self.index.get(&ngram);
                indexed.or_else(|| self.prompt.index.get(&ngram))
            });
        match position {
            Some(position) => self.tokens_from(*position).take(max_tokens).collect(),
            None => Vec::new(),
        }
    }

    fn len(&self) -> usize {
        self.prompt.tokens.len() + self.tail.len()
    }

    /// Returns the last `length` tokens.
    fn last_ngram(&self, length: usize) -> Ngram {
        ngram(self.tokens_from(self.len() - length))
    }

    fn tokens_from(&self, position: usize) -> impl Iterator<Item = u32> {
        let prompt = &self.prompt.tokens;
        let in_prompt = &prompt[position.min(prompt.len())..];
        let in_tail = &self.tail[position.saturating_sub(prompt.len())..];
        in_prompt.iter().chain(in_tail).copied()
    }
}

/// Returns the n-gram of at max_tokens [`MAX_NGRAM_TOKENS`] tokens.
fn ngram(tokens: impl Iterator<Item = u32>) -> Ngram {
    let mut ngram = [None; MAX_NGRAM_TOKENS];
    for token in tokens {
        ngram.rotate_left(1);
        ngram[MAX_NGRAM_TOKENS - 1] = Some(token);
    }
    ngram
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lookup(prompt: &str, tail: &str) -> PromptLookup {
        let mut lookup = PromptLookup::new(prompt.chars().map(u32::from).collect());
        tail.chars().for_each(|c| lookup.push(u32::from(c)));
        lookup
    }

    #[track_caller]
    fn check(prompt: &str, tail: &str, max_tokens: usize, expected: &str) {
        let draft = lookup(prompt, tail).draft(max_tokens);
        let draft: String = draft.into_iter().filter_map(char::from_u32).collect();
        assert_eq!(draft, expected);
    }

    #[test]
    fn the_draft_is_what_followed_the_last_time() {
        check("abcdef xbcghi", "abcd", 3, "ef ");
        check("", "", 3, "");
        check("a", "", 3, "");
        check("aa", "", 3, "");
        check("aaa", "", 3, "a");
        check("abab", "", 9, "ab");
        check("abcabc", "", 9, "abc");
        check("abcde", "fgh", 9, "");
        check("abcd", "", 9, "");
    }

    #[test]
    fn the_longest_ngram_wins_then_the_last_occurrence() {
        check("1abcdX 2cdY 3cdZ ", "abcd", 1, "X");
        check("1abcdX 2cdY 3cdZ ", "cd", 1, "Z");
        check("1cdX ", "2cdY cd", 1, "Y");
    }

    #[test]
    fn ngrams_extend_from_the_prompt_into_the_completion() {
        check("12345 ab", "cd 12 ab", 9, "cd 12 ab");
        check("ab", "cab", 1, "c");
    }

    #[test]
    fn clones_are_independent() {
        let mut one = lookup("abc", "x");
        let other = one.clone();
        for c in "yzxyz".chars() {
            one.push(u32::from(c));
        }
        assert_eq!(one.draft(1), [u32::from('x')]);
        assert_eq!(other.draft(1), [0; 0]);
        assert!(Arc::ptr_eq(&one.prompt, &other.prompt));
    }

    /// Returns the draft, found by scanning all tokens.
    fn by_scanning(tokens: &[u32], max_tokens: usize) -> Vec<u32> {
        for length in (MIN_NGRAM_TOKENS..=MAX_NGRAM_TOKENS.min(tokens.len())).rev() {
            let (_, ending) = tokens.split_at(tokens.len() - length);
            for start in (0..tokens.len() - length).rev() {
                if tokens[start..].starts_with(ending) {
                    let followed = &tokens[start + length..];
                    return followed[..max_tokens.min(followed.len())].to_vec();
                }
            }
        }
        Vec::new()
    }

    proptest! {
        #[test]
        fn the_index_finds_what_scanning_finds(
            prompt in proptest::collection::vec(0u32..4, 0..40),
            tail in proptest::collection::vec(0u32..4, 0..40),
            max_tokens in 0usize..8,
        ) {
            let mut tokens = prompt.clone();
            let mut lookup = PromptLookup::new(prompt);
            prop_assert_eq!(lookup.draft(max_tokens), by_scanning(&tokens, max_tokens));
            for token in tail {
                lookup.push(token);
                tokens.push(token);
                prop_assert_eq!(lookup.draft(max_tokens), by_scanning(&tokens, max_tokens));
            }
        }
    }
}

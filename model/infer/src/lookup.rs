//! Guesses the next tokens from those that were there before: a proof repeats the words of its
//! context. Prompt lookup decoding (Saxena 2023,
//! <https://github.com/apoorvumang/prompt-lookup-decoding>); the model checks the guesses.

use std::collections::HashMap;
use std::sync::Arc;

/// The longest run of tokens that is looked for.
const LONGEST: usize = 4;

/// The shortest: a single token says too little of the next.
const SHORTEST: usize = 2;

/// Where each run of tokens was seen last: the place of the token after it. Shorter runs have
/// `None` in front.
type Runs = HashMap<[Option<u32>; LONGEST], usize>;

/// The tokens of a row, and where their runs were seen. A clone shares the prompt and is cheap as
/// long as little was pushed.
#[derive(Debug, Clone)]
pub struct Lookup {
    prompt: Arc<Prompt>,
    /// What came after the prompt.
    tail: Vec<u32>,
    runs: Runs,
}

#[derive(Debug)]
struct Prompt {
    tokens: Vec<u32>,
    /// Runs that have a token after them.
    runs: Runs,
}

impl Lookup {
    /// For a row that starts with `prompt`.
    pub fn new(prompt: Vec<u32>) -> Self {
        let mut runs = Runs::new();
        for end in SHORTEST..prompt.len() {
            for length in SHORTEST..=LONGEST.min(end) {
                runs.insert(run(prompt[end - length..end].iter().copied()), end);
            }
        }
        Self {
            prompt: Arc::new(Prompt {
                tokens: prompt,
                runs,
            }),
            tail: Vec::new(),
            runs: Runs::new(),
        }
    }

    /// Adds a token to the row.
    pub fn push(&mut self, token: u32) {
        // Only now is there a token after the runs that the row ended in.
        let end = self.len();
        for length in SHORTEST..=LONGEST.min(end) {
            let run = self.ending(length);
            self.runs.insert(run, end);
        }
        self.tail.push(token);
    }

    /// Up to `most` tokens that followed when the row's last tokens were there before: those after
    /// the latest place of its longest run. Empty if none was.
    pub fn draft(&self, most: usize) -> Vec<u32> {
        let place = (SHORTEST..=LONGEST.min(self.len()))
            .rev()
            .find_map(|length| {
                let run = self.ending(length);
                self.runs.get(&run).or_else(|| self.prompt.runs.get(&run))
            });
        match place {
            Some(place) => self.tokens_from(*place).take(most).collect(),
            None => Vec::new(),
        }
    }

    fn len(&self) -> usize {
        self.prompt.tokens.len() + self.tail.len()
    }

    /// The last `length` tokens.
    fn ending(&self, length: usize) -> [Option<u32>; LONGEST] {
        run(self.tokens_from(self.len() - length))
    }

    fn tokens_from(&self, place: usize) -> impl Iterator<Item = u32> {
        let prompt = &self.prompt.tokens;
        let in_prompt = &prompt[place.min(prompt.len())..];
        let in_tail = &self.tail[place.saturating_sub(prompt.len())..];
        in_prompt.iter().chain(in_tail).copied()
    }
}

/// The key of a run of at most [`LONGEST`] tokens.
fn run(tokens: impl Iterator<Item = u32>) -> [Option<u32>; LONGEST] {
    let mut key = [None; LONGEST];
    for token in tokens {
        key.rotate_left(1);
        key[LONGEST - 1] = Some(token);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lookup(prompt: &str, tail: &str) -> Lookup {
        let mut lookup = Lookup::new(prompt.chars().map(u32::from).collect());
        tail.chars().for_each(|c| lookup.push(u32::from(c)));
        lookup
    }

    #[track_caller]
    fn check(prompt: &str, tail: &str, most: usize, expected: &str) {
        let draft = lookup(prompt, tail).draft(most);
        let draft: String = draft.into_iter().filter_map(char::from_u32).collect();
        assert_eq!(draft, expected);
    }

    #[test]
    fn what_followed_the_last_time() {
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
    fn the_longest_run_wins_then_the_latest_place() {
        check("1abcdX 2cdY 3cdZ ", "abcd", 1, "X");
        check("1abcdX 2cdY 3cdZ ", "cd", 1, "Z");
        check("1cdX ", "2cdY cd", 1, "Y");
    }

    #[test]
    fn runs_go_on_from_the_prompt_into_the_answer() {
        check("12345 ab", "cd 12 ab", 9, "cd 12 ab");
        check("ab", "cab", 1, "c");
    }

    #[test]
    fn rows_do_not_see_each_other() {
        let mut one = lookup("abc", "x");
        let other = one.clone();
        for c in "yzxyz".chars() {
            one.push(u32::from(c));
        }
        assert_eq!(one.draft(1), [u32::from('x')]);
        assert_eq!(other.draft(1), [0; 0]);
        assert!(Arc::ptr_eq(&one.prompt, &other.prompt));
    }

    /// The same by looking through all tokens.
    fn by_scanning(tokens: &[u32], most: usize) -> Vec<u32> {
        for length in (SHORTEST..=LONGEST.min(tokens.len())).rev() {
            let (_, ending) = tokens.split_at(tokens.len() - length);
            for start in (0..tokens.len() - length).rev() {
                if tokens[start..].starts_with(ending) {
                    let followed = &tokens[start + length..];
                    return followed[..most.min(followed.len())].to_vec();
                }
            }
        }
        Vec::new()
    }

    proptest! {
        #[test]
        fn it_finds_what_scanning_would(
            prompt in proptest::collection::vec(0u32..4, 0..40),
            tail in proptest::collection::vec(0u32..4, 0..40),
            most in 0usize..8,
        ) {
            let mut tokens = prompt.clone();
            let mut lookup = Lookup::new(prompt);
            prop_assert_eq!(lookup.draft(most), by_scanning(&tokens, most));
            for token in tail {
                lookup.push(token);
                tokens.push(token);
                prop_assert_eq!(lookup.draft(most), by_scanning(&tokens, most));
            }
        }
    }
}

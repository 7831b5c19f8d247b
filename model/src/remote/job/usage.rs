//! The tokens of a request, as far as its engine can be believed. Pure.
//!
//! An engine may say anything of itself, and the user's budget rests on it: what was sent and heard says
//! how few tokens it can have been, what was asked for how many.

use crate::remote::reply::{Event, Usage};

/// The most bytes that a token of a longer text has on average: reported to be more, they are not believed.
const MAX_BYTES_A_TOKEN: usize = 8;

/// The most tokens with which a chat's template surrounds a prompt.
const MAX_TEMPLATE_TOKENS: usize = 1024;

/// What one request sent, asked for and heard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    prompt_bytes: usize,
    /// The most tokens of all its answers together.
    most_written: usize,
    written_bytes: usize,
    /// What is believed so far, which never becomes less.
    believed: Usage,
}

impl Heard {
    /// Of a request with a prompt of so many bytes, for answers of so many tokens altogether.
    pub(super) fn new(prompt_bytes: usize, most_written: usize) -> Heard {
        Heard {
            prompt_bytes,
            most_written,
            written_bytes: 0,
            believed: Usage::default(),
        }
    }

    /// Takes in an event. Returns the believable usage in the place of a reported one, and by how much it is
    /// more than what was believed before.
    pub(super) fn note(&mut self, event: &Event) -> Option<(Usage, Usage)> {
        match event {
            Event::Answer {
                text, reasoning, ..
            } => {
                self.written_bytes += text.len() + reasoning.len();
                None
            }
            Event::Usage(usage) => {
                let prompt_most = self.prompt_bytes + MAX_TEMPLATE_TOKENS;
                let before = self.believed;
                let prompt = believable(usage.prompt_tokens, self.prompt_bytes, prompt_most);
                let written = believable(
                    usage.completion_tokens,
                    self.written_bytes,
                    self.most_written,
                );
                self.believed = Usage {
                    prompt_tokens: prompt.max(before.prompt_tokens),
                    completion_tokens: written.max(before.completion_tokens),
                };
                let more = Usage {
                    prompt_tokens: self.believed.prompt_tokens - before.prompt_tokens,
                    completion_tokens: self.believed.completion_tokens - before.completion_tokens,
                };
                Some((self.believed, more))
            }
        }
    }
}

/// Estimates the tokens of Lean's text with so many bytes.
pub(super) fn tokens(bytes: usize) -> usize {
    bytes.div_ceil(3)
}

/// Returns the tokens of a text of so many bytes, of which `reported` are reported and no more than `most`
/// were asked for. What is too few to be true is replaced by our estimate.
fn believable(reported: u64, bytes: usize, most: usize) -> u64 {
    let estimate = tokens(bytes);
    if reported < bytes.div_ceil(MAX_BYTES_A_TOKEN) as u64 {
        return estimate as u64;
    }
    // An engine that wrote on past the end that it was told has done so.
    reported.min(most.max(estimate) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_and_too_little_are_not_believed() {
        let check = |reported, bytes, most, expected| {
            assert_eq!(believable(reported, bytes, most), expected);
        };
        check(30, 90, 1024, 30);
        // A model may think without being heard, as far as it was let write.
        check(1000, 90, 1024, 1000);
        check(1_000_000_000_000, 90, 1024, 1024);
        check(u64::MAX, 0, 1024, 1024);
        check(0, 90, 1024, 30);
        check(11, 90, 1024, 30);
        check(12, 90, 1024, 12);
        check(0, 0, 1024, 0);
        check(5000, 9000, 1024, 3000);
    }

    #[test]
    fn reported_again_and_again_it_counts_once() {
        let usage = |prompt_tokens, completion_tokens| {
            Event::Usage(Usage {
                prompt_tokens,
                completion_tokens,
            })
        };
        let mut heard = Heard::new(300, 1000);
        let mut all = 0;
        for at in 0..100 {
            let (_, more) = heard
                .note(&usage(100, (at % 2) * 1_000_000))
                .expect("usage");
            all += more.completion_tokens + more.prompt_tokens;
        }
        assert_eq!(all, 1100);
    }
}

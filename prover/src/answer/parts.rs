//! The parts of an answer: what the model thought, the code in fences, the words around it.

/// The kind of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    /// Lean in a fence, or code of which nothing says what it is.
    Fenced,
    /// Code in a fence that says that it is another language.
    Foreign,
    /// Code behind a fence that was never closed; words may stand behind it.
    Open,
    /// What stands outside of fences.
    Words,
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub kind: PartKind,
    pub text: String,
}

/// The ends of what models think before they answer, and the beginnings that belong to them.
const THOUGHTS: [(&str, &str); 7] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
];

/// The marker after which models of the harmony format answer.
const FINAL: &str = "<|channel|>final<|message|>";

/// Tags that models put around an answer.
const TAGS: [&str; 12] = [
    "answer",
    "final",
    "final_answer",
    "solution",
    "proof",
    "lean",
    "lean4",
    "code",
    "pre",
    "output",
    "tactics",
    "response",
];

/// Splits an answer in what the model thought and what it says. Where its thoughts have no end, it says nothing.
pub(super) fn thoughts(text: &str) -> (&str, &str) {
    // Only ASCII changes its case, so places stay the same.
    let lower = text.to_ascii_lowercase();
    let ends = THOUGHTS
        .iter()
        .filter_map(|(_, end)| Some((lower.rfind(end)?, end.len())))
        .chain(lower.rfind(FINAL).map(|at| (at, FINAL.len())));
    if let Some((at, length)) = ends.max() {
        return (&text[..at], &text[at + length..]);
    }
    let starts = THOUGHTS.iter().filter_map(|(start, _)| lower.find(start));
    match starts.min() {
        Some(at) if text[..at].trim().is_empty() => (&text[at..], ""),
        Some(at) => (&text[at..], &text[..at]),
        None => ("", text),
    }
}

/// The parts of what a model says, in their order.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let text = on_own_lines(&untagged(&without_markers(text)));
    let mut parts = Vec::new();
    let mut put = |kind, text: &mut String| {
        let text = std::mem::take(text);
        if !text.trim().is_empty() {
            parts.push(Part { kind, text });
        }
    };
    let mut open: Option<Fence<'_>> = None;
    let mut own = String::new();
    for line in text.split_inclusive('\n') {
        let fence = Fence::of(line);
        match (&open, fence) {
            (None, Some(fence)) if fence.may_open() => {
                put(PartKind::Words, &mut own);
                open = Some(fence);
            }
            // Nothing is open: what stands before it was in a fence, or the words behind it are words.
            (None, Some(fence)) => {
                put(PartKind::Words, &mut own);
                own.extend([fence.info, "\n"]);
            }
            (Some(of), Some(fence)) if of.is_ended_by(&fence) => {
                if fence.info.is_empty() || !fence.may_open() {
                    put(of.kind(), &mut own);
                    own.extend([fence.info, "\n"]);
                    open = None;
                } else {
                    put(of.kind_unclosed(), &mut own);
                    open = Some(fence);
                }
            }
            (Some(of), _) => own.push_str(of.content(line)),
            (None, None) => own.push_str(line),
        }
    }
    put(
        open.map_or(PartKind::Words, |of| of.kind_unclosed()),
        &mut own,
    );
    parts
}

/// A line with a fence.
struct Fence<'a> {
    symbol: char,
    length: usize,
    /// Whether it stands in a quotation.
    is_quoted: bool,
    /// The columns before it that its code has, too.
    indent: usize,
    /// The words behind it.
    info: &'a str,
}

impl<'a> Fence<'a> {
    fn of(line: &'a str) -> Option<Fence<'a>> {
        let rest = line.trim_start_matches([' ', '>']);
        let is_quoted = line[..line.len() - rest.len()].contains('>');
        let rest = without_list_mark(rest);
        let symbol = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '`' | '~' | '\''))?;
        let info = rest.trim_start_matches(symbol);
        let length = rest.len() - info.len();
        let before = line.len() - rest.len();
        let quote = line[..before].rfind('>').map_or(0, |at| at + 1);
        let indent = (before - quote).saturating_sub(usize::from(is_quoted));
        (length >= 3).then_some(Fence {
            symbol,
            length,
            is_quoted,
            indent,
            info: info.trim(),
        })
    }

    /// Whether code may begin here: nothing stands behind it, or the name of a language.
    fn may_open(&self) -> bool {
        let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+#_-".contains(c);
        self.info.chars().all(of_name) || self.is_lean()
    }

    fn is_lean(&self) -> bool {
        is_lean(self.info.trim_start_matches(['{', '.']))
    }

    fn kind(&self) -> PartKind {
        match self.info {
            "" | "text" | "txt" | "plaintext" | "tactic" | "tactics" => PartKind::Fenced,
            _ if self.is_lean() => PartKind::Fenced,
            _ => PartKind::Foreign,
        }
    }

    fn kind_unclosed(&self) -> PartKind {
        match self.kind() {
            PartKind::Fenced => PartKind::Open,
            kind => kind,
        }
    }

    fn is_ended_by(&self, other: &Fence<'_>) -> bool {
        other.symbol == self.symbol && other.length >= self.length
    }

    /// Takes from a line of its code what the fence itself has before it.
    fn content<'b>(&self, line: &'b str) -> &'b str {
        let mut line = line;
        if self.is_quoted {
            let quoted = line.trim_start().strip_prefix('>');
            line = quoted.map_or(line, |rest| rest.strip_prefix(' ').unwrap_or(rest));
        }
        let blanks = line.len() - line.trim_start_matches(' ').len();
        &line[blanks.min(self.indent)..]
    }
}

/// Whether the words behind a fence say that it is Lean.
fn is_lean(info: &str) -> bool {
    let start = info.get(..4);
    start.is_some_and(|start| start.eq_ignore_ascii_case("lean"))
}

/// `text` without the `1.`, `2)`, `-`, `*` or `•` of a list.
pub(super) fn without_list_mark(text: &str) -> &str {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let marked = match digits.len() == text.len() {
        true => text.strip_prefix(['-', '*', '+', '•']),
        false => digits.strip_prefix(['.', ')']),
    };
    match marked {
        Some(rest) if rest.starts_with(' ') => rest.trim_start(),
        _ => text,
    }
}

/// Puts each fence of backticks on a line of its own: before it, and behind one that has its code on its line.
fn on_own_lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        put_on_own_lines(line, &mut out);
    }
    out
}

fn put_on_own_lines(line: &str, out: &mut String) {
    const MARK: &str = "```";
    let mut line = line;
    loop {
        let start = line.len() - without_list_mark(line.trim_start_matches([' ', '>'])).len();
        if !line[start..].starts_with(MARK) {
            let Some(at) = line.find(MARK) else {
                break;
            };
            out.extend([&line[..at], "\n"]);
            line = &line[at..];
            continue;
        }
        let info = line[start..].trim_start_matches('`');
        let mark = &line[..line.len() - info.len()];
        let ends = |c: char| c.is_whitespace() || c == '`';
        let word = info.trim_start().split(ends).next().unwrap_or_default();
        let is_lean = is_lean(word);
        let word = if is_lean { word } else { "" };
        let code = info.trim_start().strip_prefix(word).unwrap_or(info);
        let Some(end) = info.find(MARK) else {
            if is_lean && code.contains(":=") {
                out.extend([mark, word, "\n"]);
                line = code.trim_start();
            }
            break;
        };
        let code = code.split(MARK).next().unwrap_or_default();
        out.extend([mark, word, "\n", code.trim(), "\n", MARK, "\n"]);
        line = info[end..].trim_start_matches('`').trim_start();
    }
    *out += line;
}

/// `text` without a model's own markers, such as `<|im_end|>` and `</s>`.
fn without_markers(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, marker) = rest.split_at(at);
        out += before;
        let Some(bar) = marker[1..]
            .chars()
            .next()
            .filter(|c| matches!(c, '|' | '｜'))
        else {
            out.push('<');
            rest = &marker[1..];
            continue;
        };
        let inner = &marker[1 + bar.len_utf8()..];
        let end = inner.find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '_' | '▁')));
        let end = end.unwrap_or(inner.len());
        let closed = inner[end..].strip_prefix(bar);
        match closed.and_then(|rest| rest.strip_prefix('>')) {
            Some(behind) if end >= 3 => rest = behind,
            _ => {
                out.extend(['<', bar]);
                rest = inner;
            }
        }
    }
    out += rest;
    out.replace("</s>", "").replace("<s>", "")
}

/// `text` with fences in the place of tags and environments around code, if it has no fences.
fn untagged(text: &str) -> String {
    let replaced = |text: String, tag: String, mark: &str| text.replace(&tag, mark);
    let has_fences = text.contains("```");
    let (begin, end) = match has_fences {
        true => ("\n", "\n"),
        false => ("\n```\n", "\n```\n"),
    };
    let mut text = text.to_owned();
    if !text.contains(['<', '\\', '[']) {
        return text;
    }
    for tag in TAGS {
        let capital = tag.to_ascii_uppercase();
        text = replaced(text, format!("[{capital}]"), begin);
        text = replaced(text, format!("[/{capital}]"), end);
        text = replaced(text, format!("<{tag}>"), begin);
        text = replaced(text, format!("</{tag}>"), end);
    }
    for name in ["lean", "lean4", "lstlisting", "verbatim", "minted"] {
        text = replaced(text, format!("\\begin{{{name}}}"), begin);
        text = replaced(text, format!("\\end{{{name}}}"), end);
    }
    text
}

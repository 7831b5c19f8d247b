//! What a Rust file uses of its own crate, read from its text: no more of the language than that needs.

use std::collections::BTreeMap;

/// A path as written, with the names before it resolved as far as the text says: `crate::a::b`.
pub(crate) type Path = Vec<String>;

/// What a file says about modules.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// The modules that it declares, which have files of their own.
    pub(crate) modules: Vec<String>,
    /// Those that are there for tests only.
    pub(crate) test_modules: Vec<String>,
    /// The names that it imports, and what they stand for.
    pub(crate) imports: BTreeMap<String, Path>,
    /// Every path that its code uses, imports included, but for what it only passes on (`pub use`).
    pub(crate) uses: Vec<Path>,
}

impl Source {
    /// Reads the `text` of the file of `module`, such as `["assistant", "job"]`; tests are left out.
    pub(crate) fn read(text: &str, module: &[&str]) -> Source {
        let mut reader = Reader {
            tokens: tokens(text),
            at: 0,
            module: module.iter().map(|name| (*name).to_owned()).collect(),
            source: Source::default(),
        };
        reader.items();
        reader.source
    }
}

struct Reader<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    /// The module that the place read is in: the file's, and those within it.
    module: Path,
    source: Source,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> &'a str {
        self.tokens.get(self.at + ahead).copied().unwrap_or("")
    }

    /// Reads until the end of the block, or of the file.
    fn items(&mut self) {
        let mut depth = 0_usize;
        // The depth of each module within the file.
        let mut inner: Vec<usize> = Vec::new();
        let mut is_public = false;
        while self.at < self.tokens.len() {
            match self.peek(0) {
                "#" => {
                    if self.attribute_is_of_tests() {
                        self.skip_item();
                    }
                    continue;
                }
                "pub" => {
                    is_public = true;
                    self.at += 1;
                    if self.peek(0) == "(" {
                        self.skip_group();
                    }
                    if !matches!(self.peek(0), "use" | "mod") {
                        is_public = false;
                    }
                    continue;
                }
                "mod" if is_name(self.peek(1)) && self.peek(2) == ";" => {
                    self.source.modules.push(self.peek(1).to_owned());
                    self.at += 2;
                }
                "mod" if is_name(self.peek(1)) && self.peek(2) == "{" => {
                    self.module.push(self.peek(1).to_owned());
                    self.at += 2;
                    depth += 1;
                    inner.push(depth);
                }
                "use" => {
                    self.at += 1;
                    self.import(&mut Vec::new(), is_public);
                }
                "{" => depth += 1,
                "}" => {
                    if inner.last() == Some(&depth) {
                        inner.pop();
                        self.module.pop();
                    }
                    depth = depth.saturating_sub(1);
                }
                name if is_name(name) && self.peek(1) == "::" && !self.is_continued() => {
                    self.path();
                    is_public = false;
                    continue;
                }
                _ => {}
            }
            is_public = false;
            self.at += 1;
        }
    }

    /// Whether a path stands before this place: then it is no path's beginning.
    fn is_continued(&self) -> bool {
        self.at > 0 && self.tokens[self.at - 1] == "::"
    }

    /// Reads a path in code.
    fn path(&mut self) {
        let mut path = vec![self.peek(0).to_owned()];
        self.at += 1;
        while self.peek(0) == "::" && is_name(self.peek(1)) {
            path.push(self.peek(1).to_owned());
            self.at += 2;
        }
        if let Some(path) = self.absolute(&path) {
            self.source.uses.push(path);
        }
    }

    /// Reads what an import names, behind `before`. Ends at what stands behind it.
    fn import(&mut self, before: &mut Path, is_public: bool) {
        let depth = before.len();
        loop {
            match self.peek(0) {
                "{" => {
                    self.at += 1;
                    while !matches!(self.peek(0), "}" | "") {
                        self.import(before, is_public);
                        if self.peek(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    break;
                }
                "" => break,
                segment => {
                    before.push(segment.to_owned());
                    self.at += 1;
                }
            }
            if self.peek(0) == "::" {
                self.at += 1;
                continue;
            }
            let mut name = before.last().cloned().unwrap_or_default();
            let mut path = before.clone();
            if name == "self" {
                path.pop();
                name = path.last().cloned().unwrap_or_default();
            }
            if self.peek(0) == "as" {
                name = self.peek(1).to_owned();
                self.at += 2;
            }
            if let Some(path) = self.absolute(&path) {
                if !is_public {
                    self.source.uses.push(path.clone());
                }
                self.source.imports.insert(name, path);
            }
            break;
        }
        before.truncate(depth);
    }

    /// Returns `path` from the crate on; none where it begins outside of it.
    fn absolute(&self, path: &[String]) -> Option<Path> {
        let mut at = match path.first()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => self.module.clone(),
            first if self.source.modules.iter().any(|module| module == first) => {
                // Modules that are declared behind their first use are not seen: none are, here.
                self.module.clone()
            }
            first => {
                let mut imported = self.source.imports.get(first)?.clone();
                imported.extend(path[1..].iter().cloned());
                return Some(imported);
            }
        };
        for segment in path {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => _ = at.pop(),
                name => at.push(name.to_owned()),
            }
        }
        Some(at)
    }

    /// Reads an attribute; whether it makes what follows one for tests only.
    fn attribute_is_of_tests(&mut self) -> bool {
        let start = self.at;
        self.at += 1;
        if self.peek(0) == "!" {
            self.at += 1;
        }
        if self.peek(0) == "[" {
            self.skip_group();
        }
        let attribute = &self.tokens[start..self.at.min(self.tokens.len())];
        let has = |word: &str| attribute.contains(&word);
        has("cfg") && has("test") && !has("not")
    }

    /// Leaves out an item, its other attributes included.
    fn skip_item(&mut self) {
        while self.peek(0) == "#" {
            self.at += 1;
            self.skip_group();
        }
        while !matches!(self.peek(0), ";" | "{" | "") {
            if self.peek(0) == "mod" && self.peek(2) == ";" {
                self.source.test_modules.push(self.peek(1).to_owned());
            }
            match self.peek(0) {
                "(" | "[" => self.skip_group(),
                _ => self.at += 1,
            }
        }
        match self.peek(0) {
            "{" => self.skip_group(),
            _ => self.at += 1,
        }
    }

    /// Leaves out what is in brackets.
    fn skip_group(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.tokens.len() {
            match self.peek(0) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The names, `::` and single other characters of a text, without comments and literals.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment(rest)
        } else if let Some(length) = literal(rest) {
            length
        } else {
            let name = |c: char| c.is_alphanumeric() || c == '_';
            let length = match rest {
                _ if rest.starts_with("::") => 2,
                _ if name(first) => rest.find(|c| !name(c)).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            tokens.push(&rest[..length]);
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the comment, with those within it, that `text` begins with.
fn comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let step = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the string, character or lifetime that `text` begins with.
fn literal(text: &str) -> Option<usize> {
    let raw = text.trim_start_matches(['b', 'c']);
    if let Some(raw) = raw.strip_prefix('r').filter(|_| text.len() - raw.len() < 2) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if let Some(body) = raw[hashes..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let length = body.find(&end).map_or(body.len(), |at| at + end.len());
            return Some(text.len() - body.len() + length);
        }
    }
    let (quote, body) = match text.strip_prefix('b').unwrap_or(text) {
        body if body.starts_with('"') => ('"', &body[1..]),
        body if body.starts_with('\'') => ('\'', &body[1..]),
        _ => return None,
    };
    let before = text.len() - body.len();
    if quote == '\'' && !body.starts_with('\\') {
        let mut chars = body.char_indices().skip(1);
        return Some(match chars.next() {
            Some((at, '\'')) => before + at + 1,
            // A lifetime: its name is none of ours.
            _ => {
                let end = body.find(|c: char| !(c.is_alphanumeric() || c == '_'));
                before + end.unwrap_or(body.len())
            }
        });
    }
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(before + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, uses: &[&str]) {
        let source = Source::read(text, &["a", "b"]);
        let all: Vec<String> = source.uses.iter().map(|path| path.join("::")).collect();
        assert_eq!(all, uses, "{text}");
    }

    #[test]
    fn paths_of_the_crate() {
        check(
            "use crate::x::{self, Y, z::{W as V}};",
            &["x", "x::Y", "x::z::W"],
        );
        check(
            "use super::Y; use super::super::z::Z; use self::q::Q;",
            &["a::Y", "z::Z", "a::b::q::Q"],
        );
        check("use std::fmt; use serde::Serialize;", &[]);
        check("mod child;\nuse child::Thing;", &["a::b::child::Thing"]);
        check(
            "mod child;\npub use child::Thing;\npub(crate) use child::Other;",
            &[],
        );
        check(
            "fn f() -> crate::x::Y { super::g::<u8>() }",
            &["x::Y", "a::g"],
        );
        check(
            "use crate::x; fn f() { x::go(x::Y::new()) }",
            &["x", "x::go", "x::Y::new"],
        );
        check(
            "mod inner { use super::Y; } use super::Z;",
            &["a::b::Y", "a::Z"],
        );
        check("macro_rules! m { () => { $crate::x::Y } }", &["x::Y"]);
        check("pub(super) fn f(x: &'static str) -> super::Y {}", &["a::Y"]);
    }

    #[test]
    fn what_is_no_code_is_left_out() {
        check(
            "// crate::x::Y\n/* crate::x /* */ crate::y */ let c = '\"'; crate::z::Z",
            &["z::Z"],
        );
        check(
            r##"f("crate::x::Y \" ", r#"crate::"x"::Y"#, b'\'', '\u{7f}'); crate::z::Z"##,
            &["z::Z"],
        );
        check("fn f<'a>(x: &'a str) { crate::z::Z }", &["z::Z"]);
        check(
            "#[cfg(test)]\nmod tests { use crate::x::Y; }\nuse crate::z::Z;",
            &["z::Z"],
        );
        check(
            "#[cfg(test)]\n#[allow(unused)]\nuse crate::x::Y;\nuse crate::z::Z;",
            &["z::Z"],
        );
        check("#[cfg(not(test))]\nuse crate::z::Z;", &["z::Z"]);
    }

    #[test]
    fn modules() {
        let text = "mod x; pub mod y;\n#[cfg(any(test, fuzzing))]\nmod z;\n#[cfg(test)]\nmod tests;\nmod inner {}";
        let source = Source::read(text, &[]);
        assert_eq!(source.modules, ["x", "y"]);
        assert_eq!(source.test_modules, ["z", "tests"]);
    }
}

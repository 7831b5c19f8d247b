//! The header of a Lean file: what it imports.

use crate::lexer::{Token, leading_words};

/// The modules that a file's header imports, in its order. Reads no further than the header.
///
/// Reads as Lean does: `module` and `prelude` may stand first, `public`, `meta` and `all` may
/// qualify an import, comments may stand anywhere, and the first other word ends the header.
pub fn imports(text: &str) -> Vec<String> {
    let mut imports = Vec::new();
    let mut wanted = false;
    for word in leading_words(text.trim_start_matches('\u{feff}')) {
        match word {
            "all" if wanted => {}
            _ if wanted => {
                imports.push(word.to_owned());
                wanted = false;
            }
            "import" => wanted = true,
            "module" | "prelude" | "public" | "private" | "meta" => {}
            _ => break,
        }
    }
    imports
}

/// The end of the header of `text`, whose tokens are `tokens`, in bytes: just behind its last word; 0 for a file
/// without one.
pub fn header_end(text: &str, tokens: &[Token]) -> usize {
    let mut end = 0;
    let mut wanted = false;
    for token in tokens.iter().filter(|token| token.is_code()) {
        match token.text(text) {
            "all" if wanted => {}
            _ if wanted => {
                wanted = false;
                end = token.range.end;
            }
            "import" => wanted = true,
            "module" | "prelude" => end = token.range.end,
            // These may belong to the first command.
            "public" | "private" | "meta" => {}
            _ => break,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(imports(text), expected);
    }

    #[test]
    fn ends() {
        let check = |text: &str, header: &str| {
            let end = header_end(text, &crate::lex(text));
            assert_eq!(&text[..end], header, "{text}");
        };
        check("", "");
        check("-- A\ntheorem t : p", "");
        check("import A\nimport B.C -- D\nopen E", "import A\nimport B.C");
        check(
            "module\n\npublic import all A\n\npublic section",
            "module\n\npublic import all A",
        );
        check("prelude\ntheorem t : p", "prelude");
        check("import A public theorem t : p", "import A");
    }

    #[test]
    fn reads_imports() {
        check("", &[]);
        check("theorem import : True := trivial", &[]);
        check(
            "import Mathlib\nimport A.B_c.«d e».F\n",
            &["Mathlib", "A.B_c.«d e».F"],
        );
        check(
            "/- import No /- import No -/ -/\nmodule -- import No\nprelude\npublic import A\n\
             import all B\nmeta import C public meta import D\n/-! import No -/\nopen E\nimport No",
            &["A", "B", "C", "D"],
        );
        check("/- import A", &[]);
        check("import A -- unclosed", &["A"]);
    }
}

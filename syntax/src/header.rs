//! The header of a Lean file: what it imports.

use crate::lexer::leading_words;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(imports(text), expected);
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

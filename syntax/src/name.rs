//! Names as they are written.

use crate::scope::parts;

/// The parts of a declaration's written name, without their guillemets: of `«a.b».c` these are `a.b` and `c`. `_root_`
/// is one like any other. What is cut short in guillemets is a part up to its end; of the empty text there are none.
pub fn name_parts(name: &str) -> Vec<String> {
    let written = parts(name).into_iter().filter(|part| !part.is_empty());
    let without = written.map(|part| match part.strip_prefix('«') {
        Some(inner) => inner.strip_suffix('»').unwrap_or(inner),
        None => part,
    });
    without.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_names() {
        let check =
            |name: &str, expected: &[&str]| assert_eq!(name_parts(name), expected, "{name}");
        check("t", &["t"]);
        check("A.b'.c₁", &["A", "b'", "c₁"]);
        check("«a.b».c", &["a.b", "c"]);
        check("c.«a.b»", &["c", "a.b"]);
        check("«_p.q»", &["_p.q"]);
        check("«a b».«».«.»", &["a b", "", "."]);
        check("_root_.t", &["_root_", "t"]);
        check("«plain»", &["plain"]);
        // Somebody is still writing.
        check("«a.b", &["a.b"]);
        check("a.", &["a"]);
        check("a.«", &["a", ""]);
        check("", &[]);
    }
}

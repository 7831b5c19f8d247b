//! A candidate as the tree that Lean's own parser makes of it: read from Lean's raw print, and judged by the
//! kinds of its nodes. Pure.

use super::options;
use super::refusal::{Harm, Refusal};
use super::words::{harm_of_keyword, is_limit};

/// The deepest tree that is read: it is walked by recursion.
const MAX_DEPTH: usize = 1000;

/// The most characters of a node that a refusal shows.
const MAX_SHOWN_CHARS: usize = 40;

/// Kinds of nodes that no single word tells, as Lean prints them: without `Lean.Parser.`.
const KINDS: [(&str, Harm); 4] = [
    ("Tactic.letrec", Harm::Declares),
    ("Term.letrec", Harm::Declares),
    ("Term.attributes", Harm::Attribute),
    ("Term.attrInstance", Harm::Attribute),
];

/// A node of a tree, or a leaf.
#[derive(Debug, PartialEq, Eq)]
pub enum Tree {
    /// A node; a list has no kind.
    Node {
        /// The node's kind.
        kind: String,
        /// What is below it.
        children: Vec<Tree>,
    },
    /// A word or symbol that Lean's syntax has.
    Atom(String),
    /// A name.
    Name(String),
    /// What could not be parsed.
    Missing,
}

impl Tree {
    /// Reads the tree at the beginning of a print; none if it is none.
    pub fn read(print: &str) -> Option<Tree> {
        let mut open: Vec<(String, Vec<Tree>)> = Vec::new();
        let mut rest = print.trim_start();
        loop {
            let (read, after) = item(rest)?;
            rest = after.trim_start();
            let done = match read {
                Item::Open(kind) if open.len() < MAX_DEPTH => {
                    open.push((kind, Vec::new()));
                    continue;
                }
                Item::Open(_) => return None,
                Item::Close => {
                    let (kind, children) = open.pop()?;
                    Tree::Node { kind, children }
                }
                Item::Atom(text) => Tree::Atom(text),
                Item::Name(text) => Tree::Name(text),
                Item::Missing => Tree::Missing,
            };
            match open.last_mut() {
                Some((_, children)) => children.push(done),
                None => return Some(done),
            }
        }
    }

    /// What is below the node that begins with the word `first` and ends with the word `last`; none where there is
    /// no such node.
    pub fn between(&self, first: &str, last: &str) -> Option<&[Tree]> {
        let Tree::Node { children, .. } = self else {
            return None;
        };
        let is = |tree: &Tree, text: &str| matches!(tree, Tree::Atom(atom) if atom == text);
        match children.as_slice() {
            [begin, between @ .., end] if is(begin, first) && is(end, last) => Some(between),
            children => children.iter().find_map(|child| child.between(first, last)),
        }
    }

    /// Checks that nothing in the tree does harm; a `sketch` may leave a `sorry`.
    ///
    /// # Errors
    /// When something does.
    pub fn judge(&self, sketch: bool) -> Result<(), Refusal> {
        let (kind, children) = match self {
            Tree::Node { kind, children } => (kind, children),
            Tree::Missing => return Err(self.forbidden(Harm::Command)),
            Tree::Atom(word) if sketch && word == "sorry" => return Ok(()),
            // It begins an option, which is looked at as a whole.
            Tree::Atom(word) if word == "set_option" => return Ok(()),
            Tree::Atom(word) => {
                return harm_of_keyword(word).map_or(Ok(()), |harm| Err(self.forbidden(harm)));
            }
            Tree::Name(_) => return Ok(()),
        };
        let known = KINDS.iter().find(|(known, _)| known == kind);
        let harm = match (known, kind.as_str()) {
            (Some((_, harm)), _) => Some(*harm),
            (_, "Tactic.set_option" | "Term.set_option") if self.sets_a_limit() => None,
            (_, "Tactic.set_option" | "Term.set_option") => Some(Harm::Option),
            (_, "Tactic.valConfigItem" | "Tactic.config") if self.is_written_out() => None,
            (_, "Tactic.valConfigItem" | "Tactic.config") => Some(Harm::Computed),
            // The names that an `open … in` opens.
            (_, kind) if kind.starts_with("Command.") && !kind.starts_with("Command.open") => {
                Some(Harm::Command)
            }
            (_, kind) if kind.ends_with("uot") || kind.ends_with("uotedName") => {
                Some(Harm::Quotation)
            }
            _ => None,
        };
        match harm {
            Some(harm) => Err(self.forbidden(harm)),
            None => children.iter().try_for_each(|child| child.judge(sketch)),
        }
    }

    fn forbidden(&self, harm: Harm) -> Refusal {
        let word = self.text();
        Refusal::Forbidden {
            word: match word.char_indices().nth(MAX_SHOWN_CHARS) {
                Some((at, _)) => format!("{}…", &word[..at]),
                None => word,
            },
            harm,
        }
    }

    fn sets_a_limit(&self) -> bool {
        let text = self.text();
        let mut words = text.split(' ').skip(1);
        let option = words.next().zip(words.next());
        option.and_then(|(name, number)| is_limit(name, number)) == Some(true)
    }

    /// Whether the value of a `(name := value)` is made of literals, arithmetic and constructors.
    fn is_written_out(&self) -> bool {
        let text = self.text();
        text.split_once(" := ")
            .is_some_and(|(_, value)| options::is_value(value))
    }

    /// The words and symbols of the text, with blanks between them, but behind the dot of a constructor.
    fn text(&self) -> String {
        let mut text = String::new();
        let mut trees = vec![self];
        while let Some(tree) = trees.pop() {
            match tree {
                Tree::Node { children, .. } => trees.extend(children.iter().rev()),
                Tree::Atom(leaf) | Tree::Name(leaf) => {
                    if !text.is_empty() && !text.ends_with(" .") {
                        text.push(' ');
                    }
                    text += leaf;
                }
                Tree::Missing => {}
            }
        }
        text
    }
}

/// A part of a print.
enum Item {
    Open(String),
    Close,
    Atom(String),
    Name(String),
    Missing,
}

/// The part that a print begins with, and the rest.
fn item(print: &str) -> Option<(Item, &str)> {
    if let Some(rest) = print.strip_prefix("<missing>") {
        return Some((Item::Missing, rest));
    }
    if let Some(rest) = print.strip_prefix("`[anonymous]") {
        return Some((Item::Name(String::new()), rest));
    }
    let rest = &print[print.chars().next()?.len_utf8()..];
    match print.chars().next()? {
        '(' => {
            let (kind, rest) = rest.split_at(name_end(rest));
            Some((Item::Open(kind.to_owned()), rest))
        }
        '[' => Some((Item::Open(String::new()), rest)),
        ')' | ']' => Some((Item::Close, rest)),
        '"' => string(rest).map(|(text, rest)| (Item::Atom(text), rest)),
        '`' => {
            let (name, rest) = rest.split_at(name_end(rest));
            Some((Item::Name(name.to_owned()), rest))
        }
        _ => None,
    }
}

/// The end of a name, which may have `«…»` in it.
fn name_end(text: &str) -> usize {
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted = (quoted || c == '«') && c != '»';
        !quoted && (c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']'))
    });
    end.unwrap_or(text.len())
}

/// The text of a string behind its first quote, and what is behind the last.
fn string(text: &str) -> Option<(String, &str)> {
    let mut read = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((read, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => read.push('\n'),
                't' => read.push('\t'),
                c => read.push(c),
            },
            c => read.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads what Lean prints of a tactic, and judges it.
    #[track_caller]
    fn check(print: &str, expected: Result<(), &str>) {
        let tree = Tree::read(print).expect("a tree");
        let judged = tree.judge(false).map_err(|refusal| refusal.to_string());
        let rule = tree.judge(false).map_err(|refusal| refusal.rule());
        assert_eq!(rule, expected, "{print}: {judged:?}");
    }

    #[test]
    fn kinds() {
        let simp = |value: &str| {
            format!(
                "(Tactic.simp\n \"simp\" (Tactic.optConfig [(Tactic.configItem (Tactic.valConfigItem \"(\" `x \":=\" {value} \")\"))]) [] [])"
            )
        };
        check("(Tactic.exact \"exact\" (str \"\\\"a -- b\\\"\"))", Ok(()));
        check(&simp("(num \"1\")"), Ok(()));
        check(&simp("(«term_*_» (num \"1\") \"*\" (num \"2\"))"), Ok(()));
        check(&simp("`pwn"), Err("option-value"));
        check(&simp("(Term.app `f [(num \"1\")])"), Err("option-value"));
        let occurrences = "(Term.app (Term.dotIdent \".\" `pos) [(«term[_]» \"[\" [(num \"1\") \",\" (num \"2\")] \"]\")])";
        check(&simp(occurrences), Ok(()));
        check(
            "(Tactic.open \"open\" (Command.openSimple [`Nat]) \"in\" [])",
            Ok(()),
        );
        check(
            "(Tactic.x (Command.eval \"#eval\" (num \"1\")))",
            Err("command"),
        );
        check(
            "(Term.paren \"(\" (hygieneInfo `[anonymous]) (Term.sorry \"sorry\") \")\")",
            Err("unproved"),
        );
        check("(Term.quot \"`(\" `foo \")\")", Err("quotation"));
        check("(Tactic.x [<missing>])", Err("command"));
        check("(Tactic.exact \"exact\" `run_tac)", Ok(()));
        check("(Tactic.runTac \"run_tac\" `foo)", Err("runs-code"));
        check("(Term.declName \"decl_name%\")", Err("tells-place"));
        check(
            "(Mine.comb \"comb\" (Mine.trace \"trace\" `x))",
            Err("runs-code"),
        );
        check("(Tactic.letrec \"let\" \"rec\" [])", Err("declares"));
        let option = |name: &str, n: &str| {
            format!("(Tactic.set_option \"set_option\" `{name} [] (num \"{n}\") \"in\" [])")
        };
        check(&option("maxHeartbeats", "100"), Ok(()));
        check(&option("maxHeartbeats", "0"), Err("set-option"));
        check(&option("maxRecDepth", "2000"), Ok(()));
        check(&option("maxRecDepth", "5000"), Err("set-option"));
        check(&option("warn.sorry", "100"), Err("set-option"));
    }

    #[test]
    fn what_stands_between_two_words() {
        let tree = Tree::read(
            "(Command.in (Command.open \"open\" `A) \"in\" (a.b.«c d» \"x\" [`h.«i )»] \"y\"))",
        );
        let tree = tree.expect("a tree");
        let list = Tree::Node {
            kind: String::new(),
            children: vec![Tree::Name("h.«i )»".into())],
        };
        assert_eq!(tree.between("x", "y"), Some([list].as_slice()));
        assert_eq!(tree.between("x", "z"), None);
        for broken in ["", "(a", "(a \"", "x", ")", "(a 1)"] {
            assert_eq!(Tree::read(broken), None, "{broken}");
        }
    }
}

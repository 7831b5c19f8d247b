//! The file as the referee has it compiled: each hole under a mark of its own, so that the compiled constants
//! say which declaration holds which hole. Pure.
//!
//! A mark is a function that gives back what it is given, `def m {α : Sort u} (a : α) : α := a`, and a hole
//! becomes `m sorry`. What a `sorry` is that stands under no mark of ours, somebody else has left. In the text a
//! mark is a word of the length of `sorry`, of a notation that this file has alone: columns stay. Names and
//! notation are drawn anew for each file, so that no candidate can write one.

use std::ops::Range;

use rand::Rng as _;
use unsorry_syntax::{Change, Declaration, DeclarationKind, Outline, commands, header_end, lex};

/// The letters of what nobody can know.
pub const SECRET_LETTERS: usize = 12;

/// A word of so many letters that is in none of the texts. It begins no number, and no word of Lean's.
pub fn unknown_word(letters: usize, texts: &[&str]) -> String {
    let mut rng = rand::rng();
    loop {
        let letter = |_| char::from(rng.random_range(b'a'..=b'z'));
        let word: String = (0..letters).map(letter).collect();
        let begins_well = word.starts_with(['q', 'x', 'z', 'j']);
        if begins_well && !texts.iter().any(|text| text.contains(&word)) {
            return word;
        }
    }
}

/// A character for private use, which no language has and which is in none of the texts.
fn unknown_character(text: &str) -> char {
    let mut rng = rand::rng();
    loop {
        let drawn = char::from_u32(rng.random_range(0xe000..0xf8ff));
        if let Some(drawn) = drawn.filter(|drawn| !text.contains(*drawn)) {
            return drawn;
        }
    }
}

/// The change that gives an example a name, as an example is no constant.
pub fn named_example(text: &str, example: &Declaration, name: &str) -> (Range<usize>, String) {
    let start = example.extent.start;
    let modifiers = &text[start..example.keyword.start];
    let tokens = lex(modifiers);
    let find = |words: &[&str]| {
        let mut tokens = tokens.iter();
        tokens.find(|token| token.is_code() && words.contains(&token.text(modifiers)))
    };
    if find(&["noncomputable", "meta"]).is_some() {
        return (example.keyword.clone(), format!("def {name}"));
    }
    // It stands before these.
    let last = find(&["unsafe", "partial", "nonrec"]);
    let from = last.map_or(example.keyword.start, |token| start + token.range.start);
    let between = &text[from..example.keyword.start];
    let named = format!("noncomputable {between}def {name}");
    (from..example.keyword.end, named)
}

/// The change that has nothing said of the command that begins here: an error in it is none of ours.
pub fn guarded_command(at: usize) -> (Range<usize>, String) {
    (at..at, "#guard_msgs (drop all) in\n".to_owned())
}

/// A file with a mark for each hole.
#[derive(Debug)]
pub struct Marked {
    text: String,
    outline: Outline,
    /// The part of all names that nobody can know.
    secret: String,
    /// What a mark begins and ends with where it stands for a hole.
    brackets: [char; 2],
    /// Whether the file declares all of its language itself.
    is_prelude: bool,
}

/// A text that was made of the file, and where its parts stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text.
    pub text: String,
    /// For each piece that was kept or put in, where it begins here and where in the file.
    places: Vec<(usize, usize)>,
}

/// What goes in a hole's place, as a change of the file's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filling {
    /// The hole, by its number in the file's outline.
    pub hole: usize,
    /// The change; none where the hole stays.
    pub change: Option<Change>,
    /// What is declared in front of the hole's declaration.
    pub front: String,
    /// Whether it leaves a `sorry` of its own, which gets a mark, too.
    pub leaves_open: bool,
}

impl Marked {
    /// The file whose text is `text`.
    pub fn of(text: &str) -> Marked {
        let outline = Outline::of(text);
        let secret = unknown_word(SECRET_LETTERS, &[text]);
        let opening = unknown_character(text);
        let closing = loop {
            let drawn = unknown_character(text);
            if drawn != opening {
                break drawn;
            }
        };
        let is_prelude = text
            .split_whitespace()
            .take(2)
            .any(|word| word == "prelude");
        Marked {
            text: text.to_owned(),
            outline,
            secret,
            brackets: [opening, closing],
            is_prelude,
        }
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file's outline.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The number of marks: one for each of the file's holes, and one for all that sketches leave open.
    pub fn marks(&self) -> usize {
        self.outline.holes.len() + 1
    }

    /// The last part of the name of the mark with this number.
    pub fn mark(&self, number: usize) -> String {
        format!("{}_{}", self.secret, digits(number))
    }

    /// Whether a text could know of the marks.
    pub fn is_known_to(&self, text: &str) -> bool {
        text.contains(&self.secret) || text.contains(self.brackets)
    }

    /// The text up to the end of the last declaration with a hole, or to `end`, each hole under its mark. What the
    /// commands at `guarded`, offsets of the file, have to say is dropped: an error in them is none of ours.
    pub fn before(&self, guarded: &[usize], end: Option<usize>) -> Edited {
        let ends = self
            .outline
            .holes
            .iter()
            .map(|hole| self.outline.declaration_of(hole).block.end);
        let last = ends.max().unwrap_or(self.text.len());
        let end = end.map_or(last, |end| end.min(last));
        self.edited(end, guarded, &[])
    }

    /// The same up to the end of the last declaration in which something is filled in, with `fillings` in the
    /// place of their holes.
    pub fn after(&self, guarded: &[usize], fillings: &[Filling]) -> Edited {
        let holes = fillings
            .iter()
            .filter_map(|filling| self.outline.holes.get(filling.hole));
        let ends = holes.map(|hole| self.outline.declaration_of(hole).block.end);
        let end = ends.max().unwrap_or_default();
        self.edited(end, guarded, fillings)
    }

    fn edited(&self, end: usize, guarded: &[usize], fillings: &[Filling]) -> Edited {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        let head = header_end(&self.text, &self.outline.tokens);
        for &at in guarded.iter().filter(|&&at| at < end) {
            edits.push(guarded_command(at));
        }
        let mut named = None;
        for (number, hole) in self.outline.holes.iter().enumerate() {
            let declaration = self.outline.declaration_of(hole);
            // An example is no constant.
            if declaration.kind == DeclarationKind::Example && named != Some(hole.declaration) {
                named = Some(hole.declaration);
                let name = format!("{}_example{}", self.secret, hole.declaration);
                edits.push(named_example(&self.text, declaration, &name));
            }
            let mut own = fillings.iter().filter(|filling| filling.hole == number);
            if !own.any(|filling| filling.change.is_some()) {
                edits.push((hole.range.clone(), self.marked(number)));
            }
        }
        for filling in fillings {
            let declaration =
                &self.outline.declarations[self.outline.holes[filling.hole].declaration];
            if !filling.front.is_empty() {
                let start = declaration.block.start;
                edits.push((start..start, format!("{}\n", filling.front)));
            }
            if let Some(change) = &filling.change {
                let text = match filling.leaves_open {
                    true => self.with_open_marked(change),
                    false => change.text.clone(),
                };
                edits.push((change.range.clone(), text));
            }
        }
        edits.retain(|(range, _)| range.end <= end);
        // Of what goes in at one place, this comes first.
        edits.insert(0, (head..head, self.preamble(head)));
        Edited::of(&self.text, end, edits)
    }

    /// What a change puts in, each `sorry` of its own under the last mark.
    fn with_open_marked(&self, change: &Change) -> String {
        let new = change.apply(&self.text);
        let start = change.range.start;
        let own = start..start + change.text.len();
        let mut text = change.text.clone();
        let holes = Outline::of(&new).holes;
        let mark = self.marked(self.marks() - 1);
        for hole in holes.iter().rev() {
            if own.contains(&hole.range.start) {
                text.replace_range(hole.range.start - start..hole.range.end - start, &mark);
            }
        }
        text
    }

    /// A hole's text under its mark.
    fn marked(&self, number: usize) -> String {
        let [open, close] = self.brackets;
        match self.is_prelude {
            true => format!("({} sorry)", self.mark(number)),
            false => format!("{open}{}{close}", digits(number)),
        }
    }

    /// The declarations that give the marks their meaning.
    fn preamble(&self, head: usize) -> String {
        let is_public = commands(&self.text, &self.outline.tokens)
            .iter()
            .any(|command| {
                let first = &self.outline.tokens[command.tokens.start];
                first.text(&self.text) == "public"
            });
        let public = if is_public { "public " } else { "" };
        let mut text = if head == 0 {
            String::new()
        } else {
            "\n".to_owned()
        };
        for number in 0..self.marks() {
            let mark = self.mark(number);
            text += &format!("{public}def {mark}.{{u}} {{α : Sort u}} (a : α) : α := a\n");
        }
        if !self.is_prelude {
            let (secret, [open, close]) = (&self.secret, self.brackets);
            text += &format!(
                "local macro (name := {secret}_term) \"{open}\" n:ident \"{close}\" : term =>\n  \
                 `($(Lean.mkIdent (.mkSimple (\"{secret}_\" ++ n.getId.toString))) sorry)\n\
                 local macro (name := {secret}_tactic) \"{open}\" n:ident \"{close}\" : tactic =>\n  \
                 `(tactic| exact {open}$n{close})\n"
            );
        }
        text
    }
}

/// A number as a word, of three letters while there are as many.
fn digits(mut number: usize) -> String {
    let mut digits: Vec<u8> = Vec::new();
    while digits.len() < 3 || number > 0 {
        digits.push(b'a' + u8::try_from(number % 26).unwrap_or_default());
        number /= 26;
    }
    digits.reverse();
    String::from_utf8_lossy(&digits).into_owned()
}

impl Edited {
    /// `text` up to `end` with these edits, of which the first of two at one place stands.
    pub fn of(text: &str, end: usize, mut edits: Vec<(Range<usize>, String)>) -> Edited {
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut edited = String::new();
        let mut places = Vec::new();
        let mut kept = 0;
        for (range, new) in edits {
            if range.start < kept {
                continue;
            }
            places.push((edited.len(), kept));
            edited += &text[kept..range.start];
            places.push((edited.len(), range.start));
            edited += &new;
            kept = range.end;
        }
        places.push((edited.len(), kept));
        edited += &text[kept..end.max(kept)];
        edited.push('\n');
        Edited {
            text: edited,
            places,
        }
    }

    /// The place in the file of an offset of this text.
    pub fn place(&self, offset: usize) -> usize {
        let at = self.places.partition_point(|(here, _)| *here <= offset);
        self.places[at.saturating_sub(1)..]
            .first()
            .map_or(0, |(here, there)| there + (offset - here))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use unsorry_syntax::{HoleKind, splice};

    use super::*;

    #[test]
    fn examples_have_names() {
        let check = |text: &str, expected: &str| {
            let outline = Outline::of(text);
            let (range, new) = named_example(text, &outline.declarations[0], "e");
            assert_eq!(format!("{}{new}", &text[..range.start]), expected);
        };
        check("example : T := x", "noncomputable def e");
        check(
            "@[simp] private example : T",
            "@[simp] private noncomputable def e",
        );
        check(
            "/-- unsafe -/ nonrec example : T",
            "/-- unsafe -/ noncomputable nonrec def e",
        );
        check("unsafe example : T", "noncomputable unsafe def e");
        check("meta example : T", "meta def e");
        check(
            "noncomputable partial example : T",
            "noncomputable partial def e",
        );
    }

    /// The text with the names that are drawn replaced by others.
    fn named(marked: &Marked, text: &str) -> String {
        let [open, close] = marked.brackets;
        let text = text.replace(&marked.secret, "secret");
        text.replace(open, "<").replace(close, ">")
    }

    #[track_caller]
    fn check(text: &str, guarded: &[usize], fillings: &[(usize, &str)], expected: Expect) {
        let marked = Marked::of(text);
        let filling = |(hole, proof): &(usize, &str)| Filling {
            hole: *hole,
            change: Some(splice(
                text,
                &marked.outline.holes[*hole],
                HoleKind::Tactic,
                proof,
            )),
            front: String::new(),
            leaves_open: proof.contains("sorry"),
        };
        let fillings: Vec<Filling> = fillings.iter().map(filling).collect();
        let edited = match fillings.is_empty() {
            true => marked.before(guarded, None),
            false => marked.after(guarded, &fillings),
        };
        expected.assert_eq(&named(&marked, &edited.text));
    }

    const FILE: &str = "import A\n\nexample : 1 = 2 := by\n  sorry\n\ntheorem a : p ∧ q := by\n  constructor\n  · sorry\n  · sorry\n\ntheorem b : p := rfl\n";

    #[test]
    fn holes_under_marks() {
        check(
            FILE,
            &[10],
            &[],
            expect![[r#"
                import A
                def secret_aaa.{u} {α : Sort u} (a : α) : α := a
                def secret_aab.{u} {α : Sort u} (a : α) : α := a
                def secret_aac.{u} {α : Sort u} (a : α) : α := a
                def secret_aad.{u} {α : Sort u} (a : α) : α := a
                local macro (name := secret_term) "<" n:ident ">" : term =>
                  `($(Lean.mkIdent (.mkSimple ("secret_" ++ n.getId.toString))) sorry)
                local macro (name := secret_tactic) "<" n:ident ">" : tactic =>
                  `(tactic| exact <$n>)


                #guard_msgs (drop all) in
                noncomputable def secret_example0 : 1 = 2 := by
                  <aaa>

                theorem a : p ∧ q := by
                  constructor
                  · <aab>
                  · <aac>
            "#]],
        );
    }

    #[test]
    fn fillings_stand_as_they_are() {
        check(
            FILE,
            &[],
            &[(0, "have := sorry\nomega")],
            expect![[r#"
                import A
                def secret_aaa.{u} {α : Sort u} (a : α) : α := a
                def secret_aab.{u} {α : Sort u} (a : α) : α := a
                def secret_aac.{u} {α : Sort u} (a : α) : α := a
                def secret_aad.{u} {α : Sort u} (a : α) : α := a
                local macro (name := secret_term) "<" n:ident ">" : term =>
                  `($(Lean.mkIdent (.mkSimple ("secret_" ++ n.getId.toString))) sorry)
                local macro (name := secret_tactic) "<" n:ident ">" : tactic =>
                  `(tactic| exact <$n>)


                noncomputable def secret_example0 : 1 = 2 := by
                  have := <aad>
                  omega
            "#]],
        );
        check(
            "prelude\ntheorem a : p := sorry\n",
            &[],
            &[],
            expect![[r#"
                prelude
                def secret_aaa.{u} {α : Sort u} (a : α) : α := a
                def secret_aab.{u} {α : Sort u} (a : α) : α := a

                theorem a : p := (secret_aaa sorry)
            "#]],
        );
    }

    #[test]
    fn places_lead_back() {
        let marked = Marked::of(FILE);
        let edited = marked.before(&[10], None);
        for word in [
            "import",
            "example",
            "1 = 2",
            "theorem a",
            "constructor",
            "p ∧ q",
        ] {
            let (here, there) = (edited.text.rfind(word), FILE.find(word));
            if word != "example" {
                assert_eq!(here.map(|here| edited.place(here)), there, "{word}");
            }
        }
    }
}

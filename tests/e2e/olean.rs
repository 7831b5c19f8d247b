//! What a real Lean compiles, read without it.

use std::process::Command;

use unsorry_olean::{ConstantKind, LeanVersion, Module, Terms, export, read};

#[path = "../../olean/tests/support/mod.rs"]
mod support;

const TEXT: &str = include_str!("../fixtures/Kinds.lean");

/// The files that Lean makes of a text.
fn compile(text: &str) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("Kinds.lean"), text).expect("written");
    let output = Command::new("lean")
        .args(["-o", "Kinds.olean", "Kinds.lean"])
        .current_dir(folder.path())
        .output()
        .expect("lean starts");
    assert!(output.status.success(), "{output:?}");
    let parts = ["", ".server", ".private"].map(|part| format!("Kinds.olean{part}"));
    let files = parts.iter().map(|part| folder.path().join(part));
    files
        .map(|file| std::fs::read(file).expect("compiled"))
        .collect()
}

fn read_all(files: &[Vec<u8>], terms: &mut Terms) -> Module {
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    read(&files, terms).expect("read")
}

#[test]
fn each_kind_of_constant() {
    let files = compile(TEXT);
    let mut terms = Terms::default();
    let module = read_all(&files, &mut terms);
    assert!(module.is_module);
    let imports = module
        .imports
        .iter()
        .map(|import| terms.show_name(import.module).to_string());
    assert_eq!(imports.collect::<Vec<_>>(), ["Init"]);
    let shown = |name: &str| {
        let mut constants = module.constants.iter();
        let found = constants.find(|one| terms.show_name(one.name).to_string() == name);
        support::show_constant(&terms, found.expect(name))
    };
    let check = |name: &str, expected: &str| {
        let shown = shown(name);
        let lines: Vec<&str> = shown.lines().map(str::trim).collect();
        let head = format!("{} | {}", lines[0], lines[1]);
        assert!(head.starts_with(expected), "{head}");
    };
    check("word", "word : Nat | def Regular(2) Safe all=[word]");
    check("two", "two : (((Eq.{0+1} Nat)");
    assert!(shown("two").contains("\n  theorem all=[two]\n  := ((rfl.{0+1} Nat)"));
    check(
        "choice'",
        "choice'.{u} : ({Sort u} → (((Nonempty.{u} #0)) → #1)) | axiom unsafe=false",
    );
    check(
        "hidden",
        "hidden : ((Nat) → Nat) | opaque unsafe=false all=[hidden]",
    );
    check(
        "_private.Kinds.0.knows",
        "_private.Kinds.0.knows : (((Eq.{0+1} Nat) _private.Kinds.0.secret)",
    );
    check(
        "wild",
        "wild : ((Nat) → Nat) | def Opaque Unsafe all=[wild]",
    );
    check(
        "endless",
        "endless : ((Nat) → Nat) | opaque unsafe=false all=[endless]",
    );
    check(
        "endless._unsafe_rec",
        "endless._unsafe_rec : ((Nat) → Nat) | def Opaque Partial",
    );
    check("short", "short : Sort 0+1 | def Abbrev Safe all=[short]");
    check(
        "«odd name»",
        "«odd name».{u, v} : ((Sort u+1) → ((Sort v+1) → Sort (max u v)+1)) | def",
    );
    check(
        "Even",
        "Even : ((Nat) → Sort 0) | inductive params=0 indices=1 all=[Even, Odd] \
         ctors=[Even.zero, Even.succ] nested=0 rec=true unsafe=false reflexive=false",
    );
    check("Odd.rec", "Odd.rec : ({(");
    check(
        "Rose.node",
        "Rose.node.{u} : ({Sort u+1} → ((#0) → (((List.{u} (Rose.{u} #1))) → (Rose.{u} #2)))) | constructor 0 of Rose params=1 fields=2 unsafe=false",
    );
    check(
        "Rose",
        "Rose.{u} : ((Sort u+1) → Sort u+1) | inductive params=1 indices=0 all=[Rose] ctors=[Rose.node] nested=1 rec=true",
    );
    check("Rose.rec_1", "Rose.rec_1.{");
    check("Point.x", "Point.x : ((Point) → Nat) | def Abbrev Safe");
    assert!(shown("Point.x").contains("(fun (Point) => #0.Point.0)"));
    check("instSizedPoint", "instSizedPoint : (Sized Point) | def");
    check("length", "length : ((");
    assert!(shown("length").contains("List.brecOn"));
    assert!(shown("half").contains("WellFounded"));
    assert!(shown("big").contains("1208925819614629174706176"));
    assert!(shown("text").contains(r#"  := "aé→😀\n\"\\\0""#));
    let mut exported = Vec::new();
    let lean = LeanVersion {
        version: &module.lean_version,
        githash: &module.githash,
    };
    export(&terms, &module.constants, lean, &mut exported).expect("exported");
    let exported = String::from_utf8(exported).expect("UTF-8");
    assert_eq!(
        exported
            .lines()
            .filter(|line| line.starts_with(r#"{"inductive""#))
            .count(),
        5
    );

    // Importers see no proof.
    let seen = read_all(&files[..1], &mut terms);
    let two = terms.find_dotted("two");
    let two = seen
        .constants
        .iter()
        .find(|one| Some(one.name) == two)
        .expect("two");
    assert_eq!(two.kind, ConstantKind::Axiom { is_unsafe: false });
}

/// Compiling again gives the same terms, and a change is seen where it was made.
#[test]
fn what_changed_is_what_differs() {
    let mut terms = Terms::default();
    let before = read_all(&compile(TEXT), &mut terms);
    let check = |terms: &mut Terms, from: &str, to: &str, expected: &[&str]| {
        assert!(TEXT.contains(from), "{from}");
        let after = read_all(&compile(&TEXT.replacen(from, to, 1)), terms);
        let differs = after.constants.iter().filter(|one| {
            let old = before.constants.iter().find(|old| old.name == one.name);
            old != Some(one)
        });
        let names = differs.map(|one| terms.show_name(one.name).to_string());
        assert_eq!(names.collect::<Vec<_>>(), expected, "{from} -> {to}");
    };
    check(&mut terms, "word : Nat := 9", "word : Nat := 10", &["word"]);
    check(&mut terms, "rfl\naxiom", "by decide\naxiom", &["two"]);
    check(&mut terms, "(h : Nonempty α)", "(other : Nonempty α)", &[]);
    check(
        &mut terms,
        "{α : Sort u} (h",
        "(α : Sort u) (h",
        &["choice'"],
    );
}

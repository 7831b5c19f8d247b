//! Files that real Leans have written, and what is in them.

mod support;

use expect_test::{Expect, expect};
use support::{NARROW, WIDE, show_constant};
use unsorry_olean::{Module, Terms, read};

/// The constants of these names, in this order.
fn check(terms: &Terms, module: &Module, names: &[&str], expected: Expect) {
    let shown = names.iter().map(|name| {
        let found = module
            .constants
            .iter()
            .find(|constant| terms.show_name(constant.name).to_string() == *name);
        show_constant(terms, found.expect(name))
    });
    expected.assert_eq(&shown.collect::<String>());
}

#[test]
fn words_of_four_bytes() {
    let mut terms = Terms::default();
    let module = read(&NARROW, &mut terms).expect("read");
    assert_eq!(module.lean_version, "4.28.0-pre");
    assert_eq!(module.githash, "38f3c0c45b8df6da2652faff6dcaa15afb5a6981");
    assert_eq!(module.word.bytes(), 4);
    assert!(module.is_module);
    let import = module.imports[0];
    assert_eq!(terms.show_name(import.module).to_string(), "Init");
    assert!(import.is_exported && !import.import_all && !import.is_meta);
    assert_eq!(module.constants.len(), 21);
    let names = [
        "big",
        "text",
        "two",
        "choice'",
        "hidden",
        "_private.Narrow.0.secret",
        "«odd name»",
        "Shape",
        "Shape.square",
        "Shape.rec",
    ];
    check(
        &terms,
        &module,
        &names,
        expect![[r#"
        big : Nat
          def Regular(2) Safe all=[big]
          := (((OfNat.ofNat.{0} Nat) 1208925819614629174706176) (instOfNatNat 1208925819614629174706176))
        text : String
          def Regular(1) Safe all=[text]
          := "aé→😀\n\"\\\0"
        two : (((Eq.{0+1} Nat) ((((((HAdd.hAdd.{0, 0, 0} Nat) Nat) Nat) ((instHAdd.{0} Nat) instAddNat)) (((OfNat.ofNat.{0} Nat) 1) (instOfNatNat 1))) (((OfNat.ofNat.{0} Nat) 1) (instOfNatNat 1)))) (((OfNat.ofNat.{0} Nat) 2) (instOfNatNat 2)))
          theorem all=[two]
          := ((rfl.{0+1} Nat) ((((((HAdd.hAdd.{0, 0, 0} Nat) Nat) Nat) ((instHAdd.{0} Nat) instAddNat)) (((OfNat.ofNat.{0} Nat) 1) (instOfNatNat 1))) (((OfNat.ofNat.{0} Nat) 1) (instOfNatNat 1))))
        choice'.{u, v} : ({Sort u} → ({Sort v} → ((((#1) → #1)) → #1)))
          axiom unsafe=false
        hidden : ((Nat) → Nat)
          opaque unsafe=false all=[hidden]
          := (fun (Nat) => ((Inhabited.default.{0+1} Nat) instInhabitedNat))
        _private.Narrow.0.secret : Nat
          def Regular(2) Safe all=[_private.Narrow.0.secret]
          := (((OfNat.ofNat.{0} Nat) 7) (instOfNatNat 7))
        «odd name» : ((((Nat) → Nat)) → ((Nat) → Nat))
          def Regular(1) Safe all=[«odd name»]
          := (fun (((Nat) → Nat)) => (fun (Nat) => (let Nat := (#1 #0); (#2 #0))))
        Shape : Sort 0+1
          inductive params=0 indices=0 all=[Shape] ctors=[Shape.square] nested=0 rec=false unsafe=false reflexive=false
        Shape.square : ((Nat) → Shape)
          constructor 0 of Shape params=0 fields=1 unsafe=false
        Shape.rec.{u} : ({((Shape) → Sort u)} → ((((Nat) → (#1 (Shape.square #0)))) → ((Shape) → (#2 #0))))
          recursor all=[Shape] params=0 indices=0 motives=1 minors=1 k=false unsafe=false
          | Shape.square, 1 fields => (fun (((Shape) → Sort u)) => (fun (((Nat) → (#1 (Shape.square #0)))) => (fun (Nat) => (#1 #0))))
    "#]],
    );
}

/// What importers see of a module has no proofs, and nothing that is private.
#[test]
fn the_first_file_alone() {
    let mut terms = Terms::default();
    let module = read(&NARROW[..1], &mut terms).expect("read");
    check(
        &terms,
        &module,
        &["two", "hidden"],
        expect![[r#"
        two : (((Eq.{0+1} Nat) ((((((HAdd.hAdd.{0, 0, 0} Nat) Nat) Nat) ((instHAdd.{0} Nat) instAddNat)) (((OfNat.ofNat.{0} Nat) 1) (instOfNatNat 1))) (((OfNat.ofNat.{0} Nat) 1) (instOfNatNat 1)))) (((OfNat.ofNat.{0} Nat) 2) (instOfNatNat 2)))
          axiom unsafe=false
        hidden : ((Nat) → Nat)
          axiom unsafe=false
    "#]],
    );
    let secret = |name: &str| name.contains("secret");
    assert!(
        !module
            .constants
            .iter()
            .any(|one| secret(&terms.show_name(one.name).to_string()))
    );
}

#[test]
fn words_of_eight_bytes() {
    let mut terms = Terms::default();
    let module = read(&WIDE, &mut terms).expect("read");
    assert_eq!(module.lean_version, "4.35.0");
    assert_eq!(module.word.bytes(), 8);
    assert!(!module.is_module);
    assert!(module.imports.is_empty());
    assert_eq!(module.constants.len(), 23);
    let names = [
        "big",
        "hidden",
        "same",
        "twice",
        "choice",
        "Eq",
        "Eq.refl",
        "Eq.rec",
        "Quot.lift",
        "PUnit.recOn",
    ];
    check(
        &terms,
        &module,
        &names,
        expect![[r#"
        big : Nat
          def Regular(1) Safe all=[big]
          := (((OfNat.ofNat.{0} Nat) 1208925819614629174706176) (instOfNatNat 1208925819614629174706176))
        hidden : Nat
          opaque unsafe=false all=[hidden]
          := (((OfNat.ofNat.{0} Nat) 9223372036854775808) (instOfNatNat 9223372036854775808))
        same : ((Nat) → (((Eq.{0+1} Nat) #0) #0))
          theorem all=[same]
          := (fun (Nat) => ((Eq.refl.{0+1} Nat) #0))
        twice : ((((Nat) → Nat)) → ((Nat) → Nat))
          def Regular(1) Safe all=[twice]
          := (fun (((Nat) → Nat)) => (fun (Nat) => (let Nat := (#1 #0); (#2 #0))))
        choice.{u, v} : ({Sort u} → ({Sort v} → ((((#1) → #1)) → #1)))
          axiom unsafe=false
        Eq.{u} : ({Sort u} → ((#0) → ((#1) → Sort 0)))
          inductive params=2 indices=1 all=[Eq] ctors=[Eq.refl] nested=0 rec=false unsafe=false reflexive=false
        Eq.refl.{u} : ({Sort u} → ((#0) → (((Eq.{u} #1) #0) #0)))
          constructor 0 of Eq params=2 fields=0 unsafe=false
        Eq.rec.{u_1, u} : ({Sort u} → ({#0} → ({((#1) → (((((Eq.{u} #2) #1) #0)) → Sort u_1))} → ((((#0 #1) ((Eq.refl.{u} #2) #1))) → ({#3} → (((((Eq.{u} #4) #3) #0)) → ((#3 #1) #0)))))))
          recursor all=[Eq] params=2 indices=1 motives=1 minors=1 k=true unsafe=false
          | Eq.refl, 0 fields => (fun {Sort u} => (fun (#0) => (fun (((#1) → (((((Eq.{u} #2) #1) #0)) → Sort u_1))) => (fun (((#0 #1) ((Eq.refl.{u} #2) #1))) => #0))))
        Quot.lift.{u, v} : ({Sort u} → ({((#0) → ((#1) → Sort 0))} → ({Sort v} → ((((#2) → #1)) → ((((#3) → ((#4) → ((((#4 #1) #0)) → (((Eq.{v} #4) (#3 #2)) (#3 #1)))))) → ((((Quot.{u} #4) #3)) → #3))))))
          quot Lift
        PUnit.recOn.{u_1, u} : ({((PUnit.{u}) → Sort u_1)} → ((PUnit.{u}) → (((#1 PUnit.unit.{u})) → (#2 #1))))
          def Abbrev Safe all=[PUnit.recOn]
          := (fun {((PUnit.{u}) → Sort u_1)} => (fun (PUnit.{u}) => (fun ((#1 PUnit.unit.{u})) => (((PUnit.rec.{u_1, u} #2) #0) #1))))
    "#]],
    );
}

/// Equal terms of two modules have equal ids, whatever Lean wrote them.
#[test]
fn two_modules_share_their_terms() {
    let mut terms = Terms::default();
    let narrow = read(&NARROW, &mut terms).expect("read");
    let again = read(&NARROW, &mut terms).expect("read");
    assert_eq!(narrow.constants, again.constants);
    let wide = read(&WIDE, &mut terms).expect("read");
    let ty = |module: &Module, name: &str| {
        let mut constants = module.constants.iter();
        let found = constants.find(|one| terms.show_name(one.name).to_string() == name);
        found.expect(name).ty
    };
    assert_eq!(ty(&narrow, "big"), ty(&wide, "big"));
    assert_eq!(ty(&narrow, "choice'"), ty(&wide, "choice"));
    assert_eq!(ty(&narrow, "«odd name»"), ty(&wide, "twice"));
}

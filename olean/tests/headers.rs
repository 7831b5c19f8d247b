//! Headers, and several files of one module.

mod support;

use support::build::{File, axiom};
use unsorry_olean::{Terms, Word, read};

#[test]
fn headers() {
    let honest = axiom(8, |file| file.sort());
    let damaged = |at: usize, byte: u8| {
        let mut file = honest.clone();
        file[at] = byte;
        read(&[&file], &mut Terms::default())
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let told = |what: &str| {
        let whole = "not a compiled Lean file that can be read";
        Err(format!("{whole}: {what} (file 0 of the module, byte 0)"))
    };
    assert_eq!(damaged(0, b'x'), told("it does not begin as one"));
    let version = "the format's version 3 is not known here, only 2 (Lean 4.26 and newer)";
    assert_eq!(damaged(5, 3), told(version));
    assert_eq!(
        damaged(6, 2),
        told("the format's flags 0b10 are not known here")
    );
    for len in 0..honest.len() {
        let read = read(&[&honest[..len]], &mut Terms::default());
        assert!(read.is_err(), "{len}");
    }
    let none = read(&[], &mut Terms::default())
        .map(|_| ())
        .map_err(|error| error.what);
    assert_eq!(none, Err("there is no file".to_owned()));
}

/// A 4-byte Lean chooses its addresses anywhere, also where they go round.
#[test]
fn words_are_told_by_where_the_module_is() {
    for base in [0_u32, 0x10000, 0x7fff_0000, 0xffff_0000, 0xffff_ff00] {
        let mut file = File::new(4, base.into());
        let (name, ty) = (file.name("a"), file.sort());
        let axiom = file.axiom(name, ty);
        let file = file.module(&[name], &[axiom]);
        let module = read(&[&file], &mut Terms::default()).expect("read");
        assert_eq!(module.word, Word::Four, "{base:x}");
    }
    for base in [0_u64, 0x10000, 0x5a0b_0000_0000, 0x7eff_ffff_0000] {
        let mut file = File::new(8, base);
        let (name, ty) = (file.name("a"), file.sort());
        let axiom = file.axiom(name, ty);
        let file = file.module(&[name], &[axiom]);
        let module = read(&[&file], &mut Terms::default()).expect("read");
        assert_eq!(module.word, Word::Eight, "{base:x}");
    }
}

#[test]
fn several_files() {
    let first = File::new(8, 0x5550_0000);
    let mut first = first;
    let (name, ty) = (first.name("a"), first.sort());
    let first = first.module(&[], &[]);
    let second = |base| {
        let mut file = File::new(8, base);
        let axiom = file.axiom(name, ty);
        file.module(&[name], &[axiom])
    };
    let found = |files: &[&[u8]]| {
        let mut terms = Terms::default();
        let module = read(files, &mut terms).map_err(|error| (error.part, error.what))?;
        Ok(module.constants.len())
    };
    let apart = second(0x5551_0000);
    assert_eq!(found(&[&first, &apart]), Ok(1));
    assert_eq!(found(&[&first]), Ok(0));
    let out = "a pointer out of the files".to_owned();
    assert_eq!(found(&[&apart]), Err((0, out)));
    let shared = "two files share an address".to_owned();
    assert_eq!(found(&[&first, &second(0x5550_0040)]), Err((1, shared)));
    let mut other = apart;
    other[8] = b'3';
    let another = "another Lean wrote it than the first file".to_owned();
    assert_eq!(found(&[&first, &other]), Err((1, another)));
}

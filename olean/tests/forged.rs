//! Files that no Lean would write, and some that it might, put together by hand.

mod support;

use support::build::{File, axiom, boxed};
use support::show;
use unsorry_olean::{Constant, ConstantKind, ReadError, Terms, read};

const WORDS: [usize; 2] = [4, 8];
const LAST_VARIABLE: u64 = (1 << 20) - 2;
const DEEPEST_LEVEL: u64 = 1 << 16;
const TOO_MUCH: &str = "more strings, numbers and lists than a file of its size has";

/// The type of the only constant.
fn ty(file: &[u8]) -> Result<String, ReadError> {
    let mut terms = Terms::default();
    let module = read(&[file], &mut terms)?;
    Ok(show(&terms, module.constants[0].ty))
}

#[track_caller]
fn check(file: &[u8], expected: Result<&str, &str>) {
    let found = ty(file).map_err(|error| error.what);
    let found = found.as_deref().map_err(String::as_str);
    assert_eq!(found, expected);
}

/// The type that `build` makes, with words of both widths.
#[track_caller]
fn check_type(build: impl Fn(&mut File) -> u64, expected: Result<&str, &str>) {
    for word in WORDS {
        check(&axiom(word, &build), expected);
    }
}

#[test]
fn expressions() {
    check_type(|file| file.sort(), Ok("Sort 0"));
    check_type(|file| file.term(0, &[boxed(LAST_VARIABLE)]), Ok("#1048574"));
    check_type(
        |file| {
            let (name, ty) = (file.name("C.c"), file.sort());
            let level = file.term(1, &[boxed(0)]);
            let levels = file.list(&[level, boxed(0)]);
            let constant = file.term(4, &[name, levels]);
            let body = file.term(5, &[constant, constant]);
            file.binder(7, &[name, ty, body], 1)
        },
        Ok("({Sort 0} → (C.c.{0+1, 0} C.c.{0+1, 0}))"),
    );
    // `mdata` leaves no trace.
    check_type(
        |file| {
            let sort = file.sort();
            let inner = file.term(10, &[boxed(0), sort]);
            file.term(10, &[boxed(0), inner])
        },
        Ok("Sort 0"),
    );
    check_type(
        |file| {
            let text = file.string("ä\0→\0".as_bytes());
            let literal = file.ctor(1, &[text], &[]);
            file.term(9, &[literal])
        },
        Ok(r#""ä\0→""#),
    );
}

#[test]
fn what_is_no_expression() {
    check_type(|_| boxed(0), Err("no expression"));
    check_type(|file| file.term(12, &[boxed(0)]), Err("no expression"));
    check_type(|file| file.string(b"\0"), Err("no expression"));
    check_type(
        |file| file.term(1, &[boxed(0)]),
        Err("a free variable in a constant"),
    );
    check_type(
        |file| file.term(2, &[boxed(0)]),
        Err("a metavariable in a constant"),
    );
    check_type(
        |file| {
            let level = file.term(5, &[boxed(0)]);
            file.term(3, &[level])
        },
        Err("a level that is still to be found"),
    );
    check_type(|file| file.term(3, &[boxed(1)]), Err("no level"));
    check_type(
        |file| file.ctor(3, &[boxed(0)], &[]),
        Err("an object of another shape than 1 fields and 8 bytes"),
    );
    check_type(
        |file| {
            let ty = file.sort();
            file.binder(6, &[boxed(0), ty, ty], 4)
        },
        Err("4 where at most 3 has a meaning"),
    );
    let wide = |file: &mut File| file.term(0, &[boxed(1 << 32)]);
    check(&axiom(8, wide), Err("a count beyond 32 bits"));
}

#[test]
fn pointers() {
    check_type(|_| 0, Err("a pointer out of the files"));
    check_type(
        |file| file.next() + 0x10_0000,
        Err("a pointer out of the files"),
    );
    check_type(|file| file.next() - 2, Err("a pointer to no object"));
    // To the header.
    check_type(|_| 0x5550_0000, Err("a pointer to no object"));
    // To the last word, where no object has room.
    let mut file = axiom(8, |file| file.sort());
    let last = (0x5550_0000 + file.len() as u64 - 4).to_le_bytes();
    file[88..96].copy_from_slice(&last);
    assert!(ty(&file).is_err());
}

#[test]
fn strings() {
    let name = |text: &'static [u8]| {
        move |file: &mut File| {
            let text = file.string(text);
            let name = file.term(1, &[boxed(0), text]);
            file.term(4, &[name, boxed(0)])
        }
    };
    check_type(name(b"x\0"), Ok("x"));
    check_type(name(b"x"), Err("a string without an end"));
    check_type(name(b""), Err("a string without an end"));
    check_type(name(b"\xff\0"), Err("a string that is no UTF-8"));
}

#[test]
fn numbers() {
    let literal = |file: &mut File, number| {
        let literal = file.ctor(0, &[number], &[]);
        file.term(9, &[literal])
    };
    let gmp = |count, digits: &'static [u64]| {
        axiom(8, |file| {
            let number = file.gmp(count, digits);
            literal(file, number)
        })
    };
    check(&gmp(2, &[0, 1 << 16]), Ok("1208925819614629174706176"));
    // The long way for what is short is the same number.
    check(&gmp(2, &[5, 0]), Ok("5"));
    check(&gmp(0, &[]), Ok("0"));
    check(
        &gmp(8193, &[7; 8193]),
        Err("a number of more than 65536 bytes"),
    );
    check(&gmp(-1, &[5]), Err("a natural number below 0"));
    check(
        &gmp(i32::MAX, &[5]),
        Err("an object goes beyond the end of the file"),
    );
    let elsewhere = axiom(8, |file| {
        let number = file.gmp(1, &[5]);
        let at = file.bytes.len() - 16;
        file.bytes[at] += 8;
        literal(file, number)
    });
    check(&elsewhere, Err("a number whose digits are elsewhere"));
}

#[test]
fn cycles() {
    check_type(
        |file| {
            let own = file.next();
            file.term(5, &[own, own])
        },
        Err("an expression that is a part of itself"),
    );
    check_type(
        |file| {
            let own = file.next();
            let level = file.term(1, &[own]);
            file.term(3, &[level])
        },
        Err("a level that is a part of itself"),
    );
    check_type(
        |file| {
            let text = file.string(b"\0");
            let own = file.next();
            let name = file.term(1, &[own, text]);
            file.term(4, &[name, boxed(0)])
        },
        Err("a name that is a part of itself"),
    );
    check_type(
        |file| {
            let own = file.next();
            let levels = file.ctor(1, &[boxed(0), own], &[]);
            file.term(4, &[boxed(0), levels])
        },
        Err(TOO_MUCH),
    );
}

/// Many small objects that each lead to the same large one: what is read would be quadratic.
#[test]
fn what_many_share_is_bounded() {
    const MANY: usize = 10_000;
    check_type(
        |file| {
            let levels = file.list(&[boxed(0); MANY]);
            (0..MANY as u64).fold(file.sort(), |before, index| {
                let text = file.string(format!("{index}\0").as_bytes());
                let name = file.term(1, &[boxed(0), text]);
                let constant = file.term(4, &[name, levels]);
                file.term(5, &[before, constant])
            })
        },
        Err(TOO_MUCH),
    );
    check_type(
        |file| {
            let text = file.string(&[&[b'x'; MANY][..], b"\0"].concat());
            (0..MANY as u64).fold(file.sort(), |before, index| {
                let prefix = file.term(2, &[boxed(0), boxed(index)]);
                let name = file.term(1, &[prefix, text]);
                let constant = file.term(4, &[name, boxed(0)]);
                file.term(5, &[before, constant])
            })
        },
        Err(TOO_MUCH),
    );
    check_type(
        |file| {
            let text = file.string(&[&[b'x'; 100][..], b"\0"].concat());
            let name = (0..700).fold(boxed(0), |name, _| file.term(1, &[name, text]));
            file.term(4, &[name, boxed(0)])
        },
        Err("a name of more than 65536 bytes"),
    );
    // Each of them would be shown.
    check_type(
        |file| {
            let text = file.string(b"x\0");
            let deep = (0..900).fold(boxed(0), |name, _| file.term(1, &[name, text]));
            (0..MANY as u64).fold(file.sort(), |before, index| {
                let name = file.term(2, &[deep, boxed(index)]);
                let constant = file.term(4, &[name, boxed(0)]);
                file.term(5, &[before, constant])
            })
        },
        Err(TOO_MUCH),
    );
}

/// What Lean's kernel has no room for.
#[test]
fn what_is_too_deep_or_too_far() {
    check_type(
        |file| file.term(0, &[boxed(LAST_VARIABLE + 1)]),
        Err("a bound variable of a number beyond 1048574"),
    );
    check_type(
        |file| {
            let below = file.term(1, &[boxed(0)]);
            let levels = 0..DEEPEST_LEVEL;
            let level = levels.fold(below, |level, _| file.term(2, &[boxed(0), level]));
            file.term(3, &[level])
        },
        Err("a level that is nested more than 65536 deep"),
    );
    let name = |parts: u64| {
        move |file: &mut File| {
            let name = (0..parts).fold(boxed(0), |name, _| file.term(2, &[name, boxed(0)]));
            let sort = file.sort();
            file.binder(6, &[name, sort, sort], 0)
        }
    };
    check_type(name(1000), Ok("(fun (Sort 0) => Sort 0)"));
    check_type(name(1001), Err("a name of more than 1000 parts"));
}

/// No byte is read as a part of two objects, nor an object as two things.
#[test]
fn objects_are_apart() {
    let shared = "an object that shares bytes with another";
    check_type(
        |file| {
            let sort = file.sort();
            let outer = file.ctor(5, &[sort, sort], &[0; 64]);
            let inner = file.inside(outer, 24, 3, &[boxed(0)]);
            file.term(5, &[outer, inner])
        },
        Err(shared),
    );
    check_type(
        |file| {
            let sort = file.sort();
            let outer = file.ctor(5, &[sort, sort], &[0; 64]);
            let inner = file.inside(outer, 24, 3, &[boxed(0)]);
            file.term(5, &[inner, outer])
        },
        Err(shared),
    );
    // `Level.max 0 0` and `Lean.Name.num .anonymous 0` are of one shape.
    check_type(
        |file| {
            let both = file.term(2, &[boxed(0), boxed(0)]);
            let sort = file.term(3, &[both]);
            let constant = file.term(4, &[both, boxed(0)]);
            file.term(5, &[sort, constant])
        },
        Err("an object that is two things"),
    );
}

#[test]
fn a_million_deep() {
    const DEEP: u64 = 1_000_000;
    let file = axiom(4, |file| {
        let level = (0..DEEPEST_LEVEL).fold(boxed(0), |level, _| file.term(1, &[level]));
        let sort = file.term(3, &[level]);
        (0..DEEP).fold(sort, |before, _| file.term(5, &[before, sort]))
    });
    let mut terms = Terms::default();
    let one = read(&[&file], &mut terms).expect("read");
    let other = read(&[&file], &mut terms).expect("read");
    assert_eq!(one.constants, other.constants);
    assert_eq!(terms.constants_in(one.constants[0].ty).count(), 0);
}

#[test]
fn names_of_binders_and_have_are_no_difference() {
    let types = [("x", 0), ("y", 0), ("y", 1)].map(|(name, kind)| {
        axiom(8, |file| {
            let (name, ty) = (file.name(name), file.sort());
            let inner = file.binder(8, &[name, ty, ty, ty], kind);
            let inner = file.binder(7, &[name, inner, inner], 3);
            file.binder(6, &[name, inner, inner], 2)
        })
    });
    let mut terms = Terms::default();
    let read = |file| read(&[file], &mut terms).expect("read").constants;
    let [x, y, have] = types.each_ref().map(|file| file.as_slice()).map(read);
    assert_eq!(x, y);
    assert_eq!(y, have);
}

/// A module of the axioms `a` and `b`, under these names.
fn two(first: &str, second: &str, listed: [&str; 2]) -> Vec<u8> {
    let mut file = File::new(8, 0x5550_0000);
    let sort = file.sort();
    let names = [first, second].map(|name| file.name(name));
    let constants = names.map(|name| file.axiom(name, sort));
    let listed = listed.map(|name| file.name(name));
    file.module(&listed, &constants)
}

#[test]
fn constants_have_names_of_their_own() {
    let found = |file: &[u8]| {
        let mut terms = Terms::default();
        read(&[file], &mut terms)
            .map(|module| module.constants.len())
            .map_err(|error| error.what)
    };
    assert_eq!(found(&two("a", "b", ["a", "b"])), Ok(2));
    let second = "a second constant of the same name";
    assert_eq!(found(&two("a", "a", ["a", "a"])), Err(second.to_owned()));
    let other = "the constant has another name in the list of names";
    assert_eq!(found(&two("a", "b", ["b", "a"])), Err(other.to_owned()));
    let mut file = File::new(8, 0x5550_0000);
    let (name, ty) = (file.name("a"), file.sort());
    let axiom = file.axiom(name, ty);
    let more = "the constants have other names in the list of names";
    assert_eq!(found(&file.module(&[], &[axiom])), Err(more.to_owned()));
}

#[test]
fn definitions() {
    let mut file = File::new(4, 0x5550_0000);
    let (name, ty) = (file.name("d"), file.sort());
    let value = file.term(0, &[boxed(3)]);
    let definition = file.definition(name, ty, value);
    let mut terms = Terms::default();
    let module = read(&[&file.module(&[name], &[definition])], &mut terms).expect("read");
    let [constant]: [Constant; 1] = module.constants.try_into().expect("one");
    let ConstantKind::Definition { all, .. } = &constant.kind else {
        panic!("{constant:?}");
    };
    assert_eq!(all.as_slice(), [constant.name]);
    assert_eq!(
        constant.value().map(|value| show(&terms, value)).as_deref(),
        Some("#3")
    );
}

//! Real files with damage: an error or constants, and never a panic or much time.

mod support;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use support::{NARROW, WIDE};
use unsorry_olean::{LeanVersion, Terms, export, read};

/// What is done to a module's files.
#[derive(Clone, Debug)]
enum Damage {
    /// A byte of them all, by its number, becomes another.
    Byte(usize, u8),
    /// A word, by its number, is taken to point to another object, by its own word.
    Redirect(usize, usize),
    /// A word becomes this number.
    Word(usize, u64),
    /// The last file ends early.
    Cut(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let interesting = prop_oneof![
        0..64_u64,
        any::<u64>(),
        (0..64_u32).prop_map(|bit| 1 << bit)
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (any::<usize>(), any::<usize>()).prop_map(|(at, to)| Damage::Redirect(at, to)),
        (any::<usize>(), interesting).prop_map(|(at, word)| Damage::Word(at, word)),
        any::<usize>().prop_map(Damage::Cut),
    ]
}

fn do_damage(files: &mut [Vec<u8>], word: usize, damage: &Damage) {
    // Most of what is read is in the last file.
    let Some(last) = files.last_mut() else {
        return;
    };
    let words = last.len() / word;
    let offset = |index: usize| index % words * word;
    match *damage {
        Damage::Byte(at, byte) => {
            let all: usize = files.iter().map(Vec::len).sum();
            let mut at = at % all;
            for file in files {
                if at < file.len() {
                    file[at] = byte;
                    return;
                }
                at -= file.len();
            }
        }
        Damage::Redirect(at, to) => {
            let base = last[80..80 + word].to_vec();
            let mut address = [0; 8];
            address[..word].copy_from_slice(&base);
            let address = u64::from_le_bytes(address).wrapping_add(offset(to) as u64);
            last[offset(at)..][..word].copy_from_slice(&address.to_le_bytes()[..word]);
        }
        Damage::Word(at, number) => {
            last[offset(at)..][..word].copy_from_slice(&number.to_le_bytes()[..word]);
        }
        Damage::Cut(at) => last.truncate(at % (last.len() + 1)),
    }
}

/// Reads the files, and writes and looks at what they hold.
fn use_all(files: &[Vec<u8>]) {
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let mut terms = Terms::default();
    let start = Instant::now();
    if let Ok(module) = read(&files, &mut terms) {
        for constant in &module.constants {
            assert!(!terms.show_name(constant.name).to_string().is_empty());
            for expr in constant.exprs() {
                terms.constants_in(expr).for_each(drop);
            }
        }
        let lean = LeanVersion {
            version: &module.lean_version,
            githash: &module.githash,
        };
        let _ = export(&terms, &module.constants, lean, std::io::sink());
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}

fn owned(files: &[&[u8]]) -> Vec<Vec<u8>> {
    files.iter().map(|file| file.to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn words_of_four_bytes(damages in prop::collection::vec(damage(), 1..4)) {
        let mut files = owned(&NARROW);
        for damage in &damages {
            if files.iter().all(|file| file.len() > 100) {
                do_damage(&mut files, 4, damage);
            }
        }
        use_all(&files);
    }

    #[test]
    fn words_of_eight_bytes(damages in prop::collection::vec(damage(), 1..4)) {
        let mut files = owned(&WIDE);
        for damage in &damages {
            if files.iter().all(|file| file.len() > 100) {
                do_damage(&mut files, 8, damage);
            }
        }
        use_all(&files);
    }

    #[test]
    fn anything(rest in prop::collection::vec(any::<u8>(), 0..400), flags in 0..2_u8) {
        let file = [&b"olean\x02"[..], &[flags], &[0; 73], &rest].concat();
        use_all(&[file]);
    }
}

/// Each object of a file in the place of each that something points to, in turn, as far as time allows: a stride.
#[test]
fn every_word_redirected() {
    let words = WIDE[0].len() / 8;
    for at in 10..words {
        let mut files = owned(&WIDE);
        do_damage(&mut files, 8, &Damage::Redirect(at, at.wrapping_mul(7919)));
        use_all(&files);
    }
}

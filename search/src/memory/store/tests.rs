use super::*;
use std::process::{Child, Command, Stdio};

const PATIENCE: Duration = Duration::from_secs(30);

fn key(n: u64) -> Key {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&n.to_be_bytes());
    Key(key)
}

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn proof(text: &str, second: u64) -> Kept {
    Kept {
        proof: text.to_owned(),
        goal: "⊢ p".into(),
        context: "theorem t : p := sorry".into(),
        hole: 17,
        kind: "term".into(),
        engine: "local".into(),
        level: "lean-checked".into(),
        lean: "Lean".into(),
        imports: "A B".into(),
        found: at(second),
        used: at(second),
        hits: 0,
    }
}

fn bounded(folder: &Path, bytes: i64, rows: i64) -> Store {
    Store::open(folder, Bounds { bytes, rows }, PATIENCE).expect("a store")
}

fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder, Bounds::default(), PATIENCE)
}

fn recalled(store: &Store, n: u64) -> Vec<String> {
    let all = store.recall(&key(n)).expect("read").into_iter();
    all.map(|(proof, _)| proof).collect()
}

/// Keeps each of `proofs` at its second; gives what is then recalled.
fn check(proofs: &[(&str, u64)], expected: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).expect("a store");
    for (text, second) in proofs {
        store.keep(&key(1), &[proof(text, *second)]).expect("kept");
    }
    assert_eq!(recalled(&store, 1), expected);
    assert_eq!(recalled(&store, 2), [""; 0]);
}

#[test]
fn the_last_used_comes_first_then_the_shortest() {
    check(&[], &[]);
    check(&[("a", 1), ("b", 2)], &["b", "a"]);
    check(&[("long", 1), ("a", 1)], &["a", "long"]);
    check(&[("a", 1), ("b", 2), ("a", 3)], &["a", "b"]);
    // One of the shortest is never lost, and no more than four are kept.
    check(
        &[
            ("a", 1),
            ("ccc", 2),
            ("bb", 3),
            ("dddd", 4),
            ("ffffff", 5),
            ("eeeee", 6),
        ],
        &["eeeee", "ffffff", "bb", "a"],
    );
}

#[test]
fn what_is_kept_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).expect("a store");
    let first = proof("by\n  simp \u{1b}[31m\0", 5);
    store
        .keep(&key(1), std::slice::from_ref(&first))
        .expect("kept");
    let later = Kept {
        engine: "tactics".into(),
        level: "axioms-clean".into(),
        used: at(9),
        ..first.clone()
    };
    store.keep(&key(1), &[later]).expect("kept");
    store.keep(&key(2), &[proof("q", 6)]).expect("kept");
    let read = |newest_first| {
        let mut all = Vec::new();
        let each = |kept| {
            all.push(kept);
            true
        };
        store.each(newest_first, each).expect("read");
        all
    };
    // Who found it first is not forgotten.
    let expected = Kept {
        level: "axioms-clean".into(),
        used: at(9),
        hits: 1,
        ..first
    };
    assert_eq!(read(false), [expected.clone(), proof("q", 6)]);
    assert_eq!(read(true), [proof("q", 6), expected]);
    let figures = Figures {
        proofs: 2,
        goals: 2,
        hits: 1,
        by_engine: vec![("local".into(), 2)],
        found: Some((at(5), at(6))),
    };
    assert_eq!(store.figures().expect("read"), figures);
}

#[test]
fn too_long_a_text_is_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).expect("a store");
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    store
        .keep(&key(1), &[proof(&long, 1), proof("a", 1)])
        .expect("kept");
    assert_eq!(recalled(&store, 1), ["a"]);
}

#[test]
fn the_least_recently_used_go_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = bounded(folder.path(), i64::MAX, 32);
    for n in 0..40 {
        store.keep(&key(n), &[proof("a", n)]).expect("kept");
        // The first is used again and again.
        store.keep(&key(0), &[proof("a", n)]).expect("kept");
    }
    let proofs = store.figures().expect("read").proofs;
    assert!((16..=32).contains(&proofs), "{proofs}");
    assert_eq!(recalled(&store, 0), ["a"]);
    assert_eq!(recalled(&store, 1), [""; 0]);
    assert_eq!(recalled(&store, 39), ["a"]);
}

#[test]
fn the_file_does_not_grow_beyond_its_bound() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = bounded(folder.path(), 256 << 10, i64::MAX);
    let text = "x".repeat(3000);
    for n in 0..200 {
        let kept = Kept {
            context: text.clone(),
            ..proof("a", n)
        };
        store.keep(&key(n), &[kept]).expect("kept");
    }
    let length = std::fs::metadata(folder.path().join(FILE))
        .expect("a file")
        .len();
    assert!(length <= (256 << 10) + (64 << 10), "{length}");
    assert!(store.figures().expect("read").proofs > 20);
    assert_eq!(recalled(&store, 199), ["a"]);
}

#[test]
fn clearing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).expect("a store");
    for n in 0..10 {
        let kept = proof(&"secret ".repeat(1000), n);
        store.keep(&key(n), &[kept]).expect("kept");
    }
    assert_eq!(store.clear(Some(at(4))).expect("cleared"), 4);
    assert_eq!(recalled(&store, 3), [""; 0]);
    assert_eq!(recalled(&store, 4).len(), 1);
    assert_eq!(store.clear(None).expect("cleared"), 6);
    let bytes = std::fs::read(folder.path().join(FILE)).expect("a file");
    assert!(!bytes.windows(6).any(|bytes| bytes == b"secret"));
    assert!(bytes.len() < 64 << 10, "{}", bytes.len());
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("a/b");
    open(&folder).expect("a store");
    let file = std::fs::metadata(folder.join(FILE)).expect("a file");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

#[test]
fn files_that_are_not_ours() {
    let check = |bytes: &[u8], broken: bool| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), bytes).expect("written");
        let opened = open(folder.path());
        assert_eq!(
            matches!(opened, Err(StoreError::Broken(..))),
            broken,
            "{opened:?}"
        );
        if broken {
            std::fs::write(folder.path().join(JOURNAL), "old").expect("written");
            set_aside(folder.path()).expect("renamed");
            let aside = std::fs::read(folder.path().join(ASIDE)).expect("a file");
            assert_eq!(aside, bytes);
        }
        let mut store = open(folder.path()).expect("a new one");
        store.keep(&key(1), &[proof("a", 1)]).expect("kept");
        drop(store);
        // A healthy one stays where it is, whoever calls it broken.
        set_aside(folder.path()).expect("looked at");
        let store = open(folder.path()).expect("a store");
        assert_eq!(recalled(&store, 1), ["a"]);
        assert_eq!(remove_aside(folder.path()), broken);
    };
    check(b"", false);
    check(b"no database", true);
    check(&[b'x'; 8192], true);
    // A database with other tables.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE);
    let other = Connection::open(&path).expect("a database");
    other
        .execute_batch("CREATE TABLE proofs (key, proof); PRAGMA user_version = 1")
        .expect("written");
    drop(other);
    check(&std::fs::read(&path).expect("a file"), true);
}

#[test]
fn a_file_that_is_damaged_inside() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).expect("a store");
    for n in 0..200 {
        store.keep(&key(n), &[proof("a", n)]).expect("kept");
    }
    drop(store);
    let path = folder.path().join(FILE);
    let mut bytes = std::fs::read(&path).expect("a file");
    let length = bytes.len();
    bytes[8192..length - 8192].fill(0xff);
    std::fs::write(&path, bytes).expect("written");
    let store = open(folder.path()).expect("its beginning is as it was");
    let read = store.each(false, |_| true);
    assert!(matches!(read, Err(StoreError::Broken(..))), "{read:?}");
    drop(store);
    set_aside(folder.path()).expect("renamed");
    assert_eq!(
        open(folder.path())
            .expect("a new one")
            .figures()
            .expect("read")
            .proofs,
        0
    );
}

#[test]
fn a_newer_file_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE);
    let newer = Connection::open(&path).expect("a database");
    newer
        .execute_batch("CREATE TABLE other (a); PRAGMA user_version = 2")
        .expect("written");
    drop(newer);
    let before = std::fs::read(&path).expect("a file");
    let opened = open(folder.path());
    assert!(matches!(opened, Err(StoreError::Newer(_))), "{opened:?}");
    set_aside(folder.path()).expect("looked at");
    assert_eq!(std::fs::read(&path).expect("a file"), before);
}

#[test]
fn a_full_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).expect("a store");
    store.keep(&key(0), &[proof("a", 0)]).expect("kept");
    // As good as one: SQLite gives the same error.
    let full = store.connection.execute_batch("PRAGMA max_page_count = 16");
    full.expect("set");
    let long = "long ".repeat(500);
    let full = (1..100).find_map(|n| store.keep(&key(n), &[proof(&long, n)]).err());
    assert!(matches!(full, Some(StoreError::Sqlite(..))), "{full:?}");
    assert!(!store.is_damaged());
    assert_eq!(recalled(&store, 0), ["a"]);
}

/// The process that other tests start, which keeps as many proofs as it is told; no test of its own.
#[test]
#[ignore = "other tests start it"]
fn a_process_that_writes() {
    let variable = |name: &str| std::env::var(name).expect("told");
    let mut store = open(Path::new(&variable("FOLDER"))).expect("a store");
    let first: u64 = variable("FIRST").parse().expect("a number");
    let many: u64 = variable("MANY").parse().expect("a number");
    for n in first..first + many {
        let texts = ["a", &"long ".repeat(500)];
        store
            .keep(&key(n), &texts.map(|text| proof(text, n)))
            .expect("kept");
    }
}

fn writer(folder: &Path, first: u64, many: u64) -> Child {
    Command::new(std::env::current_exe().expect("the test's own path"))
        .args([
            "--ignored",
            "--exact",
            "memory::store::tests::a_process_that_writes",
        ])
        .env("FOLDER", folder)
        .env("FIRST", first.to_string())
        .env("MANY", many.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

#[test]
fn several_processes_at_once() {
    const MANY: u64 = 40;
    let folder = tempfile::tempdir().expect("a folder");
    let all = [0, MANY, 2 * MANY].map(|first| writer(folder.path(), first, MANY));
    for mut child in all {
        assert!(child.wait().expect("it ends").success());
    }
    let store = open(folder.path()).expect("a store");
    assert!(!store.is_damaged());
    assert!((0..3 * MANY).all(|n| recalled(&store, n).len() == 2));
}

#[test]
fn a_process_that_is_killed_while_it_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join(JOURNAL);
    let begun = std::time::Instant::now();
    let mut kept = 0;
    let mut mended = 0;
    for round in 0.. {
        let mut child = writer(folder.path(), round << 32, u64::MAX >> 32);
        // Not at its first.
        std::thread::sleep(Duration::from_millis(30 + 5 * (round % 8)));
        while !journal.exists() {
            assert!(begun.elapsed() < PATIENCE, "it writes");
        }
        child.kill().expect("killed"); // with SIGKILL
        child.wait().expect("it ends");
        mended += usize::from(journal.exists());
        let store = open(folder.path()).expect("a store");
        assert!(!store.is_damaged());
        let now = store.figures().expect("read").proofs;
        assert!(now >= kept && now % 2 == 0, "{kept}, {now}");
        kept = now;
        if mended == 3 && kept > 0 {
            return;
        }
    }
}

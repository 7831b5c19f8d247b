//! The database of proofs: a file that several processes share. Who calls waits for it: nothing here is
//! async.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Transaction, TransactionBehavior};

use super::key::Key;

/// The file's name in its folder.
pub const FILE: &str = "proofs.sqlite";

/// The name that a broken file gets.
const ASIDE: &str = "proofs.broken";

/// The file that SQLite keeps beside the database while it writes.
const JOURNAL: &str = "proofs.sqlite-journal";

/// The version of the tables. A file of a later one is not ours to touch.
const SCHEMA_VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE proofs (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL,
        proof TEXT NOT NULL,
        goal TEXT NOT NULL,
        context TEXT NOT NULL,
        hole INTEGER NOT NULL,
        kind TEXT NOT NULL,
        engine TEXT NOT NULL,
        level TEXT NOT NULL,
        lean TEXT NOT NULL,
        imports TEXT NOT NULL,
        found INTEGER NOT NULL,
        used INTEGER NOT NULL,
        hits INTEGER NOT NULL,
        UNIQUE (key, proof)
    );
    CREATE INDEX by_use ON proofs (used);
";

const RECALL: &str =
    "SELECT proof, engine FROM proofs WHERE key = ? ORDER BY used DESC, length(proof), id";

const COLUMNS: &str =
    "proof, goal, context, hole, kind, engine, level, lean, imports, found, used, hits";

/// The number of a goal's proofs that are kept for being short, and of as many for being used last.
const MAX_PER_ORDER: i64 = 2;

/// A proof with a longer text, or goal, is not kept.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// The most that the file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most bytes.
    pub bytes: i64,
    /// The most proofs.
    pub rows: i64,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            bytes: 64_000_000,
            rows: 100_000,
        }
    }
}

/// The reasons why the memory gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A later unsorry made the file.
    #[error("{0} is of a newer unsorry, and is left as it is")]
    Newer(String),
    /// The file is no database, or a damaged one.
    #[error("{0} is damaged: {1}; `unsorry cache clear` removes it")]
    Broken(String, rusqlite::Error),
    /// Someone else is writing to it.
    #[error("{0} is busy: another process is writing to it")]
    Busy(String),
    /// The disk, the rights.
    #[error("{0}: {1}")]
    Sqlite(String, rusqlite::Error),
    /// The folder can't be made, or the file.
    #[error("can't write {0}: {1}")]
    Io(String, io::Error),
}

/// A proof as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The text in the hole's place.
    pub proof: String,
    /// The goal, as Lean shows it.
    pub goal: String,
    /// The end of what stands before the declaration, and the declaration.
    pub context: String,
    /// The offset of the hole's `sorry` in `context`, in characters.
    pub hole: i64,
    /// `tactic` or `term`.
    pub kind: String,
    /// The engine that found it first.
    pub engine: String,
    /// The level to which Lean checked it the last time.
    pub level: String,
    /// The version that Lean told.
    pub lean: String,
    /// The imports, with blanks between.
    pub imports: String,
    /// The time when it was found.
    pub found: SystemTime,
    /// The time when Lean last accepted it.
    pub used: SystemTime,
    /// The number of times that Lean has accepted it since it was found.
    pub hits: i64,
}

/// The memory in figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// The number of proofs.
    pub proofs: i64,
    /// The number of goals they are of.
    pub goals: i64,
    /// The number of times that a proof was used again.
    pub hits: i64,
    /// The number of proofs of each engine.
    pub by_engine: Vec<(String, i64)>,
    /// The times when the first and the last of them were found.
    pub found: Option<(SystemTime, SystemTime)>,
}

/// The open file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    bounds: Bounds,
}

impl Store {
    /// Opens the file in `folder`, or begins it. Waits for `patience` where others are at work.
    ///
    /// # Errors
    /// When there is none that can be used.
    pub fn open(folder: &Path, bounds: Bounds, patience: Duration) -> Result<Store, StoreError> {
        let path = folder.join(FILE);
        make(folder, &path).map_err(|error| StoreError::Io(path.display().to_string(), error))?;
        let begun = || {
            // The file is there; whoever else may make one would let others read it.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let mut connection = Connection::open_with_flags(&path, flags)?;
            connection.busy_timeout(patience)?;
            // What is cleared is gone.
            connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON")?;
            let form = begin(&mut connection)?;
            Ok((connection, form))
        };
        let (connection, form) = begun().map_err(|error| problem(&path, error))?;
        if form > SCHEMA_VERSION {
            return Err(StoreError::Newer(path.display().to_string()));
        }
        // A file with other tables is not what it says.
        if let Err(error) = connection.prepare(RECALL) {
            return Err(match error {
                rusqlite::Error::SqlInputError { .. } => {
                    StoreError::Broken(path.display().to_string(), error)
                }
                error => problem(&path, error),
            });
        }
        Ok(Store {
            connection,
            path,
            bounds,
        })
    }

    /// The proofs of `key` with the names of those who found them: the last used first, and of those
    /// used at one time the shortest.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn recall(&self, key: &Key) -> Result<Vec<(String, String)>, StoreError> {
        let all = || {
            let mut statement = self.connection.prepare(RECALL)?;
            let rows = statement.query_map([&key.0[..]], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()
        };
        all().map_err(|error| problem(&self.path, error))
    }

    /// Keeps proofs that Lean has accepted now. One that is there already has been used again.
    ///
    /// # Errors
    /// When the file can't be written: it stays as it was.
    pub fn keep(&mut self, key: &Key, all: &[Kept]) -> Result<(), StoreError> {
        let bounds = self.bounds;
        let fits = |kept: &&Kept| {
            let longest = kept.proof.len().max(kept.goal.len());
            longest.max(kept.context.len()) <= MAX_TEXT_BYTES
        };
        let all: Vec<&Kept> = all.iter().filter(fits).collect();
        self.change(|file| {
            for kept in all {
                insert(file, key, kept)?;
            }
            file.execute(
                "DELETE FROM proofs WHERE key = ?1
                 AND id NOT IN (SELECT id FROM proofs WHERE key = ?1 ORDER BY length(proof), id LIMIT ?2)
                 AND id NOT IN (SELECT id FROM proofs WHERE key = ?1 ORDER BY used DESC, length(proof), id LIMIT ?2)",
                rusqlite::params![&key.0[..], MAX_PER_ORDER],
            )?;
            shrink(file, bounds)
        })
    }

    /// Counts what there is.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn figures(&self) -> Result<Figures, StoreError> {
        let read = || {
            let file = &self.connection;
            let sql = "SELECT count(*), count(DISTINCT key), coalesce(sum(hits), 0), min(found), max(found) FROM proofs";
            let mut figures = file.query_row(sql, [], |row| {
                let found: (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
                Ok(Figures {
                    proofs: row.get(0)?,
                    goals: row.get(1)?,
                    hits: row.get(2)?,
                    by_engine: Vec::new(),
                    found: found.0.zip(found.1).map(|(a, b)| (time(a), time(b))),
                })
            })?;
            let sql = "SELECT engine, count(*) FROM proofs GROUP BY engine ORDER BY 2 DESC, 1";
            let mut statement = file.prepare(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            figures.by_engine = rows.collect::<Result<_, _>>()?;
            Ok(figures)
        };
        read().map_err(|error| problem(&self.path, error))
    }

    /// Tells `each` proof, in the order of their finding or the newest first, until it says that it is
    /// enough.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn each(
        &self,
        newest_first: bool,
        mut each: impl FnMut(Kept) -> bool,
    ) -> Result<(), StoreError> {
        let order = if newest_first { "DESC" } else { "ASC" };
        let mut read = || {
            let sql = format!("SELECT {COLUMNS} FROM proofs ORDER BY found {order}, id {order}");
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if !each(kept(row)?) {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|error| problem(&self.path, error))
    }

    /// Removes what was not used since `before`, or all; says how many that were. The file gets smaller.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn clear(&mut self, before: Option<SystemTime>) -> Result<usize, StoreError> {
        let before = before.map_or(i64::MAX, millis);
        let mut removed = 0;
        self.change(|file| {
            removed = file.execute("DELETE FROM proofs WHERE used < ?", [before])?;
            Ok(())
        })?;
        let vacuum = self.connection.execute_batch("VACUUM");
        vacuum.map_err(|error| problem(&self.path, error))?;
        Ok(removed)
    }

    fn is_damaged(&self) -> bool {
        let file = &self.connection;
        let said = file.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        match said.map_err(|error| problem(&self.path, error)) {
            Ok(said) => said != "ok",
            Err(problem) => matches!(problem, StoreError::Broken(..)),
        }
    }

    /// Does `work` as a whole or not at all.
    fn change(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let behaviour = TransactionBehavior::Immediate;
        let file = self.connection.transaction_with_behavior(behaviour);
        let done = file.and_then(|file| {
            work(&file)?;
            file.commit()
        });
        done.map_err(|error| problem(&self.path, error))
    }
}

/// Makes the file, which nobody else may read: it has users' text.
fn make(folder: &Path, path: &Path) -> io::Result<()> {
    if path.is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// The form of the file's tables, which a new one gets.
fn begin(connection: &mut Connection) -> rusqlite::Result<i64> {
    let form = |connection: &Connection| {
        connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
    };
    if form(connection)? != 0 {
        return form(connection);
    }
    let file = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    if form(&file)? == 0 {
        file.execute_batch(TABLES)?;
        file.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    file.commit()?;
    form(connection)
}

fn insert(file: &Transaction<'_>, key: &Key, kept: &Kept) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO proofs (key, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (key, proof) DO UPDATE
         SET used = max(used, excluded.used), level = excluded.level, hits = hits + 1"
    );
    file.prepare(&sql)?.execute(rusqlite::params![
        &key.0[..],
        kept.proof,
        kept.goal,
        kept.context,
        kept.hole,
        kept.kind,
        kept.engine,
        kept.level,
        kept.lean,
        kept.imports,
        millis(kept.found),
        millis(kept.used),
        kept.hits,
    ])?;
    Ok(())
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        proof: row.get(0)?,
        goal: row.get(1)?,
        context: row.get(2)?,
        hole: row.get(3)?,
        kind: row.get(4)?,
        engine: row.get(5)?,
        level: row.get(6)?,
        lean: row.get(7)?,
        imports: row.get(8)?,
        found: time(row.get(9)?),
        used: time(row.get(10)?),
        hits: row.get(11)?,
    })
}

/// Removes what was used least recently until the rest is within `bounds`.
fn shrink(file: &Transaction<'_>, bounds: Bounds) -> rusqlite::Result<()> {
    let number = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0));
    loop {
        let rows = number("SELECT count(*) FROM proofs")?;
        let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
        let bytes = pages * number("PRAGMA page_size")?;
        if rows == 0 || (rows <= bounds.rows && bytes <= bounds.bytes) {
            return Ok(());
        }
        // Room for those to come, so that this is seldom done.
        let some = (rows - bounds.rows).max(0) + rows / 16 + 1;
        file.execute(
            "DELETE FROM proofs WHERE id IN (SELECT id FROM proofs ORDER BY used, id LIMIT ?)",
            [some],
        )?;
    }
}

/// Renames a broken file, so that the next [`Store::open`] begins a new one. One that another process
/// has seen to meanwhile stays.
///
/// # Errors
/// When it can't be renamed.
pub fn set_aside(folder: &Path) -> io::Result<()> {
    let patience = Duration::from_millis(100);
    let broken = match Store::open(folder, Bounds::default(), patience) {
        Ok(store) => store.is_damaged(),
        Err(problem) => matches!(problem, StoreError::Broken(..)),
    };
    if !broken {
        return Ok(());
    }
    // A new file must not be repaired with the journal of the old one.
    let _ = std::fs::remove_file(folder.join(JOURNAL));
    std::fs::rename(folder.join(FILE), folder.join(ASIDE))
}

/// Removes what [`set_aside`] has left. Whether there was something.
pub fn remove_aside(folder: &Path) -> bool {
    std::fs::remove_file(folder.join(ASIDE)).is_ok()
}

fn problem(path: &Path, error: rusqlite::Error) -> StoreError {
    let path = path.display().to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Broken(path, error)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy(path),
        _ => StoreError::Sqlite(path, error),
    }
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

fn time(millis: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

#[cfg(test)]
mod tests;

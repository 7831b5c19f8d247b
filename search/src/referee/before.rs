//! A file as it stands, compiled once for all that is claimed of its holes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use unsorry_olean::{Module, Terms};
use unsorry_syntax::{Outline, commands};

use super::claim::{Failure, FileAsItStands};
use super::compiler::{CompileError, Compiled, Compiler, LeanOptions, Source};
use super::marked::{Edited, Marked};
use super::warm::Warm;

/// The most times that a file with errors is compiled: those that one hides are told the next time.
const MAX_ROUNDS: usize = 4;

/// The most times that a file is cut short in front of an error in its syntax, which may be told behind where it is.
const MAX_CUTS: usize = 3;

/// A file as it stands.
#[derive(Debug)]
pub struct Before {
    uri: String,
    /// The file's path, for its module's name.
    pub path: PathBuf,
    /// The file with its marks.
    pub marked: Marked,
    /// As far as it will be the same the next time.
    compiled: OnceCell<Result<CompiledBefore, String>>,
}

/// What Lean made of it.
#[derive(Debug)]
pub struct CompiledBefore {
    /// The commands that have errors, which are dropped, by where they begin in the file.
    pub guarded: Vec<usize>,
    /// Where the command with an error in its syntax begins of which, and of what is behind it, nothing was compiled;
    /// and what Lean says of it.
    pub beyond: Option<(usize, String)>,
    /// The time that Lean took for it.
    pub took: Duration,
    /// The options that it is compiled with.
    pub options: LeanOptions,
    /// The text that was compiled.
    pub text: String,
    /// The bytes that it was compiled to.
    pub size: usize,
    /// The terms of its constants.
    pub terms: Terms,
    /// Its constants.
    pub module: Arc<Module>,
}

impl Before {
    /// The file, not compiled yet.
    pub fn of(file: FileAsItStands<'_>) -> Before {
        let path = url::Url::parse(file.uri)
            .ok()
            .and_then(|uri| uri.to_file_path().ok());
        Before {
            uri: file.uri.to_owned(),
            path: path.unwrap_or_else(|| "Main.lean".into()),
            marked: Marked::of(file.text),
            compiled: OnceCell::new(),
        }
    }

    /// Whether it is this file, with this text.
    pub fn is_of(&self, file: FileAsItStands<'_>) -> bool {
        self.uri == file.uri && self.marked.text() == file.text
    }

    /// What was compiled, and the time that it took.
    pub fn known(&self) -> Option<(Duration, Source<'_>)> {
        let compiled = self.compiled.get()?.as_ref().ok()?;
        let source = Source {
            path: &self.path,
            options: &compiled.options,
            text: &compiled.text,
        };
        Some((compiled.took, source))
    }

    /// Why nothing was compiled at a hole, where that is so.
    pub fn beyond(&self, hole: usize) -> Option<&str> {
        let (at, why) = self.compiled.get()?.as_ref().ok()?.beyond.as_ref()?;
        let hole = self.marked.outline().holes.get(hole)?;
        (hole.range.start >= *at).then_some(why)
    }

    /// What Lean makes of it.
    ///
    /// # Errors
    /// When it makes nothing of it, or it can't be read: why.
    pub async fn compiled(
        &self,
        compiler: &Compiler,
        warm: &Warm,
        limit: Duration,
    ) -> Result<&CompiledBefore, Failure> {
        let compile = async || match self.compile(compiler, warm, limit).await {
            Ok(compiled) => Ok(Ok(compiled)),
            Err(Failure::Always(why)) => Ok(Err(why)),
            Err(now) => Err(now),
        };
        let compiled = self.compiled.get_or_try_init(compile).await?;
        compiled
            .as_ref()
            .map_err(|why| Failure::Always(why.clone()))
    }

    async fn compile(
        &self,
        compiler: &Compiler,
        warm: &Warm,
        limit: Duration,
    ) -> Result<CompiledBefore, Failure> {
        let options = compiler.options(&self.path, limit).await;
        let outline = self.marked.outline();
        let file = File {
            path: &self.path,
            text: self.marked.text(),
            outline,
            options: &options,
        };
        let first_end = outline.holes.iter().map(|hole| {
            let declaration = outline.declaration_of(hole);
            declaration.block.end
        });
        let first_end = first_end.min().unwrap_or_default();
        let mut beyond: Option<(usize, String)> = None;
        for _ in 0..=MAX_CUTS {
            let end = beyond.as_ref().map(|(at, _)| *at);
            let edited = |guarded: &[usize]| self.marked.before(guarded, end);
            match compile_with_errors(By::Warm(warm), file, edited, limit).await {
                Ok(compiled) => return Ok(CompiledBefore { beyond, ..compiled }),
                Err(Uncompiled::Errors { at: Some(at), why })
                    if at >= first_end && end.is_none_or(|end| at < end) =>
                {
                    beyond = Some((at, why));
                }
                Err(no) => return Err(no.into()),
            }
        }
        let why = beyond.map_or_else(String::new, |(_, why)| why);
        Err(Failure::Always(why))
    }
}

/// The reasons why a file that may have errors is not compiled.
#[derive(Debug)]
pub enum Uncompiled {
    /// Errors that no guard drops, as those of its syntax.
    Errors {
        /// Where the first command with one begins.
        at: Option<usize>,
        /// Lean's words.
        why: String,
    },
    /// Anything else.
    Failure(Failure),
}

impl From<Uncompiled> for Failure {
    fn from(uncompiled: Uncompiled) -> Failure {
        match uncompiled {
            Uncompiled::Errors { why, .. } => Failure::Always(why),
            Uncompiled::Failure(failure) => failure,
        }
    }
}

/// A file, and how it is compiled.
#[derive(Clone, Copy)]
pub struct File<'a> {
    /// Its path.
    pub path: &'a Path,
    /// Its text.
    pub text: &'a str,
    /// Its outline.
    pub outline: &'a Outline,
    /// Its options.
    pub options: &'a LeanOptions,
}

/// Who compiles a file.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// A process that knows it from then on.
    Warm(&'a Warm),
    /// One for it alone.
    Alone(&'a Compiler),
}

/// What becomes of a file that may have errors, edited as `edited` says, which is given the commands to guard.
///
/// # Errors
/// When it makes nothing of it, or it can't be read: why.
pub async fn compile_with_errors(
    by: By<'_>,
    file: File<'_>,
    edited: impl Fn(&[usize]) -> Edited,
    limit: Duration,
) -> Result<CompiledBefore, Uncompiled> {
    let failed = |why: String| Uncompiled::Failure(Failure::Now(why));
    let File {
        path,
        text,
        outline,
        options,
    } = file;
    let mut guarded: Vec<usize> = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let edited = edited(&guarded);
        let started = Instant::now();
        let source = Source {
            path,
            options,
            text: &edited.text,
        };
        let compiled = match by {
            By::Warm(warm) => warm.compile(source, limit).await,
            By::Alone(compiler) => compiler.compile(source, limit).await,
        };
        let parts = match compiled.map_err(failed)? {
            Compiled::Parts(parts) => parts,
            Compiled::Errors(errors) => {
                let found = guards(text, outline, &edited, &errors);
                let (known, at) = (guarded.len(), found.iter().min().copied());
                guarded.extend(found);
                guarded.sort_unstable();
                guarded.dedup();
                if guarded.len() == known {
                    let why = uncompiled(text, &edited, &errors);
                    return Err(Uncompiled::Errors { at, why });
                }
                continue;
            }
        };
        let size = parts.size();
        let read = move || {
            let mut terms = Terms::default();
            let module = parts.read(&mut terms).map_err(|error| error.to_string())?;
            Ok((terms, module))
        };
        let read = tokio::task::spawn_blocking(read).await;
        let (terms, module) =
            read.map_err(|error| failed(error.to_string()))?
                .map_err(|error: String| {
                    let why = format!("what this Lean compiles can't be read: {error}");
                    Uncompiled::Failure(Failure::Always(why))
                })?;
        return Ok(CompiledBefore {
            took: started.elapsed(),
            guarded,
            beyond: None,
            options: options.clone(),
            text: edited.text,
            size,
            terms,
            module: Arc::new(module),
        });
    }
    let why = "Lean does not compile the file: each time it has other errors";
    Err(Uncompiled::Failure(Failure::Always(why.into())))
}

/// The commands of a file in which Lean has found errors, by where they begin.
fn guards(text: &str, outline: &Outline, edited: &Edited, errors: &[CompileError]) -> Vec<usize> {
    let commands = commands(text, &outline.tokens);
    let starts: Vec<usize> = commands
        .iter()
        .map(|c| outline.tokens[c.tokens.start].range.start)
        .collect();
    let command = |at: usize| {
        // What comes first on its line begins no later than that line ends.
        let line_end = text.get(at..)?.find('\n');
        let line_end = line_end.map_or(text.len(), |end| at + end);
        let command =
            starts.partition_point(|start| *start <= at.max(first_code(text, at, line_end)));
        starts.get(command.checked_sub(1)?).copied()
    };
    places(edited, errors).filter_map(command).collect()
}

/// Where the lines of errors begin in the file.
fn places(edited: &Edited, errors: &[CompileError]) -> impl Iterator<Item = usize> {
    let lines: Vec<usize> = std::iter::once(0)
        .chain(edited.text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    errors
        .iter()
        .filter_map(move |error| Some(edited.place(*lines.get(error.line)?)))
}

/// The first offset of a line that is no blank.
fn first_code(text: &str, start: usize, end: usize) -> usize {
    start
        + text[start..end]
            .chars()
            .take_while(|c| c.is_whitespace())
            .map(char::len_utf8)
            .sum::<usize>()
}

/// Why a file is not compiled, in Lean's words.
pub fn uncompiled(text: &str, edited: &Edited, errors: &[CompileError]) -> String {
    let first = errors
        .first()
        .and_then(|error| error.message.lines().next());
    let line = places(edited, errors)
        .next()
        .and_then(|at| text.get(..at))
        .map(|before| before.matches('\n').count() + 1);
    let place = line.map_or(String::new(), |line| format!("line {line}: "));
    format!(
        "Lean does not compile the file: {place}{}",
        first.unwrap_or("it does not say why")
    )
}

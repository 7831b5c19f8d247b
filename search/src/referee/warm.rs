//! Lean's compiler in a process that is kept warm (`compiler.lean`): it knows a file as it stands, and begins
//! where what it is given differs from that. A claim ends it: the next one is for a process that has seen
//! nothing of a stranger's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::claim::Failure;
use super::compiler::{CompileError, Compiled, Compiler, Parts, Source, module_path};
use super::script::Script;
use super::slot::Slot;

/// The script that the process runs.
const SCRIPT: &str = include_str!("compiler.lean");

/// Where the warm compiler is kept.
#[derive(Debug)]
pub struct Warm {
    compiler: Arc<Compiler>,
    slot: Slot<WarmCompiler>,
    /// Whether this Lean has no such compiler.
    is_impossible: AtomicBool,
}

/// A process that compiles one text after the other.
#[derive(Debug)]
struct WarmCompiler {
    script: Script,
    /// What it was asked for last.
    last: Value,
    /// Counts the texts.
    texts: usize,
}

#[derive(Debug, Deserialize)]
struct Answer {
    errors: Vec<CompileError>,
}

impl Warm {
    /// A place for a process of `compiler`'s Lean, which ends when it was `idle` for so long.
    pub fn new(compiler: Arc<Compiler>, idle: Duration) -> Warm {
        Warm {
            compiler,
            slot: Slot::new(idle),
            is_impossible: AtomicBool::new(false),
        }
    }

    /// Compiles a text in which nothing is a stranger's, and knows it from then on. Where there can be no warm
    /// process, one is started for it alone.
    ///
    /// # Errors
    /// When Lean can't be run, or takes longer than `limit`: why.
    pub async fn compile(&self, source: Source<'_>, limit: Duration) -> Result<Compiled, String> {
        let known = {
            let mut slot = self.slot.lock().await;
            self.known(&mut slot, source, limit).await
        };
        match known {
            Some(compiled) => Ok(compiled),
            None => self.compiler.compile(source, limit).await,
        }
    }

    /// Compiles a text that may have something of a stranger's in it, by a process that was first given `known`, which
    /// ends then; where there can be none, by one for it alone. What Lean makes by itself has other names in the two.
    ///
    /// # Errors
    /// When Lean can't be run, or takes longer than `limit`: why.
    pub async fn compile_last(
        &self,
        known: Source<'_>,
        source: Source<'_>,
        limit: Duration,
    ) -> Result<Compiled, String> {
        let warm = {
            let mut slot = self.slot.lock().await;
            self.taken(&mut slot).await
        };
        if let Some(mut warm) = warm {
            let compiled = async {
                if !warm.knows(known.text) {
                    warm.compile(&self.compiler, known, limit).await?;
                }
                warm.compile(&self.compiler, source, limit).await
            };
            match compiled.await {
                // It may have been full of what came before.
                Err(why) if !warm.script.is_alive() => tracing::debug!(why, "once more, alone"),
                compiled => return compiled,
            }
        }
        self.compiler.compile(source, limit).await
    }

    /// Sees to it that there is a process, and that it knows the text of `source`, if there is one.
    pub async fn prepare(&self, source: Option<Source<'_>>, limit: Duration) {
        let mut slot = self.slot.lock().await;
        *slot = self.taken(&mut slot).await;
        let knows = |source: &Source<'_>| slot.as_ref().is_some_and(|warm| warm.knows(source.text));
        if let Some(source) = source.filter(|source| !knows(source)) {
            self.known(&mut slot, source, limit).await;
        }
    }

    /// What the process makes of a text, which it knows from then on; none where there is none, or none any more.
    async fn known(
        &self,
        slot: &mut Option<WarmCompiler>,
        source: Source<'_>,
        limit: Duration,
    ) -> Option<Compiled> {
        let mut warm = self.taken(slot).await?;
        match warm.compile(&self.compiler, source, limit).await {
            Ok(compiled) => {
                *slot = Some(warm);
                Some(compiled)
            }
            Err(why) => {
                tracing::debug!(why, "the warm compiler is of no use");
                None
            }
        }
    }

    /// Takes the process, or starts one. Whoever has its answer puts it back.
    async fn taken(&self, slot: &mut Option<WarmCompiler>) -> Option<WarmCompiler> {
        if let Some(mut warm) = slot.take()
            && warm.script.is_alive()
        {
            return Some(warm);
        }
        if self.is_impossible.load(Ordering::Relaxed) {
            return None;
        }
        match Script::start(&self.compiler, "Lean's compiler", SCRIPT).await {
            Ok(script) => Some(WarmCompiler {
                script,
                last: Value::Null,
                texts: 0,
            }),
            Err(why) => {
                tracing::debug!(%why, "there is no warm compiler");
                if matches!(why, Failure::Always(_)) {
                    self.is_impossible.store(true, Ordering::Relaxed);
                }
                None
            }
        }
    }
}

impl WarmCompiler {
    /// Whether its last text was this one.
    fn knows(&self, text: &str) -> bool {
        self.last["text"] == with_line_feeds(text)
    }

    /// Compiles a text. After an error it is of no use any more.
    async fn compile(
        &mut self,
        compiler: &Compiler,
        source: Source<'_>,
        limit: Duration,
    ) -> Result<Compiled, String> {
        self.texts += 1;
        let text = with_line_feeds(source.text);
        let olean = self.script.scratch().join(format!("{}.olean", self.texts));
        let file = module_path(&compiler.cwd, source.path);
        let module = file.with_extension("");
        let module: Vec<_> = module.iter().map(|part| part.to_string_lossy()).collect();
        // What no Lean of this project knows, `lean` leaves out.
        let option =
            |(name, value): &(String, Value)| json!([name.trim_start_matches("weak."), value]);
        let options: Vec<Value> = source.options.iter().map(option).collect();
        let mut asked = json!({
            "text": text,
            "file": file.to_string_lossy(),
            "module": module,
            "options": options,
            "to": olean.to_string_lossy(),
        });
        let is_same_file = ["file", "options"]
            .iter()
            .all(|key| self.last[key] == asked[key]);
        asked["common"] = match self.last["text"].as_str().filter(|_| is_same_file) {
            Some(last) => common(last, &text).into(),
            None => 0.into(),
        };
        let line = format!("{asked}\n");
        self.last = asked;
        let said = self.script.ask(&[line.as_bytes()], limit).await?;
        let mut answer: Answer = serde_json::from_slice(&said)
            .map_err(|error| format!("Lean's compiler can't be understood: {error}"))?;
        answer.errors.sort_by_key(|error| error.line);
        match answer.errors.is_empty() {
            true => match Parts::of(&olean)? {
                Some(parts) => Ok(Compiled::Parts(parts)),
                None => Err("Lean's compiler leaves no file".to_owned()),
            },
            false => Ok(Compiled::Errors(answer.errors)),
        }
    }
}

/// A text as Lean takes it from a file.
fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The bytes that two texts begin with, both.
fn common(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    let same = pairs.take_while(|(one, other)| one == other);
    same.map(|(c, _)| c.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_beginnings() {
        let check = |one: &str, other: &str, expected| {
            assert_eq!(common(one, other), expected, "{one:?} {other:?}");
        };
        check("", "a", 0);
        check("ab", "ab", 2);
        check("aé", "aè", 1);
        check("aéb", "aéc", 3);
    }
}

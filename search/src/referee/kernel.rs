//! Lean's kernel in a process that never elaborates a candidate, kept warm: it is given declarations by us,
//! as text, and says whether it takes them and which axioms an imported constant rests on (`kernel.lean`).

use std::time::Duration;

use rand::Rng as _;
use serde::Serialize;
use serde_json::{Value, json};

use super::claim::Failure;
use super::compiler::Compiler;
use super::names::{joined, number};
use super::script::Script;

/// The script that the process runs.
const SCRIPT: &str = include_str!("kernel.lean");

/// Lean's kernel, asked through a process.
#[derive(Debug)]
pub struct Kernel(Script);

/// A module that is imported, as the script reads it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportLine {
    /// The parts of its name.
    pub module: Value,
    /// Whether it is `import all`.
    pub import_all: bool,
    /// Whether whoever imports this file gets it, too.
    pub is_exported: bool,
    /// Whether it is `meta import`.
    pub is_meta: bool,
}

/// The kernel's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KernelAnswer {
    /// The declaration that it does not take, as parts of its name, and why.
    pub refused: Option<(String, String)>,
    /// Each imported constant that was asked about, by its name's parts, with each axiom that it rests on.
    pub axioms: Vec<(Vec<String>, Vec<String>)>,
}

impl Kernel {
    /// Starts the process with the Lean of `compiler`.
    ///
    /// # Errors
    /// When it can't be started, or this Lean does not understand the script: why.
    pub async fn start(compiler: &Compiler) -> Result<Kernel, Failure> {
        let script = Script::start(compiler, "Lean's kernel", SCRIPT);
        Ok(Kernel(script.await?))
    }

    /// Whether its process is there.
    pub fn is_alive(&mut self) -> bool {
        self.0.is_alive()
    }

    /// Has the kernel take `declarations`, lines in the format of lean4export, on top of `imports`, and asks for
    /// the axioms of the constants that are `used`. A name is given by its parts, words and numbers.
    ///
    /// # Errors
    /// When there is no answer within `limit`: then the process is of no use any more, nor when nobody waits
    /// for its answer any longer, which would be taken for the next.
    pub async fn ask(
        &mut self,
        imports: &[ImportLine],
        declarations: &[u8],
        used: &[Value],
        limit: Duration,
    ) -> Result<KernelAnswer, String> {
        let ticket = format!("{:032x}", rand::rng().random::<u128>());
        let first = format!("{}\n", json!({"imports": imports}));
        let last = format!("{}\n", json!({"finish": {"ticket": ticket, "used": used}}));
        let lines = [first.as_bytes(), declarations, last.as_bytes()];
        let said = self.0.ask(&lines, limit).await?;
        answer(&said, &ticket).ok_or_else(|| {
            let said = String::from_utf8_lossy(&said);
            format!("Lean's kernel said `{}`", said.trim())
        })
    }
}

/// Reads `["ticket", null | [name, why], [[name, axiom], …]]`.
fn answer(said: &[u8], ticket: &str) -> Option<KernelAnswer> {
    let said: Value = serde_json::from_slice(said).ok()?;
    let [given, refused, axioms] = said.as_array()?.as_slice() else {
        return None;
    };
    if given != ticket {
        return None;
    }
    let name = |value: &Value| -> Option<Vec<String>> {
        let parts = value.as_array()?.iter();
        parts
            .map(|part| match part {
                Value::String(part) => Some(part.clone()),
                Value::Number(part) => Some(number(part)),
                _ => None,
            })
            .collect()
    };
    let refused = match refused {
        Value::Null => None,
        refused => Some((joined(&name(&refused[0])?), refused[1].as_str()?.to_owned())),
    };
    let axioms = axioms
        .as_array()?
        .iter()
        .map(|pair| Some((name(&pair[0])?, name(&pair[1])?)));
    Some(KernelAnswer {
        refused,
        axioms: axioms.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let check = |said: &str, expected: Option<KernelAnswer>| {
            assert_eq!(answer(said.as_bytes(), "T"), expected, "{said}");
        };
        let name = |parts: &[&str]| {
            parts
                .iter()
                .map(|part| (*part).to_owned())
                .collect::<Vec<_>>()
        };
        check(r#"["T",null,[]]"#, Some(KernelAnswer::default()));
        check(r#"["U",null,[]]"#, None);
        check("", None);
        check(
            r#"["T",[["t",0],"no"],[]]"#,
            Some(KernelAnswer {
                refused: Some(("t.0".into(), "no".into())),
                axioms: Vec::new(),
            }),
        );
        check(
            r#"["T",null,[[["Nat","a"],["Quot","sound"]],[["b"],["Quot.sound"]]]]"#,
            Some(KernelAnswer {
                refused: None,
                axioms: vec![
                    (name(&["Nat", "a"]), name(&["Quot", "sound"])),
                    (name(&["b"]), name(&["Quot.sound"])),
                ],
            }),
        );
        check(r#"["T",null,[[["b"]]]]"#, None);
    }
}

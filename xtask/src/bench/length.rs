//! What a key costs as files grow: the same edits and questions in files of more and more lines, before
//! a server that answers at once, and a storm of diagnostics beside a program that only copies bytes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::relay::{cpu, memory, quantile};
use super::{Programs, Row};

/// The lines of the files; there is a hole for each forty.
const LINES: [usize; 5] = [1250, 2500, 5000, 10_000, 20_000];

/// Keys that are typed for each row.
const KEYS: usize = 300;

/// Documents that are open beside.
const OTHERS: usize = 50;

/// Messages of a storm, each with an error for every hole.
const STORM: usize = 200;

const URI: &str = "file:///length/A.lean";

/// A file of `lines` lines.
fn text(lines: usize) -> String {
    (0..lines / 40).map(block).collect()
}

/// Forty lines with a hole.
fn block(number: usize) -> String {
    let mut text =
        format!("/-- About {number}. -/\ntheorem t{number} (x : Nat) (h : 0 < x) : True := by\n");
    for step in 0..36 {
        text += &format!("  have h{step} (y : Nat) : y + {step} = {step} + y := by omega -- ∀ y\n");
    }
    text + "  sorry\n\n"
}

/// An editor's end of a server.
struct Session {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    version: u64,
    id: u64,
}

impl Session {
    fn start(command: &mut Command) -> Result<Session> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", command.get_program().display()))?;
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = BufReader::with_capacity(1 << 20, child.stdout.take().context("no stdout")?);
        let mut session = Session {
            child,
            stdin,
            stdout,
            version: 0,
            id: 0,
        };
        session.ask("initialize", &json!({"capabilities": {}}))?;
        session.tell("initialized", &json!({}))?;
        Ok(session)
    }

    fn open(&mut self, uri: &str, text: &str) -> Result<()> {
        let document = json!({"uri": uri, "languageId": "lean4", "version": 1, "text": text});
        self.tell("textDocument/didOpen", &json!({"textDocument": document}))
    }

    /// Types a letter into the comment at the end of a line, or takes it out again.
    fn key(&mut self, line: usize) -> Result<()> {
        self.version += 1;
        let (end, text) = if self.version % 2 == 1 {
            (2, "x")
        } else {
            (3, "")
        };
        let at = |character: usize| json!({"line": line, "character": character});
        let change = json!({"range": {"start": at(2), "end": at(end)}, "text": text});
        let document = json!({"uri": URI, "version": self.version + 1});
        self.tell(
            "textDocument/didChange",
            &json!({"textDocument": document, "contentChanges": [change]}),
        )
    }

    fn tell(&mut self, method: &str, params: &Value) -> Result<()> {
        let body = json!({"jsonrpc": "2.0", "method": method, "params": params});
        send(&mut self.stdin, &body.to_string())
    }

    /// Asks, and gives the result with the time that it took.
    fn ask(&mut self, method: &str, params: &Value) -> Result<(Value, Duration)> {
        self.id += 1;
        let body = json!({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params});
        let start = Instant::now();
        send(&mut self.stdin, &body.to_string())?;
        loop {
            let message: Value =
                serde_json::from_slice(&receive(&mut self.stdout)?.context("it has ended")?)?;
            if message["id"] == self.id && message.get("method").is_none() {
                return Ok((message["result"].clone(), start.elapsed()));
            }
        }
    }

    /// Waits until all that was said before has been heard by everybody.
    fn settle(&mut self) -> Result<()> {
        self.ask("textDocument/hover", &at(0, 0))?;
        Ok(())
    }

    fn cpu(&self) -> Result<f64> {
        cpu(self.child.id()).context("the system tells no processor time")
    }

    fn end(mut self) -> Result<()> {
        self.ask("shutdown", &Value::Null)?;
        self.tell("exit", &Value::Null)?;
        drop(self.stdin);
        self.child.wait()?;
        Ok(())
    }
}

fn at(line: usize, character: usize) -> Value {
    json!({"textDocument": {"uri": URI}, "position": {"line": line, "character": character}})
}

fn actions(line: usize) -> Value {
    let at = json!({"line": line, "character": 4});
    json!({"textDocument": {"uri": URI}, "range": {"start": at, "end": at}, "context": {"diagnostics": []}})
}

/// Microseconds for each length.
struct Curve {
    name: &'static str,
    unit: &'static str,
    values: Vec<f64>,
}

/// Rows of the longest file beside the shortest, and what stands between.
pub(super) fn run(programs: &Programs) -> Result<Vec<Row>> {
    let mut curves: Vec<Curve> = Vec::new();
    let mut add = |name, unit, value: f64| match curves.iter_mut().find(|curve| curve.name == name)
    {
        Some(curve) => curve.values.push(value),
        None => curves.push(Curve {
            name,
            unit,
            values: vec![value],
        }),
    };
    for lines in LINES {
        let state = tempfile::tempdir()?;
        let mut session = Session::start(
            Command::new(&programs.unsorry)
                .args(["serve", "--"])
                .arg(&programs.xtask)
                .arg("bench-lean")
                .env("XDG_STATE_HOME", state.path())
                .env("XDG_CONFIG_HOME", state.path())
                .env("UNSORRY_CACHE", "off"),
        )?;
        for number in 0..OTHERS {
            session.open(&format!("file:///length/B{number}.lean"), &text(400))?;
        }
        session.settle()?;
        let before = session.cpu()?;
        session.open(URI, &text(lines))?;
        session.settle()?;
        add("open", "µs/line", (session.cpu()? - before) / lines as f64);

        // In the middle of the file.
        let middle = lines / 80 * 40;
        let hole = middle + 38;
        let keys = |session: &mut Session| -> Result<f64> {
            let before = session.cpu()?;
            for _ in 0..KEYS {
                session.key(middle)?;
                // As fast as it can be heard, but no two at once.
                session.settle()?;
            }
            Ok((session.cpu()? - before) / KEYS as f64)
        };
        keys(&mut session)?;
        add("key and hover", "µs", keys(&mut session)?);
        for (name, method, params) in [
            (
                "code actions after a key",
                "textDocument/codeAction",
                actions(hole),
            ),
            (
                "hover on a hole after a key",
                "textDocument/hover",
                at(hole, 4),
            ),
            (
                "completion after a key",
                "textDocument/completion",
                at(hole, 4),
            ),
        ] {
            let mut times = Vec::new();
            for _ in 0..KEYS {
                session.key(middle)?;
                let (answer, time) = session.ask(method, &params)?;
                ensure!(
                    name.starts_with("completion") || answer.to_string().contains("orry"),
                    "{name}: {answer}"
                );
                times.push(time.as_secs_f64() * 1e6);
            }
            add(
                name,
                "µs, median",
                quantile(&times, 0.5).context("no times")?,
            );
        }
        // A job on every hole; this Lean never tells it a goal.
        let prove_all = json!({"command": "unsorry.proveAll", "arguments": [URI]});
        session.ask("workspace/executeCommand", &prove_all)?;
        std::thread::sleep(Duration::from_millis(500));
        add(
            "key and hover with a job on every hole",
            "µs",
            keys(&mut session)?,
        );

        let storm = json!({"storm": STORM, "errors": lines / 40});
        let before = session.cpu()?;
        session.ask("bench/storm", &storm)?;
        let each = (session.cpu()? - before) / STORM as f64;
        add("diagnostics, each error", "µs", each / (lines / 40) as f64);
        add(
            "memory",
            "MB",
            memory(session.child.id()).context("the system tells no memory")?,
        );
        session.end()?;
    }
    print_curves(&curves);
    Ok(curves.iter().filter_map(Curve::row).collect())
}

impl Curve {
    /// The longest file beside the shortest.
    fn row(&self) -> Option<Row> {
        let (short, long) = (*self.values.first()?, *self.values.last()?);
        Some(Row {
            bench: "length",
            row: self.name,
            unit: self.unit,
            ours: long,
            peer: short,
            peer_name: "a 16th of it",
            ratio: short / long,
        })
    }
}

fn print_curves(curves: &[Curve]) {
    eprint!("{:46}", "lines");
    for lines in LINES {
        eprint!("{lines:>9}");
    }
    eprintln!();
    for curve in curves {
        eprint!("{:46}", format!("{} ({})", curve.name, curve.unit));
        for value in &curve.values {
            eprint!("{:>9}", super::rounded(*value));
        }
        eprintln!();
    }
}

/// A server that answers each request at once, and says as many diagnostics as it is asked for.
pub(super) fn lean() -> Result<()> {
    let mut input = BufReader::new(std::io::stdin());
    let mut output = std::io::stdout().lock();
    while let Some(body) = receive(&mut input)? {
        let message: Value = serde_json::from_slice(&body)?;
        let (id, method) = (&message["id"], message["method"].as_str());
        if method == Some("exit") {
            return Ok(());
        }
        if method == Some("bench/storm") {
            let number = |name: &str| message["params"][name].as_u64().context("no number");
            let at = json!({"line": 3, "character": 2});
            let error = json!({"range": {"start": at, "end": at}, "fullRange": {"start": at, "end": at}, "severity": 2, "source": "Lean 4", "message": "declaration uses `sorry`"});
            let errors = vec![error; usize::try_from(number("errors")?)?];
            let params = json!({"uri": URI, "version": 1, "diagnostics": errors});
            let body = json!({"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": params}).to_string();
            for _ in 0..number("storm")? {
                send(&mut output, &body)?;
            }
        }
        if method.is_some() && !id.is_null() {
            let result = match method {
                Some("initialize") => json!({"capabilities": {
                    "hoverProvider": true,
                    "completionProvider": {},
                    "codeActionProvider": true,
                    "textDocumentSync": 2,
                }}),
                Some("$/lean/plainTermGoal" | "textDocument/hover") => Value::Null,
                Some("$/lean/plainGoal") => json!({"rendered": "", "goals": ["⊢ True"]}),
                _ => json!([]),
            };
            send(
                &mut output,
                &json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string(),
            )?;
        }
    }
    Ok(())
}

fn send(pipe: &mut impl Write, body: &str) -> Result<()> {
    pipe.write_all(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
    Ok(pipe.flush()?)
}

/// The body of the next message; none at the end.
fn receive(pipe: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if pipe.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if let Some(number) = line.strip_prefix("Content-Length: ") {
            length = Some(number.trim_end().parse::<usize>()?);
        }
        if line == "\r\n" {
            break;
        }
    }
    let Some(length) = length else {
        bail!("a message has no length");
    };
    let mut body = vec![0; length];
    pipe.read_exact(&mut body)?;
    Ok(Some(body))
}

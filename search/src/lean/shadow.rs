//! A document of our own beside the user's, that only our server knows and no disk holds.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::diagnostic::Diagnostic;
use super::elaboration::{Elaboration, Goals, Unknown};
use super::server::Server;
use unsorry_syntax::Position;

/// Lean's word for an answer that a dying worker owes.
const WORKER_CODES: [i64; 2] = [-32901, -32902];

/// The longest wait for what should have come before the barrier's answer.
const SETTLE_LIMIT: Duration = Duration::from_millis(500);

/// Lean's kind of a range that it will never get to.
const FATAL: i64 = 2;

/// An open document of a server.
#[derive(Debug)]
pub struct Shadow {
    uri: String,
    version: i32,
    open: bool,
}

impl Shadow {
    /// A document at `uri`, not yet open.
    pub fn new(uri: String) -> Shadow {
        Shadow {
            uri,
            version: 0,
            open: false,
        }
    }

    /// The document's URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Whether Lean has it open, its imports loaded.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Makes `text` the document's text, waits until Lean has elaborated all of it, and asks for the
    /// goals at `questions`. What Lean says of the text on the way goes to `interim`: no evidence, but
    /// a hint where to look. Once `give_up` is cancelled the time is over.
    ///
    /// # Errors
    /// Whatever is short of a full report of this very text. A text that Lean is still busy with is
    /// dropped by the next one.
    pub async fn elaborate(
        &mut self,
        server: &mut Server,
        text: &str,
        questions: &[Position],
        limit: Duration,
        interim: Option<&UnboundedSender<Vec<Diagnostic>>>,
        give_up: &CancellationToken,
    ) -> Result<Elaboration, Unknown> {
        let start = Instant::now();
        let deadline = start + limit;
        self.send_text(server, text);
        let barrier = server.request(
            "textDocument/waitForDiagnostics",
            json!({"uri": self.uri, "version": self.version}),
        );
        let mut report = VersionReport::new(&self.uri, self.version);
        let next = async |server: &mut Server, report: &mut VersionReport<'_>, id: &Value| loop {
            let message = tokio::select! {
                message = tokio::time::timeout_at(deadline, server.next()) => message
                    .map_err(|_| Unknown::TimedOut(limit))?
                    .ok_or(Unknown::Died)?,
                () = give_up.cancelled() => return Err(Unknown::TimedOut(start.elapsed())),
            };
            if message.get("id") == Some(id) {
                return answer(&message);
            }
            if report.note(&message)
                && let (Some(interim), Some(diagnostics)) = (interim, &report.diagnostics)
            {
                let _ = interim.send(diagnostics.clone());
            }
        };
        next(server, &mut report, &barrier).await?;
        let mut answers = Vec::with_capacity(questions.len());
        for position in questions {
            let params = json!({"textDocument": {"uri": self.uri}, "position": position});
            let tactic = server.request("$/lean/plainGoal", params.clone());
            let tactic = next(server, &mut report, &tactic).await?;
            let term = server.request("$/lean/plainTermGoal", params);
            let term = next(server, &mut report, &term).await?;
            answers.push(Goals::read(&tactic, &term));
        }
        // Lean's last words on progress may come just behind the barrier's answer.
        let settled = deadline.min(Instant::now() + SETTLE_LIMIT);
        while report.in_progress != Some(false) || report.diagnostics.is_none() {
            match tokio::time::timeout_at(settled, server.next()).await {
                Ok(Some(message)) => {
                    report.note(&message);
                }
                Ok(None) => return Err(Unknown::Died),
                Err(_) => break,
            }
        }
        match report {
            VersionReport {
                fatal: true,
                diagnostics,
                ..
            } => {
                let error = diagnostics.into_iter().flatten().find(Diagnostic::is_error);
                Err(Unknown::Fatal(
                    error.map_or("it does not say why".into(), |error| {
                        error.first_line().to_owned()
                    }),
                ))
            }
            VersionReport {
                in_progress: Some(true) | None,
                ..
            } => Err(Unknown::Incomplete("part of the text is still in progress")),
            VersionReport {
                diagnostics: None, ..
            } => Err(Unknown::Incomplete("no diagnostics of this version came")),
            VersionReport {
                diagnostics: Some(diagnostics),
                ..
            } => Ok(Elaboration {
                diagnostics,
                answers,
                took: start.elapsed(),
            }),
        }
    }

    fn send_text(&mut self, server: &Server, text: &str) {
        self.version += 1;
        if self.open {
            server.notify(
                "textDocument/didChange",
                json!({
                    "textDocument": {"uri": self.uri, "version": self.version},
                    "contentChanges": [{"text": text}],
                }),
            );
        } else {
            self.open = true;
            server.notify(
                "textDocument/didOpen",
                json!({
                    "textDocument": {"uri": self.uri, "languageId": "lean4", "version": self.version, "text": text},
                    // Checking a proof must not start a build of the user's project.
                    "dependencyBuildMode": "never",
                }),
            );
        }
    }

    /// Closes the document: its worker ends.
    pub fn close(&mut self, server: &Server) {
        if std::mem::take(&mut self.open) {
            server.notify(
                "textDocument/didClose",
                json!({"textDocument": {"uri": self.uri}}),
            );
        }
    }
}

/// The report of a version, as far as Lean has made it.
struct VersionReport<'a> {
    uri: &'a str,
    version: i32,
    diagnostics: Option<Vec<Diagnostic>>,
    in_progress: Option<bool>,
    fatal: bool,
}

impl<'a> VersionReport<'a> {
    fn new(uri: &'a str, version: i32) -> Self {
        VersionReport {
            uri,
            version,
            diagnostics: None,
            in_progress: None,
            fatal: false,
        }
    }

    /// Takes note of a message; true when it brought diagnostics.
    fn note(&mut self, message: &Value) -> bool {
        let Some(params) = message.get("params") else {
            return false;
        };
        match message.get("method").and_then(Value::as_str) {
            Some("textDocument/publishDiagnostics")
                if params["uri"] == self.uri && params["version"] == self.version =>
            {
                // What can't be read is no evidence.
                self.diagnostics = serde_json::from_value(params["diagnostics"].clone()).ok();
                return true;
            }
            Some("$/lean/fileProgress")
                if params["textDocument"]["uri"] == self.uri
                    && params["textDocument"]["version"] == self.version =>
            {
                let ranges = params["processing"].as_array();
                self.fatal =
                    ranges.is_some_and(|ranges| ranges.iter().any(|range| range["kind"] == FATAL));
                self.in_progress = ranges.map(|ranges| !ranges.is_empty() && !self.fatal);
            }
            _ => {}
        }
        false
    }
}

fn answer(message: &Value) -> Result<Value, Unknown> {
    match message.get("error") {
        None => Ok(message["result"].clone()),
        Some(error)
            if error["code"]
                .as_i64()
                .is_some_and(|code| WORKER_CODES.contains(&code)) =>
        {
            Err(Unknown::Died)
        }
        Some(error) => Err(Unknown::Refused(
            error["message"].as_str().unwrap_or("no message").to_owned(),
        )),
    }
}

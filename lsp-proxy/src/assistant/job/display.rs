//! A job's progress in the editor.

use tokio::time::{Duration, timeout};
use tower_lsp_server::Client;
use tower_lsp_server::ls_types as lsp;
use tower_lsp_server::ls_types::notification::Progress;

use super::super::state::jobs::AT_FIRST;
use super::worker::Worker;

/// The longest that the editor may take to open a progress display.
const BEGIN_WITHIN: Duration = Duration::from_secs(2);

/// The progress display of a job, if the editor has opened one.
pub struct Display {
    client: Client,
    token: Option<lsp::ProgressToken>,
    /// The number of holes that the job began with.
    many: usize,
}

impl Display {
    /// Opens a display of a job of `many` holes. An editor that does not answer shows nothing.
    pub async fn begin(worker: &Worker, many: usize) -> Display {
        let assistant = &worker.assistant;
        let mut display = Display {
            client: assistant.client.clone(),
            token: None,
            many,
        };
        if !assistant.state.with(|state| state.abilities.progress) {
            return display;
        }
        let token = lsp::ProgressToken::String(worker.job.token(&assistant.session));
        let created = display.client.create_work_done_progress(token.clone());
        if let Ok(Ok(())) = timeout(BEGIN_WITHIN, created).await {
            display.token = Some(token);
        }
        display
            .tell(lsp::WorkDoneProgress::Begin(lsp::WorkDoneProgressBegin {
                title: match many {
                    1 => "Proving this sorry".into(),
                    many => format!("Proving {many} sorries"),
                },
                cancellable: Some(true),
                message: Some(AT_FIRST.into()),
                percentage: None,
            }))
            .await;
        display
    }

    /// Reports what is being done about the `n`th hole.
    pub async fn report(&self, n: usize, what: &str) {
        let place = match self.many {
            1 => String::new(),
            many => format!("{} of {many}: ", n + 1),
        };
        self.tell(lsp::WorkDoneProgress::Report(lsp::WorkDoneProgressReport {
            message: Some(place + what),
            cancellable: Some(true),
            percentage: None,
        }))
        .await;
    }

    /// Closes the display with a last message.
    pub async fn end(&self, message: String) {
        self.tell(lsp::WorkDoneProgress::End(lsp::WorkDoneProgressEnd {
            message: Some(message),
        }))
        .await;
    }

    async fn tell(&self, progress: lsp::WorkDoneProgress) {
        if let Some(token) = &self.token {
            let params = lsp::ProgressParams {
                token: token.clone(),
                value: lsp::ProgressParamsValue::WorkDone(progress),
            };
            self.client.send_notification::<Progress>(params).await;
        }
    }
}

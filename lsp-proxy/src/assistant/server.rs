//! Our language server: a method of the protocol each, handled in a file of its own.

use tower_lsp_server::LanguageServer;
use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types as lsp;

use super::context::Assistant;
use super::state::State;
use super::state::jobs::JobId;
use super::{code_action, completion, configuration, execute_command, hover, initialize, sync};

/// The server that `LspService` calls.
pub struct Server(pub Assistant);

impl LanguageServer for Server {
    async fn initialize(&self, params: lsp::InitializeParams) -> Result<lsp::InitializeResult> {
        Ok(initialize::initialize(&self.0, &params))
    }

    async fn initialized(&self, _: lsp::InitializedParams) {
        initialize::initialized(&self.0);
    }

    async fn shutdown(&self) -> Result<()> {
        self.0.state.with(State::shut_down);
        Ok(())
    }

    async fn did_open(&self, params: lsp::DidOpenTextDocumentParams) {
        sync::did_open(&self.0, params);
    }

    async fn did_change(&self, params: lsp::DidChangeTextDocumentParams) {
        sync::did_change(&self.0, params);
    }

    async fn did_close(&self, params: lsp::DidCloseTextDocumentParams) {
        sync::did_close(&self.0, &params);
    }

    async fn did_change_watched_files(&self, params: lsp::DidChangeWatchedFilesParams) {
        sync::did_change_watched_files(&self.0, &params);
    }

    async fn did_change_configuration(&self, params: lsp::DidChangeConfigurationParams) {
        configuration::did_change_configuration(&self.0, params);
    }

    async fn code_action(
        &self,
        params: lsp::CodeActionParams,
    ) -> Result<Option<lsp::CodeActionResponse>> {
        Ok(Some(code_action::code_action(&self.0, params).await))
    }

    async fn completion(
        &self,
        params: lsp::CompletionParams,
    ) -> Result<Option<lsp::CompletionResponse>> {
        let items = completion::completion(&self.0, &params);
        Ok(Some(lsp::CompletionResponse::Array(items)))
    }

    async fn hover(&self, params: lsp::HoverParams) -> Result<Option<lsp::Hover>> {
        Ok(hover::hover(&self.0, params).await)
    }

    async fn execute_command(
        &self,
        params: lsp::ExecuteCommandParams,
    ) -> Result<Option<lsp::LSPAny>> {
        execute_command::execute_command(&self.0, params).await
    }
}

impl Server {
    /// `window/workDoneProgress/cancel`, of a job of ours.
    pub async fn cancel_progress(&self, params: lsp::WorkDoneProgressCancelParams) {
        if let lsp::NumberOrString::String(token) = params.token {
            let job = JobId::of_token(&self.0.session, &token);
            job.into_iter()
                .for_each(|job| self.0.state.with(|state| state.jobs.stop(job)));
        }
    }
}

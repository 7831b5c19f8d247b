//! Asks the user whether their file's text may be sent to an engine elsewhere.

use tokio::task::spawn_blocking;
use tower_lsp_server::{Client, ls_types as lsp};

use super::context::Assistant;
use crate::consent::{Consent, Question};

/// Asks what nobody has asked yet. Whoever needs an answer waits for it elsewhere.
pub async fn ask(assistant: &Assistant) {
    let consent = assistant.settings.settled().await.consent.clone();
    for question in consent.take_questions() {
        tokio::spawn(ask_one(assistant.client.clone(), consent.clone(), question));
    }
}

async fn ask_one(client: Client, consent: Consent, question: Question) {
    let elsewhere = {
        let (consent, question) = (consent.clone(), question.clone());
        spawn_blocking(move || consent.decided_elsewhere(&question))
    };
    if let Ok(Some(decision)) = elsewhere.await {
        consent.adopt(&question, decision);
        return;
    }
    let action = |title: &str| lsp::MessageActionItem {
        title: title.to_owned(),
        properties: Default::default(),
    };
    let actions = Question::ANSWERS.map(action).to_vec();
    let answer = client
        .show_message_request(lsp::MessageType::INFO, &question, Some(actions))
        .await;
    // An editor that can't ask has not agreed.
    let answer = answer.unwrap_or_else(|error| {
        tracing::warn!(%error, address = question.address, "the user can't be asked");
        None
    });
    let title = answer.map(|action| action.title);
    let decision = consent.answer(&question, title.as_deref());
    tracing::info!(
        address = question.address,
        ?decision,
        "asked whether to send"
    );
    if let Some(decision) = decision {
        let recorded = spawn_blocking(move || consent.record(&question, decision));
        if let Ok(Err(error)) = recorded.await {
            tracing::warn!(%error, "the decision is forgotten at the end");
        }
    }
}

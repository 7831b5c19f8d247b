//! What an editor shows of our messages, spelt out: anybody may have written a part of it. Pure.

use serde_json::Value;
use unsorry_syntax::VisibleLines;

/// The members of messages that are for the editor itself, and must arrive as they are: texts to put in,
/// names of documents, and what comes back to us.
const EXACT: [&str; 11] = [
    "newText",
    "insertText",
    "uri",
    "documents",
    "log",
    "config",
    "token",
    "command",
    "arguments",
    "data",
    "id",
];

/// Spells out, in all of a message that is for a person, what would be obeyed, can't be seen or reorders.
pub fn spell_out(message: &mut Value) {
    match message {
        Value::String(text) => {
            let shown = VisibleLines(&*text).to_string();
            *text = shown;
        }
        Value::Array(all) => all.iter_mut().for_each(spell_out),
        Value::Object(members) => {
            let shown = members.iter_mut();
            let shown = shown.filter(|(name, _)| !EXACT.contains(&name.as_str()));
            shown.for_each(|(_, member)| spell_out(member));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_but_what_is_for_the_editor_itself() {
        let nasty = "a\u{1b}\u{202e}\nb";
        let spelt = "a\\u{1b}\\u{202e}\nb";
        let message = |shown: &str, command: Value| {
            json!({
                "title": shown,
                "contents": {"kind": "markdown", "value": shown},
                "params": [{"message": shown, "data": {"x": nasty}}],
                "edit": {"changes": {nasty: [{"newText": nasty}]}},
                "command": command,
                "uri": nasty,
            })
        };
        let command = json!({"command": "c", "arguments": [nasty]});
        let mut told = message(nasty, command.clone());
        spell_out(&mut told);
        assert_eq!(told, message(spelt, command));
    }
}

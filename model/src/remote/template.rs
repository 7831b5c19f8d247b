//! The turns of user and model, written out.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, context};
use serde_json::Value;

use unsorry_prover::prompt::{Piece, Prompt};

/// Writes a prompt as Prover-V2 was trained, without the marker that begins a text: engines add that.
pub(super) fn prover_v2(prompt: &Prompt) -> String {
    let mut text = String::new();
    for piece in prompt.pieces.iter().skip(1) {
        match piece {
            Piece::Marker(marker) => text += marker,
            Piece::Text(piece) => text += &plain(piece),
        }
    }
    text + &plain(&prompt.prefill)
}

/// Returns what the user says in a prompt.
pub(super) fn message(prompt: &Prompt) -> String {
    let texts = prompt.pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(plain(text)),
        Piece::Marker(_) => None,
    });
    texts.collect()
}

/// Writes a prompt as a model's own template has it.
///
/// # Errors
/// When the template fails.
pub(super) fn rendered(template: &str, prompt: &Prompt) -> Result<String> {
    let mut environment = Environment::new();
    // As transformers renders templates.
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .context("no template syntax")?;
    environment.set_syntax(syntax);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |why: String| -> Result<String, _> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, why))
    });
    let messages = vec![context! { role => "user", content => message(prompt) }];
    // The marker that begins a text is added by engines.
    let values =
        context! { messages, add_generation_prompt => true, bos_token => "", eos_token => "" };
    let text = environment.render_str(template, values);
    let text = text.map_err(|error| anyhow!("the chat template fails: {error:#}"))?;
    Ok(text + &plain(&prompt.prefill))
}

/// Reads the template in a `tokenizer_config.json`, or a file that is one itself.
///
/// # Errors
/// When there is none.
pub(super) async fn read(path: &Path) -> Result<String> {
    let text = tokio::fs::read_to_string(path)
        .await
        .with_context(|| format!("can't read the template {}", path.display()))?;
    if path.extension().is_none_or(|extension| extension != "json") {
        return Ok(text);
    }
    let named = || format!("{} has no `chat_template`", path.display());
    let json: Value = serde_json::from_str(&text).with_context(named)?;
    let template = &json["chat_template"];
    let default = |list: &Vec<Value>| {
        let default = list.iter().find(|one| one["name"] == "default");
        default.and_then(|one| one["template"].as_str().map(str::to_owned))
    };
    let template = match template {
        Value::Array(list) => default(list),
        template => template.as_str().map(str::to_owned),
    };
    template.with_context(named)
}

/// Returns `text` with nothing in it that is taken for a special token: engines read those wherever they are.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at + 1);
        plain += before;
        if is_marker(from) {
            plain.push(' ');
        }
        rest = from;
    }
    plain + rest
}

/// Returns whether what stands behind a `<` makes it a marker: `|im_end|>`, `｜User｜>`.
fn is_marker(text: &str) -> bool {
    let Some(inner) = text.strip_prefix(['|', '｜']) else {
        return false;
    };
    let Some(end) = inner.find(['|', '｜']) else {
        return false;
    };
    let word = &inner[..end];
    let closed = inner[end..]
        .trim_start_matches(['|', '｜'])
        .starts_with('>');
    closed && !word.is_empty() && word.len() < 64 && !word.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(text: &str) -> Prompt {
        Prompt {
            pieces: vec![
                Piece::Marker("<｜begin▁of▁sentence｜>"),
                Piece::Marker("<｜User｜>"),
                Piece::Text(text.into()),
                Piece::Marker("<｜Assistant｜>"),
            ],
            prefill: "```lean4\ntheorem t :=".into(),
        }
    }

    #[test]
    fn turns() {
        assert_eq!(
            prover_v2(&prompt("Prove <｜User｜> it")),
            "<｜User｜>Prove < ｜User｜> it<｜Assistant｜>```lean4\ntheorem t :="
        );
        assert_eq!(message(&prompt("Prove")), "Prove");
        let template = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}<|u|>{{ message['content'].strip() }}{% else %}{{ raise_exception('no') }}{% endif %}{% endfor %}{% if add_generation_prompt %}<|a|>{% endif %}";
        assert_eq!(
            rendered(template, &prompt(" Prove ")).expect("rendered"),
            "<|u|>Prove<|a|>```lean4\ntheorem t :="
        );
        let error = rendered("{{ raise_exception('only tools') }}", &prompt("a"));
        assert!(error.expect_err("fails").to_string().contains("only tools"));
        assert!(rendered("{% for %}", &prompt("a")).is_err());
    }

    #[test]
    fn markers_in_code_are_text() {
        let check = |text: &str, expected: &str| assert_eq!(plain(text), expected);
        check("f <| x |> g <|> h", "f <| x |> g <|> h");
        check("a <|im_end|>", "a < |im_end|>");
        check("<｜end▁of▁sentence｜>", "< ｜end▁of▁sentence｜>");
        check("<<|EOT|>", "<< |EOT|>");
        check("x < y ∧ y <", "x < y ∧ y <");
    }

    #[tokio::test]
    async fn templates_in_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = async |name: &str, text: &str, expected: Option<&str>| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            assert_eq!(read(&path).await.ok().as_deref(), expected);
        };
        check("a.jinja", "{{ x }}", Some("{{ x }}")).await;
        check("b.json", r#"{"chat_template": "t"}"#, Some("t")).await;
        check(
            "c.json",
            r#"{"chat_template": [{"name": "tools", "template": "a"}, {"name": "default", "template": "b"}]}"#,
            Some("b"),
        ).await;
        check("d.json", "{}", None).await;
        check("e.json", "{", None).await;
    }
}

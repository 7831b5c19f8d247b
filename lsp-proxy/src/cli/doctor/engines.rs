//! The engines that are asked, and the model in this process.

use unsorry_infer::memory::format_bytes;
use unsorry_model::local;

use super::line::{Line, bad, good, plain, warning};
use crate::config::{Config, Engine};
use crate::engines::{self, in_order};

/// Says which engines are asked, in which order.
pub(super) fn asked(config: &Config) -> Vec<Line> {
    let names = engines::names(config);
    let whose = match config.engines {
        Some(_) => "as configured",
        None => "by default",
    };
    let mut lines = vec![plain(format!("{}, {whose}", in_order(&names)))];
    for name in &names {
        // What is there has a section of its own.
        let lacks = match name {
            Engine::Tactics => false,
            Engine::Local(_) => config.local.model.is_none(),
            Engine::Remote(_) => config.remote.is_empty(),
        };
        let alone = Config {
            engines: Some(vec![*name]),
            ..config.clone()
        };
        if let Some(error) = lacks
            .then(|| engines::sources(&alone, None).err())
            .flatten()
        {
            lines.push(bad(format!("{error:#}")));
        }
    }
    let local = names.iter().any(|name| matches!(name, Engine::Local(_)));
    let remote = names.iter().any(|name| matches!(name, Engine::Remote(_)));
    let unasked = [
        ("local", config.local.model.is_some() && !local),
        ("remote", !config.remote.is_empty() && !remote),
    ];
    for (name, _) in unasked.iter().filter(|(_, unasked)| *unasked) {
        let text = format!("`{name}` is set up, but not in `search.engines`: it is not asked");
        lines.push(warning(text));
    }
    lines
}

/// Says how it is with the model in this process, which is not loaded for this.
pub(super) fn local_model(config: &Config) -> Vec<Line> {
    let Some(settings) = engines::local(config) else {
        return vec![plain("none; `unsorry model list` says which there are")];
    };
    let file = settings.model.display().to_string();
    if !settings.model.exists() {
        return vec![bad(engines::no_such_model(&settings.model))];
    }
    match local::survey(&settings) {
        Ok(survey) => vec![
            good(file),
            good(survey.device),
            good(format!(
                "fits: {} for {} tokens of text",
                format_bytes(survey.plan.total_bytes),
                survey.plan.context
            )),
        ],
        Err(error) => {
            let error = format!("{error:#}");
            let named = error.contains(&file);
            vec![bad(match named {
                true => error,
                false => format!("{file}: {error}"),
            })]
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::doctor::line::shown;
    use crate::config::Origin;

    fn config(text: &str) -> Config {
        let mut config = Config::default();
        let added = config.add(text, Origin::User, Path::new("/"));
        added.expect("valid");
        config
    }

    #[test]
    fn engines_in_order() {
        let check = |text: &str, expected: &str| {
            let shown = shown("Engines", &asked(&config(text)));
            assert!(
                shown.starts_with(&format!("Engines\n{expected}")),
                "{shown}"
            );
        };
        check("", "    tactics, by default\n");
        check(
            "[[remote]]\nurl = 'http://lab/v1'",
            "    tactics, then remote-fast, then remote-reasoning, by default\n",
        );
        check(
            "[search]\nengines = ['remote', 'tactics', 'remote']",
            "    remote, then tactics, as configured\n  ✗ the engine `remote` has no endpoint",
        );
        check(
            "[search]\nengines = ['tactics']\n[local]\nmodel = 'm'",
            "    tactics, as configured\n  ! `local` is set up, but not",
        );
    }
}

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use proptest::prelude::*;
use serde_json::json;
use unsorry_search::verify::Level;

use super::load::keys;
use super::permission::{Key, Permission};
use super::*;

proptest! {
    #[test]
    fn whatever_a_project_says(
        lines in prop::collection::vec((
            prop::sample::select(vec![
                "[check]", "[search]", "[engine.remote]", "[[engine.remote]]", "[engine.local]", "[cache]", "timeout",
                "level", "replay", "contained", "memory", "budget", "engines", "tokens", "money", "url", "model", "max",
            ]),
            prop::sample::select(vec![
                "", "= true", "= false", "= 0", "= -1", "= 1e400", "= 'never'", "= 'kernel-replayed'", "= 'lean-checked'",
                "= ['remote', 'tactics']", "= 'http://127.0.0.1:1/v1'", "= '5s'", "= '99999999999999999999 years'", "= {}", "= \"",
            ]),
        ), 0..8),
    ) {
        let lines: Vec<String> = lines.into_iter().map(|(key, value)| format!("{key} {value}")).collect();
        a_project_is_bounded(&lines.join("\n"));
    }
}

/// Values of every kind, as TOML has them.
const VALUES: [&str; 14] = [
    "0",
    "1",
    "7",
    "9000",
    "0.1",
    "0.5",
    "true",
    "false",
    "'1s'",
    "'5min'",
    "'8GB'",
    "'lean-checked'",
    "'axioms-clean'",
    "['tactics']",
];

fn with(config: &Config, key: &Key, value: &str, origin: Origin) -> Result<Config> {
    let mut config = config.clone();
    let text = match key.table {
        Some(table) => format!("[{table}]\n{} = {value}", key.name),
        None => format!("{} = {value}", key.name),
    };
    config.add(&text, origin, Path::new("/"))?;
    Ok(config)
}

/// Returns how much the configuration has of what may only be lowered or raised.
fn amount(config: &Config, key: &Key) -> f64 {
    let from_bool = |is_on: bool| f64::from(u8::from(is_on));
    match key.to_string().as_str() {
        "search.tokens" => config.tokens.map_or(f64::INFINITY, |tokens| tokens as f64),
        "search.money" => config.money.unwrap_or(f64::INFINITY),
        "check.level" => f64::from(config.level as u8),
        "check.replay" => from_bool(config.replay),
        "cache.enabled" => from_bool(config.cache.enabled),
        other => panic!("say here what `{other}` amounts to"),
    }
}

#[test]
fn nobody_goes_beyond_what_a_keys_line_says() {
    let mut refused = HashSet::new();
    for key in keys() {
        // What the user has, then what somebody else says, for all pairs that the key takes.
        let users = VALUES
            .iter()
            .filter_map(|value| with(&Config::default(), &key, value, Origin::User).ok());
        for before in users.chain([Config::default()]) {
            for (origin, value) in [Origin::Project, Origin::Editor]
                .into_iter()
                .flat_map(|origin| VALUES.map(|value| (origin, value)))
            {
                let after = with(&before, &key, value, origin);
                let is_valid = with(&before, &key, value, Origin::User).is_ok();
                match (key.permission(origin), after) {
                    (Permission::Forbidden, after) => {
                        let error = after.expect_err("refused").to_string();
                        let is_named = error.contains(&format!("`{key}`"));
                        assert!(is_named || !is_valid, "{error}");
                        refused.insert(key.to_string());
                    }
                    (Permission::Free, after) => assert_eq!(after.is_ok(), is_valid, "{key}"),
                    (_, Err(_)) => assert!(!is_valid, "{key}"),
                    (Permission::Lower, Ok(after)) => {
                        assert!(amount(&after, &key) <= amount(&before, &key), "{key}");
                    }
                    (Permission::Raise, Ok(after)) => {
                        assert!(amount(&after, &key) >= amount(&before, &key), "{key}");
                    }
                }
            }
        }
    }
    for key in ["remote", "local.model", "check.contained", "check.idle"] {
        assert!(refused.contains(key), "{key}");
    }
}

#[test]
fn every_key_has_a_line() {
    let keys = keys();
    let check = |text: &str, table: Option<&str>| {
        let unknown = Config::default().add(text, Origin::User, Path::new("/"));
        let error = unknown.expect_err("unknown").to_string();
        let (_, expected) = error.split_once("expected").expect("the keys");
        let known: HashSet<&str> = expected.split('`').skip(1).step_by(2).collect();
        let listed = keys.iter().filter(|key| key.table == table);
        let mut listed: HashSet<&str> = listed.map(|key| key.name).collect();
        if table.is_none() {
            listed.extend(keys.iter().filter_map(|key| key.table));
        }
        assert_eq!(known, listed, "{error}");
    };
    check("nonsense = 1", None);
    for table in ["search", "check", "cache", "local"] {
        check(&format!("[{table}]\nnonsense = 1"), Some(table));
    }
}

#[test]
fn later_files_win() {
    let mut config = Config::default();
    let mut add = |text: &str, origin| config.add(text, origin, Path::new("/")).expect("valid");
    add(
        "[search]\nbudget = '5s'\nengines = ['tactics']\n[check]\ntimeout = '1s 500ms'",
        Origin::User,
    );
    add(
        "[search]\nbudget = '2min'\nengines = ['local', 'tactics']",
        Origin::Project,
    );
    assert_eq!(config.budget, Duration::from_secs(120));
    assert_eq!(
        config.engines,
        Some(vec![Engine::Local(None), Engine::Tactics])
    );
    assert_eq!(config.timeout, Duration::from_millis(1500));
}

#[test]
fn a_project_spends_no_more_than_the_user_would() {
    let mut config = Config::default();
    let mut add = |text: &str, origin| {
        config.add(text, origin, Path::new("/")).expect("valid");
        (config.tokens, config.money)
    };
    let users = "[search]\ntokens = 500\nmoney = 0.5";
    assert_eq!(add(users, Origin::User), (Some(500), Some(0.5)));
    let more = "[search]\ntokens = 9000\nmoney = 7";
    assert_eq!(add(more, Origin::Project), (Some(500), Some(0.5)));
    let less = "[search]\ntokens = 20\nmoney = 0.1";
    assert_eq!(add(less, Origin::Project), (Some(20), Some(0.1)));
}

#[test]
fn an_editors_settings_are_preferences() {
    let mut config = Config::default();
    let mut add = |settings| config.add_editors(&settings).map_err(|e| format!("{e:#}"));
    assert_eq!(add(serde_json::Value::Null), Ok(()));
    assert_eq!(
        add(json!({"search": {"tokens": null}, "local": {}})),
        Ok(())
    );
    let settings =
        json!({"search": {"engines": ["tactics"], "budget": "5s"}, "cache": {"enabled": false}});
    assert_eq!(add(settings), Ok(()));
    let mut refused = |settings, part: &str| {
        let error = add(settings).expect_err("refused");
        assert!(error.contains(part) && error.contains("editor"), "{error}");
    };
    refused(
        json!({"search": {"budgt": "5s"}}),
        ": `budgt = \"5s\"`: unknown field `budgt`",
    );
    refused(
        json!({"search": {"refute": true, "budget": "soon"}}),
        ": `budget = \"soon\"`: `soon` is no duration such as `60s`",
    );
    refused(json!({"local": {"model": "/tmp/a.gguf"}}), "`local.model`");
    refused(json!({"remote": [{"url": "http://a/v1"}]}), "`remote`");
    refused(json!({"check": {"idle": "1s"}}), "`check.idle`");
    refused(json!(["search"]), "must be an object");
    refused(json!({"search": ["5s"]}), "`search` must be an object");
    refused(
        json!({"search": {"engines": [null]}}),
        "`search.engines` holds a null",
    );
    assert_eq!(config.budget, Duration::from_secs(5));
    assert_eq!(config.engines, Some(vec![Engine::Tactics]));
    assert!(!config.cache.enabled);
}

#[test]
fn a_project_can_only_raise_the_level() {
    let mut config = Config::default();
    let mut level = |text: &str, origin| {
        config.add(text, origin, Path::new("/")).expect("valid");
        config.level
    };
    let (clean, checked) = (
        "[check]\nlevel = 'axioms-clean'",
        "[check]\nlevel = 'lean-checked'",
    );
    assert_eq!(level("", Origin::User), Level::LeanChecked);
    assert_eq!(level(clean, Origin::Project), Level::AxiomsClean);
    assert_eq!(level(checked, Origin::Editor), Level::AxiomsClean);
    assert_eq!(level(checked, Origin::User), Level::LeanChecked);
}

#[test]
fn mistakes_are_named() {
    let check = |text: &str, part: &str| {
        let added = Config::default().add(text, Origin::Project, Path::new("/"));
        let error = format!("{:#}", added.expect_err("invalid"));
        assert!(error.contains(part), "{error}");
    };
    check("[serch]\nbudget = '5s'", "serch");
    check("[search]\nbudgt = '5s'", "budgt");
    check("[search]\nbudget = 'soon'", "soon");
    check("[search]\nbudget = 5", "budget");
    check(
        "[search]\nbudget = '292277026596y'",
        "longer than a lifetime",
    );
    check("[remote]\nurl = 'http://example.org'", "remote");
    check("[search]\nengines = ['tactic']", "no engine `tactic`");
    check("[search]\nengines = []", "search.engines");
    check("[local]\nmodle = 'a.gguf'", "modle");
    check("[local]\nmodel = 'a.gguf'", "`local.model`");
    check("[check]\ncontained = false", "`check.contained`");
    check("[check]\nmemory = '1GB'", "`check.memory`");
    check("[check]\nmemory = 'much'", "much");
}

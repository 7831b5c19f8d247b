//! The settings that results depend on: runs that differ in them are not put together.

use serde_json::{Map, Value, json};
use unsorry_prover::GenerationParams;

use super::set::Set;
use crate::config::Config;
use crate::engines;

/// Returns everything that decides how a problem fares, but for which problems and engines are asked about.
pub fn settings(config: &Config, set: &Set, lean: &str) -> Map<String, Value> {
    let engines = engines::names(config).into_iter().map(|name| name.name());
    let tactics = config.tactics.iter().map(|row| format!("{row:?}"));
    let local = engines::local(config).map(|local| {
        json!({
            "model": local.model,
            "device": format!("{:?}", local.device),
            "context": local.context,
            "generation": generation(&local.generation),
        })
    });
    let remote = config.remote.iter().map(|one| {
        json!({
            "url": one.url,
            "model": one.model,
            "template": format!("{:?}", one.template),
            "generation": generation(&one.generation),
        })
    });
    let settings = [
        ("set", json!(set.name)),
        ("problems", json!(set.digest())),
        ("lean", json!(lean)),
        ("budget", json!(config.budget.as_secs_f64())),
        ("check", json!(config.timeout.as_secs_f64())),
        ("tokens", json!(config.tokens)),
        ("money", json!(config.money)),
        ("head_start", json!(config.head_start.as_secs_f64())),
        ("cascade", engines.collect()),
        ("tactics", tactics.collect()),
        ("local", json!(local)),
        ("remote", remote.collect()),
    ];
    let settings = settings.into_iter();
    settings
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn generation(generation: &GenerationParams) -> Value {
    let GenerationParams {
        mode,
        candidates,
        temperature,
        top_p,
        top_k,
        min_p,
        seed,
        max_tokens,
    } = generation;
    json!({
        "mode": mode.map(|mode| format!("{mode:?}")),
        "samples": candidates,
        "temperature": temperature,
        "top_p": top_p,
        "top_k": top_k,
        "min_p": min_p,
        "seed": seed,
        "max_tokens": max_tokens,
    })
}

//! The hub's settings as its own tools keep them: an address, and a token.
//! <https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables>

use std::path::PathBuf;

/// The hub that is asked where `HF_ENDPOINT` names no other.
const HUB: &str = "https://huggingface.co";

/// Reads a variable of the environment; an empty one is none.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the hub's address.
pub(super) fn endpoint(variable: impl Fn(&str) -> Option<String>) -> String {
    variable("HF_ENDPOINT").unwrap_or_else(|| HUB.to_owned())
}

/// Returns the user's token: from `HF_TOKEN`, from the file that `HF_TOKEN_PATH` names, or from where
/// `hf auth login` keeps it.
pub(super) fn token(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    if variable("HF_HUB_DISABLE_IMPLICIT_TOKEN").is_some() {
        return None;
    }
    let home = || {
        let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")));
        Some(cache?.join("huggingface"))
    };
    let login = variable("HF_HOME").map(PathBuf::from).or_else(home);
    let files = [
        variable("HF_TOKEN_PATH").map(PathBuf::from),
        login.map(|folder| folder.join("token")),
    ];
    let kept = files.into_iter().flatten();
    let kept = kept.filter_map(|path| std::fs::read_to_string(path).ok());
    let tokens = variable("HF_TOKEN").into_iter().chain(kept);
    let mut tokens = tokens.map(|token| token.trim().to_owned());
    tokens.find(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_where_the_hubs_tools_keep_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir_all(at("cache/huggingface")).expect("made");
        std::fs::write(at("cache/huggingface/token"), "login\n").expect("written");
        std::fs::write(at("own"), " own ").expect("written");
        std::fs::write(at("empty"), "\n").expect("written");
        let check = |variables: &[(&str, &str)], expected: Option<&str>| {
            let token = token(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(token.as_deref(), expected, "{variables:?}");
        };
        let (cache, hub) = (at("cache"), at("cache/huggingface"));
        let (own, empty) = (at("own"), at("empty"));
        check(&[], None);
        check(&[("XDG_CACHE_HOME", &cache)], Some("login"));
        check(&[("HF_HOME", &hub), ("HOME", "/nowhere")], Some("login"));
        check(&[("HF_HOME", &hub), ("HF_TOKEN_PATH", &own)], Some("own"));
        check(
            &[("HF_HOME", &hub), ("HF_TOKEN_PATH", &empty)],
            Some("login"),
        );
        check(
            &[("HF_TOKEN_PATH", &own), ("HF_TOKEN", "said")],
            Some("said"),
        );
        check(
            &[("HF_TOKEN", "said"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")],
            None,
        );
    }

    #[test]
    fn a_mirror_may_be_named() {
        assert_eq!(endpoint(|_| None), "https://huggingface.co");
        assert_eq!(endpoint(|_| Some("http://mirror".into())), "http://mirror");
    }
}

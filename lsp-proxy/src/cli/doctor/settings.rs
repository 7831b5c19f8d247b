//! The settings as far as they can be read, and from where.

use std::path::Path;

use super::line::{Line, bad, good, plain};
use crate::config::{self, Config};

/// Reads the settings as far as they can be read, and says from where.
pub(super) fn settings(given: Option<&Path>, cwd: &Path) -> (Config, Vec<Line>) {
    let users = given.map(Path::to_owned).or_else(config::users_file);
    let mut config = Config {
        users_file: users.clone(),
        ..Config::default()
    };
    let files = Config::files(given, cwd);
    let mut lines = Vec::new();
    if let Some(users) = users.filter(|users| files.iter().all(|(path, _)| path != users)) {
        lines.push(plain(format!(
            "{}: not there, all is as by default",
            users.display()
        )));
    }
    for (path, origin) in files {
        lines.push(match config.add_file(&path, origin) {
            Ok(()) => good(path.display().to_string()),
            Err(error) => bad(format!(
                "{}\nuntil that is mended, `unsorry serve` does without it and `unsorry prove` refuses",
                format!("{error:#}").trim_end(),
            )),
        });
    }
    config.add_environment();
    (config, lines)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::doctor::line::Mark;

    #[test]
    fn a_broken_file_does_not_hide_the_rest() {
        let folder = tempfile::tempdir().expect("a folder");
        let users = folder.path().join("config.toml");
        std::fs::write(&users, "[serch]").expect("written");
        std::fs::write(
            folder.path().join(".unsorry.toml"),
            "[search]\nbudget = '5s'",
        )
        .expect("written");
        let (config, lines) = settings(Some(&users), folder.path());
        assert_eq!(config.budget, Duration::from_secs(5));
        let marks: Vec<Mark> = lines.iter().map(|(mark, _)| *mark).collect();
        assert_eq!(marks, [Mark::Bad, Mark::Good]);
        assert!(lines[0].1.contains("serch"), "{}", lines[0].1);
    }
}

//! What lets us in is shown to nobody else.

use super::*;
use serde_json::json;

#[tokio::test]
async fn a_key_is_sent_and_never_shown() {
    const SECRET: &str = "sk-very-secret";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{SECRET}\n")).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let own = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, own).expect("set");
    }
    let with_key = |engine: &Engine| {
        remote([Settings {
            key: Key::File(path.clone()),
            ..settings(engine, 4)
        }])
    };
    let fine = Engine::fresh("vllm").await;
    let remote = with_key(&fine);
    let proposals = all(&remote, &goal()).await;
    assert_eq!(texts(&proposals), fresh(4));
    let all_asked = fine.log.all();
    // Its list of models is asked for with the key, too.
    assert!(all_asked.len() > 1);
    for asked in &all_asked {
        let sent = asked.headers.get("authorization").expect("a key");
        assert_eq!(sent, &format!("Bearer {SECRET}"), "{}", asked.path);
        assert!(!asked.body.to_string().contains(SECRET));
    }
    let facts = remote.facts().await;
    assert!(!format!("{remote:?} {facts:?} {proposals:?}").contains(SECRET));

    // Nor when it is refused, or sent on.
    let elsewhere = Engine::fresh("vllm").await;
    let to = elsewhere.url.clone();
    let acts = [
        Act::status(401, json!({"error": "Unauthorized"})),
        Act::status(307, "").with("location", to),
    ];
    for act in acts {
        let engine = Engine::of_all(move |_| act.clone()).await;
        let remote = with_key(&engine);
        let proposals = all(&remote, &goal()).await;
        assert!(failure(&proposals).is_some());
        let facts = remote.facts().await;
        assert!(!format!("{remote:?} {facts:?} {proposals:?}").contains(SECRET));
    }
    assert_eq!(elsewhere.log.all().len(), 0);
    // Without one there is no header.
    let open = Engine::fresh("vllm").await;
    candidates([settings(&open, 1)]).await;
    assert!(
        open.log
            .all()
            .iter()
            .all(|asked| !asked.headers.contains_key("authorization"))
    );
}

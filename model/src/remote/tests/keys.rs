//! Keys are shown to nobody but their own engine.

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
        remote([EndpointSettings {
            key: KeySource::File(path.clone()),
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

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_has_run_out_is_asked_for_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Engine::of_all(|asked| {
        let key = asked.headers.get("authorization").expect("a key");
        match &*asked.path {
            _ if key == "Bearer 1" && !asked.body.is_null() => {
                Act::status(401, json!({"error": "expired"}))
            }
            "/v1/models" => engine::models("vllm"),
            _ => engine::fresh(asked),
        }
    })
    .await;
    let settings = EndpointSettings {
        key: KeySource::Command(KeyCommand {
            program: "sh".into(),
            arguments: vec!["-c".into(), "echo x >> runs; wc -l < runs".into()],
            folder: folder.path().to_owned(),
        }),
        ..settings(&engine, 4)
    };
    let proposals = all(&remote([settings]), &goal()).await;
    assert_eq!(failure(&proposals), None);
    assert_eq!(texts(&proposals).len(), 4);
    let runs = std::fs::read_to_string(folder.path().join("runs")).expect("it ran");
    assert_eq!(runs.lines().count(), 2);
}

//! The relay passes on what goes in, byte by byte and in order: the Lean here is `cat`.

use std::io::Write;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use unsorry_tests::relay::{Relay, frame};

/// Returns what comes back of `pieces`, each written at once, through unsorry and `cat`.
fn echoed(pieces: &[&[u8]]) -> Vec<u8> {
    let mut relay = Relay::start(&["cat"]);
    relay.received();
    for piece in pieces {
        relay.send(piece);
    }
    let ended = relay.leave();
    assert_eq!(ended.errors, "");
    assert!(ended.status.success(), "{}", ended.status);
    ended.rest
}

/// `input` comes back as it is, written at once or in pieces.
fn check(name: &str, input: &[u8]) {
    let same = |back: &[u8]| {
        let differs = (0..back.len().max(input.len())).find(|&at| back.get(at) != input.get(at));
        if let Some(at) = differs {
            let around = |bytes: &[u8]| {
                let range = at.saturating_sub(40).min(bytes.len())..bytes.len().min(at + 40);
                String::from_utf8_lossy(&bytes[range]).into_owned()
            };
            panic!(
                "{name} differs at {at}: {:?} became {:?}",
                around(input),
                around(back)
            );
        }
    };
    same(&echoed(&[input]));
    if input.len() < 10_000 {
        let pieces: Vec<_> = input.chunks(7).collect();
        same(&echoed(&pieces));
    }
}

fn frames<S: AsRef<[u8]>>(bodies: &[S]) -> Vec<u8> {
    bodies.iter().flat_map(frame).collect()
}

#[test]
fn unknown_methods_and_ids_of_every_kind() {
    let ids = [
        "0",
        "-1",
        "1.5",
        "1.50",
        "3000000000",
        "18446744073709551616",
        "123456789012345678901234567890123456789012345678901234567890",
        "1e400",
        "-0",
        "null",
        "true",
        "{}",
        "[1]",
        r#""""#,
        r#""a""#,
        r#""\u0061""#,
        r#""\ud800""#,
        r#""unsorry:""#,
        r#""unsorry:1:1""#,
        // The same again.
        "0",
        r#""a""#,
    ];
    let mut bodies = Vec::new();
    for id in ids {
        for method in [
            "x",
            "textDocument/definition",
            "$/lean/rpc/call",
            "",
            "\\u0078",
            "exit/not",
        ] {
            bodies.push(format!(
                r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"a":1}}}}"#
            ));
        }
        bodies.push(format!(
            r#"{{"id":{id},"params":[],"method":"y","jsonrpc":"1.0","more":{id}}}"#
        ));
        // To nobody's question.
        bodies.push(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"id":{id}}}}}"#
        ));
        bodies.push(format!(r#"{{"result":null,"id":{id}}}"#));
        bodies.push(format!(
            r#"{{"id":{id},"error":{{"code":-32803,"message":"\ud800"}}}}"#
        ));
        bodies.push(format!(r#"{{"id":{id},"error":null,"result":1e999}}"#));
        bodies.push(format!(r#"{{"id":{id}}}"#));
    }
    check("ids", &frames(&bodies));
}

#[test]
fn requests_that_lean_and_we_answer_together() {
    let mut bodies = Vec::new();
    for method in [
        "initialize",
        "textDocument/hover",
        "textDocument/codeAction",
        "textDocument/completion",
    ] {
        for params in [
            r#"{"textDocument":{"uri":"file:///a.lean"},"position":{"line":0,"character":0}}"#,
            "null",
            "[]",
            "7",
            r#"{"x":"\ud800"}"#,
        ] {
            let n = bodies.len();
            bodies.push(format!(
                r#"{{"jsonrpc":"2.0","id":{n},"method":"{method}","params":{params}}}"#
            ));
            bodies.push(format!(
                r#"{{"params":{params},"id":"s{n}","method":"{method}"}}"#
            ));
            // With an id that is under way, and with none.
            bodies.push(format!(
                r#"{{"jsonrpc":"2.0","id":{n},"method":"{method}","params":{params}}}"#
            ));
            bodies.push(format!(
                r#"{{"jsonrpc":"2.0","id":null,"method":"{method}","params":{params}}}"#
            ));
            bodies.push(format!(
                r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#
            ));
        }
        bodies.push(format!(
            r#"{{"jsonrpc":"2.0","id":-1,"method":"{method}"}}"#
        ));
    }
    check("merged requests", &frames(&bodies));
}

#[test]
fn what_the_assistant_reads_along() {
    let mut bodies = Vec::new();
    for method in [
        "initialized",
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "workspace/executeCommand",
        "codeAction/resolve",
        "completionItem/resolve",
        "window/workDoneProgress/cancel",
        "$/cancelRequest",
    ] {
        for params in [
            "{}",
            "null",
            "[[]]",
            r#""\ud800""#,
            r#"{"textDocument":{"uri":"file:///a.lean","version":1e99,"text":7}}"#,
            r#"{"command":"unsorry","token":"unsorry","data":"unsorry"}"#,
            r#"{"command":7,"token":7,"data":{"more":{"unsorry":1}}}"#,
        ] {
            bodies.push(format!(
                r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#
            ));
            bodies.push(format!(
                r#"{{"jsonrpc":"2.0","id":9,"method":"{method}","params":{params}}}"#
            ));
        }
        bodies.push(format!(r#"{{"method":"{method}"}}"#));
    }
    let document = |text: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{{"uri":"file:///a.lean","languageId":"lean4","version":1,"text":"{text}"}}}}}}"#
        )
    };
    bodies.push(document("theorem a : True := by sorry"));
    bodies.push(document("theorem b : True := by sorry"));
    bodies.push(r#"{"jsonrpc":"2.0","id":7,"method":"shutdown"}"#.to_owned());
    bodies.push(r#"{"jsonrpc":"2.0","method":"exit"}"#.to_owned());
    bodies.push(document("after the end"));
    check("read along", &frames(&bodies));
}

#[test]
fn json_that_no_parser_keeps() {
    let deep = |open: &str, close: &str| {
        let inside = open.repeat(100_000) + &close.repeat(100_000);
        [
            "x",
            "textDocument/hover",
            "textDocument/didChange",
            "initialize",
        ]
        .map(|method| {
            format!(r#"{{"jsonrpc":"2.0","id":"{method}","method":"{method}","params":{inside}}}"#)
        })
    };
    check("deep arrays", &frames(&deep("[", "]")));
    check(
        "deep objects",
        &frames(&deep(r#"{"a":"#, "}").map(|body| body.replace(":}", ":0}"))),
    );
    let bodies: &[&[u8]] = &[
        br#"{"method":"x","params":{"b":1,"a":2,"a":3,"n":1.0e+5,"m":0.1000,"s":"\u00e9\/\ud83d"}}"#,
        br#"{ "method" : "x" , "params" : [ 1 , 2 ] }"#,
        br#"{"method":"x","method":"y","id":1,"id":2}"#,
        b"\xef\xbb\xbf{\"method\":\"x\"}",
        b"{\"method\":\"x\xff\",\"\xfe\":\"\xff\"}",
        b"{\"m\\u0065thod\":\"textDocument\\/hover\",\"i\\u0064\":1,\"params\":{}}",
        b"\n\t {\"method\":\"x\"}\r\n\r\n",
        b"{\"method\":\"x\"}Content-Length: 5\r\n\r\n",
    ];
    check("odd JSON", &frames(bodies));
}

#[test]
fn bodies_that_are_no_messages() {
    let bodies: &[&[u8]] = &[
        b"",
        b" ",
        b"hello",
        b"{",
        b"}",
        b"[]",
        b"[{\"method\":\"x\"}]",
        b"null",
        b"7",
        b"\"textDocument/hover\"",
        b"{\"method\"",
        b"{\"method\":",
        b"{\"method\":\"textDocument/didOpen\"",
        b"{\"id\":2,\"result\":",
        b"{\"id\":1,\"method\":\"textDocument/hover\",\"params\":{",
        b"\0\0\0\0",
        b"\r\n\r\n",
        b"\\",
        b"{\"",
        b"{\"\\",
    ];
    check("no JSON", &frames(bodies));
}

#[test]
fn headers_of_every_kind() {
    let good = r#"{"jsonrpc":"2.0","id":1,"method":"textDocument/definition","params":{}}"#;
    let n = good.len();
    for (name, header) in [
        ("another case", format!("CONTENT-length: {n}\r\n\r\n")),
        ("no space", format!("Content-Length:{n}\r\n\r\n")),
        ("much space", format!("Content-Length  :  \t{n}  \r\n\r\n")),
        ("leading zeros", format!("Content-Length: 000{n}\r\n\r\n")),
        (
            "a type before",
            format!(
                "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: {n}\r\n\r\n"
            ),
        ),
        (
            "a type after",
            format!("Content-Length: {n}\r\nContent-Type: a\r\n\r\n"),
        ),
        (
            "unknown fields",
            format!("X: y\r\nContent-Length: {n}\r\n: \r\nfoo\r\n\r\n"),
        ),
        (
            "said twice",
            format!("Content-Length: {n}\r\nContent-Length: {n}\r\n\r\n"),
        ),
        (
            "said twice differently",
            format!("Content-Length: {n}\r\nContent-Length: 7\r\n\r\n"),
        ),
        ("a plus", format!("Content-Length: +{n}\r\n\r\n")),
        ("a minus", format!("Content-Length: -{n}\r\n\r\n")),
        ("no number", "Content-Length: many\r\n\r\n".to_owned()),
        ("nothing", "\r\n\r\n".to_owned()),
        ("another field", "Content-Size: 7\r\n\r\n".to_owned()),
        (
            "a huge number",
            format!("Content-Length: {}\r\n\r\n", "9".repeat(50)),
        ),
        (
            "a large number",
            format!("Content-Length: {}\r\n\r\n", u64::MAX),
        ),
        ("newlines alone", format!("Content-Length: {n}\n\n")),
        (
            "stray text before",
            format!("info: [root] hello\nwarning: π\nContent-Length: {n}\r\n\r\n"),
        ),
        (
            "stray text that looks like a field",
            format!("error: no such file\nContent-Length: {n}\r\n\r\n"),
        ),
        (
            "an empty line before",
            format!("\r\nContent-Length: {n}\r\n\r\n"),
        ),
        (
            "much stray text",
            format!("{}\nContent-Length: {n}\r\n\r\n", "x".repeat(20_000)),
        ),
    ] {
        let mut input = frame(good);
        input.extend_from_slice((header + good).as_bytes());
        input.extend_from_slice(&frame(good));
        check(name, &input);
    }
}

#[test]
fn streams_that_break_off() {
    let message = frame(r#"{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{}}"#);
    for cut in [1, 10, 16, 18, 19, 21, 22, message.len() - 1] {
        check("a message cut off", &[&message, &message[..cut]].concat());
    }
    check("nothing", b"");
    check("a newline", b"\n");
    check("no messages", &b"What is this?\n".repeat(100));
    check(
        "no messages, and many",
        &b"What is this?\r\n\r\n".repeat(1_000_000),
    );
    check(
        "no text",
        &(0..=255).cycle().take(100_000).collect::<Vec<u8>>(),
    );
}

/// Long messages: passed on while they come, held until they are whole, read by the assistant.
#[test]
fn long_messages() {
    const LENGTH: usize = 50_000_000;
    let filling = "x\\n\u{e9}".repeat(LENGTH / 5);
    let small = r#"{"jsonrpc":"2.0","id":1,"method":"textDocument/definition","params":{}}"#;
    for body in [
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"textDocument/definition","params":"{filling}"}}"#
        ),
        format!(r#"{{"params":"{filling}","id":1,"method":"textDocument/definition"}}"#),
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":"{filling}"}}"#),
        format!(r#"{{"jsonrpc":"2.0","method":"textDocument/didChange","params":"{filling}"}}"#),
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":"{filling}"}}"#),
        filling.clone(),
    ] {
        check("a long message", &frames(&[small, &body, small]));
    }
    // Around the size of the buffer, where it is decided what is held.
    for length in [128 << 10, 256 << 10, 512 << 10] {
        let bodies: Vec<_> = (length - 80..length + 80)
            .step_by(7)
            .map(|length| {
                let body =
                    r#"{"jsonrpc":"2.0","id":1,"method":"textDocument/definition","params":""}"#;
                body.replace(r#""""#, &format!("\"{}\"", "y".repeat(length)))
            })
            .collect();
        check("messages as long as the buffer", &frames(&bodies));
    }
}

#[test]
fn nobody_waits_for_more() {
    let mut relay = Relay::start(&["cat"]);
    for n in 0..50 {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{n},"method":"x","params":{{}}}}"#);
        relay.say(&body);
        assert_eq!(relay.message(), body);
    }
    // A long message arrives as it is written, not when it is whole.
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":"{}"}}"#,
        "y".repeat(1 << 20)
    );
    let message = frame(&body);
    relay.send(&message[..1 << 20]);
    let deadline = std::time::Instant::now() + unsorry_tests::relay::PATIENCE;
    while relay.received().len() < 1 << 20 {
        assert!(std::time::Instant::now() < deadline, "it is held");
        thread::sleep(Duration::from_millis(5));
    }
    relay.send(&message[1 << 20..]);
    assert_eq!(relay.message(), body);
}

/// The messages that are ours alone are answered or taken in, and Lean never hears of them.
#[test]
fn what_is_ours_does_not_reach_lean() {
    let mut relay = Relay::start(&["cat"]);
    let session = relay.session();
    let pid = relay.pid();
    let hello = r#"{"jsonrpc":"2.0","method":"hello"}"#;

    for id in ["1", r#""a\u0062""#, "18446744073709551616", "1.50"] {
        relay.say(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"completionItem/resolve","params":{{"label":"\ud800","data":{{"unsorry":1}},"n":1.0}}}}"#));
        assert_eq!(
            relay.message(),
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"label":"\ud800","data":{{"unsorry":1}},"n":1.0}}}}"#
            )
        );
        for command in [
            "unsorry.prove".to_owned(),
            format!("unsorry.prove.{pid}"),
            "unsorry.".to_owned(),
            "unsorry.none".to_owned(),
        ] {
            relay.say(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"workspace/executeCommand","params":{{"command":"{command}","arguments":[]}}}}"#));
            let answer = relay.message();
            assert!(
                answer.starts_with(&format!(
                    r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32"#
                )),
                "{answer}"
            );
        }
    }
    // These want no answer.
    relay.say(format!(r#"{{"jsonrpc":"2.0","method":"window/workDoneProgress/cancel","params":{{"token":"{session}job:1"}}}}"#));
    relay.say(format!(
        r#"{{"jsonrpc":"2.0","id":"{session}1","result":null}}"#
    ));
    relay.say(format!(
        r#"{{"error":{{"code":1,"message":""}},"id":"{session}2"}}"#
    ));
    relay.say(hello);
    assert_eq!(relay.message(), hello);

    let ended = relay.leave();
    assert_eq!(String::from_utf8_lossy(&ended.rest), "");
    assert_eq!(ended.errors, "");
}

/// Generates bodies of messages that are not for us, and of messages that we read along.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let id = prop::sample::select(vec!["1", "\"x\"", "1.5", "99999999999999999999", "null"]);
    let method = prop::sample::select(vec![
        "x",
        "$/cancelRequest",
        "textDocument/definition",
        "textDocument/didChange",
        "textDocument/didOpen",
        "textDocument/hover",
        "textDocument/completion",
        "completionItem/resolve",
    ]);
    let params = prop::sample::select(vec![
        "{}",
        "null",
        "[1,2.50,{\"method\":\"y\"}]",
        r#"{"textDocument":{"uri":"file:///a.lean","version":3},"contentChanges":[{"text":"a"}]}"#,
        r#""\ud800""#,
    ]);
    prop_oneof![
        4 => (id.clone(), method.clone(), params.clone()).prop_map(|(id, method, params)| {
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#).into_bytes()
        }),
        4 => (method, params.clone()).prop_map(|(method, params)| {
            format!(r#"{{"params":{params},"method":"{method}"}}"#).into_bytes()
        }),
        // No answer to what is asked above: that may wait for our part of it.
        2 => params.prop_map(|result| format!(r#"{{"id":"other","result":{result}}}"#).into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..100),
        1 => (200_000usize..600_000).prop_map(|n| format!(r#"{{"method":"z","params":"{}"}}"#, "z".repeat(n)).into_bytes()),
    ]
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let header = prop::sample::select(vec![
        "Content-Length: N\r\n\r\n",
        "content-length:N\r\nX: y\r\n\r\n",
        "stray\nContent-Length: N\r\n\r\n",
    ]);
    (header, body()).prop_map(|(header, body)| {
        let header = header.replace('N', &body.len().to_string());
        [header.as_bytes(), &body].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_messages_in_any_pieces(
        messages in prop::collection::vec(message(), 0..60),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        junk in prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(any::<u8>(), 0..50)],
    ) {
        let mut input = messages.concat();
        input.extend(junk);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        cuts.extend([0, input.len()]);
        cuts.sort_unstable();
        let pieces: Vec<_> = cuts.windows(2).map(|cut| &input[cut[0]..cut[1]]).collect();
        let back = echoed(&pieces);
        prop_assert!(back == input, "{} bytes became {}", input.len(), back.len());
    }
}

/// Many small writes from many messages at once, while the answers are read.
#[test]
fn a_flood_both_ways() {
    let mut relay = Relay::start(&["cat"]);
    let body = |n: usize| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{n},"method":"x","params":"{}"}}"#,
            "p".repeat(n % 3000)
        )
    };
    let mut stdin = relay.take_stdin();
    let writer = thread::spawn(move || {
        for n in 0..20_000 {
            stdin.write_all(&frame(body(n))).expect("it reads");
        }
    });
    for n in 0..20_000 {
        assert_eq!(relay.message(), body(n));
    }
    writer.join().expect("all was written");
    assert_eq!(relay.ended().rest, b"");
}

use std::path::PathBuf;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value as Gguf;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::weights::tiny::{HIDDEN, Tiny};

/// Rows of the model beyond its tokens.
const PADDING: usize = 5;

/// A fixture that `tests/reference/token_fixtures.py` writes.
#[derive(Deserialize)]
struct Fixture {
    pre: String,
    tokens: Vec<String>,
    kinds: Vec<i32>,
    merges: Vec<String>,
    texts: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    tokens: Vec<String>,
}

fn fixture(name: &str) -> Fixture {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tokenizer");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a fixture");
    serde_json::from_str(&text).expect("a fixture")
}

fn strings(strings: &[String]) -> Gguf {
    Gguf::Array(strings.iter().cloned().map(Gguf::String).collect())
}

impl Fixture {
    fn id(&self, token: &str) -> u32 {
        let id = self.tokens.iter().position(|known| known == token);
        id.expect("a known token") as u32
    }

    fn model(&self) -> Tiny {
        let mut tiny = Tiny::new();
        let rows = self.tokens.len() + PADDING;
        tiny.put("token_embd.weight", &[rows, HIDDEN], GgmlDType::F16);
        tiny.set("tokenizer.ggml.model", Gguf::String("gpt2".into()));
        tiny.set("tokenizer.ggml.pre", Gguf::String(self.pre.clone()));
        tiny.set("tokenizer.ggml.tokens", strings(&self.tokens));
        tiny.set("tokenizer.ggml.merges", strings(&self.merges));
        let kinds = self.kinds.iter().copied().map(Gguf::I32).collect();
        tiny.set("tokenizer.ggml.token_type", Gguf::Array(kinds));
        let special = self.kinds.iter().rposition(|&kind| kind == 3);
        let special = special.expect("a special token") as u32;
        tiny.set("tokenizer.ggml.eos_token_id", Gguf::U32(special));
        tiny
    }

    fn tokenizer(&self) -> Tokenizer {
        open(&self.model(), &[]).expect("a tokenizer")
    }
}

/// Opens the tokenizer of `model` with files beside the model's.
fn open(model: &Tiny, beside: &[(&str, String)]) -> Result<Tokenizer> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.gguf");
    std::fs::write(&path, model.bytes()).expect("written");
    for (name, text) in beside {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let weights = Weights::open(&path).expect("a usable model");
    Tokenizer::open(&weights, None).map_err(|error| {
        let folder = folder.path().display().to_string();
        anyhow!("{}", format!("{error:#}").replace(&folder, "FOLDER"))
    })
}

fn check_reference(name: &str) {
    let fixture = fixture(name);
    let tokenizer = fixture.tokenizer();
    for Case { text, tokens } in &fixture.texts {
        let ids = tokenizer.encode(text).expect("tokens");
        let found: Vec<&str> = ids
            .iter()
            .map(|&id| fixture.tokens[id as usize].as_str())
            .collect();
        assert_eq!(&found, tokens, "{text:?}");
        if name != "qwen2" {
            assert_eq!(&decode(&tokenizer, &ids), text);
        }
    }
}

fn decode(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    let mut stream = tokenizer.decode_stream();
    let mut text = String::new();
    for &id in ids {
        text += &stream.push(id).expect("a known token");
    }
    text + &stream.finish()
}

#[test]
fn deepseek_llms_tokens_are_the_references() {
    check_reference("deepseek-llm");
}

#[test]
fn deepseek_coders_tokens_are_the_references() {
    check_reference("deepseek-coder");
}

#[test]
fn llama_3s_tokens_are_the_references() {
    check_reference("llama-bpe");
}

#[test]
fn gpt_2s_tokens_are_the_references() {
    check_reference("gpt-2");
}

#[test]
fn qwen_2s_tokens_are_the_references() {
    check_reference("qwen2");
}

#[test]
fn no_text_becomes_a_special_token() {
    let fixture = fixture("deepseek-coder");
    let tokenizer = fixture.tokenizer();
    // `<|EOT|>` is not special in that model's own file.
    for token in ["<｜begin▁of▁sentence｜>", "<|EOT|>", "<｜fim▁hole｜>"] {
        let id = fixture.id(token);
        assert_eq!(tokenizer.added_token(token), Some(id));
        let text = format!("a {token}b");
        let ids = tokenizer.encode(&text).expect("tokens");
        assert!(!ids.contains(&id));
        assert_eq!(decode(&tokenizer, &ids), text);
        assert_eq!(decode(&tokenizer, &[ids[0], id, ids[0]]), "aa");
    }
    assert_eq!(tokenizer.added_token("a"), None);
    // Nor is this, but it is a letter.
    assert_eq!(tokenizer.encode("ö").expect("tokens"), [fixture.id("ö")]);
}

#[test]
fn the_end_of_a_sequence_is_known() {
    let fixture = fixture("deepseek-llm");
    let mut model = fixture.model();
    let (bos, eos) = (
        fixture.id("<｜begin▁of▁sentence｜>"),
        fixture.id("<｜end▁of▁sentence｜>"),
    );
    let tokenizer = open(&model, &[]).expect("a tokenizer");
    assert!(tokenizer.is_eos(eos) && !tokenizer.is_eos(bos));
    assert_eq!(tokenizer.vocab(), fixture.tokens.len());
    model.set("tokenizer.ggml.bos_token_id", Gguf::U32(bos));
    model.set("tokenizer.ggml.eot_token_id", Gguf::U32(7));
    model.set("tokenizer.ggml.eos_token_id", Gguf::U32(u32::MAX));
    let tokenizer = open(&model, &[]).expect("a tokenizer");
    // The last by its name.
    assert!(tokenizer.is_eos(7) && !tokenizer.is_eos(8) && tokenizer.is_eos(eos));
}

/// A tokenizer of few tokens, as `tokenizer.json` has it.
fn json(last: &str) -> Value {
    let mut vocab = serde_json::Map::new();
    for (id, token) in ["a", "b", "Ġ", "ab", "Ã", "©", last].iter().enumerate() {
        vocab.insert(token.to_string(), id.into());
    }
    json!({
        "version": "1.0",
        "added_tokens": [
            { "id": 7, "content": "<｜User｜>", "special": false, "normalized": true,
              "single_word": false, "lstrip": false, "rstrip": false },
            { "id": 8, "content": "<eos>", "special": true, "normalized": false,
              "single_word": false, "lstrip": false, "rstrip": false },
        ],
        "normalizer": null,
        "pre_tokenizer": byte_level(),
        "decoder": byte_level(),
        "model": { "type": "BPE", "vocab": vocab, "merges": ["a b"] },
    })
}

fn byte_level() -> Value {
    json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true })
}

const EOS: &str = r#"{"eos_token": {"content": "<eos>"}}"#;

fn check_beside(change: impl FnOnce(&mut Tiny), beside: &[(&str, String)], expected: Expect) {
    let mut model = Tiny::new();
    change(&mut model);
    let outcome = match open(&model, beside) {
        Ok(tokenizer) => {
            let ids = tokenizer.encode("ab<｜User｜>b é").expect("tokens");
            let text = decode(&tokenizer, &ids);
            let ends = &tokenizer.eos;
            let file = tokenizer.source.rsplit('/').next().unwrap_or_default();
            format!(
                "{ids:?} {text:?} of {}, ends {ends:?}, {file}",
                tokenizer.vocab()
            )
        }
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&outcome);
}

#[test]
fn files_beside_the_model_are_used() {
    let whole = json("x").to_string();
    let config = ("tokenizer_config.json", EOS.to_owned());
    check_beside(
        |_| {},
        &[],
        expect![
            "there is no tokenizer: put the model's tokenizer.json into FOLDER: the file has no vocabulary"
        ],
    );
    check_beside(
        |_| {},
        &[("tokenizer.json", whole.clone()), config.clone()],
        expect![[r#"[3, 1, 2, 4, 5] "abb é" of 9, ends {8}, tokenizer.json"#]],
    );
    check_beside(
        |_| {},
        &[
            ("tokenizer.json", "{}".into()),
            ("tiny.tokenizer.json", whole.clone()),
            config.clone(),
        ],
        expect![[r#"[3, 1, 2, 4, 5] "abb é" of 9, ends {8}, tiny.tokenizer.json"#]],
    );
    check_beside(
        |_| {},
        &[("tokenizer.json", whole.clone())],
        expect![
            "can't use the tokenizer, FOLDER/tokenizer.json: neither it nor the model says which token ends a sequence (`eos_token`)"
        ],
    );
    check_beside(
        |it| it.set("tokenizer.ggml.eos_token_id", Gguf::U32(8)),
        &[("tokenizer.json", whole.clone())],
        expect![[r#"[3, 1, 2, 4, 5] "abb é" of 9, ends {8}, tokenizer.json"#]],
    );
    check_beside(
        |_| {},
        &[("tokenizer.json", "<html>".into())],
        expect!["FOLDER/tokenizer.json is no JSON: expected value at line 1 column 1"],
    );
    check_beside(
        |_| {},
        &[("tokenizer.json", "{}".into())],
        expect!["can't use the tokenizer, FOLDER/tokenizer.json: Model missing."],
    );
    let small = |it: &mut Tiny| it.put("token_embd.weight", &[8, HIDDEN], GgmlDType::F16);
    check_beside(
        small,
        &[("tokenizer.json", whole.clone()), config.clone()],
        expect![
            "can't use the tokenizer, FOLDER/tokenizer.json: it has 9 tokens, and the model only 8: it is another model's"
        ],
    );
    let mut moved = json("x");
    moved["added_tokens"][0]["id"] = 9.into();
    check_beside(
        |_| {},
        &[("tokenizer.json", moved.to_string()), config.clone()],
        expect![
            "can't use the tokenizer, FOLDER/tokenizer.json: its added token `<｜User｜>` can't have the number 9"
        ],
    );
    let mut other = json("x");
    other["decoder"] =
        json!({ "type": "Metaspace" , "replacement": "▁", "prepend_scheme": "first"});
    check_beside(
        |_| {},
        &[("tokenizer.json", other.to_string()), config.clone()],
        expect![
            "can't use the tokenizer, FOLDER/tokenizer.json: its decoder is of an unknown kind: only ByteLevel and ByteFallback are known here"
        ],
    );
    // Another model's.
    let listed = |it: &mut Tiny| {
        let tokens = ["a", "b", "Ġ", "ab", "Ã", "©", "y"].map(|it| Gguf::String(it.into()));
        it.set("tokenizer.ggml.tokens", Gguf::Array(tokens.into()));
        it.set(
            "tokenizer.ggml.token_type",
            Gguf::Array(vec![Gguf::I32(1); 7]),
        );
    };
    check_beside(
        listed,
        &[("tokenizer.json", whole.clone()), config.clone()],
        expect![
            "can't use the tokenizer, FOLDER/tokenizer.json: it is another model's: token 6 is `x` there and `y` in the model's file"
        ],
    );
    check_beside(
        listed,
        &[("tokenizer.json", json("y").to_string()), config.clone()],
        expect![[r#"[3, 1, 2, 4, 5] "abb é" of 9, ends {8}, tokenizer.json"#]],
    );
}

#[test]
fn vocabularies_that_are_not_built_say_so() {
    let fixture = fixture("gpt-2");
    let check = |change: &dyn Fn(&mut Tiny), expected: Expect| {
        let mut model = fixture.model();
        change(&mut model);
        let error = open(&model, &[]).err().expect("refused");
        expected.assert_eq(&error.to_string());
    };
    let text = |text: &str| Gguf::String(text.into());
    check(
        &|it| it.set("tokenizer.ggml.pre", text("smaug-bpe")),
        expect![
            "there is no tokenizer: put the model's tokenizer.json into FOLDER: the file's own vocabulary is for the pre-tokenizer `smaug-bpe`, which is not built here"
        ],
    );
    check(
        &|it| {
            it.metadata.remove("tokenizer.ggml.pre");
        },
        expect![
            "there is no tokenizer: put the model's tokenizer.json into FOLDER: the file's own vocabulary is for the pre-tokenizer `default`, which is not built here"
        ],
    );
    check(
        &|it| it.set("tokenizer.ggml.model", text("llama")),
        expect![
            "there is no tokenizer: put the model's tokenizer.json into FOLDER: the file's own vocabulary is of the kind `llama`, which is not built here"
        ],
    );
    check(
        &|it| {
            it.metadata.remove("tokenizer.ggml.merges");
        },
        expect![
            "there is no tokenizer: put the model's tokenizer.json into FOLDER: the file's vocabulary has no merges"
        ],
    );
    check(
        &|it| {
            it.metadata.remove("tokenizer.ggml.token_type");
        },
        expect![
            "there is no tokenizer: put the model's tokenizer.json into FOLDER: the file's vocabulary does not say which tokens are special"
        ],
    );
    check(
        &|it| it.set("tokenizer.ggml.merges", strings(&["q zzz".into()])),
        expect![
            "can't use the tokenizer, the file's own vocabulary: Token `zzz` out of vocabulary"
        ],
    );
    check(
        &|it| it.set("tokenizer.ggml.merges", Gguf::Array(vec![Gguf::U8(1)])),
        expect![
            "there is no tokenizer: put the model's tokenizer.json into FOLDER: tokenizer.ggml.merges: it has no texts"
        ],
    );
    check(
        &|it| it.put("token_embd.weight", &[100, HIDDEN], GgmlDType::F16),
        expect![
            "can't use the tokenizer, the file's own vocabulary: it has 992 tokens, and the model only 100: it is another model's"
        ],
    );
}

#[test]
fn characters_split_over_tokens_are_held_back() {
    let fixture = fixture("deepseek-llm");
    let tokenizer = fixture.tokenizer();
    let check = |tokens: &[&str], expected: &[&str], left: &str| {
        let mut stream = tokenizer.decode_stream();
        let push = |token: &&str| stream.push(fixture.id(token)).expect("a known token");
        let texts: Vec<String> = tokens.iter().map(push).collect();
        assert_eq!(texts, expected);
        assert_eq!(stream.finish(), left);
    };
    // "ℝ" is E2 84 9D.
    check(&["a", "â", "Ħ", "Ŀ", "b"], &["a", "", "", "ℝ", "b"], "");
    check(&["â", "Ħ", "b"], &["", "", "\u{fffd}b"], "");
    check(&["â", "â", "Ħ"], &["", "\u{fffd}", ""], "\u{fffd}");
    check(&["Ħ"], &["\u{fffd}"], "");
    let mut stream = tokenizer.decode_stream();
    let rows = fixture.tokens.len() + PADDING;
    assert_eq!(stream.push(rows as u32 - 1).expect("padding"), "");
    assert!(stream.push(rows as u32).is_err());
}

#[test]
fn sentencepieces_bytes_and_spaces_are_decoded() {
    let mut json = json("▁x");
    json["decoder"] = json!({ "type": "Sequence", "decoders": [{ "type": "ByteFallback" }] });
    json["model"]["vocab"] =
        json!({ "a": 0, "b": 1, "▁x": 2, "<0xC3>": 3, "<0xA9>": 4, "ab": 5, "c": 6 });
    let beside = [
        ("tokenizer.json", json.to_string()),
        ("tokenizer_config.json", EOS.into()),
    ];
    let tokenizer = open(&Tiny::new(), &beside).expect("a tokenizer");
    assert_eq!(decode(&tokenizer, &[0, 2, 3, 4, 8, 7, 2]), "a xé x");
}

proptest! {
    #[test]
    fn any_text_comes_back(text in any::<String>()) {
        thread_local! {
            static TOKENIZER: Tokenizer = fixture("deepseek-llm").tokenizer();
        }
        TOKENIZER.with(|tokenizer| {
            let ids = tokenizer.encode(&text).expect("tokens");
            prop_assert_eq!(decode(tokenizer, &ids), text);
            Ok(())
        })?;
    }
}

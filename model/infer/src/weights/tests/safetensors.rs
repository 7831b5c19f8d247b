use super::*;
use crate::llama::config::RopePairs;

#[test]
fn safetensors_are_read() {
    let folder = safetensors_folder("{}");
    let weights = Weights::open(folder.path()).expect("a usable folder");
    let config = weights.config();
    assert_eq!(
        (
            config.layers,
            config.kv_heads,
            config.head_dim,
            config.vocab
        ),
        (1, 2, 8, VOCAB)
    );
    assert_eq!(
        (config.rope.pairs, config.rope.dims),
        (RopePairs::Halves, 8)
    );
    let info = weights.info("blk.0.attn_k.weight").expect("listed");
    assert_eq!(
        (info.dtype, info.shape.as_slice()),
        (GgmlDType::BF16, &[16, HIDDEN][..])
    );
    let bytes = read(&weights, "blk.0.attn_k.weight").expect("readable");
    assert_eq!(
        bytes,
        half::bf16::from_f32(5.0).to_le_bytes().repeat(16 * HIDDEN)
    );
    let same = Weights::open(&folder.path().join("model.safetensors")).expect("usable");
    assert_eq!(same.config(), config);
    let tied = safetensors_folder(r#"{"tie_word_embeddings": true}"#);
    let tied = Weights::open(tied.path()).expect("usable");
    assert!(tied.info("output.weight").is_none());
}

#[test]
fn safetensors_in_parts_are_read() {
    let folder = safetensors_folder("{}");
    let whole = folder.path().join("model.safetensors");
    std::fs::remove_file(&whole).expect("removed");
    let mut map = serde_json::Map::new();
    let mut parts = [
        std::collections::HashMap::new(),
        std::collections::HashMap::new(),
    ];
    for (i, (name, tensor)) in hugging_face_tensors().into_iter().enumerate() {
        map.insert(name.clone(), format!("part-{}.safetensors", i % 2).into());
        parts[i % 2].insert(name, tensor);
    }
    for (i, part) in parts.iter().enumerate() {
        let path = folder.path().join(format!("part-{i}.safetensors"));
        candle_core::safetensors::save(part, path).expect("written");
    }
    let index = folder.path().join("model.safetensors.index.json");
    let write = |map: &serde_json::Map<String, serde_json::Value>| {
        let text = serde_json::json!({ "metadata": {}, "weight_map": map }).to_string();
        std::fs::write(&index, text).expect("written");
    };
    write(&map);
    let weights = Weights::open(folder.path()).expect("usable");
    let bytes = read(&weights, "blk.0.ffn_down.weight").expect("readable");
    assert_eq!(
        bytes,
        half::bf16::from_f32(11.0).to_le_bytes().repeat(64 * HIDDEN)
    );
    std::fs::remove_file(folder.path().join("part-1.safetensors")).expect("removed");
    expect!["part-1.safetensors is missing, one of the files that model.safetensors.index.json names: download it too"].assert_eq(&message(Weights::open(folder.path())));
    map.insert("lm_head.weight".into(), "../part-0.safetensors".into());
    write(&map);
    let error = message(Weights::open(folder.path()));
    assert!(error.contains("not in its folder"), "{error}");
}

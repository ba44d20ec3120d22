//! The layers of `lib.rs` hold: a file uses its own layer and those before it, never a later one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn no_file_uses_a_later_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = std::fs::read_to_string(root.join("lib.rs")).expect("readable");
    let mut layers: BTreeMap<String, usize> = BTreeMap::new();
    let mut layer = 0;
    for line in map.lines() {
        if let Some(number) = line.strip_prefix("// ").and_then(|rest| rest.split('.').next()?.parse().ok()) {
            layer = number;
        } else if let Some(name) = line.strip_prefix("pub mod ") {
            layers.insert(name.trim_end_matches(';').to_owned(), layer);
        }
    }
    assert!(layers.len() > 15, "{layers:?}");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let below = file.strip_prefix(&root).expect("below src");
        let module = below
            .iter()
            .next()
            .and_then(|part| part.to_str())
            .expect("a name")
            .trim_end_matches(".rs")
            .to_owned();
        let Some(own) = layers.get(&module) else { continue };
        let text = std::fs::read_to_string(&file).expect("readable");
        for part in text.split("crate::").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if layers.get(&name).is_some_and(|used| used > own) {
                wrong.push(format!("{} uses crate::{name}", below.display()));
            }
        }
        if own < &6 && (text.contains("println!") || text.contains("eprintln!")) {
            wrong.push(format!("{} prints", below.display()));
        }
        if module != "engine" && text.contains("SessionContext::new") {
            wrong.push(format!("{} builds a session", below.display()));
        }
        if module != "catalog" && text.contains("rusqlite::") {
            wrong.push(format!("{} speaks SQLite", below.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

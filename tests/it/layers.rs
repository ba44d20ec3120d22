//! The layers of `src/lib.rs`: a file uses its own layer and those before it, never a later one,
//! and no two modules use each other. The crates below are kept apart by the compiler.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Returns every Rust file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

/// Returns the modules that a text uses, down to `depth` names: `crate::lake::catalog` is
/// `lake` at depth 1. Groups count with each of their members: `use crate::{lake, query::engine};`.
fn used(text: &str, depth: usize) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        members(&code[at + "crate::".len()..], "", &mut found);
    }
    found.iter().map(|path| path.split("::").take(depth).collect::<Vec<_>>().join("::")).collect()
}

/// Adds the paths that a use tree names, each behind `prefix`; returns what follows the tree.
fn members<'t>(tree: &'t str, prefix: &str, found: &mut BTreeSet<String>) -> &'t str {
    let tree = tree.trim_start();
    if let Some(mut rest) = tree.strip_prefix('{') {
        loop {
            rest = members(rest, prefix, found).trim_start();
            match rest.chars().next() {
                Some(',') => rest = &rest[1..],
                Some('}') => return &rest[1..],
                _ => return rest,
            }
        }
    }
    let end = tree.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tree.len());
    if end == 0 {
        return tree;
    }
    let path = format!("{prefix}{}", &tree[..end]);
    let rest = match tree[end..].strip_prefix("::") {
        Some(rest) if rest.starts_with(|c: char| c == '{' || c == '_' || c.is_ascii_alphabetic()) => {
            return members(rest, &format!("{path}::"), found);
        }
        _ => &tree[end..],
    };
    found.insert(path);
    rest
}

#[test]
fn groups_count_as_uses() {
    let text = "use crate::{lake, query::{engine, guard::check}};\nlet x = crate::api::runs::find(1);\n// crate::cli";
    let expected = ["api::runs", "lake", "query::engine", "query::guard"];
    assert_eq!(used(text, 2), expected.map(str::to_owned).into());
}

#[test]
fn no_file_uses_a_later_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = std::fs::read_to_string(root.join("lib.rs")).expect("lib.rs");
    let mut layers: BTreeMap<String, usize> = BTreeMap::new();
    let mut layer = 0;
    for line in map.lines() {
        if let Some(number) = line.strip_prefix("// ").and_then(|rest| rest.split('.').next()?.parse().ok()) {
            layer = number;
        } else if let Some(name) = line.strip_prefix("pub mod ") {
            layers.insert(name.trim_end_matches(';').to_owned(), layer);
        }
    }
    assert!(layers.len() > 10, "{layers:?}");
    let mut wrong = Vec::new();
    for file in sources(&root) {
        let below = file.strip_prefix(&root).expect("a file below src");
        let module = below.iter().next().and_then(|part| part.to_str()).expect("a name");
        let Some(own) = layers.get(module.trim_end_matches(".rs")) else { continue };
        let text = std::fs::read_to_string(&file).expect("a readable file");
        for name in used(&text, 1) {
            if layers.get(&name).is_some_and(|used| used > own) {
                wrong.push(format!("{} uses crate::{name}", below.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Returns the file that a path of a `use` names: the longest beginning that is a module.
fn file_of(path: &str, files: &BTreeMap<String, String>) -> Option<String> {
    let mut parts: Vec<&str> = path.split("::").collect();
    while !parts.is_empty() {
        let name = parts.join("::");
        if files.contains_key(&name) {
            return Some(name);
        }
        parts.pop();
    }
    None
}

#[test]
fn no_import_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    for entry in std::fs::read_dir(root.join("crates")).expect("crates/") {
        folders.push(entry.expect("a readable entry").path().join("src"));
    }
    for folder in folders {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for file in sources(&folder) {
            let below = file.strip_prefix(&folder).expect("a file below its folder").with_extension("");
            let parts: Vec<&str> = below.iter().filter_map(|part| part.to_str()).collect();
            let name = parts.join("::");
            let name = name.strip_suffix("::mod").unwrap_or(&name).to_owned();
            files.insert(name, std::fs::read_to_string(&file).expect("a readable file"));
        }
        let edges: BTreeMap<String, BTreeSet<String>> = files
            .iter()
            .map(|(name, text)| {
                let uses = used(text, usize::MAX);
                let to = uses.iter().filter_map(|path| file_of(path, &files));
                // a folder's mod.rs is its face: those inside may use what it hands on
                let to = to.filter(|to| to != name && !name.starts_with(&format!("{to}::")));
                (name.clone(), to.collect())
            })
            .collect();
        let circles: Vec<&String> = edges.keys().filter(|name| reaches(name, name, &edges)).collect();
        assert!(circles.is_empty(), "files of {} that use each other: {circles:#?}", folder.display());
    }
}

fn reaches(from: &str, to: &str, edges: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(at) = open.pop() {
        for next in edges.get(at).into_iter().flatten() {
            if next == to {
                return true;
            }
            if seen.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    false
}

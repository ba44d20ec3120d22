//! A JSON line that a format with words begins has one of them: else the search that spares such formats would hide it.

use format::Registry;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a readable folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_line_of_a_format_has_one_of_its_words() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let texts: Vec<String> =
        files(&fixtures).iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect();
    let formats = Registry::shipped().formats();
    let samples = formats.iter().map(|format| format.sample());
    let lines: Vec<&str> = texts.iter().flat_map(|text| text.lines()).chain(samples).collect();
    for format in formats.iter().filter(|format| !format.words().is_empty()) {
        let own = || lines.iter().filter(|line| line.starts_with('{') && format.begins(line));
        assert!(own().count() > 0, "no line of {}", format.name());
        for line in own() {
            assert!(
                format.words().iter().any(|word| line.contains(word)),
                "no word of {}: {line}",
                format.name()
            );
        }
    }
}

/// More pairs than a byte counts.
#[test]
fn each_of_many_words_is_found() {
    let word = |number: u32| &*Box::leak(format!("w{number:03}x").into_boxed_str());
    let words: Vec<&'static str> = (0..600).map(word).collect();
    let finder = redact::WordFinder::of(words.clone());
    for (at, word) in words.iter().enumerate() {
        for before in 0..9 {
            let text = format!("{}{word} and more", " ".repeat(before));
            assert_eq!(finder.find(text.as_bytes(), 0), Some((before, at)), "{text:?}");
        }
    }
}

//! The masks of each kind of secret, and the texts that are not masked.

use crate::program::simulate;
use crate::redact::dice::Dice;
use crate::redact::look_alike::look_alike;
use crate::redact::planted::{KINDS, Planted, plant};
use crate::redact::secrets::files_below;
use headwater::config::Config;
use redact::{Redactor, secrets};
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::path::Path;

#[test]
fn a_kind_is_masked_under_its_name_and_once() {
    let mut dice = Dice(77);
    let mut missed = Vec::new();
    for at in 0..KINDS.len() * 40 {
        let Planted { kind, text, needle } = plant(KINDS[at % KINDS.len()], &mut dice);
        let nested = json!({ "message": text, "body": json!({ "deep": text }).to_string() }).to_string();
        for text in [text, nested] {
            let masked = secrets(&text).into_owned();
            if masked.contains(&needle) || !masked.contains(&format!("<redacted:{kind}")) {
                missed.push(format!("{kind}: {text} → {masked}"));
            }
            assert_eq!(secrets(&masked), masked, "masked twice: {text}");
            let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
            assert_eq!(is_json(&text), is_json(&masked), "not JSON any more: {masked}");
        }
    }
    let shown = missed.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(missed.len() * 100 <= KINDS.len() * 80, "{} missed:\n{shown}", missed.len());
}

#[test]
fn equal_tokens_have_equal_masks_and_passwords_no_hash() {
    let mut dice = Dice(3);
    let (one, other) = (plant("jwt", &mut dice).needle, plant("jwt", &mut dice).needle);
    let masked = secrets(&format!("{one} {other} {one}")).into_owned();
    let masks: Vec<&str> = masked.split(' ').collect();
    assert!(masks[0] == masks[2] && masks[0] != masks[1], "{masked}");
    assert!(masks[0].starts_with("<redacted:jwt:") && masks[0].len() == 21, "{masked}");
    let keyed = |key| {
        Redactor::of(&Config::default().redact).expect("rules").with_key(key).secrets(&one).into_owned()
    };
    assert_eq!(keyed([1; 32]), keyed([1; 32]));
    assert_ne!(keyed([1; 32]), keyed([2; 32]));
    // few passwords are worth trying, and few numbers there are: a hash of them could be guessed
    for text in ["password=hunter2000", "phone 13800138000", "postgres://app:hunter2000@db/pay"] {
        let masked = secrets(text).into_owned();
        assert!(
            masked.contains("<redacted:") && !masked.contains("::") && masked.matches(':').count() < 4,
            "{masked}"
        );
        assert_eq!(masked, secrets(text), "{masked}");
    }
}

fn text_of(path: &Path) -> String {
    let bytes = fs::read(path).expect("readable");
    let mut text = String::new();
    match bytes.starts_with(&[0x1f, 0x8b]) {
        true => flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("text"),
        false => (&bytes[..]).read_to_string(&mut text).expect("text"),
    };
    text
}

#[test]
fn look_alikes_are_not_masked() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut lines, mut wrong) = (0, Vec::new());
    let mut check = |line: &str| {
        lines += 1;
        let masked = secrets(line);
        if masked != line {
            wrong.push(masked.into_owned());
        }
    };
    for (seed, scenario) in
        [(1, "memory_limit_lowered"), (2, "secret_edited"), (3, "rbac_binding_removed"), (4, "bad_image")]
    {
        let out = dir.path().join(scenario);
        simulate(&out, scenario, seed, 4_000_000);
        let mut files = Vec::new();
        files_below(&out, &mut files);
        files.iter().filter(|file| file.extension().is_some_and(|e| e == "gz" || e == "log")).for_each(
            |file| {
                text_of(file).lines().for_each(&mut check);
            },
        );
    }
    let mut dice = Dice(11);
    (0..60_000).for_each(|_| check(&look_alike(&mut dice)));
    assert!(lines > 80_000, "{lines} lines");
    let shown = wrong.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.len() * 10_000 <= lines, "{} of {lines} lines:\n{shown}", wrong.len());
}

#[test]
fn the_config_allows_kinds_and_adds_patterns() {
    let redactor = |text: &str| Config::parse(text, "test").and_then(|config| Redactor::of(&config.redact));
    let custom = redactor("[redact]\nallow = [\"cn_mobile\"]\npatterns = { employee = \"EMP[0-9]{6}\" }\n")
        .expect("a config");
    assert_eq!(custom.secrets("EMP123456 called 13800138000"), "<redacted:employee> called 13800138000");
    assert_eq!(custom.secrets("password=hunter2000"), "password=<redacted:password>");
    for (text, place) in [
        ("[redact]\nallow = [\"mobile\"]\n", "[redact] allow"),
        ("[redact]\nallow = [\"email\"]\n", "[redact] allow"),
        ("[redact.patterns]\njwt = \"x\"\n", "[redact.patterns] jwt"),
        ("[redact.patterns]\nid = \"(\"\n", "[redact.patterns] id"),
        ("[redact.patterns]\nid = \"x*\"\n", "[redact.patterns] id"),
    ] {
        let error = redactor(text).expect_err(text);
        assert_eq!(
            (error.exit_code(), error.place.as_deref()),
            (2, Some(&*format!("test: {place}"))),
            "{error}"
        );
    }
}

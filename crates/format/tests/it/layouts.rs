//! Every shipped layout reads its own samples, through the whole reader.

use format::Registry;
use format::layout::{Layout, check, near_misses};

#[test]
fn every_layout_reads_its_samples() {
    let (_, errors) = Registry::with(Vec::new());
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let registry = Registry::shipped();
    let mut faults = Vec::new();
    for layout in registry.layouts() {
        let file = layout.file();
        assert!(!file.samples.is_empty());
        faults.extend(
            check(layout, registry).iter().map(|fault| format!("{}: {fault}", format::Format::name(*layout))),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_error_in_a_layout_names_its_place() {
    let parse = |text: &str| {
        Layout::parse("till", "till.toml", text).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let valid = "about = \"x\"\npatterns = ['^(?<message>a)$']\n[[sample]]\ntext = 'a'\nexpect = { message = \"a\" }\n";
    assert_eq!(parse(valid), "");
    assert!(parse("about = 1").starts_with("till.toml:1:9: "), "{}", parse("about = 1"));
    let broken = valid.replace("(?<message>a)", "(?<message>a");
    assert!(parse(&broken).starts_with("till.toml:2:14: unclosed group"), "{}", parse(&broken));
    let level = valid.replace("[[sample]]", "levels = { WEE = \"tiny\" }\n[[sample]]");
    assert!(parse(&level).starts_with("till.toml:3:19: `tiny` is not a level"), "{}", parse(&level));
    let zone = valid.replace("[[sample]]", "zone = \"Mars\"\n[[sample]]");
    assert!(parse(&zone).contains("`Mars` is not a time zone"), "{}", parse(&zone));
    let mixed = valid.replace("['^(?<message>a)$']", "['^(?<message>a)$', '^(?<payload>b)$']");
    assert!(parse(&mixed).contains("every pattern has a group `payload` or none"), "{}", parse(&mixed));
}

#[test]
fn a_line_that_no_layout_reads_has_near_misses() {
    let text = "about = \"x\"\npatterns = ['^(?<time>[0-9-]+ [0-9:]+) \\[(?<thread>[a-z]+)\\] (?<message>.*)$']\n[[sample]]\ntext = '2026-11-22 10:12:03 [a] b'\nexpect = { message = \"b\" }\n";
    let till = Layout::parse("till", "till.toml", text).expect("a layout");
    let misses = near_misses([&till], "2026-11-22 10:12:03 {exec} cart is full");
    let miss = misses.first().expect("a near miss");
    assert_eq!((miss.layout.as_str(), miss.read.as_str()), ("till", "2026-11-22 10:12:03 "));
    assert_eq!((miss.found.as_str(), miss.expected.starts_with(r"\[")), ("{exec} cart is full", true));
    assert!(near_misses([&till], "cart is full").is_empty());
}

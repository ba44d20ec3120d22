//! Every shipped layout reads its own samples, through the whole reader.

use format::Registry;
use format::layout::{Layout, check};

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

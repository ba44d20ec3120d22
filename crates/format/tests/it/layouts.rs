//! Every shipped layout reads its own samples, through the whole reader.

use crate::envelope::read_as;
use format::layout::{Layout, check, near_misses};
use format::reader::Row;
use format::{Clock, Format, Registry};

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
        let errors = Layout::parse("till", "till.toml", text).err().unwrap_or_default();
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
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
    let two = level.replace("(?<message>a)", "(?<message>a").replace("levels", "zone = 'Mars'\nlevels");
    assert_eq!(parse(&two).lines().count(), 3, "{}", parse(&two));
    let untimed = valid.replace("[[sample]]", "time_format = '%s'\n[[sample]]");
    assert!(parse(&untimed).contains("no pattern has a group `time`"), "{}", parse(&untimed));
    let valid = valid.replace("(?<message>a)", "(?<time>.*?)(?<message>a)");
    let timed =
        |format: &str| parse(&valid.replace("[[sample]]", &format!("time_format = '{format}'\n[[sample]]")));
    assert!(
        timed("%Y-%m-%d %Q").starts_with("till.toml:3:1: `%Y-%m-%d %Q` has a specifier"),
        "{}",
        timed("%Q")
    );
    assert!(timed("%Y-%m-%d %I:%M:%S").contains("cannot be read"), "{}", timed("%Y-%m-%d %I:%M:%S"));
    assert!(timed("%H:%M:%S").contains("is not a day and a clock"), "{}", timed("%H:%M:%S"));
    for format in ["%Y-%m-%d %H:%M:%S,%f", "%d.%m.%y %H:%M:%S.%f %z", "%s", "%Y%m%d%H%M%S%3f"] {
        assert_eq!(timed(format), "");
    }
}

#[test]
fn a_time_format_reads_fractions_and_zones() {
    let read = |format: &str, text: &str| {
        let file = format!(
            "about = \"x\"\npatterns = ['^(?<time>.*) \\| (?<message>.*)$']\ntime_format = '{format}'\n[[sample]]\ntext = '{text} | b'\nexpect = {{}}\n"
        );
        let layout = Layout::parse("till", "till.toml", &file).map_err(|errors| format!("{errors:?}"));
        let clock = Clock { zone: chrono_tz::Asia::Shanghai, ..Clock::UTC };
        let mut times = Vec::new();
        let mut emit = |record: model::record::Record<'_>| {
            times.push(record.ts.map(|ts| model::time::Ts(ts).to_string()).unwrap_or_default());
        };
        layout.expect("a layout").read(&format!("{text} | b"), &clock, &mut emit).expect("a record");
        times.join(" ")
    };
    for (format, text) in [
        ("%Y/%m/%d-%H:%M:%S.%f", "2026/11/22-18:12:03.123"),
        ("%Y/%m/%d-%H:%M:%S.%f", "2026/11/22-18:12:03.123000"),
        ("%Y/%m/%d-%H:%M:%S%.f", "2026/11/22-18:12:03.123"),
        ("%Y/%m/%d-%H:%M:%S,%f", "2026/11/22-18:12:03,123"),
        ("%Y/%m/%d-%H:%M:%S,%f", "2026/11/22-18:12:03,123000"),
        ("%Y%m%d%H%M%S%3f", "20261122181203123"),
        ("%Y/%m/%d-%H:%M:%S.%f %z", "2026/11/22-10:12:03.123 +0000"),
        ("%s.%f", "1795342323.123"),
    ] {
        assert_eq!(read(format, text), "2026-11-22T10:12:03.123000Z", "{format} {text}");
    }
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

/// They are compiled when a line is first compared, where nobody would see that one is broken.
#[test]
fn shipped_patterns_compile() {
    for layout in Registry::shipped().layouts() {
        let read = Layout::parse(layout.name(), layout.name(), layout.source());
        assert!(read.is_ok(), "{}: {:?}", layout.name(), read.err());
    }
}

#[test]
fn a_line_of_any_text_does_not_change_how_later_lines_are_read() {
    let render = |row: &Row<'_>| format!("{:?} {}", row.record.level, row.record.message);
    let mut faults = Vec::new();
    for layout in Registry::shipped().layouts() {
        for sample in &layout.file().samples {
            let (alone, _) = read_as(&sample.text, render);
            let (after, _) =
                read_as(&format!("2026-11-22 10:12:01.123 hello there\n{}", sample.text), render);
            if after.get(1..) != Some(&alone) {
                faults.push(format!("{}: {alone:?}, after text {after:?}", Format::name(*layout)));
            }
        }
    }
    assert!(faults.is_empty(), "{} samples\n{}", faults.len(), faults.join("\n"));
}

//! `headwater report`: the report of a day as one HTML file, and the desktop's program that opens it.

use crate::program::{headwater, json};
use crate::server::day::{DAY, Day};
use std::path::Path;
use std::process::Output;

/// Runs `report` in a folder, with a `PATH` that has only the programs of that folder.
fn report(day: &Day, folder: &Path, args: &[&str]) -> Output {
    let args: Vec<&str> = std::iter::once("report").chain(args.iter().copied()).collect();
    headwater(&day.lake, &args).current_dir(folder).env("PATH", folder).output().expect("the program starts")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a readable file")
}

#[test]
fn it_writes_the_page_of_the_day_and_prints_its_path() {
    let day = Day::small();
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("analyzed.html");
    json(&day.lake, &["analyze", "--date", DAY, "--json", "--html", page.to_str().expect("a path")]);
    let output = report(&day, folder.path(), &["--date", DAY]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let name = format!("report-{DAY}.html");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{name}\n"));
    assert!(text(&folder.path().join(&name)) == text(&page), "it is the page of the saved report");
    let output = report(&day, folder.path(), &["--lang", "zh", "--out", "day.html"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "day.html\n");
    assert!(text(&folder.path().join("day.html")).contains("<html lang=\"zh"));

    let output = report(&day, folder.path(), &["--date", DAY, "--out", "missing/day.html"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("cannot write the report") && message.contains("missing/day.html"), "{message}");
    assert_eq!(report(&day, folder.path(), &["--date", "the day"]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn the_desktop_opens_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let day = Day::small();
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["--date", DAY, "--open"];
    let written = folder.path().join(format!("report-{DAY}.html"));

    let output = report(&day, folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1), "no desktop");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("cannot open `report-2026-11-22.html`") && message.contains("hint:"),
        "{message}"
    );
    assert!(written.exists(), "the file is written all the same");

    let opener = folder.path().join(if cfg!(target_os = "macos") { "open" } else { "xdg-open" });
    let log = folder.path().join("opened");
    let script = |code: u8| {
        std::fs::write(&opener, format!("#!/bin/sh\necho \"$1\" > {}\nexit {code}\n", log.display()))
            .expect("written");
        std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).expect("executable");
    };
    script(0);
    let output = report(&day, folder.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let opened = std::path::PathBuf::from(text(&log).trim());
    assert!(opened.is_absolute(), "{}", opened.display());
    assert_eq!(opened.canonicalize().expect("a file"), written.canonicalize().expect("a file"));

    script(3);
    let output = report(&day, folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("failed, exit status: 3"));
}

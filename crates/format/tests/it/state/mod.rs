//! States of Kubernetes objects: every sample below `fixtures/formats/` that shows objects becomes the rows of the
//! file of its name here. `HEADWATER_STATES=write` writes these files anew.

mod shown; // kinds that only a few outputs show

use crate::envelope::read_as;
use format::reader::Row;
use model::record::Body;
use std::path::{Path, PathBuf};

/// The formats whose samples are read.
const FOLDERS: [&str; 3] = ["k8s-object", "kubectl-output", "kubectl-transcript"];

/// Writes a state as `line kind namespace/workload/pod/node uid phase ready reason exit restarts image owner | message`
/// and its object below it.
pub fn render(row: &Row<'_>) -> String {
    let record = &row.record;
    let Body::State(fields) = &record.body else {
        return format!("{}.{} {}", row.line, row.item, crate::envelope::render(row));
    };
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let number = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
    let place = &record.place;
    let names = [&place.namespace, &place.workload, &place.pod, &place.node];
    let names: Vec<&str> = names.into_iter().map(|name| name.as_deref().unwrap_or("-")).collect();
    format!(
        "{}.{} {} {}\n  uid {} phase {} ready {} reason {} exit {} restarts {} image {} owner {} hash {}\n  {}\n  {}",
        row.line,
        row.item,
        or_dash(fields.kind.as_deref()),
        names.join("/"),
        or_dash(fields.uid.as_deref()),
        or_dash(fields.phase.as_deref()),
        fields.ready.map_or("-".to_owned(), |ready| ready.to_string()),
        or_dash(fields.reason.as_deref()),
        number(fields.exit_code),
        number(fields.restarts),
        or_dash(fields.image.as_deref()),
        or_dash(fields.owner.as_deref()),
        or_dash(fields.spec_hash.as_deref()),
        record.message,
        or_dash(fields.object.as_deref()),
    )
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/formats")
}

#[test]
fn cut_outputs_are_counted_and_keep_no_secret() {
    for name in ["tables.txt", "describe.txt"] {
        let text = std::fs::read_to_string(root().join("kubectl-output").join(name)).expect("a text");
        for end in (0..text.len()).step_by(101) {
            let (rows, counts) = read_as(text.get(..end).unwrap_or(""), render);
            assert_eq!(counts.parsed + counts.unparsed, rows.len() as u64, "{name} {end}");
            assert!(!rows.concat().contains("cGx1bS10"), "{name} {end}: {rows:?}");
        }
    }
}

#[test]
fn ordinary_lines_are_no_outputs() {
    let text = "2026-11-22 10:12:03.100 INFO [main] com.shop.Cart - NAME READY STATUS RESTARTS AGE\n\
        Name:  plum\nnothing of kubectl here\ncart 1/1 is Running 5 days\nfoo   ready   now\n";
    let (rows, _) = read_as(text, render);
    assert!(rows.iter().all(|row| row.contains("standard") || row.contains("business")), "{rows:?}");
}

#[test]
fn samples_become_states() {
    let write = std::env::var("HEADWATER_STATES").is_ok_and(|mode| mode == "write");
    for folder in FOLDERS {
        let mut files: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
            .expect("samples")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| !path.to_string_lossy().ends_with(".rows.json"))
            .collect();
        files.sort();
        for path in files {
            let (rows, counts) = read_as(&std::fs::read_to_string(&path).expect("a text"), render);
            let read = format!("{}\n{:?} dropped {:?}\n", rows.join("\n"), counts.formats, counts.dropped);
            assert!(!read.contains("plum-tree") && !read.contains("cGx1bS10"), "a secret is kept: {read}");
            assert_eq!(counts.records() - counts.dropped.values().sum::<u64>(), rows.len() as u64);
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let expected =
                Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/state/{folder}-{name}.txt"));
            if write {
                std::fs::write(&expected, &read).expect("written");
            }
            let expected = std::fs::read_to_string(&expected).unwrap_or_default();
            assert_eq!(read, expected, "{}", path.display());
        }
    }
}

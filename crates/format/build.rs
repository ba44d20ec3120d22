//! The layouts are compiled in: a new file of `formats/` builds the crate again.
#![expect(clippy::print_stdout, reason = "how a build script speaks to Cargo")]

fn main() {
    println!("cargo::rerun-if-changed=../../formats");
}

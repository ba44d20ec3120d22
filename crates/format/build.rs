//! The layouts are compiled in: a new file of `formats/` builds the crate again.

fn main() {
    println!("cargo::rerun-if-changed=../../formats");
}

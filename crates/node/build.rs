//! Rebuilds the crate when the built web page that it embeds changes or appears.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}

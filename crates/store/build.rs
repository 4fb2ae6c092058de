//! Makes Cargo notice new migrations: they are embedded, and Cargo does not look into the folder by itself.

#![expect(clippy::print_stdout, reason = "standard output is how a build script speaks to Cargo")]

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}

//! Makes Cargo notice new migrations: they are embedded, and Cargo does not look into the folder by itself.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}

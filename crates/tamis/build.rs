//! The cookbook is inside the program: a changed recipe is a changed program.

fn main() {
    println!("cargo:rerun-if-changed=../../cookbook");
}

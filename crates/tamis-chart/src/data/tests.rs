use super::library::library;

#[test]
fn every_file_of_the_library_parses() {
    assert!(library().themes.len() >= 25);
}

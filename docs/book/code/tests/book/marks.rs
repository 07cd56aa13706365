//! Checks that each program of the tutorial has marks (`// >>> new`, `// <<<`) around everything that the previous one
//! lacks.

use std::fs;
use std::path::Path;

/// Returns the lines of a version outside and inside its marks.
fn lines(version: usize) -> (Vec<String>, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/bin/parcels-{version}.rs"));
    let (mut old, mut new, mut marked) = (Vec::new(), Vec::new(), false);
    for line in fs::read_to_string(path).unwrap().lines() {
        match line.trim() {
            "// >>> new" => marked = true,
            "// <<<" => marked = false,
            "" => {}
            line if marked => new.push(line.to_owned()),
            line => old.push(line.to_owned()),
        }
    }
    assert!(!marked);
    (old, new)
}

/// Returns all lines of a version, in order, without marks.
fn all(version: usize) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/bin/parcels-{version}.rs"));
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(str::trim).filter(|line| !["// >>> new", "// <<<", ""].contains(line));
    lines.map(str::to_owned).collect()
}

#[test]
fn unmarked_lines_are_in_the_previous_version() {
    for version in 2..=5 {
        let before = all(version - 1);
        let (old, new) = lines(version);
        assert!(!new.is_empty());
        let mut rest = before.iter();
        for line in &old {
            assert!(rest.any(|own| own == line), "parcels-{version}.rs: `{line}` is new, and not marked");
        }
    }
}

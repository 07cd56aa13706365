//! Checks that every block of the book whose language is exactly `rust`, `yaml` or `dockerfile` equals a file of this
//! crate, or a part of one. The Rust code in the book therefore compiles.

use crate::page::Page;
use std::fs;
use std::path::Path;

/// Returns a file, or its part between `// part: NAME` and `// end: NAME` without the common indentation.
fn source(note: &str) -> String {
    let (file, part) = note.split_once('#').map_or((note, None), |(file, part)| (file, Some(part)));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let Some(part) = part else { return text };
    let (start, end) = (format!("// part: {part}"), format!("// end: {part}"));
    let lines: Vec<&str> = text.lines().collect();
    let found = |mark: &str| lines.iter().position(|line| line.trim() == mark);
    let (Some(start), Some(end)) = (found(&start), found(&end)) else { panic!("{file} has no part {part}") };
    let lines = &lines[start + 1..end];
    let indent = lines.iter().filter(|line| !line.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min();
    let lines = lines.iter().map(|line| line.get(indent.unwrap_or(0)..).unwrap_or(""));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn code_blocks_match_their_source_files() {
    let mut count = 0;
    for page in Page::all() {
        let mut wanted = Vec::new();
        for block in page.blocks() {
            let note = block.note.as_deref().and_then(|note| note.strip_prefix("code: ").map(str::to_owned));
            let checked = ["rust", "yaml", "dockerfile"].contains(&block.language.as_str());
            match note {
                Some(note) => wanted.push((block, source(&note))),
                None if checked => panic!(
                    "{}:{}: the block has no `<!-- code: FILE#PART -->` before it: add one, or mark it as `rust,ignore`",
                    page.name(),
                    block.lines.start
                ),
                None => {}
            }
        }
        count += wanted.len();
        page.compare_or_update(&wanted);
    }
    assert!(count >= 6, "{count}");
}

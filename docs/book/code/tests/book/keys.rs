//! Checks that the page about the keys of documents lists exactly the keys that the reader in `naftiko-spec/src/read` accepts.

use crate::page::{Page, book, files};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Returns the texts between quotation marks.
fn quoted(text: &str, mark: char) -> BTreeSet<String> {
    text.split(mark).skip(1).step_by(2).map(str::to_owned).collect()
}

/// Returns the keys of each object, from the `ObjectShape`s of the reader.
fn read() -> BTreeMap<String, BTreeSet<String>> {
    let folder = book().join("../../naftiko-spec/src/read");
    let mut objects = BTreeMap::new();
    for file in files(&folder, "rs") {
        let text = fs::read_to_string(file).unwrap();
        for shape in text.split(" ObjectShape =").skip(1) {
            let field = |name: &str, open: &str, close: char| {
                let (_, rest) = shape.split_once(&format!("{name}: {open}")).unwrap();
                rest.split(close).next().unwrap().to_owned()
            };
            let what = field("what", "\"", '"');
            let keys = ["keys", "more"].map(|name| quoted(&field(name, "&[", ']'), '"')).into_iter().flatten();
            assert!(objects.insert(what.clone(), keys.collect()).is_none(), "two `ObjectShape`s are called `{what}`");
        }
    }
    objects
}

/// Returns the keys of each section of the page: the texts in backticks in the first column of its table.
fn shown() -> BTreeMap<String, BTreeSet<String>> {
    let page = Page::read(&book().join("src/yaml.md"));
    let text = page.lines.join("\n");
    let sections = text.split("\n## ").skip(1);
    let sections = sections.map(|section| {
        let (title, rest) = section.split_once('\n').unwrap();
        let rows = rest.lines().filter(|line| line.starts_with("| `"));
        let keys = rows.flat_map(|row| quoted(row.split('|').nth(1).unwrap(), '`')).collect();
        (title.to_owned(), keys)
    });
    sections.collect()
}

/// Returns `A tool` for `a tool`, as on the page.
fn title(what: &str) -> String {
    let mut letters = what.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[test]
fn the_page_has_every_key_that_is_read_and_no_other() {
    let shown = shown();
    let read = read();
    assert!(read.len() >= 20, "{:?}", read.keys());
    for (what, keys) in &read {
        let section = shown.get(&title(what));
        let section = section.unwrap_or_else(|| panic!("docs/book/src/yaml.md has no section `{}`", title(what)));
        let missing: Vec<_> = keys.difference(section).collect();
        let more: Vec<_> = section.difference(keys).collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "docs/book/src/yaml.md, {what}: missing {missing:?}, not read {more:?}"
        );
    }
    let sections: BTreeSet<_> = shown.keys().cloned().collect();
    let objects: BTreeSet<_> =
        read.keys().map(|what| title(what)).chain(["Authentication".into(), "A body".into()]).collect();
    assert_eq!(sections, objects);
}

#[test]
fn the_page_has_every_scheme_format_and_style() {
    use naftiko::spec::model::{Format, Scheme, Style};
    let text = fs::read_to_string(book().join("src/yaml.md")).unwrap();
    for scheme in Scheme::ALL {
        let row = text.lines().find(|line| line.starts_with(&format!("| `{}` |", scheme.word)));
        let row = row.unwrap_or_else(|| panic!("no line for the scheme {}", scheme.word));
        for key in scheme.keys {
            assert!(row.contains(&format!("`{}`", key.key)), "{row} has no {}", key.key);
        }
    }
    let line = |key: &str| text.lines().find(|line| line.starts_with(&format!("| `{key}`"))).unwrap().to_owned();
    let (formats, styles) = (line("outputRawFormat"), line("style"));
    for format in Format::ALL {
        assert!(formats.contains(&format!("`{}`", format.word())), "{format:?}");
    }
    for style in Style::ALL {
        assert!(styles.contains(&format!("`{}`", style.as_str())), "{style:?}");
    }
}

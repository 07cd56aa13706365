//! Checks that `llms.txt` lists every page of the book, in the order of the table of contents, and every page of the
//! guide, with a description of each. The descriptions of book pages are written by hand in the file at the root; those
//! of guide pages come from `src/guide/mod.rs`. The book has the same list, with links that work where it is published.

use crate::page::{Page, book, root, updating};
use std::fs;

/// The link prefixes of book and guide pages: in the repository, and as published.
const BOOK: [&str; 2] = ["docs/book/src/", "../markdown/"];
const GUIDE: [&str; 2] = ["src/guide/", "https://docs.rs/naftiko/latest/naftiko/guide/"];

/// Returns the title and the target of a Markdown link in a line.
fn link(line: &str) -> Option<(&str, &str)> {
    let (title, rest) = line.split_once('[')?.1.split_once("](")?;
    Some((title, rest.split_once(')')?.0))
}

/// Returns the expected lines of the list: one for each page. The descriptions of book pages come from `current`.
fn wanted(current: &str) -> Vec<String> {
    let about = |target: &str| {
        let line = current.lines().find(|line| link(line).is_some_and(|(_, own)| own == target));
        let about = line.and_then(|line| line.split_once("): "));
        about.map_or_else(String::new, |(_, about)| about.to_owned())
    };
    let mut lines = Vec::new();
    let mut section = "Introduction".to_owned();
    let summary = Page::read(&book().join("src/SUMMARY.md"));
    for line in &summary.lines {
        if let Some((title, path)) = link(line) {
            if lines.is_empty() {
                lines.extend([format!("## {section}"), String::new()]);
            }
            let target = format!("{}{path}", BOOK[0]);
            lines.push(format!("- [{title}]({target}): {}", about(&target)));
        } else if let Some(title) = line.strip_prefix("# ").filter(|title| *title != "Summary") {
            title.clone_into(&mut section);
            lines.extend([String::new(), format!("## {section}"), String::new()]);
        }
    }
    lines.extend(["", "## Guide", ""].map(str::to_owned));
    for line in fs::read_to_string(root().join("src/guide/mod.rs")).unwrap().lines() {
        let name = line.strip_prefix("//! - [`").and_then(|rest| rest.split_once("`]: "));
        if let Some((name, about)) = name {
            let title = name.split('_').collect::<Vec<_>>().join(" ");
            lines.push(format!("- [{title}]({}{name}.md): {about}", GUIDE[0]));
        }
    }
    lines
}

#[test]
fn the_list_for_models_has_every_page() {
    let path = root().join("llms.txt");
    let current = fs::read_to_string(&path).unwrap();
    let (head, _) = current.split_once("\n## ").unwrap();
    let lines = wanted(&current);
    let silent: Vec<&String> = lines.iter().filter(|line| line.ends_with(": ")).collect();
    let text = format!("{head}\n{}\n", lines.join("\n"));
    let published = text.replace(&format!("]({}", BOOK[0]), &format!("]({}", BOOK[1]));
    let published = published.lines().map(|line| {
        let guide = line
            .split_once(&format!("]({}", GUIDE[0]))
            .and_then(|(title, rest)| Some((title, rest.split_once(".md)")?)));
        match guide {
            Some((title, (name, about))) => format!("{title}]({}{name}/index.html){about}\n", GUIDE[1]),
            None => format!("{line}\n"),
        }
    });
    let published: String = published.collect();
    let copy = book().join("src/llms.txt");
    if updating() {
        fs::write(&path, &text).unwrap();
        fs::write(&copy, &published).unwrap();
    }
    assert!(silent.is_empty(), "llms.txt has no description of these pages: {silent:#?}");
    assert!(current == text || updating(), "llms.txt does not match the pages; UPDATE_BOOK=1 updates it");
    let copied = fs::read_to_string(&copy).unwrap_or_default();
    assert!(copied == published, "docs/book/src/llms.txt does not match llms.txt; UPDATE_BOOK=1 updates it");
}

#[test]
fn every_guide_is_in_the_list_of_guides() {
    let list = fs::read_to_string(root().join("src/guide/mod.rs")).unwrap();
    for entry in fs::read_dir(root().join("src/guide")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "md") {
            let name = path.file_stem().unwrap().display().to_string();
            assert!(list.contains(&format!("//! - [`{name}`]: ")), "src/guide/mod.rs does not list {name}");
        }
    }
}

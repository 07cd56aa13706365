//! Checks that the links of the book and of the main Markdown files have targets, and that every page is in the table
//! of contents, with its title. No website is requested.

use crate::page::{Page, book, files, root};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Returns the targets of the links of a text, outside code blocks.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, part) in text.split("```").enumerate() {
        if number % 2 == 0 {
            let targets = part.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            found.extend(targets.map(str::to_owned));
        }
    }
    found
}

/// Returns the anchor of a heading, as mdBook and GitHub generate it.
fn anchor(heading: &str) -> String {
    let letters = heading.trim_start_matches('#').trim().to_lowercase();
    let letters = letters.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    letters.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// Returns whether the guide or the attribute behind a link to docs.rs exists. Returns `true` for all other links.
fn documented(link: &str) -> bool {
    let Some(page) = link.strip_prefix("https://docs.rs/naftiko/latest/naftiko/") else { return true };
    if let Some(page) = page.strip_prefix("guide/") {
        let name = page.split('/').next().unwrap().to_owned();
        return name == "index.html" || root().join(format!("src/guide/{name}.md")).exists();
    }
    match page.strip_prefix("attributes/attr.") {
        Some(page) => {
            let name = page.split('.').next().unwrap();
            let name = if ["get", "post", "put", "patch", "delete", "head"].contains(&name) { "verb" } else { name };
            root().join(format!("naftiko-macros/docs/{name}.md")).exists()
        }
        None => true,
    }
}

/// Returns whether a relative link of a page leads out of the book's pages; `None` if the page is not one of them.
fn leaves_the_book(page: &Path, link: &str) -> Option<bool> {
    let folder = page.parent()?.strip_prefix(book().join("src")).ok()?;
    let mut depth = folder.components().count();
    for step in Path::new(link).components() {
        depth = match step {
            Component::ParentDir if depth == 0 => return Some(true),
            Component::ParentDir => depth - 1,
            Component::CurDir => depth,
            _ => depth + 1,
        };
    }
    Some(false)
}

#[test]
fn every_link_leads_somewhere() {
    let mut faults = Vec::new();
    let mut pages: Vec<PathBuf> = files(&book().join("src"), "md");
    pages.extend(["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"].map(|name| root().join(name)));
    for page in pages {
        for link in links(&fs::read_to_string(&page).unwrap()) {
            let (target, heading) = link.split_once('#').unwrap_or((&link, ""));
            let good = if link.starts_with("https://") || link.starts_with("http://") {
                documented(&link)
            } else {
                let target = if target.is_empty() { page.clone() } else { page.parent().unwrap().join(target) };
                let has = |path: &Path| {
                    let text = fs::read_to_string(path).unwrap();
                    text.lines().any(|line| line.starts_with('#') && anchor(line) == heading)
                };
                // The published book has its own pages only.
                let published = !page.starts_with(book()) || leaves_the_book(&page, &link) == Some(false);
                published && target.exists() && (heading.is_empty() || has(&target))
            };
            if !good {
                faults.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(faults.is_empty(), "these links lead nowhere:\n{}", faults.join("\n"));
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let summary = fs::read_to_string(book().join("src/SUMMARY.md")).unwrap();
    let listed: BTreeSet<String> = links(&summary).into_iter().collect();
    let pages: BTreeSet<String> = Page::all().iter().map(Page::name).filter(|name| name != "SUMMARY.md").collect();
    assert_eq!(listed, pages);
}

#[test]
fn every_page_is_titled_as_in_the_table_of_contents() {
    let summary = fs::read_to_string(book().join("src/SUMMARY.md")).unwrap();
    for line in summary.lines().filter(|line| line.contains("](")) {
        let (title, path) = line.split_once('[').unwrap().1.split_once("](").unwrap();
        let page = Page::read(&book().join("src").join(path.trim_end_matches(')')));
        assert_eq!(page.lines[0], format!("# {title}"), "{path}");
    }
}

#[test]
fn a_link_to_the_own_folder_is_not_a_level() {
    let src = book().join("src");
    for (link, leaves) in
        [("a.md", false), ("./a.md", false), ("../a.md", true), ("./../a.md", true), (".././a.md", true)]
    {
        assert_eq!(leaves_the_book(&src.join("yaml.md"), link), Some(leaves), "{link}");
        assert_eq!(leaves_the_book(&src.join("cookbook/pages.md"), link), Some(false), "{link}");
    }
}

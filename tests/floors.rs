//! The modules of each crate are arranged in floors: no module imports from a higher floor, and no two folders import
//! each other, directly or indirectly.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A crate's source folder, and its root modules from the lowest floor up. Modules on one floor may import each other,
/// but not in a cycle.
type Crate = (&'static str, &'static [&'static [&'static str]]);

const CRATES: [Crate; 4] = [
    (
        "naftiko-runtime/src",
        &[
            &[
                "digest",
                "error",
                "limits",
                "location",
                "numbers",
                "setup",
                "store",
                "telemetry",
                "types",
                "upload",
                "utc",
            ],
            &["formats", "schema"],
            &["operation"],
            &["consume", "no_client"],
            &["document"],
            &["expose"],
            &["program", "testing"],
            &["lib"],
        ],
    ),
    (
        "naftiko-spec/src",
        &[
            &["exact", "host", "jsonpath", "model", "names", "pointer", "printable"],
            &["template"],
            &["nearest"],
            &["diagnostic"],
            &["fragment"],
            &["lower"],
            &["read", "yaml"],
            &["skill"],
            &["rules"],
            &["load"],
            &["openapi"],
            &["typed"],
            &["lib"],
        ],
    ),
    (
        "naftiko-macros/src",
        &[
            &["errors", "fix", "ident"],
            &["attribute", "guard", "stray_attribute"],
            &["keys"],
            &["skills", "syntax"],
            &["document"],
            &["lower"],
            &["findings", "model"],
            &["expand"],
            &["capability", "derive"],
            &["lib"],
        ],
    ),
    (
        "naftiko-cli/src",
        &[
            &["fix", "output", "paint", "source"],
            &["rehearse"],
            &["check", "explain"],
            &["serve"],
            &["cli", "export"],
            &["main"],
        ],
    ),
];

/// An import: the importing module, the imported module, and the file and line of the import.
struct Import {
    from: Vec<String>,
    to: Vec<String>,
    file: PathBuf,
    line: usize,
}

#[test]
fn no_module_imports_from_a_higher_floor() {
    let mut wrong = Vec::new();
    for (folder, floors) in CRATES {
        let floor = |module: &str| floors.iter().position(|floor| floor.contains(&module));
        let (modules, imports) = imports(folder);
        for module in modules.iter().filter_map(|module| module.first()).collect::<BTreeSet<_>>() {
            if floor(module).is_none() {
                wrong.push(format!("{folder}: `{module}` is on no floor; help: add it to the table of this test"));
            }
        }
        for Import { from, to, file, line } in &imports {
            let (Some(from), Some(to)) = (from.first(), to.first()) else { continue };
            if floor(to) <= floor(from) {
                continue;
            }
            wrong.push(format!("{}:{line}: `{from}` imports `{to}`, which is above it", file.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Folders in which files, too, must not import each other directly or indirectly.
const IN_ORDER: [(&str, &[&str]); 4] = [
    ("naftiko-runtime/src", &["consume", "document", "expose"]),
    ("naftiko-spec/src", &["diagnostic", "jsonpath", "model", "openapi", "read", "rules"]),
    ("naftiko-macros/src", &["document", "expand", "lower", "model", "syntax"]),
    ("naftiko-cli/src", &["check"]),
];

#[test]
fn no_two_modules_import_each_other_directly_or_indirectly() {
    let mut wrong = Vec::new();
    for (folder, _) in CRATES {
        let (modules, imports) = imports(folder);
        // At the root, files count like folders; below, only folders count, except in `IN_ORDER`.
        let counts = |path: &[String]| {
            path.len() == 1
                || IN_ORDER.iter().any(|(of, folders)| *of == folder && folders.contains(&path[0].as_str()))
                || modules.iter().any(|module| module.len() > path.len() && module.starts_with(path))
        };
        let mut edges: BTreeMap<(String, String), String> = BTreeMap::new();
        for Import { from, to, file, line } in &imports {
            let common = from.iter().zip(to).take_while(|(from, to)| from == to).count();
            let (Some(from), Some(to)) = (from.get(..=common), to.get(..=common)) else { continue };
            if counts(from) && counts(to) {
                edges.entry((from.join("::"), to.join("::"))).or_insert_with(|| format!("{}:{line}", file.display()));
            }
        }
        for ((from, to), at) in &edges {
            if reaches(&edges, to, from) {
                wrong.push(format!("{at}: `{from}` imports `{to}`, which imports it directly or indirectly"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Returns whether one module imports another, directly or indirectly.
fn reaches(edges: &BTreeMap<(String, String), String>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        let next = edges.keys().filter(|(from, _)| from == module).map(|(_, to)| to.as_str());
        open.extend(next.filter(|next| seen.insert(next)));
    }
    seen.contains(to)
}

/// Returns the modules of a crate and their imports. Test modules are left out: they can import everything.
fn imports(folder: &str) -> (BTreeSet<Vec<String>>, Vec<Import>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    collect(&root, &mut files);
    let texts: Vec<(Vec<String>, PathBuf, String)> = files
        .into_iter()
        .map(|file| {
            let inside = file.strip_prefix(&root).unwrap().with_extension("");
            let parts = inside.iter().map(|part| part.to_str().unwrap().to_owned());
            let module: Vec<String> = parts.filter(|part| part != "mod").collect();
            let text = code(&fs::read_to_string(&file).unwrap());
            (module, Path::new(folder).join(file.strip_prefix(&root).unwrap()), text)
        })
        .collect();
    let only_tests: Vec<Vec<String>> = texts.iter().flat_map(|(module, _, text)| test_modules(module, text)).collect();
    let texts: Vec<_> = texts
        .into_iter()
        .filter(|(module, ..)| !only_tests.iter().any(|test| module.starts_with(test)))
        .map(|(module, file, text)| (module, file, without_tests(&text)))
        .collect();
    let modules: BTreeSet<Vec<String>> = texts.iter().map(|(module, ..)| module.clone()).collect();
    let renamed: BTreeMap<String, Vec<String>> = texts
        .iter()
        .filter(|(module, ..)| is_root(module))
        .flat_map(|(module, _, text)| paths(module, text, "pub use "))
        .filter(|(path, _)| path.len() > 1)
        .map(|(path, _)| (path.last().unwrap().clone(), path))
        .collect();
    let mut imports = Vec::new();
    for (module, file, text) in &texts {
        let found = ["crate::", "super::"].into_iter().flat_map(|start| paths(module, text, start));
        for (path, line) in found {
            let path = path
                .first()
                .and_then(|name| renamed.get(name))
                .filter(|_| !modules.iter().any(|module| module.first() == path.first()))
                .unwrap_or(&path);
            // The longest prefix of the path that is a module; if there is none, the item is in the root module.
            let to = (1..=path.len()).rev().filter_map(|length| path.get(..length));
            let to = to.into_iter().find(|part| modules.iter().any(|module| module.starts_with(part)));
            let root = || texts.iter().find(|(module, ..)| is_root(module)).map(|(module, ..)| module.clone());
            let Some(to) = to.map(<[String]>::to_vec).or_else(root) else { continue };
            if to != *module {
                imports.push(Import { from: module.clone(), to, file: file.clone(), line });
            }
        }
    }
    assert!(!modules.is_empty() && !imports.is_empty(), "{folder} was not read");
    (modules, imports)
}

fn is_root(module: &[String]) -> bool {
    matches!(module, [root] if root == "lib" || root == "main")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Returns a text without comments and string contents, with the same lines.
fn code(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let mut in_string = false;
        let mut before = ' ';
        for (at, c) in line.char_indices() {
            if !in_string && line.get(at..).is_some_and(|rest| rest.starts_with("//")) {
                break;
            }
            if c == '"' && before != '\\' && before != '\'' {
                in_string = !in_string;
            } else if !in_string {
                code.push(c);
            }
            before = if before == '\\' { ' ' } else { c };
        }
        code.push('\n');
    }
    code
}

/// Returns the files that are compiled only for tests: `#[cfg(test)] mod name;`.
fn test_modules(module: &[String], text: &str) -> Vec<Vec<String>> {
    let declared = text.split("#[cfg(test)]").skip(1).filter_map(|after| {
        let name = after.trim_start().strip_prefix("mod ")?.split_once(';')?.0;
        (!name.contains('{')).then(|| name.to_owned())
    });
    let parent = if is_root(module) { &[] } else { module };
    declared.map(|name| [parent, &[name]].concat()).collect()
}

/// Returns a text without `#[cfg(test)] mod name { … }`, with the same lines.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        kept.push_str(line);
        kept.push('\n');
        if line != "#[cfg(test)]" || !lines.peek().is_some_and(|next| next.starts_with("mod ") && next.ends_with('{')) {
            continue;
        }
        // In formatted code, such a module ends with the first brace that is not indented.
        for inside in lines.by_ref() {
            kept.push('\n');
            if inside == "}" {
                break;
            }
        }
    }
    kept
}

/// Returns the paths after `crate::`, `super::` or `pub use `, each with its line.
fn paths(module: &[String], text: &str, start: &str) -> Vec<(Vec<String>, usize)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(start) {
        let before = text.get(..at).unwrap();
        // Skips longer names that end with `start`, a macro's `$crate`, and segments inside a path.
        if before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '$')) {
            continue;
        }
        let mut rest = text.get(at + start.len()..).unwrap();
        let mut base = Vec::new();
        if start == "super::" {
            let mut up = 1;
            while let Some(further) = rest.strip_prefix("super::") {
                (rest, up) = (further, up + 1);
            }
            base = module.get(..module.len().saturating_sub(up)).unwrap_or_default().to_vec();
        }
        let mut all = Vec::new();
        tree(rest, &base, &mut all);
        let line = before.matches('\n').count() + 1;
        found.extend(all.into_iter().map(|path| (path, line)));
    }
    found
}

/// Parses a use tree, such as `a::b` or `a::{b, c::d}`, and returns the text after it.
fn tree<'a>(text: &'a str, base: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let mut path = base.to_vec();
    let mut rest = text.trim_start();
    loop {
        if let Some(mut inside) = rest.strip_prefix('{') {
            loop {
                inside = tree(inside, &path, found).trim_start();
                match inside.strip_prefix(',') {
                    Some(next) if !next.trim_start().starts_with('}') => inside = next,
                    _ => break,
                }
            }
            let inside = inside.trim_start_matches(',').trim_start();
            return inside.strip_prefix('}').unwrap_or(inside);
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name == "self" || name.is_empty() {
            found.push(path);
            return after.trim_start_matches('*');
        }
        path.push(name.to_owned());
        let Some(further) = after.strip_prefix("::") else {
            found.push(path);
            let renamed =
                after.strip_prefix(" as ").map(|new| new.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'));
            return renamed.unwrap_or(after);
        };
        rest = further;
    }
}

#[test]
fn imports_are_found_in_every_notation() {
    let module = ["consume".to_owned(), "plan".to_owned()];
    let text = code(
        "use crate::{\n    error::{Error, Result as R},\n    schema::*,\n};\nlet x = super::super::expose::y(\"crate::program\"); // crate::document\nuse super::builder;\n$crate::z;",
    );
    let read = |start| {
        paths(&module, &text, start).into_iter().map(|(path, line)| (path.join("::"), line)).collect::<Vec<_>>()
    };
    let own = |path: &str, line| (path.to_owned(), line);
    assert_eq!(read("crate::"), [own("error::Error", 1), own("error::Result", 1), own("schema", 1)]);
    assert_eq!(read("super::"), [own("expose::y", 5), own("consume::builder", 6)]);

    let text = "use a;\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\nuse b;\n#[cfg(test)]\nmod golden;\n";
    assert_eq!(without_tests(text), "use a;\n#[cfg(test)]\n\n\n\nuse b;\n#[cfg(test)]\nmod golden;\n");
    assert_eq!(test_modules(&["lib".to_owned()], text), [["golden".to_owned()]]);
}

//! Checks that every help text is tested: it must occur in a case of `tests/remedies` (traits) or `naftiko-spec/tests/remedies`
//! (documents). A case follows the advice, so nobody reads advice that does not work.
//!
//! It collects the help texts from the sources: the string literals in every argument for a parameter `help` or `fix`,
//! and in the variables and functions that such an argument uses. `{…}` in a literal matches anything.

#![allow(clippy::unwrap_used, reason = "a test")]

mod source;

use source::{Function, Token, arguments, functions, tokens, walk, word};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The reason for a help text of a rule that only traits can break.
const WORDED_FOR_TRAITS: &str =
    "never shown: only traits have this mistake, and naftiko-macros/src/fix.rs words it for them";

/// The texts that are in no case, with the reason.
const WITHOUT_A_CASE: &[(&str, &str)] = &[
    ("please report it, with this item", "a panic of a macro: naftiko-macros/src/guard.rs tests it"),
    ("put `#[naftiko::capability(…)]` on the trait", "outside of a trait: tests/ui/misplaced.rs"),
    ("put it before an argument, and `#[naftiko::capability(…)]`", "outside of a trait: tests/ui/misplaced.rs"),
    (
        "write the text itself, `/// …`, or add `description = \"…\"` to `#[capability]`",
        "needs a trait without a doc comment: tests/ui/described.rs",
    ),
    ("enable it in Cargo.toml: `naftiko", "needs a build without the feature: tests/ui/without_client/document.rs"),
    ("a capability is a few hundred lines long", "a limit: naftiko-spec/tests/hostile.rs"),
    ("reduce the nesting; a capability document needs far fewer levels", "a limit: naftiko-spec/tests/hostile.rs"),
    ("check that this file is a capability document", "a limit: naftiko-spec/tests/hostile.rs"),
    ("split it into several capabilities", "a limit: naftiko-spec/tests/hostile.rs"),
    ("write out the values", "a limit: naftiko-spec/tests/hostile.rs"),
    ("keys are names; the text", "a limit: naftiko-spec/tests/hostile.rs"),
    ("write the values themselves", "a limit: naftiko-spec/src/lower/tests/values.rs"),
    ("ask the API for JSON, or", "`unsupported_format` reports the same first"),
    ("name an operation of `consumes`", "`unresolved_call` reports the same first"),
    ("name one of `{}`", "`unknown_step` reports the same first"),
    (
        "add the API to `consumes`",
        "`unresolved_call` in a document without `consumes`; `empty_document` or the reader reports that document first",
    ),
    ("write the operation in Rust, as a trait", "`script_step` reports the same first"),
    ("write `type: http` if it is an HTTP API", "the reader reports the same first"),
    (
        "correct it; JSON Schema uses the syntax of JavaScript",
        "patterns are compiled at startup: naftiko-runtime/tests/document/bounds.rs",
    ),
    ("map it under `with`: `{}: …`", "naftiko-spec/src/rules/tests.rs"),
    ("write a doc comment above the trait", "tests/ui/hints_and_descriptions.rs"),
    (
        "add `{{{name}}}` to the",
        "only for traits, and tested in tests/ui/paths.rs; in documents the mistake is repaired",
    ),
    ("declare the members of `{name}` as query", WORDED_FOR_TRAITS),
    ("send `{name}` as a part, too", WORDED_FOR_TRAITS),
    ("send `{first}` and `{second}` as parts", WORDED_FOR_TRAITS),
    (
        "give one of them another path",
        "never shown: naftiko-macros/src/fix.rs words it for traits, and in documents the mistake is repaired",
    ),
    ("if the API reads a body, declare it with `body`", WORDED_FOR_TRAITS),
    ("put both into one object", WORDED_FOR_TRAITS),
    ("write a path in which each placeholder", WORDED_FOR_TRAITS),
    ("mapping values", "a part of a message that the reader looks for"),
];

/// The sources of a crate.
struct Sources {
    files: Vec<(PathBuf, Vec<Token>)>,
}

impl Sources {
    fn read(root: &Path, name: &str) -> Self {
        let mut files = Vec::new();
        let mut folders = vec![root.join(name).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                let is_test = name.contains("test")
                    || ["fragments.rs", "golden.rs", "hostile.rs", "remedies.rs", "round_trip.rs"].contains(&name);
                if is_test {
                } else if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let source = fs::read_to_string(&path).unwrap();
                    files.push((path, tokens(&source)));
                }
            }
        }
        files.sort_by(|one, other| one.0.cmp(&other.0));
        Self { files }
    }

    /// Returns the texts of all constants, by name.
    fn constants(&self) -> HashMap<&str, Vec<&str>> {
        let mut constants = HashMap::new();
        for (_, tokens) in &self.files {
            walk(tokens, &mut |tokens| {
                for (at, pair) in tokens.windows(2).enumerate() {
                    if let [Token::Word(key), Token::Word(name)] = pair
                        && key == "const"
                    {
                        let end = tokens[at..].iter().position(|token| *token == Token::Mark(';'));
                        constants.insert(name.as_str(), texts(&tokens[at..at + end.unwrap_or(0)]));
                    }
                }
            });
        }
        constants
    }

    /// Returns the help texts of the crate, with their files.
    fn helps(&self) -> BTreeMap<String, BTreeSet<String>> {
        let constants = self.constants();
        let files: Vec<_> = self.files.iter().map(|(path, tokens)| (path, functions(tokens))).collect();
        // The functions with a parameter of one of these names; the position of that parameter, and the number of parameters.
        let takers = |names: &[&str]| -> HashMap<&str, (usize, usize)> {
            let all = files.iter().flat_map(|(_, functions)| functions);
            let found = all.filter_map(|own| {
                let at = own.parameters.iter().position(|name| names.contains(&name.as_str()))?;
                // These functions print a finished help text, so their argument is not a new text.
                (!["render", "as_attribute", "show"].contains(&own.name))
                    .then_some((own.name, (at, own.parameters.len())))
            });
            found.collect()
        };
        // A variable can hold one of several texts, and some of them are messages, not help.
        let of_messages = takers(&["message", "what", "why"]);
        let mut messages: HashSet<&str> = HashSet::new();
        for (_, functions) in &files {
            for function in functions {
                for name in ["message", "what", "why"] {
                    messages.extend(bound(function.body, name).into_iter().flat_map(texts));
                }
                taken(function.body, &of_messages, &mut |argument| messages.extend(texts(argument)));
            }
        }
        let takers = takers(&["help", "fix"]);
        let mut helps: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        // Every text in a `fix.rs` is a help text.
        for (_, functions) in files.iter().filter(|(path, _)| path.ends_with("fix.rs")) {
            let all = functions.iter().flat_map(|function| texts(function.body)).filter(|text| is_prose(text));
            for text in all {
                helps.entry(text.to_owned()).or_default().insert("fix.rs".to_owned());
            }
        }
        for (path, functions) in &files {
            for function in functions {
                taken(function.body, &takers, &mut |argument| {
                    let mut search = Search { function, functions, constants: &constants, seen: HashSet::new() };
                    let mut found = Vec::new();
                    search.texts(argument, 0, &mut found);
                    for text in found.into_iter().filter(|text| is_prose(text) && !messages.contains(text)) {
                        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
                        helps.entry(text.to_owned()).or_default().insert(file);
                    }
                });
            }
        }
        helps
    }
}

/// Calls `each` with one argument of each call to a function in `takers`. A taker is the name of a function, with the
/// position of that argument and the number of arguments.
fn taken<'a>(body: &'a [Token], takers: &HashMap<&str, (usize, usize)>, each: &mut dyn FnMut(&'a [Token])) {
    walk(body, &mut |tokens| {
        for pair in tokens.windows(2) {
            let [Token::Word(name), Token::Group('(', list)] = pair else { continue };
            let Some((at, count)) = takers.get(name.as_str()) else { continue };
            let list = arguments(list);
            if list.len() == *count {
                each(list[*at]);
            }
        }
    });
}

/// Returns the string literals in tokens, including those in groups.
fn texts(tokens: &[Token]) -> Vec<&str> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            Token::Text(text) => found.push(text.as_str()),
            Token::Group(_, inside) => found.extend(texts(inside)),
            _ => {}
        }
    }
    found
}

/// A search for the string literals that an expression can evaluate to.
struct Search<'a> {
    function: &'a Function<'a>,
    functions: &'a [Function<'a>],
    constants: &'a HashMap<&'a str, Vec<&'a str>>,
    seen: HashSet<String>,
}

impl<'a> Search<'a> {
    fn texts(&mut self, expression: &'a [Token], depth: usize, found: &mut Vec<&'a str>) {
        found.extend(texts(expression));
        let mut names = Vec::new();
        walk(expression, &mut |tokens| {
            for (at, token) in tokens.iter().enumerate() {
                let is_member = at > 0 && tokens[at - 1] == Token::Mark('.');
                match token {
                    Token::Word(name) if !is_member => {
                        let is_call = matches!(tokens.get(at + 1), Some(Token::Group('(', _)));
                        names.push((name.clone(), is_call));
                    }
                    // `{name}` in a format string.
                    Token::Text(text) => {
                        let inside = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
                        names.extend(inside.map(|(name, _)| (name.to_owned(), false)));
                    }
                    _ => {}
                }
            }
        });
        for (name, is_call) in names {
            if depth > 3 || !self.seen.insert(name.clone()) {
                continue;
            }
            found.extend(self.constants.get(name.as_str()).into_iter().flatten());
            for bound in bound(self.function.body, &name) {
                self.texts(bound, depth + 1, found);
            }
            let mut functions = self.functions.iter();
            if is_call && let Some(called) = functions.find(|other| other.name == name && other.returns_string) {
                self.texts(called.body, depth + 1, found);
            }
        }
    }
}

/// Returns the expressions that a function binds to a name.
fn bound<'a>(body: &'a [Token], name: &str) -> Vec<&'a [Token]> {
    let mut found = Vec::new();
    walk(body, &mut |tokens| {
        for (at, token) in tokens.iter().enumerate() {
            if word(token) != Some("let") {
                continue;
            }
            let Some(equals) = tokens[at..].iter().position(|token| *token == Token::Mark('=')) else { continue };
            let mut names = HashSet::new();
            walk(&tokens[at..at + equals], &mut |pattern| names.extend(pattern.iter().filter_map(word)));
            let end = tokens[at..].iter().position(|token| *token == Token::Mark(';')).unwrap_or(tokens.len() - at);
            if names.contains(name) && equals < end {
                let value = &tokens[at + equals..at + end];
                match &tokens[at + 1] {
                    Token::Group('(', pattern) => found.extend(members(pattern, value, name)),
                    _ => found.push(value),
                }
            }
        }
    });
    found
}

/// For a tuple pattern, finds the position of `name`, and returns the element at that position of every tuple of the same length in
/// `value`.
fn members<'a>(pattern: &[Token], value: &'a [Token], name: &str) -> Vec<&'a [Token]> {
    let pattern = arguments(pattern);
    let matches = |member: &&[Token]| member.iter().filter_map(word).any(|word| word == name);
    let Some(number) = pattern.iter().position(matches) else { return Vec::new() };
    let mut found = Vec::new();
    walk(value, &mut |tokens| {
        for (at, token) in tokens.iter().enumerate() {
            let is_call = at > 0 && matches!(tokens[at - 1], Token::Word(_) | Token::Mark('!'));
            if let (Token::Group('(', list), false) = (token, is_call) {
                let list = arguments(list);
                found.extend(list.get(number).copied().filter(|_| list.len() == pattern.len()));
            }
        }
    });
    found
}

/// Returns the pieces of a format string between its `{…}`.
fn pieces(format: &str) -> Vec<String> {
    let plain = format.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut pieces = Vec::new();
    for (number, piece) in plain.split('{').enumerate() {
        // A brace that is never closed is part of a text, since no format string has one.
        let piece = if number == 0 { piece } else { piece.split_once('}').map_or(piece, |(_, after)| after) };
        pieces.push(piece.replace('\u{1}', "{").replace('\u{2}', "}"));
    }
    pieces
}

/// Returns whether a text is more than a name or a key.
fn is_prose(text: &str) -> bool {
    let words = pieces(text).join(" ");
    // A Rust path is not advice.
    if words.starts_with("::") {
        return false;
    }
    words.trim().contains(' ') && words.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 1).count() >= 2
}

/// Returns whether `text` contains `format`, or matches it as a format string.
fn fits(text: &str, format: &str) -> bool {
    if text.contains(format) {
        return true;
    }
    let mut rest = text;
    pieces(format).iter().all(|piece| {
        let found = rest.find(piece.as_str());
        found.inspect(|at| rest = &rest[at + piece.len()..]).is_some()
    })
}

/// Returns the texts of the cases in a folder.
fn cases(folder: &Path) -> Vec<String> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        cases.extend(texts(&tokens(&source)).into_iter().map(str::to_owned));
    }
    cases
}

#[test]
fn every_help_text_for_traits_is_in_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let helps = Sources::read(root, "naftiko-macros").helps();
    assert!(helps.len() > 150, "only {} help texts found", helps.len());
    let cases = cases(&root.join("tests/remedies"));
    report(&helps, &cases, "tests/remedies");
}

#[test]
fn every_help_text_for_documents_is_in_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let helps = Sources::read(root, "naftiko-spec").helps();
    assert!(helps.len() > 150, "only {} help texts found", helps.len());
    // Traits have the same rules, with some messages of their own.
    let mut cases = cases(&root.join("tests/remedies"));
    for entry in fs::read_dir(root.join("naftiko-spec/tests/remedies")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let helps = text.split("--- help\n").skip(1).filter_map(|rest| rest.lines().next());
        cases.extend(helps.map(str::to_owned));
    }
    report(&helps, &cases, "naftiko-spec/tests/remedies");
}

#[test]
fn every_text_without_a_case_is_a_help_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut helps = Sources::read(root, "naftiko-macros").helps();
    helps.append(&mut Sources::read(root, "naftiko-spec").helps());
    let is_used = |text: &str| helps.keys().any(|help| help.starts_with(text));
    let unused: Vec<&str> = WITHOUT_A_CASE.iter().map(|(text, _)| *text).filter(|text| !is_used(text)).collect();
    assert!(unused.is_empty(), "these entries of WITHOUT_A_CASE are not help texts any more:\n{}", unused.join("\n"));
}

fn report(helps: &BTreeMap<String, BTreeSet<String>>, cases: &[String], folder: &str) {
    let is_known = |help: &str| WITHOUT_A_CASE.iter().any(|(text, _)| help.starts_with(text));
    let missing = helps.iter().filter(|(help, _)| !is_known(help) && !cases.iter().any(|case| fits(case, help)));
    let missing: Vec<String> = missing.map(|(help, files)| format!("{files:?}: {help}")).collect();
    assert!(missing.is_empty(), "no case covers these help texts of {folder}:\n{}", missing.join("\n"));
}

#[test]
fn help_texts_are_found_and_matched() {
    let source = "fn check(errors: &mut Errors) {
        let help = if nested { \"write it once\" } else { \"write it twice\" };
        errors.add(spot, format!(\"wrong: {name}\"), help);
        errors.add(spot, \"also wrong\", format!(\"call it `{name}`\\
            again, {}\", LATER));
    }
    fn add(&mut self, at: Spot, message: &str, help: &str) {}
    const LATER: &str = \"or later on\";
    #[cfg(test)] mod tests { fn none() { errors.add(a, b, \"only a test\"); } }";
    let sources = Sources { files: vec![(PathBuf::from("a.rs"), tokens(source))] };
    let helps: Vec<String> = sources.helps().into_keys().collect();
    assert_eq!(helps, ["call it `{name}`again, {}", "or later on", "write it once", "write it twice"]);
    assert!(
        fits("call it `x`again, or later on", "call it `{name}`again, {}")
            && !fits("call it `x`", "call {} `{name}` now")
    );
}

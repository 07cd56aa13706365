//! What is wrong with paths: how they are written, and whether arguments fill their placeholders.

use super::{At, Finding, Part, Rule, snake};
use crate::fragment::{Argument, Fragment};
use crate::model::Place;
use crate::nearest::nearest;
use crate::template::{Reason, Template, TemplateError, same_name};

pub(super) fn check(index: usize, fragment: &Fragment, findings: &mut Vec<Finding>) {
    let mut read = |path: &str, part: Part| {
        let wrong = |(message, help)| Finding::new(Rule::InvalidPath, At::Fragment(index, part), message).help(help);
        read(path).map_err(|what| findings.push(wrong(what))).ok()
    };
    let consumed = fragment.consumed.as_ref().map(|part| read(&part.path, Part::Path));
    // Routes are made from the consumed path: one mistake, one finding.
    let Some(consumed) = consumed.map_or(Some(None), |path| path.map(Some)) else { return };
    let routes: Vec<_> = fragment.routes.iter().filter_map(|route| read(&route.path, Part::RoutePath)).collect();
    if let Some(path) = &consumed {
        if foreign(index, path, fragment, Part::Path, findings) {
            return;
        }
        unfilled(index, path, fragment, None, findings);
        unmatched(index, path, fragment, None, findings);
    }
    for route in &routes {
        if foreign(index, route, fragment, Part::RoutePath, findings) {
            continue;
        }
        whole_segments(index, route, findings);
        unfilled(index, route, fragment, consumed.as_ref(), findings);
        unmatched(index, route, fragment, consumed.as_ref(), findings);
    }
}

/// The path, or what is wrong with it and what to do.
fn read(path: &str) -> Result<Template, (String, String)> {
    let wrong = |what: &str, help: String| -> Result<Template, _> {
        Err((format!("the path `{}` {what}", path.escape_debug()), help))
    };
    if let Some(rest) = rest_of_path(path) {
        let help = "write a placeholder for each segment: `{name}` fills one segment and encodes what is in it";
        return wrong(
            &format!("has `{rest}`: a placeholder for the rest of a path is not supported yet"),
            help.to_owned(),
        );
    }
    if let Some((operator, name)) = operator(path) {
        let help = format!("write `{{{name}}}`");
        return wrong(
            &format!("has the operator `{operator}` in `{{{operator}{name}}}`: only plain placeholders are read"),
            help,
        );
    }
    if !path.starts_with('/') {
        return wrong("does not begin with `/`", format!("write `/{path}`"));
    }
    if let Some((before, _)) = path.split_once('#') {
        return wrong("has a fragment", format!("end it before the `#`: `{before}`"));
    }
    if let Some((before, query)) = path.split_once('?') {
        let names: Vec<_> = query.split('&').map(|pair| snake(pair.split('=').next().unwrap_or_default())).collect();
        let names = names.join("`, `");
        return wrong("has a query", format!("write `{before}`, and what the query holds as an argument: `{names}`"));
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return wrong("holds a character that no path has", "take it out".to_owned());
    }
    let template = match Template::path(path) {
        Ok(template) => template,
        Err(error) => return wrong(&format!("cannot be read: {error}"), help_with(&error)),
    };
    if path.contains(char::is_whitespace) {
        return wrong("holds a blank", "write it as `%20`, or take it out".to_owned());
    }
    if let Some(segment) = path.split('/').find(|segment| matches!(*segment, "." | "..")) {
        return wrong(&format!("has the segment `{segment}`"), "write the path that it leads to".to_owned());
    }
    let names: Vec<_> = template.placeholders().collect();
    let again = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|other| same_name(other, name)));
    match again {
        Some((_, name)) => {
            wrong(&format!("has the placeholder `{{{name}}}` twice"), "give each a name of its own".to_owned())
        }
        None => Ok(template),
    }
}

/// A placeholder that other frameworks fill with several segments: `{+path}`, `{path*}`, `{*path}`, `{path...}`.
fn rest_of_path(path: &str) -> Option<String> {
    let is_rest = |hole: &&str| hole.starts_with(['+', '*']) || hole.ends_with('*') || hole.ends_with("...");
    holes(path).find(is_rest).map(|hole| format!("{{{hole}}}"))
}

/// An operator of RFC 6570 at the start of a placeholder, and the name behind it.
fn operator(path: &str) -> Option<(char, &str)> {
    holes(path).find_map(|hole| {
        let operator = hole.chars().next().filter(|c| matches!(c, '#' | '.' | '/' | ';' | '?' | '&'))?;
        let name =
            hole.get(1..).filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))?;
        Some((operator, name))
    })
}

/// What stands in the braces of a path.
fn holes(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(hole, _)| hole)
}

fn help_with(error: &TemplateError) -> String {
    match &error.reason {
        Reason::Unclosed(_) => "a placeholder ends with `}`".to_owned(),
        Reason::Unopened => "a placeholder begins with `{`".to_owned(),
        Reason::Empty => "name the argument that fills it: `{id}`".to_owned(),
        Reason::Doubled(name) => format!("write `{{{name}}}`"),
        Reason::NoName(name) => {
            let name: String = name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect();
            if name.is_empty() {
                "name the argument that fills it: `{id}`".to_owned()
            } else {
                format!("write `{{{name}}}`")
            }
        }
    }
}

/// Whether a segment is an argument as other frameworks write it: here it stands for itself, letter by letter.
fn foreign(index: usize, path: &Template, fragment: &Fragment, part: Part, findings: &mut Vec<Finding>) -> bool {
    let written = path.to_string();
    let meant = |segment: &str| {
        let bracketed = || segment.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let name = segment.strip_prefix(':').or_else(bracketed)?;
        let travels = |place| matches!(place, Place::Path | Place::Query | Place::Body);
        let is_argument = fragment.arguments.iter().any(|it| travels(it.place) && same_name(&it.name, name));
        is_argument.then(|| (segment.to_owned(), name.to_owned()))
    };
    let Some((segment, name)) = written.split('/').find_map(meant) else { return false };
    let message = format!("`{segment}` of the path `{written}` is no placeholder: it is sent as it stands");
    findings
        .push(Finding::new(Rule::InvalidPath, At::Fragment(index, part), message).help(format!("write `{{{name}}}`")));
    true
}

/// A router matches segments: a placeholder is a whole one.
fn whole_segments(index: usize, path: &Template, findings: &mut Vec<Finding>) {
    let written = path.to_string();
    for segment in written.split('/').filter(|segment| segment.contains('{')) {
        if !(segment.starts_with('{') && segment.find('}') == Some(segment.len() - 1)) {
            findings.push(
                Finding::new(
                    Rule::InvalidPath,
                    At::Fragment(index, Part::RoutePath),
                    format!("in the route `{written}` a placeholder is only part of the segment `{segment}`"),
                )
                .help(
                    "callers' routes have placeholders that are a whole segment: say one with `#[rest(path = \"…\")]`",
                ),
            );
        }
    }
}

/// Whether a path has a placeholder of that name.
fn has(path: &Template, name: &str) -> bool {
    path.placeholders().any(|other| same_name(other, name))
}

/// Placeholders that no argument fills. Those of a route that its consumed path has too are that path's.
fn unfilled(
    index: usize,
    path: &Template,
    fragment: &Fragment,
    consumed: Option<&Template>,
    findings: &mut Vec<Finding>,
) {
    let arguments = &fragment.arguments;
    let fills = |argument: &&Argument, name: &str| same_name(&argument.name, name);
    for name in path.placeholders() {
        let filled = arguments.iter().any(|argument| argument.place == Place::Path && fills(&argument, name));
        if filled || consumed.is_some_and(|consumed| has(consumed, name)) {
            continue;
        }
        let elsewhere = arguments.iter().find(|argument| fills(argument, name));
        let spare =
            |argument: &&Argument| matches!(argument.place, Place::Query | Place::Path) && !has(path, &argument.name);
        let spares = arguments.iter().filter(spare).map(|argument| argument.name.as_str());
        let wanted = snake(name);
        let help = match (elsewhere, nearest(name, spares)) {
            (Some(argument), _) => format!("mark the argument `{}` `#[path]`", snake(&argument.name)),
            (None, Some(near)) => format!("rename the argument `{}` to `{wanted}`", snake(near)),
            (None, None) => format!("add an argument: `{wanted}: &str`"),
        };
        let is_route = fragment.consumed.is_none() || consumed.is_some();
        let part = if is_route { Part::RoutePath } else { Part::Placeholder(name.to_owned()) };
        let message = format!("no argument fills `{{{name}}}` of the {}", if is_route { "route" } else { "path" });
        findings.push(Finding::new(Rule::UnfilledPlaceholder, At::Fragment(index, part), message).help(help));
    }
}

/// Path arguments that have no placeholder. A route that lacks one which its consumed path has is itself at fault.
fn unmatched(
    index: usize,
    path: &Template,
    fragment: &Fragment,
    consumed: Option<&Template>,
    findings: &mut Vec<Finding>,
) {
    for (position, argument) in fragment.arguments.iter().enumerate() {
        let name = &argument.name;
        if argument.place != Place::Path || has(path, name) || consumed.is_some_and(|consumed| !has(consumed, name)) {
            continue;
        }
        let is_free = |placeholder: &&str| !fragment.arguments.iter().any(|other| same_name(&other.name, placeholder));
        let (part, help) = if consumed.is_some() {
            (Part::RoutePath, format!("put `{{{}}}` into the route", name.to_lowercase()))
        } else if let Some(near) = nearest(name, path.placeholders().filter(is_free)) {
            (Part::Argument(position), format!("rename the argument to `{}`, after `{{{near}}}`", snake(near)))
        } else {
            let help = format!("put `{{{name}}}` into the path, or take `#[path]` off the argument");
            (Part::Argument(position), help)
        };
        let what = if fragment.consumed.is_none() || consumed.is_some() { "route" } else { "path" };
        let message = format!("the {what} `{path}` has no placeholder for `{name}`");
        findings.push(Finding::new(Rule::UnmatchedPathArgument, At::Fragment(index, part), message).help(help));
    }
}

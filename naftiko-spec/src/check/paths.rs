//! What is wrong with paths: how they are written, and whether arguments fill their placeholders.

use super::{At, Finding, Part, Rule, snake};
use crate::fragment::{Argument, Fragment};
use crate::model::Place;
use crate::nearest::nearest;
use crate::template::{Reason, Template, TemplateError, same_name};

pub(super) fn check(index: usize, fragment: &Fragment, findings: &mut Vec<Finding>) {
    let at = |part| At::Fragment(index, part);
    let mut consumed = None;
    if let Some(part) = &fragment.consumed {
        match well_formed(&part.path, &at(Part::Path), findings) {
            Some(path) => consumed = Some(path),
            // Routes are made from it: one mistake, one finding.
            None => return,
        }
    }
    if let Some(path) = &consumed {
        unfilled(index, path, fragment, None, findings);
        unmatched(index, path, fragment, &format!("the path `{path}`"), Unmatched::Argument, findings);
    }
    let filled: Vec<_> = consumed.iter().flat_map(Template::placeholders).collect();
    for route in &fragment.routes {
        let Some(path) = well_formed(&route.path, &at(Part::RoutePath), findings) else { continue };
        whole_segments(&path, &at(Part::RoutePath), findings);
        unfilled(index, &path, fragment, Some(&filled), findings);
        let blame = if consumed.is_some() { Unmatched::Route } else { Unmatched::Argument };
        unmatched(index, &path, fragment, &format!("the route `{path}`"), blame, findings);
    }
}

/// The path, if it is one.
fn well_formed(path: &str, at: &At, findings: &mut Vec<Finding>) -> Option<Template> {
    let mut wrong = |message: String, help: String| {
        findings.push(Finding::new(Rule::InvalidPath, at.clone(), message).help(help));
    };
    if !path.starts_with('/') {
        wrong(format!("the path `{path}` does not begin with `/`"), format!("write `/{path}`"));
        return None;
    }
    if let Some((before, _)) = path.split_once('#') {
        wrong(format!("the path `{path}` has a fragment"), format!("end it before the `#`: `{before}`"));
        return None;
    }
    if let Some((before, query)) = path.split_once('?') {
        let names: Vec<_> = query.split('&').map(|pair| snake(pair.split('=').next().unwrap_or_default())).collect();
        let help = format!("write `{before}`, and what the query holds as an argument: `{}`", names.join("`, `"));
        wrong(format!("the path `{path}` has a query"), help);
        return None;
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        wrong(
            format!("the path `{}` holds a character that no path has", path.escape_debug()),
            "take it out".to_owned(),
        );
        return None;
    }
    let template = match Template::path(path) {
        Ok(template) => template,
        Err(error) => {
            wrong(format!("the path `{path}` cannot be read: {error}"), help_with(&error));
            return None;
        }
    };
    if path.contains(char::is_whitespace) {
        wrong(format!("the path `{path}` holds a blank"), "write it as `%20`, or take it out".to_owned());
        return None;
    }
    if let Some(segment) = path.split('/').find(|segment| matches!(*segment, "." | "..")) {
        wrong(format!("the path `{path}` has the segment `{segment}`"), "write the path that it leads to".to_owned());
        return None;
    }
    let names: Vec<_> = template.placeholders().collect();
    for (position, name) in names.iter().enumerate() {
        if names.iter().take(position).any(|other| same_name(other, name)) {
            wrong(
                format!("the path `{path}` has the placeholder `{{{name}}}` twice"),
                "give each a name of its own".to_owned(),
            );
            return None;
        }
    }
    Some(template)
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

/// A router matches segments: a placeholder is a whole one.
fn whole_segments(path: &Template, at: &At, findings: &mut Vec<Finding>) {
    let written = path.to_string();
    for segment in written.split('/').filter(|segment| segment.contains('{')) {
        if !(segment.starts_with('{') && segment.find('}') == Some(segment.len() - 1)) {
            findings.push(
                Finding::new(
                    Rule::InvalidPath,
                    at.clone(),
                    format!("in the route `{written}` a placeholder is only part of the segment `{segment}`"),
                )
                .help(
                    "callers' routes have placeholders that are a whole segment: say one with `#[rest(path = \"…\")]`",
                ),
            );
        }
    }
}

/// Placeholders of a consumed path (`known` is none) or of a route (its consumed path has those that are known).
fn unfilled(index: usize, path: &Template, fragment: &Fragment, known: Option<&[&str]>, findings: &mut Vec<Finding>) {
    let arguments = &fragment.arguments;
    let fills = |argument: &&Argument, name: &str| same_name(&argument.name, name);
    for name in path.placeholders() {
        let filled = arguments.iter().any(|argument| argument.place == Place::Path && fills(&argument, name));
        if filled || known.unwrap_or_default().iter().any(|known| same_name(known, name)) {
            continue;
        }
        let elsewhere = arguments.iter().find(|argument| fills(argument, name));
        let spare = |argument: &&Argument| {
            matches!(argument.place, Place::Query | Place::Path)
                && !path.placeholders().any(|other| same_name(other, &argument.name))
        };
        let spares = arguments.iter().filter(spare).map(|argument| argument.name.as_str());
        let wanted = snake(name);
        let help = match (elsewhere, nearest(name, spares)) {
            (Some(argument), _) => format!("mark the argument `{}` `#[path]`", snake(&argument.name)),
            (None, Some(near)) => format!("call the argument `{}` `{wanted}`", snake(near)),
            (None, None) => format!("add an argument: `{wanted}: &str`"),
        };
        let part = if known.is_some() { Part::RoutePath } else { Part::Placeholder(name.to_owned()) };
        let message =
            format!("no argument fills `{{{name}}}` of the {}", if known.is_some() { "route" } else { "path" });
        findings.push(Finding::new(Rule::UnfilledPlaceholder, At::Fragment(index, part), message).help(help));
    }
}

/// Whose fault it is that an argument and a path do not meet.
#[derive(Clone, Copy, PartialEq)]
enum Unmatched {
    /// The argument's: it is said to travel in this path.
    Argument,
    /// The route's: the consumed path has the placeholder.
    Route,
}

/// Path arguments that have no placeholder.
fn unmatched(
    index: usize,
    path: &Template,
    fragment: &Fragment,
    what: &str,
    whose: Unmatched,
    findings: &mut Vec<Finding>,
) {
    for (position, argument) in fragment.arguments.iter().enumerate() {
        let name = &argument.name;
        if argument.place != Place::Path || path.placeholders().any(|other| same_name(other, name)) {
            continue;
        }
        let (part, help) = match whose {
            Unmatched::Route => (Part::RoutePath, format!("put `{{{}}}` into the route", name.to_lowercase())),
            Unmatched::Argument => {
                let free = |placeholder: &&str| {
                    !fragment.arguments.iter().any(|argument| same_name(&argument.name, placeholder))
                };
                let help = match nearest(name, path.placeholders().filter(free)) {
                    Some(near) => format!("call the argument `{}`, after `{{{near}}}`", snake(near)),
                    None => format!("put `{{{name}}}` into the path, or take `#[path]` off the argument"),
                };
                (Part::Argument(position), help)
            }
        };
        findings.push(
            Finding::new(
                Rule::UnmatchedPathArgument,
                At::Fragment(index, part),
                format!("{what} has no placeholder for `{name}`"),
            )
            .help(help),
        );
    }
}

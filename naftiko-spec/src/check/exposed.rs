//! What is wrong with routes and tools: collisions, names that clients refuse, hints that understate.

use super::{At, Finding, Part, Rule, apart};
use crate::fragment::{Draft, Fragment, RouteFragment};
use crate::model::{Hints, Method};
use crate::template::Template;
use std::collections::HashMap;

/// The longest tool name that clients take.
pub(crate) const LONGEST_TOOL_NAME: usize = 64;

pub(super) fn check(draft: &Draft, findings: &mut Vec<Finding>) {
    routes(draft, findings);
    tools(draft, findings);
    for (index, fragment) in draft.fragments.iter().enumerate() {
        for part in &fragment.tools {
            tool_name(index, &part.tool.name, findings);
        }
        if let Some(finding) = hints(index, fragment) {
            findings.push(finding);
        }
    }
}

fn routes(draft: &Draft, findings: &mut Vec<Finding>) {
    // What a router sees of a route: its adapter, its method, its shape.
    type Seen = (usize, Method, String);
    let mut seen: HashMap<Seen, Vec<(usize, &RouteFragment)>> = HashMap::new();
    for (index, fragment) in draft.fragments.iter().enumerate() {
        for route in &fragment.routes {
            let Ok(path) = Template::path(&route.path) else { continue };
            let same = seen.entry((route.expose, route.operation.method, path.shape())).or_default();
            let taken =
                same.iter().find(|(other, _)| draft.fragments.get(*other).is_some_and(|other| !apart(fragment, other)));
            if let Some((first, other)) = taken {
                let word = route.operation.method.as_str();
                let message = if other.path == route.path {
                    format!("two routes are `{word} {}`", route.path)
                } else {
                    format!("the routes `{word} {}` and `{word} {}` are the same to a router", other.path, route.path)
                };
                findings.push(
                    Finding::new(Rule::CollidingRoutes, At::Fragment(index, Part::RoutePath), message)
                        .help("say another path with `#[rest(path = \"…\")]`, or take one away with `#[rest(skip)]`")
                        .also(At::Fragment(*first, Part::RoutePath)),
                );
            }
            same.push((index, route));
        }
    }
}

fn tools(draft: &Draft, findings: &mut Vec<Finding>) {
    let mut seen: HashMap<(usize, &str), Vec<usize>> = HashMap::new();
    for (index, fragment) in draft.fragments.iter().enumerate() {
        for part in &fragment.tools {
            let name = part.tool.name.as_str();
            let same = seen.entry((part.expose, name)).or_default();
            let taken =
                same.iter().find(|other| draft.fragments.get(**other).is_some_and(|other| !apart(fragment, other)));
            if let Some(first) = taken {
                findings.push(
                    Finding::new(
                        Rule::DuplicateTool,
                        At::Fragment(index, Part::ToolName),
                        format!("two tools are called `{name}`"),
                    )
                    .help("give one of them another name: `#[tool(name = \"…\")]`")
                    .also(At::Fragment(*first, Part::ToolName)),
                );
            }
            same.push(index);
        }
    }
}

fn tool_name(index: usize, name: &str, findings: &mut Vec<Finding>) {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let length = name.chars().count();
    let (message, help) = if name.is_empty() {
        ("a tool's name is empty".to_owned(), "name it: `#[tool(name = \"…\")]`".to_owned())
    } else if let Some(bad) = name.chars().find(|c| !good(*c)) {
        let better: String = name.chars().map(|c| if good(c) { c } else { '-' }).collect();
        (
            format!("the tool name `{}` holds {bad:?}, which clients refuse", name.escape_debug()),
            format!("letters, digits, `_` and `-` are fine: `#[tool(name = \"{better}\")]`"),
        )
    } else if length > LONGEST_TOOL_NAME {
        (
            format!("the tool name `{name}` has {length} characters, and clients take {LONGEST_TOOL_NAME}"),
            "say a shorter one: `#[tool(name = \"…\")]`".to_owned(),
        )
    } else {
        return;
    };
    findings.push(Finding::new(Rule::InvalidToolName, At::Fragment(index, Part::ToolName), message).help(help));
}

/// A tool that claims less danger than its method has.
fn hints(index: usize, fragment: &Fragment) -> Option<Finding> {
    let method = fragment.method()?;
    let (tool, hints) = fragment.tools.iter().find_map(|part| Some((&part.tool, part.tool.hints?)))?;
    let natural: Hints = method.hints();
    let word = method.as_str();
    let (message, help) = if hints.read_only == Some(true) && natural.read_only != Some(true) {
        (
            format!("the tool `{}` says that it only reads, but {word} writes", tool.name),
            "take `read_only` out of its hints",
        )
    } else if natural.destructive == Some(true) && hints.destructive == Some(false) {
        (
            format!("the tool `{}` says that it destroys nothing, but {word} removes", tool.name),
            "take `destructive = false` out of its hints",
        )
    } else {
        return None;
    };
    Some(Finding::new(Rule::UnderstatedHint, At::Fragment(index, Part::Hints), message).help(help))
}

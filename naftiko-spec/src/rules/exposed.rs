//! Routes and tools: those that cannot be told apart, names that clients refuse, hints that say too little or too much.

use super::RuleFinding;
use super::table::structure::{
    COLLIDING_ROUTES, DUPLICATE_TOOL, EMPTY_ADAPTER, EMPTY_DOCUMENT, INVALID_TOOL_NAME, OVERSTATED_HINT,
    UNDERSTATED_HINT, UNSAFE_GET,
};
use super::walk::{Callable, Kind, Walk};
use crate::check::LONGEST_TOOL_NAME;
use crate::model::{Document, Expose, ExposeRest, Method, Tool};
use crate::template::Template;
use std::collections::HashMap;

pub(super) fn check(document: &Document, walk: &Walk<'_>, findings: &mut Vec<RuleFinding>) {
    if document.capability.exposes.is_empty() && document.capability.aggregates.is_empty() && walk.apis.is_empty() {
        let message = "this document consumes nothing and exposes nothing";
        let help = "say what it does, under `capability`: `consumes` and `exposes`";
        findings.push(RuleFinding::new(&EMPTY_DOCUMENT, "", message).help(help));
    }
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let at = format!("/capability/exposes/{index}");
        match expose {
            Expose::Rest(rest) => routes(&at, rest, findings),
            Expose::Mcp(mcp) => {
                tools(&at, &mcp.tools, findings);
                if mcp.tools.is_empty() && mcp.resources.is_empty() && mcp.prompts.is_empty() {
                    findings.push(empty(&at, "MCP", &mcp.namespace, "tools"));
                }
            }
            Expose::Skill(_) | Expose::Control(_) => {}
        }
    }
    for callable in &walk.callables {
        hints(callable, walk, findings);
    }
}

fn empty(at: &str, kind: &str, namespace: &str, what: &str) -> RuleFinding {
    RuleFinding::new(&EMPTY_ADAPTER, at, format!("the {kind} adapter `{namespace}` has no {what}"))
        .help("give it some, or take it away")
}

fn routes(at: &str, rest: &ExposeRest, findings: &mut Vec<RuleFinding>) {
    let mut seen: HashMap<(Method, String), (String, &str)> = HashMap::new();
    let mut any = false;
    for (position, resource) in rest.resources.iter().enumerate() {
        any |= resource.forward.is_some();
        let Ok(path) = Template::path(&resource.path) else { continue };
        for (index, operation) in resource.operations.iter().enumerate() {
            any = true;
            let own = format!("{at}/resources/{position}/operations/{index}");
            let key = (operation.method, path.shape());
            let Some((first, other)) = seen.get(&key) else {
                seen.insert(key, (own, &resource.path));
                continue;
            };
            let word = operation.method.as_str();
            let message = if *other == resource.path {
                format!("two routes are `{word} {other}`, and the second is never reached")
            } else {
                format!("the routes `{word} {other}` and `{word} {}` are the same to a router", resource.path)
            };
            findings.push(
                RuleFinding::new(&COLLIDING_ROUTES, own, message)
                    .help("give one of them another path, or take it away")
                    .also(first.clone()),
            );
        }
    }
    if !any {
        findings.push(empty(at, "REST", &rest.namespace, "operations"));
    }
}

fn tools(at: &str, tools: &[Tool], findings: &mut Vec<RuleFinding>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (index, tool) in tools.iter().enumerate() {
        let own = || format!("{at}/tools/{index}/name");
        match seen.get(tool.name.as_str()) {
            Some(first) => findings.push(
                RuleFinding::new(&DUPLICATE_TOOL, own(), format!("two tools are called `{}`", tool.name))
                    .help("give one of them another name: clients see the first only")
                    .also(format!("{at}/tools/{first}/name")),
            ),
            None => {
                seen.insert(&tool.name, index);
            }
        }
        if let Some((message, help)) = tool_name(&tool.name) {
            findings.push(RuleFinding::new(&INVALID_TOOL_NAME, own(), message).help(help));
        }
    }
}

fn tool_name(name: &str) -> Option<(String, String)> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let length = name.chars().count();
    if name.is_empty() {
        return Some(("a tool's name is empty".to_owned(), "name it after what it does".to_owned()));
    }
    if let Some(bad) = name.chars().find(|c| !good(*c)) {
        let better: String = name.chars().map(|c| if good(c) { c } else { '-' }).collect();
        return Some((
            format!("the tool name `{}` holds {bad:?}, which clients refuse", name.escape_debug()),
            format!("letters, digits, `_` and `-` are fine: `{better}`"),
        ));
    }
    (length > LONGEST_TOOL_NAME).then(|| {
        (
            format!("the tool name `{name}` has {length} characters, and clients take {LONGEST_TOOL_NAME}"),
            "say a shorter one".to_owned(),
        )
    })
}

/// What a callable claims, against the methods of what is behind it.
fn hints(callable: &Callable<'_>, walk: &Walk<'_>, findings: &mut Vec<RuleFinding>) {
    let methods: Vec<Method> = walk.behind(callable).iter().map(|consumed| consumed.operation.method).collect();
    let Some(worst) = methods.iter().copied().max_by_key(|method| danger(*method)) else { return };
    let (at, read_only, destructive) = match callable.kind {
        Kind::Route(method) => {
            if method == Method::Get && danger(worst) > danger(Method::Post) {
                let message = format!("{} is a GET that calls a {}", callable.title(), worst.as_str());
                let help = format!("make it a {} as well: caches and crawlers repeat GETs at will", worst.as_str());
                findings.push(RuleFinding::new(&UNSAFE_GET, format!("{}/method", callable.at), message).help(help));
            }
            return;
        }
        Kind::Tool => match callable.hints {
            Some(hints) => (format!("{}/hints", callable.at), hints.read_only, hints.destructive),
            None => return,
        },
        Kind::Function => match callable.semantics {
            Some(semantics) => (format!("{}/semantics", callable.at), semantics.safe, None),
            None => return,
        },
    };
    let what = callable.title();
    let word = worst.as_str();
    let natural = worst.hints();
    if read_only == Some(true) && natural.read_only == Some(false) {
        let help = if worst == Method::Post {
            "if the POST only searches, allow it and say so; else take `readOnly` away"
        } else {
            "take it away"
        };
        let message = format!("{what} says that it only reads, but {word} writes");
        findings.push(RuleFinding::new(&UNDERSTATED_HINT, at, message).help(help));
    } else if destructive == Some(false) && natural.destructive == Some(true) {
        let message = format!("{what} says that it destroys nothing, but {word} removes");
        findings.push(RuleFinding::new(&UNDERSTATED_HINT, at, message).help("take `destructive: false` away"));
    } else if natural.read_only == Some(true) && (read_only == Some(false) || destructive == Some(true)) {
        let message = format!("{what} says that it writes, but {word} only reads");
        let help = "say `readOnly: true`, or nothing: clients ask before each call of what writes";
        findings.push(RuleFinding::new(&OVERSTATED_HINT, at, message).help(help));
    }
}

/// How much a method may do.
fn danger(method: Method) -> u8 {
    match method {
        Method::Get | Method::Head => 0,
        Method::Post => 1,
        Method::Put | Method::Patch => 2,
        Method::Delete => 3,
    }
}

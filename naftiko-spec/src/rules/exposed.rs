//! Rules for adapters: addresses, adapters without content, duplicate routes, tools, resources and prompts, URI templates, locations,
//! tool names that clients refuse, wrong hints, and truncated answers.

use super::Subject;
use super::walk::{Callable, CallableKind, DocumentView};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::{Fix, Hint, NameKind};
use crate::diagnostic::table::requests::UNSUPPORTED_LOCATION;
use crate::diagnostic::table::structure::{
    COLLIDING_ROUTES, CUT_WRITE, DUPLICATE_PROMPT, DUPLICATE_RESOURCE, DUPLICATE_TOOL, EMPTY_ADAPTER, EMPTY_DOCUMENT,
    INVALID_ADDRESS, INVALID_TOOL_NAME, INVALID_URI_TEMPLATE, OVERSTATED_HINT, UNDERSTATED_HINT, UNSAFE_GET,
};
use crate::fragment::Fragment;
use crate::lower::tool_name;
use crate::model::{Expose, ExposeMcp, ExposeRest, Method, Tool};
use crate::printable;
use crate::template::{Template, UriTemplateFault, uri_template_fault};
use std::collections::HashMap;
use std::net::IpAddr;

/// The maximum length of a tool's name that clients accept.
pub(crate) const LONGEST_TOOL_NAME: usize = 64;

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let document = subject.document;
    if document.capability.exposes.is_empty() && document.capability.aggregates.is_empty() && walk.apis.is_empty() {
        let message = "this document consumes nothing and exposes nothing";
        let help = "add `consumes` and `exposes` under `capability`";
        findings.push(Diagnostic::new(&EMPTY_DOCUMENT, "", message).fix(help));
    }
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let at = format!("/capability/exposes/{index}");
        if let Some(address) = expose.address().filter(|address| !is_address(address)) {
            let message = format!("the adapter `{}` cannot listen on `{}`", expose.namespace(), printable(address));
            let found = Diagnostic::new(&INVALID_ADDRESS, format!("{at}/address"), message);
            findings.push(found.fix("write an IP address or a host name: `127.0.0.1`, `::1`, `localhost`"));
        }
        match expose {
            Expose::Rest(rest) => routes(subject, &at, rest, findings),
            Expose::Mcp(mcp) => {
                tools(subject, &at, &mcp.tools, findings);
                offered(subject, &at, mcp, findings);
                findings.extend(uri_templates(&at, mcp));
                locations(subject, &at, mcp, findings);
                if mcp.tools.is_empty() && mcp.resources.is_empty() && mcp.prompts.is_empty() {
                    findings.push(empty(&at, "MCP", &mcp.namespace, "no tools, resources or prompts"));
                }
            }
            Expose::Skill(_) | Expose::Control(_) => {}
        }
    }
    for callable in &walk.callables {
        hints(subject, callable, walk, findings);
        findings.extend(cut(subject, callable, walk));
    }
}

/// Returns whether a string is a valid address to listen on.
fn is_address(address: &str) -> bool {
    let is_name = |name: &str| name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_'));
    address.parse::<IpAddr>().is_ok() || (is_name(address) && address.bytes().any(|c| c.is_ascii_alphabetic()))
}

/// Returns the finding for an adapter without content.
fn empty(at: &str, kind: &str, namespace: &str, what: &str) -> Diagnostic {
    Diagnostic::new(&EMPTY_ADAPTER, at, format!("the {kind} adapter `{namespace}` has {what}"))
        .fix("add some, or remove the adapter")
}

/// Finds routes that a router cannot distinguish, and REST adapters without routes.
fn routes(subject: Subject<'_>, at: &str, rest: &ExposeRest, findings: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(Method, String), Vec<(String, &str)>> = HashMap::new();
    let mut has_operations = false;
    for (position, resource) in rest.resources.iter().enumerate() {
        has_operations |= resource.forward.is_some();
        let Ok(path) = Template::path(&resource.path) else { continue };
        for (index, operation) in resource.operations.iter().enumerate() {
            has_operations = true;
            let own = format!("{at}/resources/{position}/operations/{index}");
            let others = seen.entry((operation.method, path.shape())).or_default();
            if let Some((first, other)) = others.iter().find(|(other, _)| !subject.never_together(other, &own)) {
                let word = operation.method.as_str();
                let message = if *other == resource.path {
                    format!("another route is `{word} {other}`, so this one is never reached")
                } else {
                    format!("the routes `{word} {other}` and `{word} {}` are the same to a router", resource.path)
                };
                let found = Diagnostic::new(&COLLIDING_ROUTES, subject.part(&own, "path"), message);
                findings.push(found.fix(Fix::Reroute).also(first.clone()));
            }
            if others.is_empty() || subject.is_trait() {
                others.push((own, &resource.path));
            }
        }
    }
    if !has_operations {
        findings.push(empty(at, "REST", &rest.namespace, "no operations and no `forward`"));
    }
}

/// Finds tools with the same name, and names that clients refuse.
fn tools(subject: Subject<'_>, at: &str, tools: &[Tool], findings: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<&str, Vec<String>> = HashMap::new();
    for (index, tool) in tools.iter().enumerate() {
        let own = format!("{at}/tools/{index}");
        let name = tool_name(tool);
        let others = seen.entry(name).or_default();
        if let Some(first) = others.iter().find(|other| !subject.never_together(other, &own)) {
            let found = Diagnostic::new(
                &DUPLICATE_TOOL,
                format!("{own}/name"),
                format!("another tool is called `{name}`: clients see only the first"),
            );
            findings.push(found.fix(Fix::Rename { what: NameKind::Tool, to: None }).also(format!("{first}/name")));
        }
        findings.extend(refused_name(name, format!("{own}/name")));
        if others.is_empty() || subject.is_trait() {
            others.push(own);
        }
    }
}

/// Finds resources with the same URI, and prompts with the same name: clients reach only the first.
fn offered(subject: Subject<'_>, at: &str, mcp: &ExposeMcp, findings: &mut Vec<Diagnostic>) {
    let resources = mcp.resources.iter().map(|resource| (resource.uri.as_str(), shape(&resource.uri)));
    let prompts = mcp.prompts.iter().map(|prompt| (prompt.name.as_str(), prompt.name.clone()));
    let resources: (Vec<_>, _) = (resources.collect(), ("resource", "uri", "has the URI", &DUPLICATE_RESOURCE));
    let prompts = (prompts.collect(), ("prompt", "name", "is called", &DUPLICATE_PROMPT));
    for (keys, (what, member, has, rule)) in [resources, prompts] {
        let mut seen: HashMap<&str, Vec<String>> = HashMap::new();
        for (index, (written, key)) in keys.iter().enumerate() {
            let own = format!("{at}/{what}s/{index}");
            let others = seen.entry(key).or_default();
            if let Some(first) = others.iter().find(|other| !subject.never_together(other, &own)) {
                let message = format!("another {what} {has} `{}`: clients reach only the first", printable(written));
                let found = Diagnostic::new(rule, format!("{own}/{member}"), message);
                let fix = if what == "prompt" {
                    "give this prompt another `name`"
                } else {
                    "give this resource another `uri`"
                };
                findings.push(found.fix(fix).also(format!("{first}/{member}")));
            }
            if others.is_empty() || subject.is_trait() {
                others.push(own);
            }
        }
    }
}

/// Finds URI templates that no URI matches, and placeholders in the URI of a folder.
fn uri_templates(at: &str, mcp: &ExposeMcp) -> impl Iterator<Item = Diagnostic> {
    mcp.resources.iter().enumerate().filter_map(move |(index, resource)| {
        let at = format!("{at}/resources/{index}/uri");
        if resource.location.is_some() && resource.uri.contains(['{', '}']) {
            let message = format!("the URI of the files of `{}` has a placeholder", printable(&resource.name));
            let help = "remove the braces: a single file has exactly this URI, and each file of a folder has this URI and its path";
            return Some(Diagnostic::new(&INVALID_URI_TEMPLATE, at, message).fix(help));
        }
        let UriTemplateFault { message, help } = uri_template_fault(&resource.uri)?;
        Some(Diagnostic::new(&INVALID_URI_TEMPLATE, at, message).fix(help))
    })
}

/// Finds resources and prompts whose location is not a file or a folder or, in a trait, is a relative path that leads out of the
/// program's working directory.
fn locations(subject: Subject<'_>, at: &str, mcp: &ExposeMcp, findings: &mut Vec<Diagnostic>) {
    let resources = mcp.resources.iter().map(|own| ("resource", &own.name, &own.location)).enumerate();
    let prompts = mcp.prompts.iter().map(|own| ("prompt", &own.name, &own.location)).enumerate();
    for (index, (what, name, location)) in resources.chain(prompts) {
        let Some(location) = location else { continue };
        let at = format!("{at}/{what}s/{index}/location");
        let (expected, fix) = match file_path(location) {
            None if what == "prompt" => {
                ("a path or a `file://` URI", "write a path such as `prompts/review.txt`, or `file:///srv/review.txt`")
            }
            None => ("a path or a `file://` URI", "write a path such as `docs/guide`, or `file:///srv/guide`"),
            Some(path) if subject.is_trait() && leads_outside(path) => (
                "a path in the program's working directory",
                "write a path without `..`, or an absolute `file://` URI such as `file:///srv/guide`",
            ),
            Some(_) => continue,
        };
        let found =
            if location.is_empty() { "an empty string".to_owned() } else { format!("`{}`", printable(location)) };
        let message = format!("expected {expected} for the {what} `{}`, found {found}", printable(name));
        findings.push(Diagnostic::new(&UNSUPPORTED_LOCATION, at, message).fix(fix));
    }
}

/// Returns the path of a location, without `file:`; `None` for a URI with another scheme, and for an empty path.
fn file_path(location: &str) -> Option<&str> {
    let path = match location.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => rest.strip_prefix("//").unwrap_or(rest),
        // A single letter before the colon is a drive, not a scheme.
        Some((scheme, _)) if scheme.len() > 1 && !scheme.contains(['/', '\\']) => return None,
        _ => location,
    };
    (!path.is_empty()).then_some(path)
}

/// Returns whether a relative path leads out of its folder.
fn leads_outside(path: &str) -> bool {
    let depth = path.split(['/', '\\']).try_fold(0_usize, |depth, segment| match segment {
        "" | "." => Some(depth),
        ".." => depth.checked_sub(1),
        _ => Some(depth + 1),
    });
    !path.starts_with('/') && depth.is_none()
}

/// Returns a URI template without the names of its placeholders.
fn shape(uri: &str) -> String {
    let mut shape = String::with_capacity(uri.len());
    let mut rest = uri;
    while let Some((before, (_, after))) =
        rest.split_once('{').and_then(|(text, rest)| Some((text, rest.split_once('}')?)))
    {
        shape.push_str(before);
        shape.push_str("{}");
        rest = after;
    }
    shape + rest
}

/// Returns the finding for a tool whose name clients refuse.
fn refused_name(name: &str, at: String) -> Option<Diagnostic> {
    let is_accepted = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let length = name.chars().count();
    let bad = name.chars().find(|c| !is_accepted(*c));
    let better = bad.map(|_| name.chars().map(|c| if is_accepted(c) { c } else { '-' }).collect::<String>());
    // Nothing is suggested for a name without ASCII letters and digits, because only hyphens would be left of it.
    let better = better.filter(|better| better.contains(|c: char| c.is_ascii_alphanumeric()));
    let message = match bad {
        _ if name.is_empty() => "the name of a tool is empty".to_owned(),
        Some(' ') => format!("the tool name `{}` contains a space, which clients refuse", name.escape_debug()),
        Some(bad) => {
            format!("the tool name `{}` contains `{}`, which clients refuse", name.escape_debug(), bad.escape_debug())
        }
        None if length > LONGEST_TOOL_NAME => {
            format!("the tool name `{name}` has {length} characters, but clients accept at most {LONGEST_TOOL_NAME}")
        }
        None => return None,
    };
    Some(Diagnostic::new(&INVALID_TOOL_NAME, at, message).fix(Fix::Rename { what: NameKind::Tool, to: better }))
}

/// Compares the hints of a callable with the HTTP methods of the operations that it calls.
fn hints(subject: Subject<'_>, callable: &Callable<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let worst = walk.methods_behind(callable).iter().copied().max_by_key(|method| danger(*method));
    // A method of a trait that calls no API is judged by the HTTP method of its route.
    let own = || subject.fragment(&callable.at).and_then(Fragment::method);
    let Some(worst) = worst.or_else(own) else { return };
    let (at, read_only, destructive) = match callable.kind {
        CallableKind::Route(method) => {
            if method == Method::Get && danger(worst) > danger(Method::Post) {
                let message = format!("{} is a GET that calls a {}", callable.title(), worst.as_str());
                let help = format!("write `method: {}`: caches and crawlers repeat GETs at will", worst.as_str());
                findings.push(Diagnostic::new(&UNSAFE_GET, format!("{}/method", callable.at), message).fix(help));
            }
            return;
        }
        CallableKind::Tool => match callable.hints {
            Some(hints) => (format!("{}/hints", callable.at), hints.read_only, hints.destructive),
            None => return,
        },
        CallableKind::Function => match callable.semantics {
            Some(semantics) => (format!("{}/semantics", callable.at), semantics.safe, None),
            None => return,
        },
    };
    let what = callable.title();
    let word = worst.as_str();
    let natural = worst.hints();
    let is_function = callable.kind == CallableKind::Function;
    if read_only == Some(true) && natural.read_only == Some(false) {
        let fix =
            if is_function { Fix::from("remove `safe` from its `semantics`") } else { Fix::RemoveHint(Hint::ReadOnly) };
        let message = format!("{what} claims to be read-only, but {word} writes");
        findings.push(Diagnostic::new(&UNDERSTATED_HINT, at, message).fix(fix));
    } else if destructive == Some(false) && natural.destructive == Some(true) {
        let message = format!("{what} claims not to be destructive, but {word} removes data");
        findings.push(Diagnostic::new(&UNDERSTATED_HINT, at, message).fix(Fix::RemoveHint(Hint::NotDestructive)));
    } else if natural.read_only == Some(true) && destructive == Some(true) {
        let message = format!("{what} claims to be destructive, but {word} only reads");
        let help =
            "write `readOnly: true` without `destructive`: clients ask before each call of a tool that removes data";
        findings.push(Diagnostic::new(&OVERSTATED_HINT, at, message).fix(help));
    } else if natural.read_only == Some(true) && read_only == Some(false) {
        let message = format!("{what} claims to write, but {word} only reads");
        let help = if is_function {
            "write `safe: true`, or remove `safe`: clients ask before each call of a tool that writes"
        } else {
            "write `readOnly: true`, or remove the hint: clients ask before each call of a tool that writes"
        };
        findings.push(Diagnostic::new(&OVERSTATED_HINT, at, message).fix(help));
    }
}

/// Finds a tool that truncates its answers but is not read-only: a client would repeat its effect to get the rest.
fn cut(subject: Subject<'_>, callable: &Callable<'_>, walk: &DocumentView<'_>) -> Option<Diagnostic> {
    if !callable.cuts {
        return None;
    }
    let methods = walk.methods_behind(callable);
    let own = subject.fragment(&callable.at).and_then(Fragment::method);
    let worst = methods.iter().copied().max_by_key(|method| danger(*method)).or(own);
    let declared = callable.hints.and_then(|hints| hints.read_only);
    // In a file, a tool without calls returns constants. The body of a method may do anything.
    let natural = worst.map_or(Some(!subject.is_trait()), |method| method.hints().read_only);
    let is_read_only = declared.or(natural) == Some(true);
    if is_read_only {
        return None;
    }
    let message = format!("the answers of {} cannot be truncated, because the tool may write", callable.title());
    let found = Diagnostic::new(&CUT_WRITE, format!("{}/maxOutput", callable.at), message);
    Some(found.fix(Fix::OnlyReads))
}

/// Returns how much harm a method can do, from 0 (it only reads) to 3 (it removes).
pub(super) fn danger(method: Method) -> u8 {
    match method {
        Method::Get | Method::Head => 0,
        Method::Post => 1,
        Method::Put | Method::Patch => 2,
        Method::Delete => 3,
    }
}

//! Rules for paths of consumed operations and of routes.

use super::views::ResourceView;
use super::walk::{Consumed, DocumentView};
use super::work::count_work;
use super::{RuleContext, Subject};
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::requests::{
    INVALID_PATH, QUERY_IN_PATH, TRAILING_SLASH, UNFILLED_PLACEHOLDER, UNMATCHED_PATH_ARGUMENT,
};
use crate::diagnostic::{Diagnostic, RepairKind, Severity};
use crate::fragment::Fragment;
use crate::lower::{is_declared, split};
use crate::model::{Consume, Expose, ParameterIn};
use crate::nearest::nearest;
use crate::template::{Reason, Template, TemplateError, folded, same_name};
use indexmap::IndexMap;
use std::borrow::Cow;
use std::collections::HashSet;

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let repaired = repaired(subject, walk);
    for api in &walk.apis {
        for (position, resource) in api.consume.resources.iter().enumerate() {
            consumed(subject, api.consume, &format!("{}/resources/{position}/path", api.at), &resource.path, findings);
        }
    }
    for view in walk.resources() {
        let shared = SharedPath::new(subject, &view);
        for operation in view.operations {
            if let Some(path) = &operation.operation.path {
                consumed(subject, view.api.consume, &format!("{}/path", operation.at), path, findings);
            }
            if let Some(shared) = shared.as_ref().filter(|_| !repaired.contains(operation.at.as_str())) {
                placeholders(subject, operation, &view, shared, findings);
            }
        }
    }
    if subject.is_trait() {
        return;
    }
    for (index, expose) in subject.document.capability.exposes.iter().enumerate() {
        if let Expose::Rest(rest) = expose {
            for (position, resource) in rest.resources.iter().enumerate() {
                let at = format!("/capability/exposes/{index}/resources/{position}/path");
                route(&at, &resource.path, resource.forward.is_some(), findings);
            }
        }
    }
}

/// Returns the locations of operations to whose paths lowering has added placeholders. Its diagnostics have the
/// locations of callables.
fn repaired<'w>(subject: Subject<'_>, walk: &'w DocumentView<'_>) -> HashSet<&'w str> {
    let RuleContext::File { lowering, .. } = subject.context else { return HashSet::new() };
    let repaired = lowering.iter().filter(|diagnostic| diagnostic.rule.repair == Some(RepairKind::PathParameter));
    let places: HashSet<&str> = repaired.map(|diagnostic| diagnostic.at.as_str()).collect();
    let callables = walk.callables.iter().filter(|callable| places.contains(callable.at.as_str()));
    walk.behind_all(callables).into_iter().map(|consumed| consumed.at.as_str()).collect()
}

/// Returns a path without its query and fragment.
fn without_query_and_fragment(path: &str) -> &str {
    split_outside_placeholders(path, &['?', '#']).map_or(path, |(before, _)| before)
}

/// Splits a path at the first of these characters that is not in a placeholder.
fn split_outside_placeholders<'p>(path: &'p str, marks: &[char]) -> Option<(&'p str, &'p str)> {
    let mut in_placeholder = false;
    let (at, mark) = path.char_indices().find(|(_, c)| {
        in_placeholder = if in_placeholder { *c != '}' } else { *c == '{' };
        !in_placeholder && marks.contains(c)
    })?;
    Some((path.get(..at)?, path.get(at + mark.len_utf8()..)?))
}

/// Parses a path after replacing `{{name}}` by `{name}`, as the repair does.
fn template(path: &str) -> Result<Template, TemplateError> {
    Template::path(&with_single_braces(path))
}

/// Replaces `{{name}}` by `{name}`, as the repair does.
fn with_single_braces(path: &str) -> Cow<'_, str> {
    if path.contains("{{") { path.replace("{{", "{").replace("}}", "}").into() } else { path.into() }
}

/// Checks the path of a consumed resource or operation.
fn consumed(subject: Subject<'_>, api: &Consume, at: &str, path: &str, findings: &mut Vec<Diagnostic>) {
    if subject.is_trait() {
        findings.extend(repeated_base_uri(path, at, &api.base_uri).or_else(|| strict(path, at).err()));
        return;
    }
    findings.extend(query(path, at));
    findings.extend(unreadable(at, without_query_and_fragment(path)));
    if let Some(segment) = dot_segment(path) {
        let message = format!("the path `{path}` has the segment `{segment}`");
        findings.push(Diagnostic::new(&INVALID_PATH, at, message).fix("write the path without `.` and `..` segments"));
    }
}

/// Reports a path that repeats the base URI, with or without its scheme.
fn repeated_base_uri(path: &str, at: &str, base_uri: &str) -> Option<Diagnostic> {
    let (_, base) = base_uri.split_once("://")?;
    let base = Some(base.trim_end_matches('/')).filter(|base| !base.is_empty())?;
    let rest = after_scheme(path).unwrap_or(path).strip_prefix(base)?;
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then(|| whole_url(at, rest))
}

/// Returns the part of a whole URL after its scheme; also without a scheme (`//a.example/x`) if it begins with a host name.
fn after_scheme(path: &str) -> Option<&str> {
    let has_dot = |rest: &&str| rest.split('/').next().is_some_and(|host| host.contains('.'));
    let is_scheme = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
    let with_scheme = path.split_once("://").filter(|(scheme, _)| is_scheme(scheme)).map(|(_, rest)| rest);
    with_scheme.or_else(|| path.strip_prefix("//").filter(has_dot))
}

/// Reports a whole URL in place of a path. `rest` is the text after the host.
fn whole_url(at: &str, rest: &str) -> Diagnostic {
    let slash = if rest.starts_with('/') { "" } else { "/" };
    let fix = format!("write `{slash}{}`, without the base URI", rest.escape_debug());
    Diagnostic::new(&INVALID_PATH, at, "expected a path, found a URL with its host").fix(fix)
}

/// Returns a path without its query, `?a=1` or `{?a}` (RFC 6570, section 3.2.8), and the names in the query; `None` without a query.
fn without_query(path: &str) -> Option<(String, Vec<&str>)> {
    let hole = holes(path).find(|hole| hole.starts_with(['?', '&']));
    let (before, names): (String, Vec<&str>) = if let Some(hole) = hole {
        let names = hole.split(['?', '&', ',']).map(|name| name.trim_end_matches('*'));
        (path.replacen(&format!("{{{hole}}}"), "", 1), names.collect())
    } else {
        let (before, query) = split_outside_placeholders(path, &['?'])?;
        (before.to_owned(), query_names(query).collect())
    };
    let before = if before.is_empty() { "/".to_owned() } else { before };
    Some((before, names.into_iter().filter(|name| !name.is_empty()).collect()))
}

/// Reports a query in a path.
fn query(path: &str, at: &str) -> Option<Diagnostic> {
    let (before, names) = without_query(path)?;
    let fix = declared_query(&before, &names);
    Some(Diagnostic::new(&QUERY_IN_PATH, at, format!("the path `{path}` has a query")).fix(fix))
}

/// Returns the help for a query: the text before it, and the parameters to declare instead.
pub(super) fn declared_query(before: &str, names: &[&str]) -> String {
    let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if listed.is_empty() {
        format!("write `{before}`")
    } else {
        format!("write `{before}`, and declare its query parameters: {listed}")
    }
}

/// Returns the names of the parameters in a query.
pub(super) fn query_names(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter_map(|pair| pair.split('=').next())
}

/// Returns a dot segment, which would change the path.
fn dot_segment(path: &str) -> Option<&str> {
    without_query_and_fragment(path).split('/').find(|segment| matches!(*segment, "." | ".."))
}

/// Parses a path of a trait. Such paths are not repaired.
#[allow(clippy::result_large_err, reason = "the caller pushes it to the findings")]
pub(super) fn strict(path: &str, at: &str) -> Result<Template, Diagnostic> {
    let wrong = |what: &str, fix: String| -> Result<Template, _> {
        let message = format!("the path `{}` {what}", path.escape_debug());
        Err(Diagnostic::new(&INVALID_PATH, at, message).fix(fix))
    };
    if let Some(rest) = after_scheme(path) {
        return Err(whole_url(at, rest.find(['/', '?', '#']).and_then(|end| rest.get(end..)).unwrap_or_default()));
    }
    if let Some(query) = query(path, at) {
        return Err(query);
    }
    if let Some((rest, name)) = rest_of_path(path) {
        return wrong(
            &format!("has `{{{rest}}}`: a placeholder for several segments begins with `+`"),
            format!("write `{{+{name}}}`"),
        );
    }
    let is_part = |segment: &&str| {
        segment.contains("{+") && !(segment.starts_with("{+") && segment.find('}') == Some(segment.len() - 1))
    };
    if let Some(segment) = path.split('/').find(is_part) {
        let message = format!("has `{{+…}}` in the segment `{segment}`: it must be a whole segment");
        return wrong(&message, "write `{+name}` between slashes, or `{name}` for a part of one segment".to_owned());
    }
    if let Some((operator, name)) = operator(path) {
        // `/` and `.` are part of the expanded text (RFC 6570, sections 3.2.5 and 3.2.6), so the help keeps them.
        let kept = Some(operator).filter(|own| matches!(own, '/' | '.') && !path.contains(&format!("{own}{{{own}")));
        let help = format!("write `{}{{{name}}}`", kept.map(String::from).unwrap_or_default());
        return wrong(
            &format!("has the operator `{operator}` in `{{{operator}{name}}}`: only plain placeholders are supported"),
            help,
        );
    }
    // A `#` in braces is a mistake in the name, which is found below.
    if let Some((before, _)) = split_outside_placeholders(path, &['#']) {
        return wrong("has a fragment", format!("end it before the `#`: `{before}`"));
    }
    if let Some(c) = path.chars().find(|c| c.is_control() || *c == '\\') {
        let what = if c == '\\' { "contains a backslash" } else { "contains a control character" };
        return wrong(what, "remove it".to_owned());
    }
    let template = match Template::path(path) {
        Ok(template) => template,
        Err(error) => return wrong(&format!("cannot be read: {error}"), template_help(path, &error)),
    };
    if path.contains(char::is_whitespace) {
        return wrong("contains a space", "write it as `%20`, or remove it".to_owned());
    }
    if let Some(segment) = dot_segment(path) {
        return wrong(
            &format!("has the segment `{segment}`"),
            "write the path without `.` and `..` segments".to_owned(),
        );
    }
    // This is checked after the characters and segments, so that the suggested path has no other mistake in them.
    if !path.starts_with('/') {
        return wrong("does not begin with `/`", format!("write `/{path}`"));
    }
    match template.repeated_placeholder() {
        Some(name) => wrong(&format!("has the placeholder `{{{name}}}` twice"), "give each a unique name".to_owned()),
        None => Ok(template),
    }
}

/// Returns a placeholder for several segments in the syntax of other frameworks (`{path*}`, `{*path}`, `{path...}`, `{...path}`,
/// `{path:path}`, `{path:.+}`), and its name.
fn rest_of_path(path: &str) -> Option<(&str, &str)> {
    let marks = ["*", "...", ":path", ":.+"];
    let is_rest =
        |hole: &&str| hole.starts_with('*') || hole.starts_with("...") || marks.iter().any(|mark| hole.ends_with(mark));
    holes(path).find(is_rest).map(|hole| (hole, hole.split(':').next().unwrap_or(hole).trim_matches(['*', '.', '+'])))
}

/// Returns an operator of RFC 6570 at the start of a placeholder, and the name after it.
fn operator(path: &str) -> Option<(char, &str)> {
    holes(path).find_map(|hole| {
        let operator = hole.chars().next().filter(|c| matches!(c, '#' | '.' | '/' | ';'))?;
        let name =
            hole.get(1..).filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))?;
        Some((operator, name))
    })
}

/// Returns the contents of each pair of braces in a path.
fn holes(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(hole, _)| hole)
}

/// Returns the help for a path that is not a template.
fn template_help(path: &str, error: &TemplateError) -> String {
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let (before, after) = path.split_at_checked(error.span.start).unwrap_or_default();
    let name: String = match &error.reason {
        Reason::Unclosed(open) => {
            let after = after.strip_prefix(open).unwrap_or_default();
            let (plus, name) = after.strip_prefix('+').map_or(("", after), |name| ("+", name));
            let end = name.find(|c| !is_of_name(c)).unwrap_or(name.len());
            name.get(..end).filter(|name| !name.is_empty()).map(|name| format!("{plus}{name}")).unwrap_or_default()
        }
        Reason::Unopened => {
            let start = before.rfind(|c| !is_of_name(c)).map_or(0, |at| at + 1);
            before.get(start..).unwrap_or_default().to_owned()
        }
        Reason::Empty => String::new(),
        Reason::Doubled(name) => name.clone(),
        // The name of an argument that is a Rust keyword is written without `r#`.
        Reason::InvalidName(name) => {
            name.strip_prefix("r#").unwrap_or(name).chars().filter(|c| is_of_name(*c)).collect()
        }
    };
    if name.is_empty() { "name the argument that fills it: `{id}`".to_owned() } else { format!("write `{{{name}}}`") }
}

/// Reports a path whose placeholders cannot be read.
fn unreadable(at: &str, path: &str) -> Option<Diagnostic> {
    let error = template(path).err()?;
    let message = format!("the path `{path}` cannot be read: {error}");
    Some(Diagnostic::new(&INVALID_PATH, at, message).fix(template_help(&with_single_braces(path), &error)))
}

/// The path of a resource, and its placeholders.
struct SharedPath {
    path: Template,
    /// The names of all placeholders, [`folded`].
    names: HashSet<String>,
    /// The placeholders that are filled neither by the resource and its API nor by a variable, as they are written and [`folded`].
    unfilled: Vec<(String, String)>,
}

impl SharedPath {
    /// Parses the path of a resource. Returns `None` if the path has a mistake, which another rule reports.
    fn new(subject: Subject<'_>, view: &ResourceView<'_, '_>) -> Option<Self> {
        if subject.is_trait() && strict(&view.resource.path, "").is_err() {
            return None;
        }
        let path = template(without_query_and_fragment(&view.resource.path)).ok()?;
        let names = path.placeholders().map(folded).collect();
        let unfilled = unfilled(subject, view, &path);
        Some(Self { path, names, unfilled })
    }
}

/// Returns the placeholders of a path that are filled neither by the resource and its API nor by a variable, as they are written and
/// [`folded`].
fn unfilled(subject: Subject<'_>, view: &ResourceView<'_, '_>, path: &Template) -> Vec<(String, String)> {
    // In a file, a variable may fill a placeholder.
    let is_variable = |name: &str| {
        let (namespace, name) = split(name);
        !subject.is_trait() && is_declared(subject.document, namespace, name)
    };
    let names = path.placeholders().inspect(|_| count_work()).filter(|name| !view.fills(name) && !is_variable(name));
    let names: IndexMap<String, String> = names.map(|name| (name.to_owned(), folded(name))).collect();
    names.into_iter().collect()
}

/// The maximum number of unfilled placeholders, and of path parameters without a placeholder, that are reported for an operation. A
/// path of a resource may have many, and be the path of many operations.
const MAX_REPORTED: usize = 20;

/// Reports undeclared placeholders, and path parameters without a placeholder.
fn placeholders(
    subject: Subject<'_>,
    consumed: &Consumed<'_>,
    view: &ResourceView<'_, '_>,
    shared: &SharedPath,
    findings: &mut Vec<Diagnostic>,
) {
    let own = &consumed.operation.input_parameters;
    let own_path = consumed.operation.path.as_ref().map(|path| template(without_query_and_fragment(path)));
    let Ok(own_path) = own_path.transpose() else { return };
    // An operation's own path follows its resource's path, or replaces it. To avoid false findings, only placeholders of the own path
    // must be filled, but parameters may fill placeholders of both.
    let own_names: HashSet<String> = own_path.iter().flat_map(Template::placeholders).map(folded).collect();
    let own_unfilled = own_path.as_ref().map(|path| unfilled(subject, view, path));
    let sent = own_path.as_ref().unwrap_or(&shared.path);
    let fills = consumed.own_path_names();
    let missing = own_unfilled.as_ref().unwrap_or(&shared.unfilled).iter().inspect(|_| count_work());
    let missing = missing.filter(|(_, folded)| !fills.contains(folded)).map(|(name, _)| name.as_str());
    let missing: Vec<&str> = missing.take(MAX_REPORTED).collect();
    let has = |name: &str| {
        let name = folded(name);
        own_names.contains(&name) || shared.names.contains(&name)
    };
    if subject.is_trait() && has_foreign_placeholder(subject, consumed, findings) {
        return;
    }
    for name in &missing {
        let at = subject.part(&consumed.at, "path");
        let arguments =
            own.iter().map(|parameter| (parameter.name.as_str(), parameter.place.unwrap_or(ParameterIn::Path)));
        let message = format!("no parameter fills `{{{name}}}` in the path of `{}`", consumed.operation.name);
        let path = consumed.operation.path.as_ref().unwrap_or(&consumed.resource.path);
        let found = Diagnostic::new(&UNFILLED_PLACEHOLDER, at, message);
        findings.push(match name.rsplit_once('.') {
            // A reference in single braces is resolved only for some callers.
            Some((_, own)) if !subject.is_trait() => {
                let fix = format!("write `{{{own}}}`, and declare `{own}` under `inputParameters`, with `in: path`");
                found.fix(fix)
            }
            _ => found.with_severity(Severity::Info).fix(fill(name, path, arguments, &has)),
        });
    }
    let is_short = consumed.operation.path.as_ref().unwrap_or(&consumed.resource.path).len() <= LONGEST_SHOWN;
    let mut reported = 0;
    for (index, parameter) in own.iter().enumerate() {
        if parameter.place == Some(ParameterIn::Path) && !has(&parameter.name) && reported < MAX_REPORTED {
            reported += 1;
            let at = format!("{}/inputParameters/{index}", consumed.at);
            let message = format!(
                "the path `{}` of `{}` has no placeholder for `{}`",
                shortened(consumed.operation.path.as_ref().unwrap_or(&consumed.resource.path)),
                consumed.operation.name,
                parameter.name
            );
            let fix = match nearest(&parameter.name, missing.iter().copied()) {
                // In a trait, the mistake is the name of the placeholder, which is already reported.
                Some(_) if subject.is_trait() => continue,
                Some(near) if is_short => Fix::Write(corrected(&sent.to_string(), near, &parameter.name)),
                _ => Fix::AddPlaceholder(parameter.name.clone()),
            };
            let found = Diagnostic::new(&UNMATCHED_PATH_ARGUMENT, at, message);
            findings.push(found.fix(fix).with_severity(Severity::Warning));
        }
    }
}

/// The maximum length of a path that is repeated in the findings about an operation, in bytes: many operations may have the path of one
/// resource.
const LONGEST_SHOWN: usize = 1000;

/// Returns the beginning of a path that is too long to be repeated.
fn shortened(path: &str) -> Cow<'_, str> {
    if path.len() <= LONGEST_SHOWN {
        return path.into();
    }
    let start: String = path.chars().take(LONGEST_SHOWN / 10).collect();
    format!("{start}…").into()
}

/// Returns a path with one placeholder renamed.
pub(super) fn corrected(path: &str, placeholder: &str, name: &str) -> String {
    let path = path.replace(&format!("{{{placeholder}}}"), &format!("{{{name}}}"));
    path.replace(&format!("{{+{placeholder}}}"), &format!("{{+{name}}}"))
}

/// Returns the fix for the unfilled placeholder `name` of a path: send an existing argument in the path, correct the name, or add an
/// argument. `has` returns whether the path has a placeholder for the argument with a name.
pub(super) fn fill<'a>(
    name: &str,
    path: &str,
    arguments: impl Iterator<Item = (&'a str, ParameterIn)> + Clone,
    has: &dyn Fn(&str) -> bool,
) -> Fix {
    if let Some((argument, _)) = arguments.clone().find(|(argument, _)| same_name(argument, name)) {
        return Fix::SendIn { argument: argument.to_owned(), place: ParameterIn::Path };
    }
    let is_short = path.len() <= LONGEST_SHOWN;
    if let Some(plain) = without_notation(name).filter(|_| is_short) {
        return Fix::Write(corrected(path, name, &plain));
    }
    let spare =
        arguments.filter(|(argument, place)| matches!(place, ParameterIn::Query | ParameterIn::Path) && !has(argument));
    let has_spare = spare.clone().next().is_some();
    match nearest(name, spare.map(|(argument, _)| argument)) {
        Some(near) if is_short => {
            let path = corrected(path, name, near);
            Fix::Do(format!("if you mean the parameter `{near}`, write `{path}`").into())
        }
        _ => Fix::AddArgument { placeholder: name.to_owned(), has_spare },
    }
}

/// Returns the name of a placeholder without the constraints and defaults of other notations: `id` for `{id:[0-9]+}`,
/// `{id:3}`, `{id=7}` and `{id|int}`. Returns `x},{y` for `{x,y}`: each name of a list becomes a placeholder.
fn without_notation(placeholder: &str) -> Option<String> {
    let names = placeholder.split(',').map(|name| name.split([':', '=', '|']).next().unwrap_or_default());
    let plain = names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join("},{");
    (!plain.is_empty() && plain != placeholder).then_some(plain)
}

/// Reports a placeholder of another framework in the path of a trait's operation, and returns whether there is one.
fn has_foreign_placeholder(subject: Subject<'_>, consumed: &Consumed<'_>, findings: &mut Vec<Diagnostic>) -> bool {
    let found = subject
        .fragment(&consumed.at)
        .and_then(|fragment| foreign_placeholder(&consumed.resource.path, fragment, &format!("{}/path", consumed.at)));
    findings.extend(found.clone());
    found.is_some()
}

/// Reports a segment that would be a placeholder in other frameworks (`:id`); here it is literal text.
pub(super) fn foreign_placeholder(path: &str, fragment: &Fragment, at: &str) -> Option<Diagnostic> {
    let may_be_in_path = |place| matches!(place, ParameterIn::Path | ParameterIn::Query | ParameterIn::Body);
    let meant = |segment: &str| {
        let bracketed = || segment.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let name = segment.strip_prefix(':').or_else(bracketed)?;
        let is_argument = fragment.arguments.iter().any(|it| may_be_in_path(it.place) && same_name(&it.name, name));
        is_argument.then(|| (segment.to_owned(), name.to_owned()))
    };
    let (segment, name) = path.split('/').find_map(meant)?;
    let message = format!("`{segment}` of the path `{path}` is literal text, not a placeholder");
    Some(Diagnostic::new(&INVALID_PATH, at, message).fix(Fix::Write(format!("{{{name}}}"))))
}

/// Checks the path of a route of a file.
fn route(at: &str, path: &str, forwards: bool, findings: &mut Vec<Diagnostic>) {
    // Clients never send a fragment, so it is reported first. A query before it is reported once the fragment is
    // removed.
    let ended = if let Some((plain, _)) = split_outside_placeholders(path, &['#']) {
        let message = format!("the route `{path}` is never reached: clients don't send fragments");
        Some((message, format!("write `{plain}`")))
    } else {
        let message = || format!("the query of the route `{path}` has no effect: only paths are compared");
        without_query(path).map(|(plain, names)| (message(), declared_query(&plain, &names)))
    };
    if let Some((message, fix)) = ended {
        let found = Diagnostic::new(&INVALID_PATH, at, message);
        findings.push(found.fix(fix).with_severity(Severity::Warning));
        return;
    }
    if let Some(name) = template(path).ok().as_ref().and_then(Template::repeated_placeholder) {
        let message = format!("the route `{path}` has the placeholder `{{{name}}}` twice");
        findings.push(Diagnostic::new(&INVALID_PATH, at, message).fix("give each a unique name"));
    }
    if let Some(found) = unreadable(at, path) {
        // Here, a `?` or `#` can only be inside a placeholder, in the notation of another framework.
        let is_foreign = path.contains(['?', '#']);
        findings.push(if is_foreign { found.with_severity(Severity::Warning) } else { found });
    }
    if path.len() > 1 && path.ends_with('/') && !forwards {
        let message = format!("the route `{path}` ends with a slash");
        let found = Diagnostic::new(&TRAILING_SLASH, at, message);
        findings.push(found.fix(format!("write `{}`", path.trim_end_matches('/'))));
    }
}

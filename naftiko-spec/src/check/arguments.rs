//! What is wrong with arguments: names that cannot be told apart, bodies where none may be; and with the output's JSONPath.

use super::{At, Finding, Part, Rule};
use crate::fragment::{Argument, Fragment};
use crate::model::{Method, Place};
use serde_json_path::JsonPath;

pub(super) fn check(index: usize, fragment: &Fragment, findings: &mut Vec<Finding>) {
    duplicates(index, fragment, findings);
    bodies(index, fragment, findings);
    let output = fragment.output.as_deref();
    let published = || fragment.consumed.iter().flat_map(|part| &part.operation.output_parameters);
    let mut paths = output.into_iter().chain(published().filter_map(|parameter| parameter.value.as_deref()));
    findings.extend(paths.find_map(|path| jsonpath(index, path)));
}

/// Header names have no case (RFC 9110, section 5.1); all else has.
fn same(one: &Argument, other: &Argument) -> bool {
    one.name == other.name
        || (one.place == Place::Header && other.place == Place::Header && one.name.eq_ignore_ascii_case(&other.name))
}

fn duplicates(index: usize, fragment: &Fragment, findings: &mut Vec<Finding>) {
    for (position, argument) in fragment.arguments.iter().enumerate() {
        let Some(first) = fragment.arguments.iter().take(position).position(|other| same(argument, other)) else {
            continue;
        };
        let name = &argument.name;
        // A placeholder has one argument; elsewhere the attribute renames.
        let help = match argument.place {
            Place::Path => "one of them fills the placeholder; rename or remove the other".to_owned(),
            place => format!("rename one of them: `#[{}(\"…\")]`", place.as_str()),
        };
        findings.push(
            Finding::new(
                Rule::DuplicateArgument,
                At::Fragment(index, Part::Argument(position)),
                format!("two arguments are called `{name}`, so callers cannot tell them apart"),
            )
            .help(help)
            .also(At::Fragment(index, Part::Argument(first))),
        );
    }
}

fn bodies(index: usize, fragment: &Fragment, findings: &mut Vec<Finding>) {
    let at = |position| At::Fragment(index, Part::Argument(position));
    let bodies: Vec<(usize, &Argument)> =
        fragment.arguments.iter().enumerate().filter(|(_, argument)| argument.place == Place::Body).collect();
    let method = fragment.method();
    if let Some(method) =
        method.filter(|method| !(method.takes_body() || fragment.declares_body && *method == Method::Delete))
    {
        for (position, argument) in bodies {
            let word = method.as_str();
            let help = without_body(fragment, method, position, &argument.name);
            findings.push(
                Finding::new(
                    Rule::UnexpectedBody,
                    at(position),
                    format!("a {word} request has no body for `{}`", argument.name),
                )
                .help(help),
            );
        }
        return;
    }
    // An orchestration's body arguments are members of one object, unless one of them is the whole.
    let whole = |argument: &Argument| argument.whole_body || fragment.consumed.is_some();
    let Some(&(first, body)) = bodies.iter().find(|(_, argument)| whole(argument)) else { return };
    for (position, argument) in bodies.iter().filter(|(position, _)| *position != first) {
        findings.push(
            Finding::new(
                Rule::SeveralBodies,
                at(*position),
                format!("`{}` and `{}` cannot both be the body", body.name, argument.name),
            )
            .help("put both into one struct, or mark one `#[query]` or `#[header]`")
            .also(at(first)),
        );
    }
}

/// What to do about a body that the method does not have.
fn without_body(fragment: &Fragment, method: Method, position: usize, name: &str) -> String {
    let consumed = fragment.consumed.as_ref();
    if method == Method::Delete {
        let path = consumed.map(|part| &part.path).or_else(|| fragment.routes.first().map(|route| &route.path));
        let path = path.map_or("/path", String::as_str);
        return match consumed {
            Some(_) => format!("if the API reads one, write `#[delete(\"{path}\", body)]`"),
            None => format!("to read one, write `#[rest(delete = \"{path}\", body)]`"),
        };
    }
    let inputs = consumed.map(|part| &part.operation.input_parameters);
    let inputs = inputs.or_else(|| fragment.routes.first().map(|route| &route.operation.input_parameters));
    let kind = inputs.and_then(|inputs| inputs.get(position)).and_then(|input| input.kind.as_deref());
    match kind {
        Some("object") | None => {
            format!("take what `{name}` holds as arguments of their own: they travel in the query; or use `post`")
        }
        Some(_) => format!("mark `{name}` `#[query]`, or use a method with a body: `post`"),
    }
}

/// What is wrong with a JSONPath, if anything. `$.` is published for the whole answer.
fn jsonpath(index: usize, path: &str) -> Option<Finding> {
    if path == "$." {
        return None;
    }
    let error = JsonPath::parse(path).err()?;
    let help = if path.starts_with('$') {
        let at = error.position();
        let rest = path.get(at..).filter(|rest| !rest.is_empty());
        match rest {
            Some(rest) => {
                format!("it cannot be read from `{rest}` on; a member is `$.data.items`, an element `$.items[0]`")
            }
            None => "it ends too early; a member is `$.data.items`, an element `$.items[0]`".to_owned(),
        }
    } else {
        format!("a JSONPath begins with `$`, the whole answer: `$.{}`", path.trim_start_matches(['.', '/']))
    };
    Some(
        Finding::new(
            Rule::InvalidJsonpath,
            At::Fragment(index, Part::Output),
            format!("`{path}` is no JSONPath (RFC 9535)"),
        )
        .help(help),
    )
}

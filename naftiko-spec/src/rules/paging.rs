//! Rules for `page`: its keys can be combined, its argument exists, and the operation only reads.

use super::Subject;
use super::outputs;
use super::walk::{Api, Consumed, DocumentView};
use crate::diagnostic::table::paging::{INVALID_PAGE, PAGED_WRITE};
use crate::diagnostic::{Diagnostic, Fix};
use crate::jsonpath::Path;
use crate::model::{Format, InputParameter, Paging, ParameterIn};
use crate::names::some_known;
use crate::nearest::Suggestions;

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let suggestions = Suggestions::default();
    for consumed in &walk.operations {
        let Some(page) = &consumed.operation.page else { continue };
        let at = format!("{}/page", consumed.at);
        let kinds: Vec<&str> = page.kinds().collect();
        match kinds.as_slice() {
            [kind] => {
                check_keys(page, kind, &at, findings);
                if let Some(api) = walk.apis.get(consumed.api) {
                    findings.extend(check_argument(subject, page, (api, consumed), kind, &at, &suggestions));
                }
            }
            [] => findings.push(
                Diagnostic::new(&INVALID_PAGE, &*at, "`page` does not specify how the next page is found")
                    .fix("write one of `cursor`, `offset`, `number`, `keyset` and `link`"),
            ),
            [first, second, ..] => findings.push(
                Diagnostic::new(
                    &INVALID_PAGE,
                    format!("{at}/{second}"),
                    format!("`{first}` and `{second}` are two ways to find the next page"),
                )
                .fix("keep one of them"),
            ),
        }
        paths(subject, page, &at, findings);
        let mut headers = consumed.operation.response_headers.iter();
        if let Some(index) = headers.position(|name| name.eq_ignore_ascii_case("link")) {
            let message = "the header `Link` of the API is replaced: the route sends its own `Link` to the next page";
            let fix = format!("remove `Link` from `{}`", subject.key("responseHeaders"));
            // In a trait, only `#[page]` has a location in the source.
            let at = if subject.is_trait() { at.clone() } else { format!("{}/responseHeaders/{index}", consumed.at) };
            findings.push(Diagnostic::new(&INVALID_PAGE, at, message).fix(fix));
        }
        let format = consumed.operation.output_raw_format.as_deref().and_then(Format::named);
        if format == Some(Format::Stream) {
            let message = "a stream has no pages: its items arrive one after another";
            findings.push(Diagnostic::new(&INVALID_PAGE, at.clone(), message).fix("remove `page`"));
        }
        if format == Some(Format::Binary)
            && let [kind] = kinds.as_slice()
            && page.is_in_body()
        {
            let message = format!("`{kind}` paging reads the JSON of the answer, but the answer is a file");
            let fix = "set `link` to `header` if the API sends the header `Link`, or remove `page`";
            findings.push(Diagnostic::new(&INVALID_PAGE, at.clone(), message).fix(fix));
        }
        if consumed.operation.method.hints().read_only != Some(true) {
            let method = consumed.operation.method.as_str();
            let message = format!("each page is a separate {method}, which may change something");
            findings.push(Diagnostic::new(&PAGED_WRITE, at, message).fix("remove `page`"));
        }
    }
}

/// Finds missing keys that the kind of paging needs, and keys that have no effect on it.
fn check_keys(page: &Paging, kind: &str, at: &str, findings: &mut Vec<Diagnostic>) {
    let needs_items = matches!(kind, "offset" | "keyset");
    if needs_items && page.items.is_none() {
        let message = format!("`{kind}` needs the array with the items of a page");
        let fix = "add `items` with its JSONPath: `$.items`, or `$` if the whole answer is the array";
        findings.push(Diagnostic::new(&INVALID_PAGE, format!("{at}/{kind}"), message).fix(fix));
    }
    if kind == "number" && page.items.is_none() && page.more.is_none() {
        let message = "`number` needs a way to recognize the last page";
        let fix = "add `items` with the JSONPath of the array, which is empty after the last page, or `more` with the \
                   JSONPath of a boolean";
        findings.push(Diagnostic::new(&INVALID_PAGE, format!("{at}/{kind}"), message).fix(fix));
    }
    let without_effect = [
        ("items", page.items.is_some() && matches!(kind, "cursor" | "link")),
        ("first", page.first.is_some() && kind != "number"),
    ];
    for (key, _) in without_effect.into_iter().filter(|(_, is_useless)| *is_useless) {
        let message = format!("`{key}` has no effect with `{kind}` paging");
        findings.push(Diagnostic::new(&INVALID_PAGE, format!("{at}/{key}"), message).fix("remove it"));
    }
}

/// Checks the parameter that requests the next page.
fn check_argument(
    subject: Subject<'_>,
    page: &Paging,
    (api, consumed): (&Api<'_>, &Consumed<'_>),
    kind: &str,
    at: &str,
    suggestions: &Suggestions,
) -> Option<Diagnostic> {
    let found = |key: &str, message: String, fix: Fix| {
        Some(Diagnostic::new(&INVALID_PAGE, format!("{at}/{key}"), message).fix(fix))
    };
    let Some(into) = &page.into else {
        if kind == "link" {
            return None;
        }
        let message = format!("`{kind}` needs the name of the argument that requests the next page");
        return found(kind, message, "add `into` with its name".into());
    };
    let all = api.consume.input_parameters.iter().chain(&consumed.resource.input_parameters);
    let all = all.chain(&consumed.operation.input_parameters).filter(|parameter| parameter.value.is_none());
    let all: Vec<&InputParameter> = all.collect();
    let Some(parameter) = all.iter().rfind(|parameter| parameter.name == *into) else {
        let names = all.iter().map(|parameter| parameter.name.as_str());
        let fix = match suggestions.nearest(into, names.clone()) {
            Some(near) => Fix::Meant(near.to_owned()),
            None if all.is_empty() => "the operation has no arguments: add one".into(),
            None => some_known("the arguments are", names).into(),
        };
        return found("into", format!("the operation has no argument `{into}`"), fix);
    };
    // The members of a body are arguments only in documents.
    let is_sent = match parameter.place {
        Some(ParameterIn::Query) | None => true,
        Some(ParameterIn::Body) => !subject.is_trait(),
        Some(ParameterIn::Path | ParameterIn::Header | ParameterIn::Cookie) => false,
    };
    if is_sent {
        return None;
    }
    let place = parameter.place.unwrap_or_default().as_str();
    let message = format!("`{into}` is a {place} parameter, but the next page is requested in the query");
    found("into", message, "set `into` to an argument that is sent in the query".into())
}

/// Checks the `JSONPath`s; every path except `items` must select one value.
fn paths(subject: Subject<'_>, page: &Paging, at: &str, findings: &mut Vec<Diagnostic>) {
    for (key, text) in page.paths() {
        let at = format!("{at}/{key}");
        if let Some(found) = outputs::invalid(subject, text, &at) {
            findings.push(found);
        } else if key != "items" && Path::parse(text).is_ok_and(|path| !path.is_singular()) {
            let message = format!("`{text}` may select several values");
            findings
                .push(Diagnostic::new(&INVALID_PAGE, at, message).fix("write the path of one value: `$.data.next`"));
        }
    }
}

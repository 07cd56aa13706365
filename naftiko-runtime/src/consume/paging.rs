//! Finds the page after an answer, from a cursor, a position, the key of the last item, or a link. The link's query becomes
//! arguments of the same operation.
//!
//! No URL of an answer is ever requested, so each page is a request that the operation could have made anyway.

use super::encode::LONGEST_URL;
use super::failure;
use super::source::{ReadySource, Scope, to_text};
use super::upstream_call::UpstreamCall;
use super::{link_header, reference};
use crate::error::{Error, Result};
use crate::operation::NextPage;
use crate::schema::{kind_of, pointer};
use http::{HeaderMap, Uri};
use naftiko_spec::jsonpath::{Path, Picked};
use naftiko_spec::lower::{CallPage, Source};
use naftiko_spec::model::{Paging, Style};
use naftiko_spec::printable;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::collections::HashMap;
use std::convert::Infallible;

/// The rule by which the next page of a call is found.
pub(crate) struct Pager {
    source: NextPageSource,
    /// The index of the argument that requests the next page.
    into: Option<usize>,
    /// The value that is sent for the argument `into`: the caller's, or the default of the API's parameter.
    sent: Option<ReadySource>,
    /// The path of the boolean that is true if there are more pages.
    more: Option<Path>,
    /// The parameters of the query that are arguments.
    query: Vec<QueryArgument>,
    /// The maximum number of pages that a client reads.
    max_pages: usize,
}

/// An argument that is sent in the query.
pub(super) struct QueryArgument {
    /// The name of the parameter.
    name: String,
    /// The index of the argument.
    index: usize,
    /// The style in which it is sent; `None` if each of its values is a parameter with that name.
    style: Option<Style>,
}

impl QueryArgument {
    /// Returns the argument that is sent in a parameter; `None` if another value is sent.
    pub(super) fn of(name: &str, source: &Source) -> Option<Self> {
        let (style, source) = match source {
            Source::Styled(style, source) => (Some(*style).filter(|style| *style != Style::Repeated), &**source),
            source => (None, source),
        };
        Some(Self { name: name.to_owned(), index: source.argument()?, style })
    }

    /// Returns whether a parameter of a query is this argument, or a part of it: `a[0]` is a part of `a`.
    fn owns(&self, parameter: &str) -> bool {
        let rest = parameter.strip_prefix(&*self.name);
        rest.is_some_and(|rest| rest.is_empty() || (self.style.is_some() && rest.starts_with('[')))
    }
}

/// The value that leads to the next page.
enum NextPageSource {
    /// The cursor at this path of the answer.
    Cursor(Path),
    /// The position of the page, plus the number of its items.
    Offset { items: Path },
    /// The number of the page, plus one. If the path of the items is known, a page without items is the last.
    Number { items: Option<Path>, first: u64 },
    /// The key of the last item.
    Keyset { items: Path, key: Path },
    /// The target of the header `Link`.
    Header,
    /// The link at this path of the answer.
    Link(Path),
}

/// The parameters of a query, decoded: each name once, with its values.
#[derive(Default)]
struct QueryParameters {
    /// In the order of the query.
    all: Vec<(String, Vec<String>)>,
    /// The position of each name in `all`.
    positions: HashMap<String, usize>,
}

impl QueryParameters {
    fn of(query: &str) -> Self {
        let mut parameters = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
            let (name, value) = (decoded(name), decoded(value));
            let known = parameters.positions.get(&name).and_then(|position| parameters.all.get_mut(*position));
            if let Some((_, values)) = known {
                values.push(value);
            } else {
                parameters.positions.insert(name.clone(), parameters.all.len());
                parameters.all.push((name, vec![value]));
            }
        }
        parameters
    }

    /// Returns the values of a parameter; empty if the query does not contain it.
    fn values(&self, name: &str) -> &[String] {
        let position = self.positions.get(name);
        position.and_then(|position| self.all.get(*position)).map_or(&[], |(_, values)| values)
    }
}

/// The page that a request asks for.
pub(crate) struct RequestedPage {
    /// The texts that are sent for the argument that requests a page: empty if it is absent, several for a list.
    values: Vec<String>,
    /// Whether the caller passed them; otherwise they are a default.
    is_given: bool,
    uri: Uri,
}

impl Pager {
    /// Prepares the paging of a call: what is sent for the argument that requests a page, and the parameters of its query that are
    /// arguments.
    ///
    /// # Errors
    /// Returns an error if a JSONPath cannot be parsed, or a key is missing.
    pub(super) fn new(page: &CallPage, sent: Option<ReadySource>, query: Vec<QueryArgument>) -> Result<Self, String> {
        let CallPage { paging, into, .. } = page;
        let sent = sent.or_else(|| into.map(ReadySource::Argument));
        let parse = |path: &Option<String>, key: &str| {
            let path = path.as_ref().ok_or_else(|| format!("`page` has no `{key}`"))?;
            Path::parse(path).map_err(|why| why.to_string())
        };
        let optional = |path: &Option<String>| path.as_ref().map(|path| parse(&Some(path.clone()), "")).transpose();
        let source = match paging.kinds().next() {
            Some("cursor") => NextPageSource::Cursor(parse(&paging.cursor, "cursor")?),
            Some("offset") => NextPageSource::Offset { items: parse(&paging.items, "items")? },
            Some("number") => NextPageSource::Number {
                items: optional(&paging.items)?,
                first: paging.first.unwrap_or(Paging::FIRST).into(),
            },
            Some("keyset") => {
                NextPageSource::Keyset { items: parse(&paging.items, "items")?, key: parse(&paging.keyset, "keyset")? }
            }
            Some("link") if paging.link.as_deref() == Some(Paging::HEADER) => NextPageSource::Header,
            Some("link") => NextPageSource::Link(parse(&paging.link, "link")?),
            _ => return Err("`page` does not specify how the next page is found".to_owned()),
        };
        let max_pages = paging.max_pages.unwrap_or(Paging::MAX_PAGES).into();
        Ok(Self { source, into: *into, sent, more: optional(&paging.more)?, query, max_pages })
    }

    /// Returns the page that a request asks for.
    pub(super) fn requested<'a>(&'a self, scope: &Scope<'a>, uri: &Uri) -> RequestedPage {
        let mut values = Vec::new();
        if let Some(source) = &self.sent {
            let Ok(()) = scope.each_text(source, |text| {
                values.push(text.to_owned());
                Ok::<_, Infallible>(())
            });
        }
        let given = self.into.and_then(|index| scope.argument(index));
        RequestedPage { values, is_given: given.is_some_and(|given| !given.is_null()), uri: uri.clone() }
    }
}

/// A search for the next page of one answer.
pub(super) struct PageSearch<'a> {
    upstream_call: &'a UpstreamCall,
    /// The names of the arguments.
    arguments: &'a [String],
    pager: &'a Pager,
    requested: RequestedPage,
    /// The target of the header `Link`.
    link: Option<String>,
    /// The body of the answer; null if it is empty.
    pub(super) answer: Value,
}

impl<'a> PageSearch<'a> {
    /// Creates a search of an answer with the given headers.
    pub(super) fn new(
        pager: &'a Pager,
        (upstream_call, arguments): (&'a UpstreamCall, &'a [String]),
        requested: RequestedPage,
        headers: &HeaderMap,
    ) -> Self {
        let link = matches!(pager.source, NextPageSource::Header).then(|| link_header::next(headers)).flatten();
        Self { upstream_call, arguments, pager, requested, link, answer: Value::Null }
    }

    /// Returns whether the next page depends on the body of the answer.
    pub(super) fn reads_body(&self) -> bool {
        !matches!(self.pager.source, NextPageSource::Header) || self.pager.more.is_some()
    }

    /// Returns the next page; `None` after the last.
    ///
    /// # Errors
    /// Returns an error if the answer does not name the next page in the expected form, if it names the requested page again, or if the
    /// requested position is not a non-negative integer.
    pub(super) fn next_page(&self) -> Result<Option<NextPage>> {
        let answer = &self.answer;
        if let Some(more) = &self.pager.more
            && !self.has_more(more, answer)?
        {
            return Ok(None);
        }
        let next = match &self.pager.source {
            NextPageSource::Cursor(path) => self.text(path, answer)?,
            NextPageSource::Offset { items } => match self.items(items, answer)?.len() {
                0 => None,
                count => Some(self.next_position(0, u64::try_from(count).unwrap_or(u64::MAX))?),
            },
            NextPageSource::Number { items: Some(items), .. } if self.items(items, answer)?.is_empty() => None,
            NextPageSource::Number { first, .. } => Some(self.next_position(*first, 1)?),
            NextPageSource::Keyset { items, key } => match self.items(items, answer)?.last() {
                None => None,
                Some(last) => Some(self.text(key, last)?.ok_or_else(|| {
                    self.bad_answer(&format!("sent an unexpected answer: the last item has no `{}`", key.source()))
                })?),
            },
            NextPageSource::Header => return self.link.as_ref().map(|link| self.page_of_link(link)).transpose(),
            NextPageSource::Link(path) => {
                return self.text(path, answer)?.map(|link| self.page_of_link(&link)).transpose();
            }
        };
        let (Some(next), Some(into)) = (next, self.pager.into) else { return Ok(None) };
        if self.requested.values == [next.as_str()] {
            return Err(self.endless());
        }
        Ok(Some(self.page(vec![(into, vec![next])])))
    }

    fn bad_answer(&self, what: &str) -> Error {
        failure::bad_answer(self.upstream_call, what)
    }

    fn unexpected(&self, path: &Path, expected: &str, found: &str) -> Error {
        self.bad_answer(&format!(
            "sent an unexpected answer: expected {expected} at `{}`, found {found}",
            path.source()
        ))
    }

    fn endless(&self) -> Error {
        self.bad_answer("returned the requested page as its own next page, so paging would never end")
    }

    fn page(&self, changes: Vec<(usize, Vec<String>)>) -> NextPage {
        NextPage { changes, max_pages: self.pager.max_pages }
    }

    /// Returns the value at a path that selects at most one value; `None` if the value is missing or null.
    fn one<'v>(&self, path: &Path, answer: &'v Value) -> Result<Option<&'v Value>> {
        match path.pick(answer).map_err(|why| self.bad_answer(&format!("sent an unexpected answer: {why}")))? {
            Picked::Nothing => Ok(None),
            Picked::One(value) => Ok(Some(value).filter(|value| !value.is_null())),
            Picked::Length(_) => Err(self.unexpected(path, "one value", "a length")),
            Picked::Many(_) => Err(self.unexpected(path, "one value", "several values")),
        }
    }

    /// Returns the boolean at a path, which is true if there are more pages; a missing value counts as false.
    fn has_more(&self, path: &Path, answer: &Value) -> Result<bool> {
        match self.one(path, answer)? {
            None => Ok(false),
            Some(Value::Bool(more)) => Ok(*more),
            Some(other) => Err(self.unexpected(path, "true or false", kind_of(other))),
        }
    }

    /// Returns the text or the number at a path; `None` if it is missing, null or empty.
    fn text(&self, path: &Path, answer: &Value) -> Result<Option<String>> {
        match self.one(path, answer)? {
            None => Ok(None),
            Some(value @ (Value::String(_) | Value::Number(_))) => {
                let text = to_text(value).into_owned();
                // A longer text fits neither in a request nor in the `Link` of a route.
                if text.len() > LONGEST_URL {
                    let length = text.len();
                    return Err(
                        self.bad_answer(&format!("sent a next page that is too long for a URL: {length} bytes"))
                    );
                }
                Ok(Some(text).filter(|text| !text.is_empty()))
            }
            Some(other) => Err(self.unexpected(path, "a string or a number", kind_of(other))),
        }
    }

    /// Returns the items of the page; an empty list if they are missing or null.
    fn items<'v>(&self, path: &Path, answer: &'v Value) -> Result<Vec<&'v Value>> {
        match path.pick(answer).map_err(|why| self.bad_answer(&format!("sent an unexpected answer: {why}")))? {
            Picked::Nothing | Picked::One(Value::Null) => Ok(Vec::new()),
            Picked::One(Value::Array(items)) => Ok(items.iter().collect()),
            Picked::Many(items) => Ok(items),
            Picked::One(other) => Err(self.unexpected(path, "an array", kind_of(other))),
            Picked::Length(_) => Err(self.unexpected(path, "an array", "a length")),
        }
    }

    /// Returns the requested position, or `first`, plus `step`.
    fn next_position(&self, first: u64, step: u64) -> Result<String> {
        let position = match self.requested.values.as_slice() {
            [] => Some(first),
            // A default that is not a number, such as an empty text, is the API's own way to ask for the first page.
            [text] => text.trim().parse::<u64>().ok().or(Some(first).filter(|_| !self.requested.is_given)),
            _ => None,
        };
        let next = position.and_then(|position| position.checked_add(step));
        next.map(|next| next.to_string()).ok_or_else(|| {
            let name = self.pager.into.and_then(|index| self.arguments.get(index)).map_or("", String::as_str);
            let message = match self.requested.values.as_slice() {
                _ if position.is_some() => "this number is too large to count the next page".to_owned(),
                [text] => format!("expected a non-negative integer, found `{}`", printable(text)),
                values => format!("expected one non-negative integer, found {} values", values.len()),
            };
            Error::argument(pointer(name), message).in_operation(&self.upstream_call.name)
        })
    }

    /// Returns the page to which a link leads, as arguments.
    fn page_of_link(&self, link: &str) -> Result<NextPage> {
        let requested = &self.requested.uri;
        let Some(target) = reference::resolve(requested, link.trim()) else {
            return Err(self.bad_answer("sent a link to the next page that is not a valid URL"));
        };
        if !reference::is_same_origin(requested, &target) {
            let what = "links to a next page with another scheme, host or port; such links are not followed";
            return Err(self.bad_answer(what));
        }
        let [before, after] = [requested, &target].map(|uri| QueryParameters::of(uri.query().unwrap_or_default()));
        let changes = match self.pager.into {
            Some(into) => self.changed_argument(into, &before, &after)?.into_iter().collect(),
            None => self.changed_arguments(&before, &after)?,
        };
        // Decoding has replaced bytes that are not UTF-8, so the decoded value differs from the value in the link.
        if changes.iter().any(|(_, new)| new.iter().any(|value| value.contains(char::REPLACEMENT_CHARACTER))) {
            return Err(self.bad_answer("sent a link to the next page that is not UTF-8"));
        }
        match changes.is_empty() {
            false => Ok(self.page(changes)),
            true if requested.path() == target.path() => Err(self.endless()),
            true => {
                Err(self.bad_answer("links to a next page that differs only in its path; such links are not followed"))
            }
        }
    }

    /// Returns the argument `into` with its values in a link; `None` if the request had the same values. `before` are
    /// the parameters of the request, `after` those of the link.
    fn changed_argument(
        &self,
        into: usize,
        before: &QueryParameters,
        after: &QueryParameters,
    ) -> Result<Option<(usize, Vec<String>)>> {
        let argument = self.pager.query.iter().find(|argument| argument.index == into);
        let name = argument.map_or("", |argument| &*argument.name);
        match after.values(name) {
            [] => Err(self.bad_answer(&format!("links to a next page without the parameter `{name}`"))),
            new if before.values(name) == new => Ok(None),
            new => Ok(Some((into, new.to_vec()))),
        }
    }

    /// Returns each argument whose values differ between the request and a link, with its values in the link, which are
    /// empty if the link leaves the argument out. `before` are the parameters of the request, `after` those of the
    /// link.
    fn changed_arguments(
        &self,
        before: &QueryParameters,
        after: &QueryParameters,
    ) -> Result<Vec<(usize, Vec<String>)>> {
        let argument = |name: &str| self.pager.query.iter().find(|argument| argument.owns(name));
        let mut changes = Vec::new();
        for (name, new) in after.all.iter().filter(|(name, new)| before.values(name) != *new) {
            match argument(name) {
                Some(QueryArgument { style: Some(style), name, .. }) => return Err(self.styled(name, *style)),
                Some(argument) => changes.push((argument.index, new.clone())),
                None if self.is_credential(name) || is_masked_credential(before, name, new) => {}
                None => {
                    let name: String = name.escape_debug().take(60).collect();
                    return Err(self.bad_answer(&format!(
                        "changes `{name}` in the link to the next page, but the operation has no such argument: \
                         declare it, or take one argument from the link with `into`"
                    )));
                }
            }
        }
        let left_out = before.all.iter().filter(|(name, _)| after.values(name).is_empty());
        for argument in left_out.filter_map(|(name, _)| argument(name)) {
            match argument.style {
                _ if changes.iter().any(|(index, _)| *index == argument.index) => {}
                // The link leaves out only a part of the argument.
                Some(style) if after.all.iter().any(|(name, _)| argument.owns(name)) => {
                    return Err(self.styled(&argument.name, style));
                }
                _ => changes.push((argument.index, Vec::new())),
            }
        }
        Ok(changes)
    }

    /// Describes a link that changes an argument which is sent in a style.
    fn styled(&self, name: &str, style: Style) -> Error {
        self.bad_answer(&format!(
            "changes `{name}` in the link to the next page, but a link cannot change an argument in the style `{}`: take one \
             argument from the link with `into`",
            style.as_str()
        ))
    }

    /// Returns whether the capability's own credential, or a secret constant of the API, is sent in that parameter.
    fn is_credential(&self, name: &str) -> bool {
        let upstream = &self.upstream_call.upstream;
        let own = upstream.credential.as_ref().and_then(|credential| credential.place.query(true)).map(|(own, _)| own);
        let constants = upstream.query.iter().filter(|(_, _, is_secret)| *is_secret).map(|(own, ..)| own.as_str());
        own.into_iter().chain(constants).any(|own| percent_decode_str(own).decode_utf8_lossy() == name)
    }
}

/// Returns whether a parameter of a link is masked: a secret that the user's own source of credentials added to the request after it was
/// built.
fn is_masked_credential(before: &QueryParameters, name: &str, new: &[String]) -> bool {
    let is_mask = |value: &String| !value.is_empty() && value.bytes().all(|byte| byte == b'*');
    before.values(name).is_empty() && new.iter().all(is_mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If all names were compared, this would take minutes.
    #[test]
    fn the_parameters_of_a_long_query_are_read_in_linear_time() {
        let names: Vec<String> = (0..300_000).map(|number| number.to_string()).collect();
        let parameters = QueryParameters::of(&format!("{}=&7=a+b&x", names.join("=&")));
        assert_eq!((parameters.all.len(), parameters.values("7").join("|")), (300_001, "|a b".to_owned()));
        assert!(parameters.values("y").is_empty() && parameters.all.last().is_some_and(|(name, _)| name == "x"));
    }
}

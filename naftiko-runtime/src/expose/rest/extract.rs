//! Extracts the arguments of an operation from the parts of a request.

use super::given::{add, utf8};
use super::objects::{self, Objects};
use super::segment_pattern::{Placeholder, PlaceholderValue, SegmentPattern};
use super::{files, text};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::operation::OwnedArgument;
use crate::operation::{InputSchema, Operation};
use crate::schema::{self, Fault, Members, pointer};
use axum::extract::Request;
use bytes::Bytes;
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use naftiko_spec::fragment::RouteFragment;
use naftiko_spec::model::{ParameterIn, Style};
use naftiko_spec::template::same_name;
use std::sync::Arc;

/// The source of each argument in a request, computed at startup.
pub(super) struct ArgumentExtractor {
    /// In the order of the method's arguments.
    all: Vec<ArgumentSource>,
    /// Whether the query is read: for its arguments, or to reject unknown parameters.
    query: bool,
    /// Whether cookies are read.
    cookies: bool,
    body: BodyUse,
    strictness: Strictness,
}

/// Whether unknown parameters and members are rejected.
#[derive(Clone, Copy)]
pub(super) struct Strictness {
    pub(super) query: bool,
    pub(super) members: bool,
}

/// The source of one argument in a request.
enum ArgumentSource {
    /// The path segment with that index. The empty string before the first `/` has index 0.
    Segment(usize),
    /// A part of a segment: the index of the segment, its pattern, and the index of the placeholder in the pattern.
    SegmentPart(usize, Arc<SegmentPattern>, usize),
    /// All segments from that index on.
    Rest(usize),
    Query,
    /// Query parameters that are the members of an object.
    QueryObject,
    /// Headers with this prefix that are the members of an object.
    HeaderObject(HeaderName),
    Header(HeaderName),
    Cookie,
    Body,
    /// A member of the body that can also be given in the query.
    BodyOrQuery,
}

impl ArgumentSource {
    fn is_body(&self) -> bool {
        matches!(self, Self::Body | Self::BodyOrQuery)
    }

    fn is_query(&self) -> bool {
        matches!(self, Self::Query | Self::QueryObject | Self::BodyOrQuery)
    }
}

/// The use of the body.
#[derive(Clone, Copy, PartialEq)]
enum BodyUse {
    /// Not used.
    Unread,
    /// The whole body is the argument with that index.
    Whole(usize),
    /// The body is an object with a member for each argument in it.
    Members,
}

impl ArgumentExtractor {
    /// Finds the sources of an operation's arguments in requests. `placeholders` are the placeholders in the path of the route.
    pub(super) fn of(operation: &Operation, placeholders: &[Placeholder<'_>], strictness: Strictness) -> Self {
        let mut body = BodyUse::Unread;
        let mut all = Vec::new();
        for (index, input) in operation.inputs.iter().enumerate() {
            let argument = &input.argument;
            let segment = placeholders.iter().find(|own| same_name(own.name, &argument.name));
            all.push(match (segment, argument.place) {
                (Some(own), place) if place != ParameterIn::Body => match &own.part {
                    Some((pattern, part)) => ArgumentSource::SegmentPart(own.segment, pattern.clone(), *part),
                    None if own.rest => ArgumentSource::Rest(own.segment),
                    None => ArgumentSource::Segment(own.segment),
                },
                (_, ParameterIn::Header) => match HeaderName::from_bytes(argument.name.as_bytes()) {
                    Ok(name) if argument.is_json() => ArgumentSource::HeaderObject(name),
                    Ok(name) => ArgumentSource::Header(name),
                    // Not reached: the checks of the trait or document reject a name that is not a valid header name.
                    Err(_) => ArgumentSource::Query,
                },
                (_, ParameterIn::Cookie) => ArgumentSource::Cookie,
                (_, ParameterIn::Body) => {
                    body = if argument.whole_body { BodyUse::Whole(index) } else { BodyUse::Members };
                    if argument.also_in_query && !argument.whole_body {
                        ArgumentSource::BodyOrQuery
                    } else {
                        ArgumentSource::Body
                    }
                }
                (_, ParameterIn::Query) if argument.is_json() => ArgumentSource::QueryObject,
                (_, ParameterIn::Path | ParameterIn::Query) => ArgumentSource::Query,
            });
        }
        // Read the body even without arguments in it, so that unexpected members are rejected, not ignored.
        let carries = |part: &RouteFragment| part.operation.method.takes_body();
        if body == BodyUse::Unread && operation.fragment.routes.iter().all(carries) {
            body = BodyUse::Members;
        }
        let query = strictness.query || all.iter().any(ArgumentSource::is_query);
        let cookies = all.iter().any(|source| matches!(source, ArgumentSource::Cookie));
        Self { all, query, cookies, body, strictness }
    }

    /// Returns whether an argument is a query parameter, and neither a member of the body nor an object with several parameters.
    pub(super) fn is_in_query(&self, index: usize) -> bool {
        matches!(self.all.get(index), Some(ArgumentSource::Query))
    }

    /// Returns the arguments of a request, each checked against its schema but not converted.
    pub(super) async fn bind(
        &self,
        operation: &Operation,
        request: Request,
        limits: &Limits,
    ) -> Result<Vec<OwnedArgument>> {
        let (parts, mut body) = request.into_parts();
        let mut given = vec![OwnedArgument::Absent; self.all.len()];
        self.read_target(operation, &parts, &mut given)?;
        // A request that is already invalid is answered before its body is read.
        self.check(operation, &given, |source| !source.is_body())?;
        if self.body == BodyUse::Unread {
            return Ok(given);
        }
        let of_body =
            operation.inputs.iter().zip(&self.all).zip(&mut given).filter(|((_, source), _)| source.is_body());
        let mut of_body: Vec<_> = of_body.map(|((input, _), given)| (input, given)).collect();
        if !files::read(&mut of_body, &parts.headers, &mut body, limits).await? {
            let body = super::body::read(&parts.headers, body, limits).await?;
            if !body.trim_ascii().is_empty() {
                self.read_json(operation, &body, &mut given)?;
            }
        }
        self.check(operation, &given, ArgumentSource::is_body)?;
        if self.strictness.members {
            schema::no_unknown_members(&operation.inputs, &given)?;
        }
        Ok(given)
    }

    /// Checks the arguments whose source is selected by `is_checked` against their schemas.
    fn check(
        &self,
        operation: &Operation,
        given: &[OwnedArgument],
        is_checked: fn(&ArgumentSource) -> bool,
    ) -> Result<()> {
        let mut all = operation.inputs.iter().zip(&self.all).zip(given);
        all.try_for_each(
            |((input, source), given)| if is_checked(source) { schema::check(input, given) } else { Ok(()) },
        )
    }

    /// Reads the arguments from the path, the query and the headers.
    fn read_target(&self, operation: &Operation, parts: &Parts, given: &mut [OwnedArgument]) -> Result<()> {
        for ((input, source), given) in operation.inputs.iter().zip(&self.all).zip(given.iter_mut()) {
            let name = &input.argument.name;
            match source {
                ArgumentSource::Segment(number) => {
                    if let Some(segment) = parts.uri.path().split('/').nth(*number) {
                        *given = OwnedArgument::Text(text::segment(name, segment)?.into());
                    }
                }
                ArgumentSource::SegmentPart(number, pattern, part) => {
                    let segment = parts.uri.path().split('/').nth(*number);
                    *given = match segment.and_then(|segment| pattern.value(segment, *part)) {
                        Some(PlaceholderValue::Encoded(text)) => OwnedArgument::Text(text::segment(name, text)?.into()),
                        Some(PlaceholderValue::Decoded(text)) => OwnedArgument::Text(text.into()),
                        None => OwnedArgument::Absent,
                    };
                }
                ArgumentSource::Rest(number) => {
                    let segments = parts.uri.path().split('/').skip(*number);
                    let segments: Vec<_> =
                        segments.map(|segment| text::segment(name, segment)).collect::<Result<_>>()?;
                    *given = OwnedArgument::Text(segments.join("/").into());
                }
                ArgumentSource::Header(header) => read_headers(input, header, &parts.headers, given)?,
                ArgumentSource::HeaderObject(prefix) => objects::read_headers(input, prefix, &parts.headers, given)?,
                ArgumentSource::QueryObject
                | ArgumentSource::Query
                | ArgumentSource::Cookie
                | ArgumentSource::Body
                | ArgumentSource::BodyOrQuery => {}
            }
        }
        if self.query
            && let Some(query) = parts.uri.query()
        {
            self.read_query(operation, query, given)?;
        }
        if self.cookies {
            self.read_cookies(operation, &parts.headers, given)?;
        }
        Ok(())
    }

    /// Reads query parameters, encoded as in forms (WHATWG URL, section 5.1): `?flag` means `?flag=`, an empty string. Unknown
    /// parameters are ignored, unless the adapter rejects them.
    fn read_query(&self, operation: &Operation, query: &str, given: &mut [OwnedArgument]) -> Result<()> {
        let mut objects = Objects::default();
        let inputs = || operation.inputs.iter().zip(&self.all).enumerate().filter(|(_, (_, source))| source.is_query());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = match text::query_name(name) {
                Some(name) => name,
                None if self.strictness.query => name.to_owned(),
                None => continue,
            };
            // An argument of that name takes precedence over a member of an object.
            let own = inputs().find(|(_, (input, source))| has_name(input, source, &name));
            let member = || inputs().find_map(|(index, (input, _))| Some((index, objects::member(input, &name)?)));
            if let Some((index, (input, _))) = own
                && let Some(given) = given.get_mut(index)
            {
                objects::add_elements(input, &name, value, given)?;
            } else if let Some((index, keys)) = member() {
                objects.add(index, &name, &keys, text::query_value(&name, value)?)?;
            } else if self.strictness.query {
                let known = inputs().map(|(_, (input, _))| input.argument.name.as_str());
                return Err(schema::unknown("query parameter", &name, known));
            }
        }
        objects.assign(operation, given);
        Ok(())
    }

    /// Reads the pairs of `Cookie` (RFC 6265, section 4.2).
    fn read_cookies(&self, operation: &Operation, headers: &HeaderMap, given: &mut [OwnedArgument]) -> Result<()> {
        for line in headers.get_all(COOKIE) {
            for pair in line.as_bytes().split(|byte| *byte == b';') {
                let pair = pair.trim_ascii();
                let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
                let (name, value) = (&pair[..at], pair.get(at + 1..).unwrap_or_default());
                let index = operation.inputs.iter().position(|input| input.argument.name.as_bytes() == name);
                if let Some(index) = index.filter(|index| matches!(self.all.get(*index), Some(ArgumentSource::Cookie)))
                    && let (Some(input), Some(given)) = (operation.inputs.get(index), given.get_mut(index))
                {
                    let value = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
                    add(input, utf8(input, value)?, given)?;
                }
            }
        }
        Ok(())
    }

    /// Reads the arguments from a JSON body.
    fn read_json(&self, operation: &Operation, body: &Bytes, given: &mut [OwnedArgument]) -> Result<()> {
        let whole = match self.body {
            BodyUse::Whole(index) => operation.inputs.get(index).zip(given.get_mut(index)),
            _ => None,
        };
        let members = whole.is_none().then(|| serde_json::from_slice::<Members<'_>>(body).ok()).flatten();
        // A body that has been parsed needs only the check for duplicate members.
        let checked = if members.is_some() { schema::strict_of_parsed(body) } else { schema::strict(body) };
        if let Err(fault) = checked {
            return Err(match (fault, whole) {
                (Fault::Twice(at), None) => schema::duplicate_member(at),
                (Fault::Twice(at), Some((input, _))) => schema::duplicate_member(pointer(&input.argument.name) + &at),
                (Fault::Syntax(error), None) => schema::body_not_json(&error),
                (Fault::Syntax(error), Some((input, _))) => schema::not_json(input, &error),
            });
        }
        match whole {
            Some((_, given)) => *given = OwnedArgument::Json(body.clone()),
            None => self.read_members(operation, body, members, given)?,
        }
        Ok(())
    }

    /// Reads the members of a JSON object, each as the original bytes.
    fn read_members(
        &self,
        operation: &Operation,
        body: &Bytes,
        members: Option<Members<'_>>,
        given: &mut [OwnedArgument],
    ) -> Result<()> {
        let Some(Members(members)) = members else {
            let found = match body.trim_ascii_start().first() {
                Some(b'[') => "an array",
                Some(b'"') => "a string",
                Some(b't' | b'f') => "a boolean",
                Some(b'n') => "null",
                _ => "a number",
            };
            let message = format!("expected a JSON object as the body, with a member for each argument, found {found}");
            return Err(Error::argument("", message));
        };
        let inputs = || {
            let all = operation.inputs.iter().zip(&self.all).enumerate();
            all.filter(|(_, (_, source))| source.is_body()).map(|(index, (input, _))| (index, input))
        };
        for (name, value) in members {
            let known = inputs().find(|(_, input)| input.argument.name == name);
            match known.and_then(|(index, _)| given.get_mut(index)) {
                Some(given @ OwnedArgument::Absent) => {
                    *given = OwnedArgument::Json(body.slice_ref(value.get().as_bytes()));
                }
                // Given in both the query and the body.
                Some(_) => return Err(schema::duplicate_member(pointer(&name))),
                None => {
                    return Err(schema::unknown(
                        "member",
                        &name,
                        inputs().map(|(_, input)| input.argument.name.as_str()),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Returns whether a query parameter names an argument, or an element of a list, such as `name[0]`.
fn has_name(input: &InputSchema, source: &ArgumentSource, name: &str) -> bool {
    let own = input.argument.name.as_str();
    let element = || name.strip_prefix(own).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
    let is_element = |index: &str| match input.argument.style {
        Some(Style::Brackets | Style::Indexed) => index.bytes().all(|digit| digit.is_ascii_digit()),
        _ => false,
    };
    !matches!(source, ArgumentSource::QueryObject) && (own == name || element().is_some_and(is_element))
}

/// Reads the values of a header. A list can be split over several lines, and a line can contain several values (RFC 9110,
/// section 5.3).
fn read_headers(input: &InputSchema, name: &HeaderName, headers: &HeaderMap, given: &mut OwnedArgument) -> Result<()> {
    for line in headers.get_all(name) {
        if input.argument.many {
            for value in line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                if !value.is_empty() {
                    add(input, utf8(input, value)?, given)?;
                }
            }
        } else {
            add(input, utf8(input, line.as_bytes())?, given)?;
        }
    }
    Ok(())
}

//! A call of a consumed operation: each slot of its request gets one source.

mod draft;
mod holes;
mod path;
mod query;

use super::body;
use super::index::Target;
use super::paging;
use super::plan::{Body, Call, Piece, Source};
use super::scan;
use super::scope::{ArgumentUse, Destination, Scope};
use crate::diagnostic::RepairKind;
use crate::model::{Authentication, BodyKind, Format, InputParameter, ParameterIn, Placement, RequestBody};
use crate::pointer::escape;
use crate::template::{folded, same_name};
use draft::ParameterIndex;
pub(super) use draft::RequestDraft;
use indexmap::IndexMap;
pub(crate) use path::placeholders;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Lowers a call. `with_at` is the location of `with`; `mapped` has the mappings that set parameters of this call, each with its
/// location, the parameter and the value. A mapping takes precedence over a key of `with` for the same parameter.
pub(super) fn lower<'d>(
    scope: &mut Scope<'d>,
    target: Target<'d>,
    (with, with_at): (&'d IndexMap<String, Value>, &str),
    mapped: &[(String, &str, Value)],
) -> Call {
    let mut draft = RequestDraft::new(scope, target);
    let mut given = draft.with(scope, mapped.iter().map(|(at, key, value)| (at.clone(), *key, value)));
    let mapped: HashSet<String> = mapped.iter().map(|(_, key, _)| folded(key)).collect();
    let unmapped = with.iter().filter(|(key, _)| !mapped.contains(&folded(key)));
    let unmapped = unmapped.map(|(key, value)| (format!("{with_at}/{}", escape(key)), key.as_str(), value));
    given.extend(draft.with(scope, unmapped));
    draft.fill_by_name(scope, with, &mut given);
    draft.fill_mapped(scope);
    draft.finish(scope, &given)
}

impl<'d> RequestDraft<'d> {
    fn new(scope: &mut Scope<'d>, target: Target<'d>) -> Self {
        let mut draft = Self::unplaced(target);
        draft.separate_other_holes(scope);
        draft.place_path_parameters(scope);
        draft
    }

    /// Creates a draft without the variables and steps of the calling operation: path parameters may lack a placeholder, and the holes
    /// include the holes that a bind or a step fills.
    pub(super) fn unplaced(target: Target<'d>) -> Self {
        let mut parameters: Vec<&InputParameter> = Vec::new();
        // As in the requests of a trait, the parameters of the API are last. Of parameters with the same name and location, the first
        // is used.
        let all = target.operation.input_parameters.iter().chain(&target.resource.input_parameters);
        let mut seen = HashSet::new();
        for parameter in all.chain(&target.api.input_parameters) {
            if seen.insert((parameter.name.as_str(), parameter.place)) {
                parameters.push(parameter);
            }
        }
        let holes = match &target.operation.body {
            Some(RequestBody::Typed(body)) => scan::holes(&body.data),
            Some(RequestBody::Raw(text)) => scan::inside(scan::text(text)).collect(),
            None => Vec::new(),
        };
        let members = match &target.operation.body {
            Some(RequestBody::Typed(body)) => scan::members(&body.data),
            Some(RequestBody::Raw(text)) => scan::members(&text.as_str().into()),
            None => HashMap::new(),
        };
        let mut draft = Self {
            target,
            templates: holes::of_values(&parameters),
            template_keys: HashMap::new(),
            by_name: ParameterIndex::new(&parameters),
            sources: vec![None; parameters.len()],
            parameters,
            placeholders: Vec::new(),
            extra: Vec::new(),
            whole: None,
            holes,
            hole_keys: HashSet::new(),
            members,
            other_placeholders: Vec::new(),
            path: target.path(),
            renamed: Vec::new(),
        };
        draft.index_holes();
        draft
    }

    /// Assigns the sources in `with` to the request, and returns them by key, for the holes of the body.
    fn with<'w>(
        &mut self,
        scope: &mut Scope<'d>,
        with: impl Iterator<Item = (String, &'w str, &'w Value)>,
    ) -> IndexMap<String, Source> {
        let mut given = IndexMap::new();
        for (at, key, value) in with {
            if key.is_empty() {
                let help = "write `with: {NAME: rest.NAME}` for a route, `tools.NAME` for a tool";
                scope.report("a value in `with` has no parameter name", help);
                continue;
            }
            let nothing = IndexMap::new();
            let in_body = self.is_member(scope, key, value);
            let usage = if in_body { ArgumentUse::to(Destination::Member) } else { self.use_of_key(key) };
            let source = scope.at(at, |scope| scope.value(value, &nothing, usage));
            if !in_body {
                self.put(scope, key, &source);
            }
            given.insert(key.to_owned(), source);
        }
        given
    }

    /// Returns whether the value for a key of `with` is sent as text, and not in JSON.
    #[cfg_attr(not(feature = "yaml"), allow(dead_code, reason = "only the YAML reader calls it"))]
    pub(super) fn sends_text(&self, key: &str) -> bool {
        if self.members.contains_key(key) && !self.is_elsewhere(key) {
            return false;
        }
        match self.use_of_key(key).to {
            Destination::Body | Destination::Member => match &self.target.operation.body {
                Some(RequestBody::Typed(body)) => body.kind != BodyKind::Json,
                Some(RequestBody::Raw(text)) => body::text_kind(text, None) != BodyKind::Json,
                None => false,
            },
            _ => true,
        }
    }

    /// Returns whether the body's data has a member with the name and value of a `with` key. Such a value is sent only in that member.
    fn is_member(&self, scope: &Scope<'d>, key: &str, value: &Value) -> bool {
        let same = |other: &Value| match (value, other) {
            (Value::String(value), Value::String(other)) => {
                let used = scope.references(other, false);
                value == other || scope.references(value, true).iter().any(|reference| used.contains(reference))
            }
            (value, other) => value == other,
        };
        self.members.get(key).is_some_and(|members| members.iter().any(same)) && !self.is_elsewhere(key)
    }

    /// Returns where the value of a `with` key is sent, and its requirements.
    fn use_of_key(&self, key: &str) -> ArgumentUse<'d> {
        if let Some(parameter) = self.parameter(key).and_then(|at| self.parameters.get(at)) {
            return self.use_of_parameter(parameter);
        }
        if self.fills_placeholder(key) {
            return ArgumentUse { required: true, ..ArgumentUse::to(Destination::Path) };
        }
        let takes_body = self.target.operation.method.takes_body();
        match (key, self.parameter_with_hole(key)) {
            _ if self.fills_body_hole(key) => ArgumentUse::to(Destination::Member),
            ("body", _) => ArgumentUse::to(Destination::Body),
            // The value is only a part of the parameter, so the parameter does not describe it.
            (_, Some(parameter)) => ArgumentUse { parameter: None, ..self.use_of_parameter(parameter) },
            _ => ArgumentUse::to(if takes_body && !self.has_template() {
                Destination::Member
            } else {
                Destination::Query
            }),
        }
    }

    /// Returns where the value of a parameter is sent, and its requirements.
    fn use_of_parameter(&self, parameter: &'d InputParameter) -> ArgumentUse<'d> {
        let to = match parameter.place {
            Some(ParameterIn::Path) => Destination::Path,
            Some(ParameterIn::Header) => Destination::Header,
            Some(ParameterIn::Cookie) => Destination::Cookie,
            Some(ParameterIn::Body) if self.is_whole(parameter) => Destination::Body,
            Some(ParameterIn::Body) => Destination::Member,
            Some(ParameterIn::Query) | None => Destination::Query,
        };
        let own = self.is_own_header(parameter);
        let sensitive = own || (to == Destination::Header && parameter.name.eq_ignore_ascii_case("authorization"));
        let required = !own
            && !has_default(parameter)
            && parameter.value.is_none()
            && (to == Destination::Path || parameter.required == Some(true));
        ArgumentUse { parameter: Some(parameter), to, required, sensitive }
    }

    /// Returns whether a parameter is the header of the API's own credential.
    fn is_own_header(&self, parameter: &InputParameter) -> bool {
        let credential = self.target.api.authentication.as_ref().and_then(Authentication::header);
        parameter.place == Some(ParameterIn::Header)
            && credential.is_some_and(|name| name.eq_ignore_ascii_case(&parameter.name))
    }

    /// Returns whether the document defines the body.
    fn has_template(&self) -> bool {
        match &self.target.operation.body {
            Some(RequestBody::Typed(body)) => !body.data.is_null(),
            Some(RequestBody::Raw(_)) => true,
            None => false,
        }
    }

    /// Returns whether a body parameter is the whole body: it is called `body` and is the only one.
    fn is_whole(&self, parameter: &InputParameter) -> bool {
        let mut bodies = self.parameters.iter().filter(|other| other.place == Some(ParameterIn::Body));
        same_name(&parameter.name, "body") && bodies.nth(1).is_none()
    }

    /// Assigns the source of a `with` key to its slot, and reports a key that is not a parameter.
    fn put(&mut self, scope: &mut Scope<'d>, key: &str, source: &Source) {
        if let Some(slot) = self.parameter(key).and_then(|at| self.sources.get_mut(at)) {
            *slot = Some(source.clone());
            return;
        }
        if self.fills_placeholder(key) {
            self.placeholders.push((key.to_owned(), source.clone()));
            return;
        }
        if self.fills_body_hole(key) {
            return;
        }
        if key == "body" {
            self.whole = Some(source.clone());
            return;
        }
        if self.parameter_with_hole(key).is_some() {
            return;
        }
        if let Some(part) = self.set_at_start(key) {
            let message = format!("`{key}` is not sent: it is a variable of the {part}, and gets its value at startup");
            scope.report_repair(RepairKind::WithKey, message);
            return;
        }
        let operation = &self.target.operation;
        let place = if operation.method.takes_body() && !self.has_template() { "JSON body" } else { "query" };
        let message = format!("`{}` declares no parameter `{key}`: it is sent in the {place}", operation.name);
        scope.report_repair(RepairKind::WithKey, message);
        self.extra.push((key.to_owned(), source.clone()));
    }

    /// Adds the sources that need no `with`: constants, path parameters, required parameters, and declared inputs with the name
    /// of a parameter; all parameters if there is no `with`. A source that may be absent gets the parameter's default.
    fn fill_by_name(
        &mut self,
        scope: &mut Scope<'d>,
        with: &IndexMap<String, Value>,
        given: &mut IndexMap<String, Source>,
    ) {
        for at in 0..self.parameters.len() {
            let Some(parameter) = self.parameters.get(at).copied() else { continue };
            let from_with = self.sources.get(at).cloned().flatten();
            let usage = self.use_of_parameter(parameter);
            // The parameter is sent in the hole, not as a member of its own.
            let in_body = usage.to == Destination::Member && self.fills_body_hole(&parameter.name);
            let source = if from_with.is_some() {
                from_with
            } else if parameter.value.is_some() {
                None
            } else if in_body {
                has_default(parameter).then(|| scope.input(&parameter.name, usage))
            } else if self.is_credential(parameter) && !scope.declares(&parameter.name) {
                continue;
            } else if with.is_empty() || usage.to == Destination::Path || scope.declares(&parameter.name) {
                Some(scope.input(&parameter.name, usage))
            } else if usage.required {
                // `with` does not name the parameter, so it is optional for callers.
                Some(scope.input(&parameter.name, ArgumentUse { required: false, ..usage }))
            } else {
                None
            };
            let source = match source {
                Some(source) if !scope.may_be_absent(&source) => Some(source),
                Some(source) => Some(match self.fallback(scope, parameter, given) {
                    Some(other) => source.or(other),
                    None => source,
                }),
                None => self.fallback(scope, parameter, given),
            };
            if let (true, Some(source)) = (in_body, &source) {
                given.insert(parameter.name.clone(), source.clone());
            }
            if let Some(slot) = self.sources.get_mut(at) {
                *slot = source;
            }
        }
    }

    /// Returns what is sent for a parameter if nothing else is: its `value` or its `default`.
    fn fallback(
        &self,
        scope: &mut Scope<'d>,
        parameter: &'d InputParameter,
        given: &IndexMap<String, Source>,
    ) -> Option<Source> {
        if let Some(constant) = &parameter.value {
            let usage = self.use_of_parameter(parameter);
            let kind = parameter.kind.as_deref().unwrap_or_default();
            let parameter_at = self.target.parameter_at(scope.document, parameter);
            let at = parameter_at.map_or_else(|| self.target.at(scope.document), |at| at + "/value");
            return Some(scope.at(at, |scope| scope.typed_constant((constant, kind), given, usage)));
        }
        // The capability's own credential is sent instead of a default of its header.
        let default = parameter.default.as_ref().filter(|_| has_default(parameter) && !self.is_own_header(parameter));
        default.map(|default| scope.exact(default))
    }

    /// Returns whether the capability's own credential is sent in place of this parameter; `false` for headers.
    fn is_credential(&self, parameter: &InputParameter) -> bool {
        match self.target.api.authentication.as_ref().and_then(Authentication::key) {
            Some((Placement::Header, _)) | None => false,
            Some((placement, key)) => {
                let same = if placement == Placement::Path { same_name } else { |one: &str, other: &str| one == other };
                parameter.place.is_some_and(|place| place.as_str() == placement.as_str()) && same(key, &parameter.name)
            }
        }
    }

    /// Adds declared inputs that name their target: `mapping: $.body.name`.
    fn fill_mapped(&mut self, scope: &mut Scope<'d>) {
        for input in scope.declared() {
            let Some(mapping) = input.mapping.as_deref().and_then(|mapping| mapping.strip_prefix("$.")) else {
                continue;
            };
            let (to, name) = match mapping.split_once('.') {
                Some(("body", name)) => (Destination::Member, name),
                Some(("query", name)) => (Destination::Query, name),
                Some(("path", name)) => (Destination::Path, name),
                _ => continue,
            };
            if self.parameter(name).and_then(|at| self.sources.get(at)).is_some_and(Option::is_some)
                || self.fills_body_hole(name)
            {
                continue;
            }
            let source = scope.input(&input.name, ArgumentUse::to(to));
            match to {
                Destination::Path => self.placeholders.push((name.to_owned(), source)),
                _ => self.extra.push((name.to_owned(), source)),
            }
        }
    }

    /// Builds the call from the sources of the slots.
    fn finish(mut self, scope: &mut Scope<'d>, given: &IndexMap<String, Source>) -> Call {
        let operation = self.target.operation;
        let full_path = self.path.clone();
        let (path, query) = full_path.split_once('?').unwrap_or((&full_path, ""));
        let at = self.target.path_at(scope.document);
        let path = scope.at(at.clone(), |scope| self.pieces(scope, path, given));
        let mut call = Call {
            consume: self.target.consume,
            operation: operation.name.clone(),
            method: operation.method,
            path,
            format: format(scope, operation.output_raw_format.as_deref()),
            none_on: operation.none_on.clone(),
            response_headers: operation.response_headers.clone(),
            caller_headers: operation.caller_headers.clone(),
            timeout: operation.timeout,
            resilience: operation.resilience.clone(),
            page: paging::lower(operation.page.as_ref(), |into| self.source(scope, into)),
            cache: operation.cache,
            outputs: operation.output_parameters.clone(),
            ..Call::default()
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let mut pieces = scope.at(at.clone(), |scope| self.pieces(scope, value, given));
            let mut is_constant = true;
            for piece in &mut pieces {
                match piece {
                    Piece::Literal(text) => *text = query::decoded(text),
                    _ => is_constant = false,
                }
            }
            let source =
                if is_constant { Source::Constant(query::decoded(value).into()) } else { Source::Text(pieces) };
            call.query.push((query::decoded(name), source));
        }
        let (mut fields, mut whole) = (Vec::new(), self.whole.take());
        for (parameter, source) in self.parameters.iter().zip(&self.sources) {
            let Some(source) = source.clone() else { continue };
            match self.use_of_parameter(parameter).to {
                // `call.path` contains it already.
                Destination::Path => {}
                Destination::Query | Destination::Header => {
                    scope.set_format(&source, parameter.style, None);
                    let slots = if self.use_of_parameter(parameter).to == Destination::Query {
                        &mut call.query
                    } else {
                        &mut call.headers
                    };
                    slots.push((parameter.name.clone(), source.styled(parameter.style)));
                }
                Destination::Cookie => call.cookies.push((parameter.name.clone(), source)),
                Destination::Body => whole = Some(source),
                Destination::Member if self.fills_body_hole(&parameter.name) => {}
                Destination::Member => fields.push((parameter.name.clone(), source)),
            }
        }
        let into_body = operation.method.takes_body() && !self.has_template() && whole.is_none();
        let extra = std::mem::take(&mut self.extra);
        if into_body {
            fields.extend(extra);
        } else {
            call.query.extend(extra);
        }
        let template = operation.body.as_ref();
        let content_type = call.headers.iter().rfind(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let content_type = content_type.and_then(|(_, source)| scope.own_text(source));
        let content_type = content_type.as_deref();
        let at = self.target.at(scope.document) + "/body";
        let authentication = self.target.api.authentication.as_ref();
        call.body =
            scope.at(at, |scope| body::lower(scope, template, content_type, given, whole, fields, authentication));
        match &mut call.body {
            Some(Body::FormObject(style, source)) => {
                scope.set_format(source, Some(*style), Some(BodyKind::FormUrlEncoded));
            }
            Some(Body::Text(kind, source)) => scope.set_format(source, None, Some(*kind)),
            Some(Body::Multipart(parts)) => {
                for part in parts {
                    scope.set_format(&part.value, None, Some(BodyKind::MultipartForm));
                    let named = self.by_name.similar(&part.name).iter().filter_map(|at| self.parameters.get(*at));
                    let declared = named
                        .copied()
                        .find(|parameter| parameter.name == part.name && parameter.place == Some(ParameterIn::Body));
                    if let Some(named) = declared.and_then(|parameter| parameter.content_type.as_ref()) {
                        scope.set_content_type(&part.value, named);
                        part.content_type.get_or_insert_with(|| Source::Constant(named.as_str().into()));
                    }
                }
            }
            _ => {}
        }
        call.sensitive = (0..scope.arguments.len())
            .filter(|index| scope.arguments.get(*index).is_some_and(|argument| argument.sensitive))
            .collect();
        call
    }

    /// Returns the source of the parameter with that name, or else the argument that fills the hole of the body with that name.
    fn source(&self, scope: &Scope<'d>, name: &str) -> Option<Source> {
        let source = self.parameter(name).and_then(|at| self.sources.get(at)).cloned().flatten();
        let argument = || scope.arguments.iter().position(|argument| same_name(&argument.name, name));
        source.or_else(|| argument().filter(|_| self.fills_body_hole(name)).map(Source::Argument))
    }
}

/// Returns whether a parameter has a default; null means that it has none.
fn has_default(parameter: &InputParameter) -> bool {
    parameter.default.as_ref().is_some_and(|default| !default.is_null())
}

/// Returns the format of the answer, and reports formats that cannot be decoded.
fn format(scope: &mut Scope<'_>, word: Option<&str>) -> Format {
    let word = word.unwrap_or("json").trim().to_ascii_lowercase();
    if matches!(word.as_str(), "avro" | "protobuf") {
        let fix = "ask the API for JSON, or write `outputRawFormat: binary` to pass the bytes on";
        scope.report(format!("answers in {word} are not decoded"), fix);
    }
    Format::named(&word).unwrap_or_default()
}

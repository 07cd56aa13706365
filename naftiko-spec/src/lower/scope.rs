//! The names that an exposed operation's values can use: its callers' inputs, variables, the results of earlier steps.

mod values;

use super::input::schema;
use super::plan::{Piece, Source};
use crate::diagnostic::table::calls::NOT_RUNNABLE;
use crate::diagnostic::{Diagnostic, Fix, RepairKind};
use crate::fragment::Argument;
use crate::model::{BodyKind, Document, InputParameter, Method, ParameterIn, Style};
use crate::nearest::Suggestions;
use crate::pointer::{escape, is_within};
use crate::template::{folded, same_name};
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The words between the prefix and an input's name that specify its location.
const PLACES: [(&str, ParameterIn); 7] = [
    ("body", ParameterIn::Body),
    ("query", ParameterIn::Query),
    ("path", ParameterIn::Path),
    ("header", ParameterIn::Header),
    ("headers", ParameterIn::Header),
    ("cookie", ParameterIn::Cookie),
    ("params", ParameterIn::Query),
];

/// The maximum number of times that constants use other constants in one operation.
const MAX_EXPANDED: usize = 100;

/// The destination of a value and its requirements, which determine the properties of an undeclared input.
#[derive(Clone, Copy)]
pub(super) struct ArgumentUse<'d> {
    /// The parameter of the consumed operation.
    pub(super) parameter: Option<&'d InputParameter>,
    /// Where it is sent.
    pub(super) to: Destination,
    /// Whether the consumed operation requires it.
    pub(super) required: bool,
    /// Whether it contains a credential.
    pub(super) sensitive: bool,
}

/// The part of a request in which a value is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    Path,
    Query,
    Header,
    Cookie,
    /// The whole body.
    Body,
    /// A part of the body.
    Member,
}

impl ArgumentUse<'_> {
    pub(super) fn to(to: Destination) -> Self {
        Self { parameter: None, to, required: false, sensitive: false }
    }
}

/// The interface through which callers reach the operation.
pub(super) enum Interface {
    /// By a route: its method, and the names of its placeholders.
    Rest { method: Method, placeholders: Vec<String> },
    /// By a tool call, or by reading an MCP resource.
    Tool,
}

/// The scope of one exposed operation: the names it can use, and the arguments and findings of lowering it.
pub(super) struct Scope<'d> {
    pub(super) document: &'d Document,
    interface: Interface,
    /// The namespaces that are prefixes of the caller's inputs: the namespaces of the adapter and of the aggregate.
    pub(super) namespaces: Vec<&'d str>,
    declared: Vec<&'d InputParameter>,
    /// The declared inputs with a `value`, which callers do not send, by their folded names.
    constants: HashMap<String, &'d InputParameter>,
    /// The constants whose value is being lowered.
    being_lowered: Vec<&'d str>,
    /// The number of times that a constant was lowered because another constant uses it. It is limited to [`MAX_EXPANDED`], because
    /// it can grow exponentially with the number of constants.
    expanded: usize,
    index: NameIndex<'d>,
    pub(super) arguments: Vec<Argument>,
    pub(super) schemas: Vec<Value>,
    /// The declared `required` of each argument, if any.
    required: Vec<Option<bool>>,
    /// The arguments that are sent in the consumed path.
    in_path: Vec<bool>,
    /// The names of the steps that are lowered so far.
    pub(super) steps: Vec<&'d str>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) at: String,
    /// The location of the part that is being lowered, in this operation or in the one that it calls; empty for the whole operation.
    pub(super) here: String,
    pub(super) suggestions: Rc<Suggestions>,
}

/// An index that finds names in constant time: an operation can have thousands of names.
#[derive(Default)]
struct NameIndex<'d> {
    /// The names of the declared inputs.
    declared: HashSet<&'d str>,
    /// The index of the first argument with a name.
    exact: HashMap<String, usize>,
    /// The indices of the arguments with similar names (`same_name`), in order.
    similar: HashMap<String, Vec<usize>>,
    /// The index of the first placeholder of the route with a similar name.
    placeholders: HashMap<String, usize>,
}

impl<'d> Scope<'d> {
    pub(super) fn new(
        document: &'d Document,
        interface: Interface,
        namespaces: Vec<&'d str>,
        declared: Vec<&'d InputParameter>,
        at: String,
        suggestions: Rc<Suggestions>,
    ) -> Self {
        let mut index = NameIndex::default();
        if let Interface::Rest { placeholders, .. } = &interface {
            for (at, name) in placeholders.iter().enumerate() {
                index.placeholders.entry(folded(name)).or_insert(at);
            }
        }
        let mut scope = Self {
            document,
            interface,
            namespaces,
            declared: Vec::new(),
            constants: HashMap::new(),
            being_lowered: Vec::new(),
            expanded: 0,
            index,
            arguments: Vec::new(),
            schemas: Vec::new(),
            required: Vec::new(),
            in_path: Vec::new(),
            steps: Vec::new(),
            diagnostics: Vec::new(),
            at,
            here: String::new(),
            suggestions,
        };
        for parameter in declared {
            if !scope.declares(&parameter.name) {
                scope.declare(parameter);
            }
        }
        scope
    }

    /// Adds an input that the document declares.
    fn declare(&mut self, parameter: &'d InputParameter) {
        if parameter.value.is_some() {
            self.declared.push(parameter);
            self.index.declared.insert(&parameter.name);
            self.constants.entry(folded(&parameter.name)).or_insert(parameter);
            return;
        }
        let in_path = self.placeholder(&parameter.name).is_some();
        let place = match (&self.interface, parameter.place) {
            (Interface::Rest { .. }, _) if in_path => ParameterIn::Path,
            (Interface::Rest { .. }, Some(ParameterIn::Path)) => ParameterIn::Query,
            (Interface::Rest { method, .. }, None) if method.takes_body() => ParameterIn::Body,
            (_, place) => place.unwrap_or(ParameterIn::Query),
        };
        self.declared.push(parameter);
        self.index.declared.insert(&parameter.name);
        self.add(
            Argument {
                name: parameter.name.clone(),
                place,
                required: parameter.required.unwrap_or(in_path),
                many: is_many(place, parameter.kind.as_deref()),
                whole_body: place == ParameterIn::Body && same_name(&parameter.name, "body"),
                also_in_query: place == ParameterIn::Body
                    && parameter.place.is_none()
                    && !same_name(&parameter.name, "body"),
                file: is_file(Some(parameter)),
                limit: parameter.limit,
                description: parameter.description.clone(),
                ..Argument::default()
            },
            schema(parameter),
            parameter.required.or(in_path.then_some(true)),
        );
    }

    /// Adds an argument, and returns its index.
    fn add(&mut self, argument: Argument, schema: Value, required: Option<bool>) -> usize {
        let index = self.arguments.len();
        self.index.exact.entry(argument.name.clone()).or_insert(index);
        self.index.similar.entry(folded(&argument.name)).or_default().push(index);
        self.arguments.push(argument);
        self.schemas.push(schema);
        self.required.push(required);
        self.in_path.push(false);
        index
    }

    /// Returns the placeholder of the route for an input with that name.
    fn placeholder(&self, name: &str) -> Option<&str> {
        match &self.interface {
            Interface::Rest { placeholders, .. } => {
                let at = self.index.placeholders.get(&folded(name))?;
                placeholders.get(*at).map(String::as_str)
            }
            Interface::Tool => None,
        }
    }

    /// Returns the adapter's prefix for the inputs of its callers.
    pub(super) fn caller(&self) -> &'static str {
        match self.interface {
            Interface::Rest { .. } => "rest",
            Interface::Tool => "tools",
        }
    }

    /// Returns whether the document declares an input with that name.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.index.declared.contains(name)
    }

    /// Returns the inputs that the document declares.
    pub(super) fn declared(&self) -> impl Iterator<Item = &'d InputParameter> + use<'d> {
        self.declared.clone().into_iter()
    }

    /// Returns the input with that name. An unknown input is created with the properties that follow from `usage`.
    pub(super) fn input(&mut self, name: &str, usage: ArgumentUse<'d>) -> Source {
        if let Some(source) = self.constant_input(name, usage) {
            return source;
        }
        let known = self.find(name).or_else(|| {
            // `rest.query.limit`: the location of an input, and its name.
            let (place, rest) = name.split_once('.')?;
            let named = usage.parameter.is_some_and(|parameter| parameter.name == name);
            let (_, place) = PLACES.into_iter().find(|(word, _)| *word == place).filter(|_| !named)?;
            Some(self.find(rest).unwrap_or_else(|| self.create(rest, usage, Some(place))))
        });
        let index = known.unwrap_or_else(|| self.create(name, usage, None));
        self.record_use(index, usage);
        Source::Argument(index)
    }

    /// Returns the source of a declared input that has a `value`, which callers do not send; `None` for any other input.
    fn constant_input(&mut self, name: &str, usage: ArgumentUse<'d>) -> Option<Source> {
        let in_place = || name.split_once('.').filter(|(word, _)| PLACES.iter().any(|(place, _)| place == word));
        if self.constants.is_empty() {
            return None;
        }
        let constant = |name: &str| self.constants.get(&folded(name)).copied();
        let parameter = constant(name).filter(|_| self.find(name).is_none()).or_else(|| constant(in_place()?.1))?;
        let text = parameter.value.as_deref()?;
        if self.being_lowered.contains(&parameter.name.as_str()) {
            self.report(
                format!("the `value` of the input `{}` refers to itself", parameter.name),
                "remove the `value` if callers send the input, or write another value",
            );
            return Some(Source::Constant(Value::Null));
        }
        if !self.being_lowered.is_empty() {
            self.expanded += 1;
        }
        if self.expanded > MAX_EXPANDED {
            if self.expanded == MAX_EXPANDED + 1 {
                let message = format!("the inputs' `value`s refer to other inputs more than {MAX_EXPANDED} times");
                self.report(message, "write the values themselves, without other inputs in them");
            }
            return Some(Source::Constant(Value::Null));
        }
        self.being_lowered.push(&parameter.name);
        let kind = parameter.kind.as_deref().unwrap_or_default();
        let source = self.typed_constant((text, kind), &IndexMap::new(), usage);
        self.being_lowered.pop();
        Some(source)
    }

    /// Returns the index of the argument with that name, or of the only one with a similar name (`same_name`).
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.index.exact.get(name).copied().or_else(|| {
            let [index] = self.index.similar.get(&folded(name))?.as_slice() else { return None };
            let argument = self.arguments.get(*index)?;
            // Undeclared inputs with similar names (`same_name`) are different, except for placeholders of the route.
            (argument.place == ParameterIn::Path || self.declares(&argument.name)).then_some(*index)
        })
    }

    /// Adds an undeclared input; `declared` is the location in its name, such as `query` in `rest.query.limit`.
    fn create(&mut self, name: &str, usage: ArgumentUse<'d>, declared: Option<ParameterIn>) -> usize {
        let in_path = self.placeholder(name).is_some();
        let (takes_body, takes_whole) = match &self.interface {
            Interface::Rest { method, .. } => (method.takes_body(), method.may_carry_body()),
            Interface::Tool => (true, true),
        };
        let natural = match usage.to {
            Destination::Header => ParameterIn::Header,
            Destination::Cookie => ParameterIn::Cookie,
            Destination::Member if takes_body => ParameterIn::Body,
            Destination::Body if takes_whole => ParameterIn::Body,
            Destination::Path | Destination::Query | Destination::Body | Destination::Member => ParameterIn::Query,
        };
        let place = match declared {
            _ if in_path => ParameterIn::Path,
            Some(ParameterIn::Path) | None => natural,
            Some(ParameterIn::Body) if !takes_whole => ParameterIn::Query,
            Some(place) => place,
        };
        let kind = usage.parameter.and_then(|parameter| parameter.kind.as_deref());
        let mut schema = usage.parameter.map_or_else(|| json!({}), schema);
        if (in_path || usage.to == Destination::Path) && kind.is_none() {
            schema = json!({ "type": "string" });
        }
        let argument = Argument {
            name: name.to_owned(),
            place,
            required: in_path,
            many: is_many(place, kind),
            whole_body: place == ParameterIn::Body && usage.to == Destination::Body,
            also_in_query: place == ParameterIn::Body && usage.to != Destination::Body && declared.is_none(),
            file: is_file(usage.parameter),
            limit: usage.parameter.and_then(|parameter| parameter.limit),
            description: usage.parameter.and_then(|parameter| parameter.description.clone()),
            ..Argument::default()
        };
        self.add(argument, schema, in_path.then_some(true))
    }

    /// Records where an argument is sent.
    fn record_use(&mut self, index: usize, usage: ArgumentUse<'d>) {
        if let Some(in_path) = self.in_path.get_mut(index) {
            *in_path |= usage.to == Destination::Path;
        }
        let required = self.required.get(index).copied().flatten();
        if let Some(argument) = self.arguments.get_mut(index) {
            argument.sensitive |= usage.sensitive;
            if required.is_none() {
                argument.required |= usage.required;
            }
            if argument.description.is_none() {
                argument.description = usage.parameter.and_then(|parameter| parameter.description.clone());
            }
        }
        if let (Some(Value::Object(known)), Some(parameter)) = (self.schemas.get_mut(index), usage.parameter)
            && known.is_empty()
            && let Value::Object(better) = schema(parameter)
        {
            *known = better;
        }
    }

    /// Runs `work` with a token added to the current location.
    fn within<T>(&mut self, token: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.here.len();
        if before > 0 {
            self.here.push('/');
            self.here.push_str(&escape(token));
        }
        let result = work(self);
        self.here.truncate(before);
        result
    }

    /// Runs `work` with another current location in the document.
    pub(super) fn at<T>(&mut self, place: String, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.here, place);
        let result = work(self);
        self.here = before;
        result
    }

    /// Records a repair.
    pub(super) fn report_repair(&mut self, kind: RepairKind, message: String) {
        self.diagnostics.push(Diagnostic::new(kind.rule(), &self.at, message).fix(kind.title()));
    }

    /// Records an error that keeps the operation from running.
    pub(super) fn report(&mut self, message: impl Into<String>, help: impl Into<Fix>) {
        let at = if self.here.is_empty() { &self.at } else { &self.here };
        let found = Diagnostic::new(&NOT_RUNNABLE, at, message).fix(help);
        // The called operation may be at fault, but the calling operation is left out, so the finding has both locations.
        self.diagnostics.push(if is_within(at, &self.at) { found } else { found.also(&self.at) });
    }

    /// Sets the style and the body type of an input, if a source is that input, with or without a default.
    pub(super) fn set_format(&mut self, source: &Source, style: Option<Style>, body: Option<BodyKind>) {
        if let Some(index) = source.argument()
            && let Some(argument) = self.arguments.get_mut(index)
        {
            argument.style = style.or(argument.style);
            if argument.place == ParameterIn::Body {
                argument.body = body;
            }
        }
    }

    /// Sets the Content-Type of an input that is a part of a multipart body, if a source is that input, with or without a default.
    pub(super) fn set_content_type(&mut self, source: &Source, content_type: &str) {
        if let Some(index) = source.argument()
            && let Some(argument) = self.arguments.get_mut(index)
        {
            argument.content_type = Some(content_type.to_owned());
        }
    }

    /// Completes the arguments once all sources are known. The only path value without a placeholder fills the only unused
    /// placeholder of the route. If an argument is the whole body, callers send the other body arguments in the query.
    pub(super) fn settle(&mut self) {
        let unused: Vec<String> = match &self.interface {
            Interface::Rest { placeholders, .. } => {
                let is_known =
                    |name: &String| self.constants.contains_key(name) || self.index.similar.contains_key(name);
                let taken = |name: &String| is_known(&folded(name));
                placeholders.iter().filter(|name| !taken(name)).cloned().collect()
            }
            Interface::Tool => Vec::new(),
        };
        let lost: Vec<usize> = (0..self.arguments.len()).filter(|index| self.is_lost(*index)).collect();
        if let ([placeholder], [index]) = (unused.as_slice(), lost.as_slice())
            && let Some(argument) = self.arguments.get_mut(*index)
        {
            let message = format!("`{}` is read from `{{{placeholder}}}` in the route", argument.name);
            argument.name.clone_from(placeholder);
            argument.place = ParameterIn::Path;
            argument.required = true;
            argument.many = false;
            self.report_repair(RepairKind::PathParameter, message);
        }
        if self.arguments.iter().any(|argument| argument.whole_body) {
            let mut seen = false;
            for argument in self.arguments.iter_mut().filter(|argument| argument.place == ParameterIn::Body) {
                if !argument.whole_body || std::mem::replace(&mut seen, true) {
                    argument.whole_body = false;
                    argument.also_in_query = false;
                    argument.place = ParameterIn::Query;
                }
            }
        }
    }

    /// Returns whether a source may have no value in a call.
    pub(super) fn may_be_absent(&self, source: &Source) -> bool {
        match source {
            Source::Argument(index) => {
                let has_default = self.schemas.get(*index).is_some_and(|schema| schema.get("default").is_some());
                !has_default && self.arguments.get(*index).is_some_and(|argument| !argument.required)
            }
            Source::Step(_) => true,
            Source::Text(pieces) => {
                let mut values = pieces.iter().filter_map(|piece| match piece {
                    Piece::Literal(_) => None,
                    Piece::Value(source) | Piece::Rest(source) => Some(source),
                });
                values.all(|source| self.may_be_absent(source))
            }
            Source::Styled(_, source) | Source::Typed(_, source) => self.may_be_absent(source),
            Source::Default(first, second) => self.may_be_absent(first) && self.may_be_absent(second),
            Source::Variable { .. }
            | Source::Credential
            | Source::Constant(_)
            | Source::Json(_)
            | Source::Object(_)
            | Source::List(_) => false,
        }
    }

    /// Returns whether callers send an undeclared argument in the query, although it is sent to the API in the path.
    fn is_lost(&self, index: usize) -> bool {
        self.arguments
            .get(index)
            .is_some_and(|argument| argument.place == ParameterIn::Query && !self.declares(&argument.name))
            && self.in_path.get(index).copied().unwrap_or(false)
    }
}

/// Returns whether callers may repeat an argument.
fn is_many(place: ParameterIn, kind: Option<&str>) -> bool {
    kind == Some("array") && matches!(place, ParameterIn::Query | ParameterIn::Header | ParameterIn::Cookie)
}

/// Returns whether a parameter is a file.
fn is_file(parameter: Option<&InputParameter>) -> bool {
    parameter.and_then(|parameter| parameter.format.as_deref()) == Some("binary")
}

//! The REST interface of a capability as OpenAPI 3.1: the output of `openapi`.

mod components;
mod operation;

use crate::fragment::{Draft, Fragment, RouteFragment};
use crate::model::Place;
use crate::template::{Part, Template, same_name};
use components::Components;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The schemas of one operation, for which documents have no keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperationTypes {
    /// The JSON Schema (2020-12) of each argument, in the order of [`Fragment::arguments`].
    pub inputs: Vec<Value>,
    /// The JSON Schema of the result; `None` if there is no result.
    pub output: Option<Value>,
    /// Whether it passes on JSON without a known schema.
    pub raw: bool,
    /// Whether the result is a file, without a known media type.
    pub file: bool,
    /// The statuses that its error distinguishes.
    pub errors: Vec<ErrorType>,
}

/// A status that an operation's error distinguishes.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorType {
    /// The status.
    pub status: u16,
    /// Its meaning.
    pub description: String,
    /// The JSON Schema of the API's answer with this status, if it is known.
    pub body: Option<Value>,
}

/// Returns the OpenAPI 3.1 description of all REST adapters of a draft; `types[i]` belongs to `draft.fragments[i]`.
///
/// Path templates and parameters use the names that arguments have on the wire, even if the route's placeholders have other
/// names. Arguments that carry a credential are security schemes. If two adapters have the same route, the first one is
/// described. The version is the draft's, or else `version`, or the date of the last change.
#[must_use]
pub fn openapi(draft: &Draft, types: &[OperationTypes], version: Option<&str>) -> Value {
    openapi_of(draft, types, version, None).document
}

/// The OpenAPI description of REST adapters.
#[derive(Debug, Clone, PartialEq)]
pub struct Openapi {
    /// The description.
    pub document: Value,
    /// The method, in lower case, and the path of each of its operations, in the order of the draft.
    pub order: Vec<(String, String)>,
}

/// Returns the OpenAPI description of one REST adapter, by its index in `exposes`, or of all of them.
#[must_use]
pub fn openapi_of(draft: &Draft, types: &[OperationTypes], version: Option<&str>, expose: Option<usize>) -> Openapi {
    let mut order = Vec::new();
    let info = &draft.head.info;
    let mut components = Components::default();
    let mut paths: Vec<Described> = Vec::new();
    let mut tags: Vec<(String, String)> = Vec::new();
    let mut ids = HashSet::new();
    let nothing = OperationTypes::default();
    for (index, fragment) in draft.fragments.iter().enumerate() {
        for route in fragment.routes.iter().filter(|route| expose.is_none_or(|expose| expose == route.expose)) {
            let method = route.operation.method.as_str().to_ascii_lowercase();
            let path = find(&mut paths, route, fragment);
            if path.item.contains_key(&method) {
                continue;
            }
            if !tags.iter().any(|(name, _)| *name == route.resource) {
                tags.push((route.resource.clone(), route.description.clone()));
            }
            let id = unique(&mut ids, draft, fragment, route);
            let types = types.get(index).unwrap_or(&nothing);
            let operation = operation::describe(draft, fragment, route, types, &path.renames(route), &mut components);
            let operation = operation.with("operationId", id).done();
            order.push((method.clone(), path.path.clone()));
            path.item.insert(method, operation);
        }
    }
    let date = info.modified.as_deref().or(info.created.as_deref());
    let version = info.version.as_deref().or(version).or(date);
    let document = Object::default()
        .with("openapi", "3.1.0")
        .with(
            "info",
            Object::default()
                .with("title", info.label.as_str())
                .with("version", version.unwrap_or("1.0.0"))
                .with_some("description", Some(info.description.as_str()).filter(|text| !text.is_empty()))
                .done(),
        )
        .with_some("tags", (!tags.is_empty()).then(|| tags.iter().map(tag).collect::<Value>()))
        .with("paths", paths.into_iter().map(|path| (path.path, Value::Object(path.item))).collect::<Map<_, _>>())
        .with_some("components", components.done())
        .done();
    Openapi { document, order }
}

/// One path with its operations.
struct Described {
    shape: String,
    path: String,
    /// Its placeholders, in order.
    names: Vec<String>,
    item: Map<String, Value>,
}

impl Described {
    /// Returns the placeholders of a route with the same shape, each with its name in this description.
    fn renames(&self, route: &RouteFragment) -> Vec<(String, &str)> {
        let own = Template::path(&route.path).ok();
        let own: Vec<String> = own.iter().flat_map(Template::placeholders).map(str::to_owned).collect();
        own.into_iter().zip(self.names.iter().map(String::as_str)).collect()
    }
}

/// Returns the description of a route's path. Paths with the same shape share one; the first names the placeholders.
fn find<'a>(paths: &'a mut Vec<Described>, route: &RouteFragment, fragment: &Fragment) -> &'a mut Described {
    let template = Template::path(&route.path).ok();
    let shape = template.as_ref().map_or_else(|| route.path.clone(), Template::shape);
    let at = paths.iter().position(|path| path.shape == shape).unwrap_or_else(|| {
        let written = |name: &str| {
            let argument = fragment
                .arguments
                .iter()
                .find(|argument| argument.place == Place::Path && same_name(&argument.name, name));
            argument.map_or(name, |argument| argument.name.as_str()).to_owned()
        };
        let names = template.iter().flat_map(Template::placeholders).map(written).collect();
        let path = template.as_ref().and_then(|template| {
            template.render(|part| match part {
                Part::Placeholder { name } => Some(format!("{{{}}}", written(name)).into()),
                _ => None,
            })
        });
        let path = path.unwrap_or_else(|| route.path.clone());
        paths.push(Described { shape, path, names, item: Map::new() });
        paths.len() - 1
    });
    &mut paths[at]
}

/// Returns a unique `operationId`: the operation's name, with its namespace or a number if necessary.
fn unique(ids: &mut HashSet<String>, draft: &Draft, fragment: &Fragment, route: &RouteFragment) -> String {
    let own = route.operation.name.as_ref().unwrap_or(&fragment.name);
    let consume = fragment.consumed.as_ref().and_then(|part| draft.head.capability.consumes.get(part.consume));
    let namespaced = consume.map(|consume| format!("{}.{own}", consume.namespace));
    let numbered = (2..).map(|number| format!("{own}-{number}"));
    let names = std::iter::once(own.clone()).chain(namespaced).chain(numbered);
    names.into_iter().find(|name| ids.insert(name.clone())).unwrap_or_default()
}

fn tag((name, description): &(String, String)) -> Value {
    json!({ "name": name, "description": description })
}

/// A builder of a JSON object.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    fn with_some(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

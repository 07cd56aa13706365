//! The REST interface of a capability as OpenAPI: the output of `openapi`.

mod answers;
mod callers;
mod components;
mod forward;
mod object;
mod older;
mod operation;
mod statuses;
mod types;

pub use forward::ForwardPath;
pub use types::{ErrorType, OperationTypes};

use crate::fragment::{Draft, Fragment, RouteFragment};
use crate::model::{Authentication, ParameterIn};
use crate::template::{Part, Template, rest_name, same_name};
use components::Components;
use object::Object;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// A version of the OpenAPI Specification.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpenapiVersion {
    /// 3.1, whose schemas are JSON Schema 2020-12.
    #[default]
    V3_1,
    /// 3.0, for tools that do not read 3.1. Keywords that it does not have are left out, so its schemas may allow more values.
    V3_0,
}

impl OpenapiVersion {
    /// Returns the version with that name, `3.1` or `3.0`; `None` for any other text.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        match text {
            "3.1" => Some(Self::V3_1),
            "3.0" => Some(Self::V3_0),
            _ => None,
        }
    }
}

/// The settings of an OpenAPI description.
#[derive(Debug, Clone, Default)]
pub struct OpenapiOptions<'a> {
    /// The version of the capability, if the draft has none.
    pub version: Option<&'a str>,
    /// The index of the REST adapter in `exposes`; `None` for all adapters.
    pub expose: Option<usize>,
    /// How callers of all adapters authenticate, instead of what the draft declares.
    pub callers: Option<&'a Authentication>,
    /// The routes whose requests are forwarded unchanged.
    pub forwards: Vec<ForwardPath>,
    /// The version of OpenAPI.
    pub openapi: OpenapiVersion,
    /// Whether operations of the draft call APIs that the draft does not declare.
    pub calls_apis: bool,
}

/// The OpenAPI description of REST adapters.
#[derive(Debug, Clone, PartialEq)]
pub struct Openapi {
    /// The description.
    pub document: Value,
    /// The method, in lower case, and the path of each operation in the order of the draft, without forwarded requests.
    pub order: Vec<(String, String)>,
}

/// Returns the OpenAPI 3.1 description of all REST adapters of a draft; `types[i]` belongs to `draft.fragments[i]`.
///
/// Path templates and parameters use the names that arguments have on the wire, even if the route's placeholders have other
/// names. Arguments that carry a credential are security schemes. If two adapters have the same route, the first one is
/// described. The version is the draft's, or else `version`, the date of the last change or of the creation, or `1.0.0`.
#[must_use]
pub fn openapi(draft: &Draft, types: &[OperationTypes], version: Option<&str>) -> Value {
    openapi_of(draft, types, OpenapiOptions { version, ..OpenapiOptions::default() }).document
}

/// Returns the OpenAPI description of REST adapters of a draft, as [`openapi`] does.
#[must_use]
pub fn openapi_of(draft: &Draft, types: &[OperationTypes], options: OpenapiOptions<'_>) -> Openapi {
    let OpenapiOptions { version, expose, callers, forwards, openapi, calls_apis } = options;
    let calls_apis = calls_apis || !draft.head.capability.consumes.is_empty();
    let callers_scheme = |index: usize| callers::scheme(draft.head.capability.exposes.get(index)?, callers);
    let is_described = |index: usize| expose.is_none_or(|expose| expose == index);
    let mut order = Vec::new();
    let mut components = Components::default();
    let mut paths: Vec<PathEntry> = Vec::new();
    let mut tags: Vec<(String, String)> = Vec::new();
    let mut ids = HashSet::new();
    let nothing = OperationTypes::default();
    for (index, fragment) in draft.fragments.iter().enumerate() {
        for route in fragment.routes.iter().filter(|route| is_described(route.expose)) {
            let method = route.operation.method.as_str().to_ascii_lowercase();
            let path = path_entry(&mut paths, route, fragment);
            if path.item.contains_key(&method) {
                continue;
            }
            if !tags.iter().any(|(name, _)| *name == route.resource) {
                tags.push((route.resource.clone(), route.description.clone()));
            }
            let id = unique(&mut ids, draft, fragment, route);
            let renames = path.renames(route);
            let types = types.get(index).unwrap_or(&nothing);
            let callers = callers_scheme(route.expose);
            let described =
                operation::OperationRoute { draft, fragment, route, types, renames: &renames, callers, calls_apis };
            let operation = described.describe(&mut components).with("operationId", id).done();
            order.push((method.clone(), path.path.clone()));
            path.item.insert(method, operation);
        }
    }
    let mut items: Map<String, Value> = paths.into_iter().map(|path| (path.path, Value::Object(path.item))).collect();
    for (number, route) in forwards.iter().filter(|route| is_described(route.expose)).enumerate() {
        let (path, item) = forward::describe(route, number + 1, callers_scheme(route.expose), &mut components);
        items.entry(path).or_insert(item);
    }
    let mut document = Object::default()
        .with("openapi", "3.1.0")
        .with("info", info(draft, version))
        .with_some("tags", (!tags.is_empty()).then(|| tags.iter().map(tag).collect::<Value>()))
        .with("paths", items)
        .with_some("components", components.done())
        .done();
    if openapi == OpenapiVersion::V3_0 {
        older::to_3_0(&mut document);
    }
    Openapi { document, order }
}

fn info(draft: &Draft, version: Option<&str>) -> Value {
    let info = &draft.head.info;
    let date = info.modified.as_deref().or(info.created.as_deref());
    let version = info.version.as_deref().or(version).or(date);
    Object::default()
        .with("title", info.label.as_str())
        .with("version", version.unwrap_or("1.0.0"))
        .with_some("description", Some(info.description.as_str()).filter(|text| !text.is_empty()))
        .done()
}

/// One path of the description, with its operations.
struct PathEntry {
    /// The [`Template::shape`] of the path.
    shape: String,
    path: String,
    /// The names of its placeholders in this description, in order.
    names: Vec<String>,
    item: Map<String, Value>,
}

impl PathEntry {
    /// Returns the placeholders of a route with the same shape, each with its name in this description.
    fn renames(&self, route: &RouteFragment) -> Vec<(String, &str)> {
        let own = Template::path(&route.path).ok();
        let own: Vec<String> = own.iter().flat_map(Template::placeholders).map(str::to_owned).collect();
        own.into_iter().zip(self.names.iter().map(String::as_str)).collect()
    }
}

/// Finds or adds the entry of a route's path. Paths with the same shape share an entry; the first one names its placeholders.
fn path_entry<'a>(paths: &'a mut Vec<PathEntry>, route: &RouteFragment, fragment: &Fragment) -> &'a mut PathEntry {
    let template = Template::path(&route.path).ok();
    let shape = template.as_ref().map_or_else(|| route.path.clone(), Template::shape);
    let at = paths.iter().position(|path| path.shape == shape).unwrap_or_else(|| {
        let written = |name: &str| {
            let argument = fragment
                .arguments
                .iter()
                .find(|argument| argument.place == ParameterIn::Path && same_name(&argument.name, name));
            argument.map_or_else(|| rest_name(name).unwrap_or(name), |argument| argument.name.as_str()).to_owned()
        };
        let names = template.iter().flat_map(Template::placeholders).map(written).collect();
        let path = template.as_ref().and_then(|template| {
            template.render(|part| match part {
                Part::Placeholder { name } => Some(format!("{{{}}}", written(name)).into()),
                _ => None,
            })
        });
        let path = path.unwrap_or_else(|| route.path.clone());
        paths.push(PathEntry { shape, path, names, item: Map::new() });
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

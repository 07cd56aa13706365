//! An independent second implementation, which reads a document's YAML and computes, for each route and tool, the input
//! of a caller and the expected request. It shares no code with the implementation under test, and covers only what the
//! documents of the corpus use.

mod caller;
mod credential;
mod text;

pub use text::{decode, encode, variable};

use caller::Caller;
use credential::{authentication, credential, is_credential};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use text::{as_text, list, placeholders, same, text};

/// One route or tool, called once.
pub struct Expected {
    /// The adapter's namespace.
    pub adapter: String,
    /// The operation's or the tool's name.
    pub name: String,
    /// The route's method and path with values, including the query; `None` for a tool.
    pub route: Option<(String, String)>,
    /// Additional headers of the route's request.
    pub headers: Vec<(String, String)>,
    /// The body of the route's request.
    pub body: Option<Value>,
    /// The arguments of the tool.
    pub arguments: Map<String, Value>,
    /// The expected request.
    pub request: Request,
    /// The namespace of the API that is called.
    pub namespace: String,
    /// The format of the upstream's answer.
    pub format: String,
    /// Why the route or tool is not called; `None` if it is called.
    pub left_out: Option<String>,
}

/// A decoded request.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Request {
    pub method: String,
    /// The segments of the path, decoded.
    pub path: Vec<String>,
    /// The query parameters, decoded and sorted.
    pub query: Vec<(String, String)>,
    /// The headers: those that the document requires, or all that arrived.
    pub headers: BTreeMap<String, String>,
    /// The body: JSON or a string.
    pub body: Option<Value>,
}

/// A consumed operation.
struct Called<'a> {
    consume: &'a Value,
    operation: &'a Value,
    path: String,
    parameters: Vec<&'a Value>,
}

/// Returns the rule that refuses a document; `None` if the document can run.
pub fn unsound(document: &Value) -> Option<&'static str> {
    let capability = document.get("capability")?;
    for consume in list(capability, "consumes") {
        let kind = text(authentication(consume), "type").to_lowercase();
        if kind == "certificate" {
            return Some("unsupported_authentication");
        }
        if text(consume, "baseUri").is_empty() {
            return Some("unreadable");
        }
    }

    exposed(capability).find_map(|(_, _, operation)| {
        let call = operation.get("call").and_then(Value::as_str)?;
        called(capability, call).is_none().then_some("unresolved_call")
    })
}

/// Returns each route and tool, with its adapter and, for a route, its resource.
fn exposed(capability: &Value) -> impl Iterator<Item = (&Value, Option<&Value>, &Value)> {
    list(capability, "exposes").flat_map(|adapter| {
        let routes = list(adapter, "resources").flat_map(move |resource| {
            list(resource, "operations").map(move |operation| (adapter, Some(resource), operation))
        });
        let tools = list(adapter, "tools").map(move |tool| (adapter, None, tool));
        let routes: Vec<_> = if text(adapter, "type") == "rest" { routes.collect() } else { Vec::new() };
        let tools: Vec<_> = if text(adapter, "type") == "mcp" { tools.collect() } else { Vec::new() };
        routes.into_iter().chain(tools)
    })
}

fn called<'a>(capability: &'a Value, call: &str) -> Option<Called<'a>> {
    list(capability, "consumes").find_map(|consume| {
        let name = call.strip_prefix(text(consume, "namespace"))?.strip_prefix('.')?;
        list(consume, "resources").find_map(|resource| {
            let operation = list(resource, "operations").find(|operation| text(operation, "name") == name)?;
            let all = list(consume, "inputParameters").chain(list(resource, "inputParameters"));
            let parameters = all.chain(list(operation, "inputParameters")).collect();
            Some(Called { consume, operation, path: path(consume, resource, operation), parameters })
        })
    })
}

/// Returns the path of an operation: the resource's path followed by the operation's. If any operation of the API
/// repeats the path of its resource, the paths of all operations are already complete.
fn path(consume: &Value, resource: &Value, operation: &Value) -> String {
    let own = text(operation, "path");
    let base = text(resource, "path");
    let whole = list(consume, "resources").any(|resource| {
        let base = text(resource, "path").trim_end_matches('/');
        !base.is_empty()
            && list(resource, "operations").any(|operation| {
                text(operation, "path").strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    });
    match own {
        "" => base.to_owned(),
        own if whole => own.to_owned(),
        own => format!("{}{own}", base.trim_end_matches('/')),
    }
}

/// Returns the expected behaviour of every route and tool of a document.
pub fn expected(document: &Value) -> Vec<Expected> {
    let Some(capability) = document.get("capability") else { return Vec::new() };
    let binds: Vec<String> = list(document, "binds")
        .chain(list(capability, "binds"))
        .filter_map(|bind| bind.get("keys").and_then(Value::as_object))
        .flat_map(|keys| keys.keys().cloned())
        .collect();
    let mut seen: Vec<String> = Vec::new();
    exposed(capability)
        .filter_map(|(adapter, resource, operation)| {
            let called = called(capability, text(operation, "call"))?;
            let mut expected = one(&binds, adapter, resource, operation, &called);
            let key = match resource {
                Some(resource) => {
                    let path = text(resource, "path").split('?').next().unwrap_or_default();
                    let shape: Vec<&str> =
                        path.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect();
                    format!("{} {} {}", text(adapter, "namespace"), text(operation, "method"), shape.join("{}"))
                }
                None => format!("{} {}", text(adapter, "namespace"), text(operation, "name")),
            };
            if text(adapter, "transport") == "stdio" {
                expected.left_out = Some("it is reached over stdin and stdout".to_owned());
            }
            if seen.contains(&key) {
                expected.left_out =
                    Some("a second route with this method and shape, or a second tool with this name".to_owned());
            }
            seen.push(key);
            Some(expected)
        })
        .collect()
}

fn one(
    binds: &[String],
    adapter: &Value,
    resource: Option<&Value>,
    operation: &Value,
    called: &Called<'_>,
) -> Expected {
    let method = text(operation, "method");
    let mut caller = Caller {
        adapter: text(adapter, "namespace"),
        resource,
        operation,
        method: if method.is_empty() { "GET" } else { method },
        route: resource
            .map(|resource| text(resource, "path").replace("{{", "{").replace("}}", "}"))
            .unwrap_or_default(),
        inputs: BTreeMap::new(),
        query: Vec::new(),
        headers: Vec::new(),
        members: Map::new(),
        whole: None,
    };
    let none = Map::new();
    let with = operation.get("with").and_then(Value::as_object).unwrap_or(&none);
    let body = called.operation.get("body");
    let templates = body.map(Value::to_string).unwrap_or_default();
    let templated =
        |name: &str| templates.contains(&format!(".{name}}}}}")) || templates.contains(&format!("{{{{{name}}}}}"));
    let bodies = called.parameters.iter().filter(|parameter| text(parameter, "in") == "body").count();
    // Where the value of a parameter is sent.
    let place = |parameter: &Value| match text(parameter, "in") {
        "body" if bodies == 1 && text(parameter, "name") == "body" => "whole".to_owned(),
        place => place.to_owned(),
    };
    let parameter = |name: &str| {
        let exact = called.parameters.iter().find(|parameter| text(parameter, "name") == name);
        exact.or_else(|| called.parameters.iter().find(|parameter| same(text(parameter, "name"), name)))
    };
    let (consumed_path, constant_query) =
        called.path.split_once('?').map_or((called.path.as_str(), ""), |(consumed_path, query)| (consumed_path, query));
    let mut consumed_path = consumed_path.replace("{{", "{").replace("}}", "}");
    // A path parameter whose name is not a placeholder fills the only open placeholder, or becomes the last segment.
    let without_placeholder: Vec<&str> = called
        .parameters
        .iter()
        .filter(|parameter| text(parameter, "in") == "path")
        .map(|parameter| text(parameter, "name"))
        .filter(|name| !placeholders(&consumed_path).iter().any(|other| same(other, name)))
        .collect();
    let open: Vec<String> = placeholders(&consumed_path)
        .into_iter()
        .filter(|name| parameter(name).is_none() && !binds.contains(name))
        .collect();
    let mut left_out = None;
    match (&without_placeholder[..], &open[..]) {
        ([], _) => {}
        ([name], []) => {
            let slash = if consumed_path.len() > 1 && consumed_path.ends_with('/') { "/" } else { "" };
            consumed_path = format!("{}/{{{name}}}{slash}", consumed_path.trim_end_matches('/'));
        }
        ([name], [placeholder]) => {
            consumed_path = consumed_path.replace(&format!("{{{placeholder}}}"), &format!("{{{name}}}"));
        }
        _ => left_out = Some("path parameters without placeholders".to_owned()),
    }
    let mut given: Map<String, Value> = Map::new();
    for (key, value) in with {
        let known = parameter(key);
        let to = known.map_or_else(
            || match key.as_str() {
                key if placeholders(&consumed_path).iter().any(|name| same(name, key)) => "path".to_owned(),
                key if templated(key) => "body".to_owned(),
                "body" => "whole".to_owned(),
                _ if ["POST", "PUT", "PATCH"].contains(&text(called.operation, "method")) && body.is_none() => {
                    "body".to_owned()
                }
                _ => "query".to_owned(),
            },
            |parameter| place(parameter),
        );
        let kind = known.map(|parameter| text(parameter, "type")).unwrap_or_default();
        let value = caller.value(value, kind, &to);
        given.insert(key.clone(), value);
    }
    let mut request = Request { method: text(called.operation, "method").to_uppercase(), ..Request::default() };
    let mut members = Map::new();
    let mut whole = None;
    let mut filled: BTreeMap<String, Value> = BTreeMap::new();
    for parameter in &called.parameters {
        let name = text(parameter, "name");
        let place = place(parameter);
        let key = with.keys().find(|key| *key == name).or_else(|| with.keys().find(|key| same(key, name)));
        let needed = parameter.get("required").and_then(Value::as_bool).unwrap_or(false) || place == "path";
        let value = match (key, parameter.get("value")) {
            (Some(key), _) => given[key].clone(),
            (None, Some(constant)) => caller.filled(&as_text(constant), &given, "string", &place),
            (None, None) if place == "body" && templated(name) => continue,
            (None, None) if is_credential(called.consume, parameter) && caller.declared(name).is_none() => continue,
            (None, None) if with.is_empty() || needed || caller.declared(name).is_some() => {
                caller.input(name, text(parameter, "type"), &place)
            }
            (None, None) => continue,
        };
        match place.as_str() {
            "path" => drop(filled.insert(name.to_owned(), value)),
            "header" => drop(request.headers.insert(name.to_lowercase(), as_text(&value))),
            "cookie" => drop(request.headers.insert("cookie".to_owned(), format!("{name}={}", as_text(&value)))),
            "whole" => whole = Some(value),
            "body" if templated(name) => {}
            "body" => drop(members.insert(name.to_owned(), value)),
            _ => match value {
                Value::Array(list) => request.query.extend(list.iter().map(|value| (name.to_owned(), as_text(value)))),
                value => request.query.push((name.to_owned(), as_text(&value))),
            },
        }
    }
    for (key, value) in &given {
        if parameter(key).is_some() || placeholders(&consumed_path).iter().any(|name| same(name, key)) || templated(key)
        {
            continue;
        }
        match key.as_str() {
            "body" => whole = Some(value.clone()),
            _ if ["POST", "PUT", "PATCH"].contains(&request.method.as_str()) && body.is_none() => {
                drop(members.insert(key.clone(), value.clone()));
            }
            _ => request.query.push((key.clone(), as_text(value))),
        }
    }
    let mut path = consumed_path.clone();
    for name in placeholders(&consumed_path) {
        let value = filled.iter().find(|(other, _)| same(other, &name)).map(|(_, value)| value.clone());
        let value = value.or_else(|| given.iter().find(|(key, _)| same(key, &name)).map(|(_, value)| value.clone()));
        let value = match value {
            Some(value) => value,
            None if binds.contains(&name) => json!(variable(&name)),
            None => caller.input(&name, "string", "path"),
        };
        path = path.replace(&format!("{{{name}}}"), &encode(&as_text(&value)));
    }
    for pair in constant_query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        request.query.push((name.to_owned(), value.to_owned()));
    }
    let bare = body.is_some_and(|body| body.get("data").is_none() && body.get("type").is_some());
    if bare && whole.is_none() && members.is_empty() {
        // Only the type of the body is declared: the caller sends the body.
        request.body = Some(caller.input("body", "object", "whole"));
    } else if let Some(body) = body.filter(|_| !bare) {
        let data = body.get("data").unwrap_or(body);
        let kind = text(body, "type").to_lowercase();
        let text_of =
            data.as_object().filter(|data| data.len() == 1 && ["binary", "text", "xml"].contains(&kind.as_str()));
        let data = text_of.and_then(|data| data.values().next()).unwrap_or(data);
        let place = if text(body, "data").trim_start_matches("{{tools.") == "body}}" { "whole" } else { "body" };
        let mut data = caller.template(data, &given, place);
        if let Value::Object(object) = &mut data {
            for (name, value) in members {
                object.entry(name).or_insert(value);
            }
        }
        request.body = Some(data);
    } else if let Some(whole) = whole {
        request.body = Some(whole);
    } else if !members.is_empty() {
        request.body = Some(Value::Object(members));
    }
    // Declared inputs are sent even if nothing uses them.
    let declared = list(operation, "inputParameters")
        .chain(resource.into_iter().flat_map(|resource| list(resource, "inputParameters")));
    for input in declared {
        let place = match text(input, "in") {
            "" if ["POST", "PUT", "PATCH"].contains(&caller.method) => "body",
            place => place,
        };
        let value = caller.input(text(input, "name"), text(input, "type"), place);
        // `mapping: $.body.name` makes the input the member `name` of the body.
        if let Some(name) = text(input, "mapping").strip_prefix("$.body.")
            && let Value::Object(members) = request.body.get_or_insert_with(|| json!({}))
        {
            members.insert(name.to_owned(), value);
        }
    }
    credential(called.consume, &mut request);
    request.path = path.split('/').map(decode).collect();
    request.query.sort();
    let arguments = if resource.is_some() { Map::new() } else { caller.inputs.clone().into_iter().collect() };
    // The remaining placeholders of the route are filled with any value.
    for name in placeholders(&caller.route) {
        caller.route = caller.route.replace(&format!("{{{name}}}"), "x");
    }
    let query = caller
        .query
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&");
    let target = if query.is_empty() { caller.route.clone() } else { format!("{}?{query}", caller.route) };
    Expected {
        adapter: text(adapter, "namespace").to_owned(),
        name: operation
            .get("name")
            .or_else(|| operation.get("call"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        route: resource.map(|_| (caller.method.to_owned(), target)),
        headers: caller.headers,
        body: caller.whole.or_else(|| (!caller.members.is_empty()).then(|| Value::Object(caller.members.clone()))),
        arguments,
        request,
        namespace: text(called.consume, "namespace").to_owned(),
        format: called.operation.get("outputRawFormat").and_then(Value::as_str).unwrap_or("json").to_lowercase(),
        left_out,
    }
}

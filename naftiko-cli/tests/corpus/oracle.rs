//! An independent second implementation that reads a document's YAML: for each route and tool, the input of a caller
//! and the expected request. It shares no code with the implementation under test, and only covers the rules of the
//! dialect.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

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
    /// Why this is left out, if a rule explains it.
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
    /// Required headers with their values.
    pub headers: BTreeMap<String, String>,
    /// The body: JSON, or a text.
    pub body: Option<Value>,
}

/// Returns the value of an environment variable in this test.
pub fn variable(name: &str) -> String {
    format!("v-{}", name.to_lowercase())
}

/// Returns whether names differ only in case, `_` and `-`.
fn same(one: &str, other: &str) -> bool {
    let fold = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    fold(one) == fold(other)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A consumed operation.
struct Called<'a> {
    consume: &'a Value,
    operation: &'a Value,
    path: String,
    parameters: Vec<&'a Value>,
}

/// Returns why a document cannot run, if it cannot.
pub fn unsound(document: &Value) -> Option<String> {
    let capability = document.get("capability")?;
    for consume in list(capability, "consumes") {
        let kind = text(authentication(consume), "type").to_lowercase();
        if ["oauth1", "certificate"].contains(&kind.as_str()) {
            return Some(format!("`{kind}` signs requests in a way that is not supported"));
        }
        if text(consume, "baseUri").is_empty() {
            return Some("an API has no base URI".to_owned());
        }
    }

    exposed(capability).find_map(|(_, _, operation)| {
        let call = operation.get("call").and_then(Value::as_str)?;
        called(capability, call).is_none().then(|| format!("the call `{call}` names nothing"))
    })
}

fn authentication(consume: &Value) -> &Value {
    consume.get("authentication").or_else(|| consume.get("auth")).unwrap_or(&Value::Null)
}

/// Returns each adapter, resource, and operation or tool.
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

/// Returns the path of an operation; it is absolute if the paths of its API are.
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

/// Returns the value that a caller sends for an input.
fn generated(name: &str, kind: &str, place: &str) -> Value {
    match kind {
        "integer" => json!(7),
        "number" => json!(1.5),
        "boolean" => json!(true),
        "array" => json!(["a b", "c/d"]),
        "object" => json!({ "k": "v ü" }),
        _ if place == "header" || place == "cookie" => json!(format!("h-{}", name.to_lowercase())),
        _ => json!(format!("{name} é/ü&=?#")),
    }
}

/// Converts a value to text for a path, a query or a header.
fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Collects the input of the caller.
struct Caller<'a> {
    adapter: &'a str,
    resource: Option<&'a Value>,
    operation: &'a Value,
    method: &'a str,
    route: String,
    inputs: BTreeMap<String, Value>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    members: Map<String, Value>,
    whole: Option<Value>,
}

impl Caller<'_> {
    fn declared(&self, name: &str) -> Option<&Value> {
        let all = list(self.operation, "inputParameters");
        all.chain(self.resource.into_iter().flat_map(|resource| list(resource, "inputParameters")))
            .find(|input| text(input, "name") == name)
    }

    /// Returns the value of an input, and adds it to the caller's input; `kind` and `place` are those of the parameter
    /// that it fills.
    fn input(&mut self, name: &str, kind: &str, place: &str) -> Value {
        if let Some(value) = self.inputs.get(name) {
            return value.clone();
        }
        let declared = self.declared(name);
        let kind = declared.map(|input| text(input, "type")).filter(|kind| !kind.is_empty()).unwrap_or(kind).to_owned();
        let said = declared.map(|input| text(input, "in")).unwrap_or_default().to_owned();
        let mut value = generated(name, &kind, place);
        if self.resource.is_some() {
            let placeholder = placeholders(&self.route).into_iter().find(|other| same(other, name));
            let place = if said.is_empty() { place } else { &said };
            let takes_body = ["POST", "PUT", "PATCH"].contains(&self.method);
            if let Some(placeholder) = placeholder {
                self.route = self.route.replace(&format!("{{{placeholder}}}"), &encode(&as_text(&value)));
            } else if place == "header" {
                value = generated(name, &kind, "header");
                self.headers.push((name.to_owned(), as_text(&value)));
            } else if place == "cookie" {
                value = generated(name, &kind, "cookie");
                self.headers.push(("Cookie".to_owned(), format!("{name}={}", as_text(&value))));
            } else if place == "whole" && takes_body {
                self.whole = Some(value.clone());
            } else if (place == "body" || place == "whole") && takes_body {
                self.members.insert(name.to_owned(), value.clone());
            } else if let Value::Array(list) = &value {
                self.query.extend(list.iter().map(|value| (name.to_owned(), as_text(value))));
            } else {
                self.query.push((name.to_owned(), as_text(&value)));
            }
        }
        self.inputs.insert(name.to_owned(), value.clone());
        value
    }

    /// Returns the value of a `with` entry.
    fn value(&mut self, value: &Value, kind: &str, place: &str) -> Value {
        match value {
            Value::String(word) => {
                let reference = ["rest.", "tools."].iter().find_map(|prefix| word.strip_prefix(prefix));
                let reference = reference.or_else(|| word.strip_prefix(&format!("{}.", self.adapter)));
                match (reference, word.strip_prefix("env.")) {
                    (Some(name), _) => self.input(name, kind, place),
                    (None, Some(name)) => json!(variable(name)),
                    (None, None) => self.filled(word, &Map::new(), kind, place),
                }
            }
            Value::Array(values) => values.iter().map(|value| self.value(value, "string", place)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.value(value, "string", place))).collect()
            }
            constant => constant.clone(),
        }
    }

    /// Fills the placeholders of a text; a text that is a single placeholder keeps the value's type.
    fn filled(&mut self, source: &str, with: &Map<String, Value>, kind: &str, place: &str) -> Value {
        let parts: Vec<&str> = source.split("{{").collect();
        if let ["", hole] = parts[..]
            && let Some(name) = hole.strip_suffix("}}")
        {
            return self.hole(name.trim(), with, kind, place);
        }
        let mut text = parts[0].to_owned();
        for part in &parts[1..] {
            let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
            let value = self.hole(name.trim(), with, "string", place);
            text.push_str(&as_text(&value));
            text.push_str(rest);
        }
        json!(text)
    }

    fn hole(&mut self, name: &str, with: &Map<String, Value>, kind: &str, place: &str) -> Value {
        match name.split_once('.') {
            Some(("tools" | "rest", name)) => with.get(name).cloned().unwrap_or_else(|| self.input(name, kind, place)),
            Some((_, name)) => json!(variable(name)),
            None => with.get(name).cloned().unwrap_or_else(|| json!(variable(name))),
        }
    }

    fn template(&mut self, value: &Value, with: &Map<String, Value>, place: &str) -> Value {
        match value {
            Value::String(text) => self.filled(text, with, "", place),
            Value::Array(values) => values.iter().map(|value| self.template(value, with, "body")).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.template(value, with, "body"))).collect()
            }
            constant => constant.clone(),
        }
    }
}

/// Returns the names in the braces of a path.
fn placeholders(path: &str) -> Vec<String> {
    path.replace("{{", "{")
        .replace("}}", "}")
        .split('{')
        .skip(1)
        .filter_map(|part| Some(part.split_once('}')?.0.trim().to_owned()))
        .collect()
}

/// Percent-encodes everything except unreserved characters (RFC 3986, section 2.3).
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
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
                    Some("a second route of one method and shape, or a second tool of one name".to_owned());
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
    // The places of parameter values.
    let place = |parameter: &Value| match text(parameter, "in") {
        "body" if bodies == 1 && text(parameter, "name") == "body" => "whole".to_owned(),
        place => place.to_owned(),
    };
    let parameter = |name: &str| {
        let exact = called.parameters.iter().find(|parameter| text(parameter, "name") == name);
        exact.or_else(|| called.parameters.iter().find(|parameter| same(text(parameter, "name"), name)))
    };
    let (front, constant_query) =
        called.path.split_once('?').map_or((called.path.as_str(), ""), |(front, query)| (front, query));
    let mut front = front.replace("{{", "{").replace("}}", "}");
    // A path parameter without a placeholder becomes the last segment.
    let homeless: Vec<&str> = called
        .parameters
        .iter()
        .filter(|parameter| text(parameter, "in") == "path")
        .map(|parameter| text(parameter, "name"))
        .filter(|name| !placeholders(&front).iter().any(|other| same(other, name)))
        .collect();
    let open: Vec<String> =
        placeholders(&front).into_iter().filter(|name| parameter(name).is_none() && !binds.contains(name)).collect();
    let mut left_out = None;
    match (&homeless[..], &open[..]) {
        ([], _) => {}
        ([name], []) => {
            let slash = if front.len() > 1 && front.ends_with('/') { "/" } else { "" };
            front = format!("{}/{{{name}}}{slash}", front.trim_end_matches('/'));
        }
        ([name], [placeholder]) => front = front.replace(&format!("{{{placeholder}}}"), &format!("{{{name}}}")),
        _ => left_out = Some("path parameters without placeholders".to_owned()),
    }
    let mut given: Map<String, Value> = Map::new();
    for (key, value) in with {
        let known = parameter(key);
        let to = known.map_or_else(
            || match key.as_str() {
                key if placeholders(&front).iter().any(|name| same(name, key)) => "path".to_owned(),
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
        if parameter(key).is_some() || placeholders(&front).iter().any(|name| same(name, key)) || templated(key) {
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
    let mut path = front.clone();
    for name in placeholders(&front) {
        let fed = filled.iter().find(|(other, _)| same(other, &name)).map(|(_, value)| value.clone());
        let fed = fed.or_else(|| given.iter().find(|(key, _)| same(key, &name)).map(|(_, value)| value.clone()));
        let value = match fed {
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
        // Only its type is declared: the caller gives the value.
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
        // `mapping: $.body.name` specifies the place itself.
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

/// Returns whether the capability's own credential is sent in the place of a parameter.
fn is_credential(consume: &Value, parameter: &Value) -> bool {
    let how = authentication(consume);
    let placement = how.get("placement").or_else(|| how.get("in")).and_then(Value::as_str).unwrap_or("header");
    let key = [text(how, "header"), text(how, "name"), text(how, "key")]
        .into_iter()
        .find(|key| !key.is_empty())
        .unwrap_or_default()
        .to_owned();
    placement != "header" && text(parameter, "in") == placement && text(parameter, "name") == key
}

/// Returns the credential of the capability.
fn credential(consume: &Value, request: &mut Request) {
    let how = authentication(consume);
    let filled = |source: &str| {
        let mut parts = source.split("{{");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
            text.push_str(&variable(name.rsplit('.').next().unwrap_or(name).trim()));
            text.push_str(rest);
        }
        text
    };
    let mut header = |name: &str, value: String| {
        request.headers.entry(name.to_lowercase()).or_insert(value);
    };
    match text(how, "type").to_lowercase().as_str() {
        "bearer" => header("authorization", format!("Bearer {}", filled(text(how, "token")))),
        "basic" => {
            use base64::Engine;
            let pair = format!("{}:{}", filled(text(how, "username")), filled(text(how, "password")));
            header("authorization", format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)));
        }
        "apikey" | "header" | "query" => {
            let values = [text(how, "value"), text(how, "token"), text(how, "key")];
            let value = values
                .into_iter()
                .find(|value| value.contains("{{"))
                .or(values.into_iter().find(|value| !value.is_empty()));
            let names = [text(how, "header"), text(how, "name"), text(how, "key")];
            let name =
                names.into_iter().find(|name| !name.is_empty() && !name.contains("{{")).unwrap_or("Authorization");
            let value = filled(value.unwrap_or_default());
            match how.get("placement").or_else(|| how.get("in")).and_then(Value::as_str).unwrap_or("header") {
                "query" if request.query.iter().any(|(other, _)| other == name) => {}
                "query" => request.query.push((name.to_owned(), value)),
                "body" => {
                    if let Value::Object(members) = request.body.get_or_insert_with(|| json!({})) {
                        members.insert(name.to_owned(), json!(value));
                    }
                }
                // This test replaces the base URI that contained it.
                "path" => {}
                _ => header(name, value),
            }
        }
        _ => {}
    }
}

/// Decodes a percent-encoded text.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let code = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.push(code.unwrap_or(b'%'));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

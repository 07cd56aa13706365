//! Routes whose requests are forwarded unchanged to a consumed API.

use super::components::Components;
use super::object::Object;
use super::statuses::reason;
use super::types::binary;
use serde_json::{Map, Value, json};

/// The methods that are forwarded and that OpenAPI has a key for.
const METHODS: [&str; 7] = ["get", "head", "options", "delete", "post", "put", "patch"];

/// The key that marks a path parameter of any number of segments: an extension, because OpenAPI has no such key.
pub(super) const SEGMENTS: &str = "x-segments";

/// A route whose requests are forwarded unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardPath {
    /// The index of its adapter in the document's `exposes`.
    pub expose: usize,
    /// The prefix of the paths that are forwarded.
    pub prefix: String,
}

impl ForwardPath {
    /// Returns its path in the description: the prefix, and the parameter `path` below it.
    #[must_use]
    pub fn path(&self) -> String {
        let segments = self.prefix.split('/').filter(|segment| !segment.is_empty());
        let literal = segments.take_while(|segment| !segment.contains(['{', '}', '*']));
        let prefix: String = literal.flat_map(|segment| ["/", segment]).collect();
        format!("{prefix}/{{path}}")
    }
}

/// Returns the path of a forward route, and its operations. `number` makes their names unique;
/// `callers` is the security scheme of callers.
pub(super) fn describe(
    route: &ForwardPath,
    number: usize,
    callers: Option<Value>,
    components: &mut Components,
) -> (String, Value) {
    let path = Object::default()
        .with("name", "path")
        .with("in", "path")
        .with("required", true)
        .with("description", "The path below the prefix, of any number of segments.")
        .with(SEGMENTS, true)
        .with("schema", json!({ "type": "string" }))
        .done();
    let security = callers.map(|scheme| json!([{ (components.callers_scheme(scheme)): [] }]));
    let mut item = Map::new();
    for method in METHODS {
        let takes_body = matches!(method, "post" | "put" | "patch");
        let mut responses = Map::new();
        let own = [(401, security.is_some()), (403, security.is_some()), (408, takes_body), (413, takes_body)];
        let own = own.into_iter().filter(|(_, applies)| *applies).map(|(status, _)| status);
        for status in own.chain([500, 502, 503, 504]) {
            responses.insert(status.to_string(), components.problem(status));
        }
        // These answers have no content (RFC 9110, sections 15.3.5 and 15.4.5), and so no media type.
        for status in [204, 304] {
            responses.insert(status.to_string(), json!({ "description": reason(status) }));
        }
        let any = json!({ "description": "The answer of the API", "content": { "*/*": { "schema": binary() } } });
        responses.insert("default".to_owned(), any);
        let operation = Object::default()
            .with("operationId", format!("forward-{number}-{method}"))
            .with("summary", format!("Forwards a {} request to the API unchanged.", method.to_uppercase()))
            .with_some("requestBody", takes_body.then(|| json!({ "content": { "*/*": { "schema": binary() } } })))
            .with_some("security", security.clone())
            .with("responses", responses)
            .done();
        item.insert(method.to_owned(), operation);
    }
    item.insert("parameters".to_owned(), json!([path]));
    (route.path(), Value::Object(item))
}

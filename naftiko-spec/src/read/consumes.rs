//! Reads `consumes`: HTTP APIs with their resources and operations.

use super::fields::Fields;
use super::keys::ObjectShape;
use super::lists::{ListShape, with_name};
use super::messages::describe;
use super::parameters::ParameterContext;
use super::paths::PlaceholderNames;
use super::reader::Reader;
use super::tree::{Member, Node, Tree};
use crate::diagnostic::{RepairKind, plain};
use crate::model::{CallerHeader, Consume, ConsumedOperation, ConsumedResource, Format, Method, is_refusal};
use crate::names;

static CONSUME: ObjectShape = ObjectShape {
    what: "a consumed API",
    keys: &[
        "type",
        "namespace",
        "baseUri",
        "description",
        "inputParameters",
        "callerHeaders",
        "resources",
        "authentication",
        "tls",
        "redirects",
        "timeout",
        "resilience",
        "cache",
        "location",
        "import",
        "as",
    ],
    more: &["headers"],
    aliases: &[
        ("baseUri", "baseurl url uri server endpoint"),
        ("authentication", "authorization security credentials"),
        ("headers", "defaultheaders"),
        ("namespace", "name ns"),
        ("resources", "paths endpoints"),
    ],
};

static CONSUMES: ListShape = ListShape {
    key: "consumes",
    entry_keys: &["namespace", "baseUri", "resources", "import"],
    named: Some(|member| with_name("namespace", member)),
};

static RESOURCE: ObjectShape = ObjectShape {
    what: "a consumed resource",
    keys: &["name", "label", "path", "description", "inputParameters", "operations"],
    more: &["headers"],
    aliases: &[("name", "id"), ("path", "uri url route"), ("operations", "methods endpoints")],
};

static RESOURCES: ListShape =
    ListShape { key: "resources", entry_keys: &["path", "operations"], named: Some(with_path) };

static OPERATION: ObjectShape = ObjectShape {
    what: "a consumed operation",
    keys: &[
        "name",
        "label",
        "method",
        "path",
        "description",
        "outputRawFormat",
        "outputSchema",
        "noneOn",
        "responseHeaders",
        "callerHeaders",
        "errors",
        "examples",
        "timeout",
        "resilience",
        "page",
        "cache",
        "outputParameters",
        "inputParameters",
        "body",
    ],
    more: &["headers", "queryParameters", "pathParameters"],
    aliases: &[
        ("name", "operationid id"),
        ("method", "verb httpmethod"),
        ("path", "uri url route"),
        ("inputParameters", "input"),
        ("outputParameters", "output responseparameters"),
        ("body", "requestbody payload"),
        ("outputRawFormat", "rawformat outputformat"),
        ("page", "paging pagination paginate"),
        ("queryParameters", "query queryparams"),
        ("pathParameters", "pathparams"),
        ("headers", "headerparameters"),
    ],
};

static OPERATIONS: ListShape = ListShape {
    key: "operations",
    entry_keys: &["name", "method", "body", "outputParameters", "inputParameters"],
    named: Some(with_method),
};

static CALLER_HEADERS: ListShape =
    ListShape { key: "callerHeaders", entry_keys: &["name"], named: Some(|member| with_name("name", member)) };

static CALLER_HEADER: ObjectShape = ObjectShape {
    what: "a caller header",
    keys: &["name", "required"],
    more: &[],
    aliases: &[("name", "header key"), ("required", "mandatory")],
};

static NONE_ON: ListShape = ListShape { key: "noneOn", entry_keys: &[], named: None };

/// Returns an entry of a map as a resource: in `/users: {…}` the key is its path, in `users: {…}` its name.
pub(super) fn with_path(member: Member) -> Node {
    with_name(if member.key.starts_with('/') { "path" } else { "name" }, member)
}

/// Returns an entry of a map as an operation: in `get: {…}` the key is its method, in `list-users: {…}`
/// and in `get: {method: POST}` its name.
pub(super) fn with_method(member: Member) -> Node {
    let is_method = method(&member.key).is_some() && !member.node.has("method");
    with_name(if is_method { "method" } else { "name" }, member)
}

/// Parses an HTTP method, ignoring case.
fn method(word: &str) -> Option<Method> {
    [Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete]
        .into_iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(word))
}

impl Reader {
    pub(super) fn consumes(&mut self, fields: &mut Fields) -> Vec<Consume> {
        self.list_field(fields, &CONSUMES, Self::consume)
    }

    fn consume(&mut self, node: Node) -> Option<Consume> {
        let mut fields = self.object(node, &CONSUME)?;
        if fields.has("import") {
            fields.what = "an imported API";
            return Some(Consume {
                location: self.text_field(&mut fields, "location"),
                import: self.text_field(&mut fields, "import"),
                alias: self.text_field(&mut fields, "as"),
                description: self.text_field(&mut fields, "description"),
                ..Consume::default()
            });
        }
        let kind = self.consume_type(&mut fields);
        let help = "write `baseUri: https://HOST/PATH`, the part of every URL before the paths of the resources";
        let base_uri = if fields.has("baseUri") {
            self.field(&mut fields, "baseUri", Self::base_uri)
        } else {
            self.error(fields.place, "a consumed API has no `baseUri`", help);
            None
        };
        let mut input_parameters = self.parameters_field(&mut fields, &ParameterContext::shared());
        self.headers(&mut fields, &mut input_parameters);
        for key in ["location", "as"] {
            if let Some(member) = fields.take(key) {
                let message = format!("`{key}` has no effect without `import`; ignored");
                self.repair_member(RepairKind::UnknownKey, key, member.place, message);
            }
        }
        let mut unreadable_names = Vec::new();
        let consume = Consume {
            kind,
            namespace: self.text_field(&mut fields, "namespace").unwrap_or_default(),
            base_uri: base_uri.unwrap_or_default(),
            description: self.text_field(&mut fields, "description"),
            input_parameters,
            caller_headers: self.caller_headers(&mut fields),
            authentication: self.field(&mut fields, "authentication", Self::authentication),
            tls: self.tls_field(&mut fields),
            redirects: self.count(&mut fields, "redirects", 0),
            timeout: self.duration_field(&mut fields, "timeout"),
            resilience: self.resilience_field(&mut fields),
            cache: self.cache_field(&mut fields, true),
            resources: self.list_field(&mut fields, &RESOURCES, |reader, node| {
                let mut of_resource = Vec::new();
                let names = |part: ConsumedResource| part.operations.into_iter().map(|it| it.name).collect();
                let resource = reader.read_or_note_unreadable(node, &mut unreadable_names, names, |reader, node| {
                    reader.consumed_resource(node, &mut of_resource)
                });
                unreadable_names.append(&mut of_resource);
                resource
            }),
            unreadable_names,
            ..Consume::default()
        };
        if consume.namespace.is_empty() {
            self.nameless.push((self.here(), fields.place));
        }
        Some(consume)
    }

    /// Reads `type`; every supported value means `http`.
    fn consume_type(&mut self, fields: &mut Fields) -> String {
        if let Some(member) = fields.take("type") {
            self.member("type", member, |reader, node| {
                let place = node.place;
                let Some(kind) = reader.text("type", node) else { return };
                match kind.to_lowercase().as_str() {
                    "http" if kind == "http" => {}
                    "http" | "https" | "rest" | "api" | "openapi" | "rest-api" | "http-api" | "graphql" | "soap"
                    | "web" => {
                        let message = format!("a consumed API of type `{}`, read as `http`", plain(&kind));
                        reader.repair(RepairKind::TypeName, place, message);
                    }
                    "" => {
                        reader.repair(RepairKind::TypeName, place, "a consumed API with an empty type, read as `http`");
                    }
                    _ => {
                        let message = format!("a consumed API of type `{}` cannot be called", plain(&kind));
                        reader.error(place, message, "only HTTP APIs are supported: write `type: http`");
                    }
                }
            });
        } else {
            let message = "a consumed API without a type, read as `http`";
            self.repair_member(RepairKind::TypeName, "type", fields.place, message);
        }
        "http".to_owned()
    }

    /// Reads a resource, and adds the names of unreadable operations to `unreadable_names`.
    fn consumed_resource(&mut self, node: Node, unreadable_names: &mut Vec<String>) -> Option<ConsumedResource> {
        let mut fields = self.object(node, &RESOURCE)?;
        let place = fields.place;
        let path = if fields.peek("path").is_some() {
            self.field(&mut fields, "path", Self::path)
        } else {
            // A resource needs no path if each of its operations has one.
            let all_have_paths = fields.peek("operations").is_some_and(|node| match &node.tree {
                Tree::List(list) => !list.is_empty() && list.iter().all(|operation| operation.has("path")),
                _ => false,
            });
            if all_have_paths {
                let message =
                    "a consumed resource without a path, read as an empty path: each of its operations has its own";
                self.repair_member(RepairKind::PathSlash, "path", place, message);
            } else {
                self.error(place, "a consumed resource has no `path`", "write `path: /…`, the part after the base URI");
            }
            Some(String::new())
        }
        .unwrap_or_default();
        let names = PlaceholderNames::of(&path);
        let paths = [&names];
        let context = ParameterContext::consumed(&paths, None);
        let mut input_parameters = self.parameters_field(&mut fields, &context);
        self.headers(&mut fields, &mut input_parameters);
        let name = self.text_field(&mut fields, "name").unwrap_or_else(|| {
            let name = names::resource(&path);
            let message = format!("a consumed resource without a name, named `{}` after its path", plain(&name));
            self.repair_member(RepairKind::MissingName, "name", place, message);
            name
        });
        Some(ConsumedResource {
            name,
            label: self.text_field(&mut fields, "label"),
            description: self.text_field(&mut fields, "description"),
            input_parameters,
            operations: self.list_field(&mut fields, &OPERATIONS, |reader, node| {
                let name = |part: ConsumedOperation| vec![part.name];
                reader.read_or_note_unreadable(node, unreadable_names, name, |reader, node| {
                    reader.consumed_operation(node, &names)
                })
            }),
            path,
        })
    }

    fn consumed_operation(&mut self, node: Node, resource: &PlaceholderNames<'_>) -> Option<ConsumedOperation> {
        let mut fields = self.object(node, &OPERATION)?;
        let place = fields.place;
        let has_body = fields.has("body");
        let method = self.method_field(&mut fields).unwrap_or_else(|missing| {
            if missing && has_body {
                let message = "this operation has a `body` and no `method`";
                self.error(place, message, "write `method: POST`, `PUT` or `PATCH`");
            } else if missing {
                let message = "an operation without a method, read as a GET";
                self.repair_member(RepairKind::Method, "method", place, message);
            }
            Method::Get
        });
        let path = self.field(&mut fields, "path", Self::path);
        let own = PlaceholderNames::of(path.as_deref().unwrap_or_default());
        let paths = [resource, &own];
        let context = ParameterContext::consumed(&paths, Some(method));
        let mut input_parameters = self.parameters_field(&mut fields, &context);
        self.placed(&mut fields, "pathParameters", "path", &mut input_parameters);
        self.placed(&mut fields, "queryParameters", "query", &mut input_parameters);
        self.headers(&mut fields, &mut input_parameters);
        let name = self.text_field(&mut fields, "name").unwrap_or_else(|| {
            let whole = format!("{}{}", resource.path, own.path);
            let name = format!("{}-{}", method.as_str().to_lowercase(), names::kebab(&names::resource(&whole)));
            let message = format!("an operation without a name, named `{}` after its method and path", plain(&name));
            self.repair_member(RepairKind::MissingName, "name", place, message);
            name
        });
        let (errors, examples) = self.answers(&mut fields);
        Some(ConsumedOperation {
            name,
            errors,
            examples,
            label: self.text_field(&mut fields, "label"),
            method,
            path,
            description: self.text_field(&mut fields, "description"),
            output_raw_format: self.field(&mut fields, "outputRawFormat", Self::format),
            output_schema: self.text_field(&mut fields, "outputSchema"),
            none_on: self.field(&mut fields, "noneOn", |reader, node| Some(reader.none_on(node))).unwrap_or_default(),
            response_headers: self
                .field(&mut fields, "responseHeaders", |reader, node| Some(reader.texts("responseHeaders", node)))
                .unwrap_or_default(),
            caller_headers: self.caller_headers(&mut fields),
            timeout: self.duration_field(&mut fields, "timeout"),
            resilience: self.resilience_field(&mut fields),
            page: self.field(&mut fields, "page", Self::paging),
            cache: self.cache_field(&mut fields, false),
            output_parameters: self.outputs_field(&mut fields, super::outputs::Side::Consumed),
            body: self.field(&mut fields, "body", |reader, node| reader.body(node, &input_parameters)),
            input_parameters,
        })
    }

    /// Reads `callerHeaders`: names, or objects with a name.
    fn caller_headers(&mut self, fields: &mut Fields) -> Vec<CallerHeader> {
        self.list_field(fields, &CALLER_HEADERS, |reader, node| {
            if matches!(node.tree, Tree::Text(_) | Tree::Scalar(..)) {
                return Some(CallerHeader { name: reader.text("callerHeaders", node)?, required: true });
            }
            let mut fields = reader.object(node, &CALLER_HEADER)?;
            let name = reader.text_field(&mut fields, "name");
            if name.is_none() {
                reader.error(
                    fields.place,
                    "a caller header has no `name`",
                    "write the name of the header, for example `name: Authorization`",
                );
            }
            let required = reader.flag_field(&mut fields, "required").unwrap_or(true);
            Some(CallerHeader { name: name?, required })
        })
    }

    /// Reads the method. The error is `true` if the key is missing.
    pub(super) fn method_field(&mut self, fields: &mut Fields) -> Result<Method, bool> {
        let Some(member) = fields.take("method") else { return Err(true) };
        self.member("method", member, |reader, node| {
            let word = node.text().unwrap_or_default().trim().to_owned();
            let Some(found) = method(&word) else {
                let message =
                    format!("expected GET, HEAD, POST, PUT, PATCH or DELETE for `method`, found {}", describe(&node));
                reader.error(node.place, message, "write the HTTP method of the operation");
                return Err(false);
            };
            if node.text() != Some(found.as_str()) {
                let message = format!("`{}` read as `{}`", plain(node.text().unwrap_or_default()), found.as_str());
                reader.repair(RepairKind::Method, node.place, message);
            }
            Ok(found)
        })
    }

    /// Reads the statuses of `noneOn`; each must satisfy `is_refusal`.
    fn none_on(&mut self, node: Node) -> Vec<u16> {
        self.list(&NONE_ON, node, |reader, node| {
            let known = match &node.tree {
                Tree::Text(text) | Tree::Scalar(_, text) => text.parse().ok().filter(|status| is_refusal(*status)),
                _ => None,
            };
            if known.is_none() {
                let message = format!("expected a supported 4xx status, found {}", describe(&node));
                reader.error(
                    node.place,
                    message,
                    "write statuses from 400 to 499, except 407, 408, 411, 417, 421, 425 and 426: `noneOn: [404]`",
                );
            }
            known
        })
    }

    fn format(&mut self, node: Node) -> Option<String> {
        let place = node.place;
        let written = self.text("outputRawFormat", node)?;
        let lower = written.trim().to_lowercase();
        let name = lower.rsplit(['/', '+']).next().unwrap_or_default();
        let known = Format::named(name).map(Format::word);
        match known.or_else(|| ["avro", "protobuf"].into_iter().find(|word| *word == name)) {
            Some(known) if known == written => Some(written),
            Some(known) => {
                let message = format!("the format `{}` read as `{known}`", plain(&written));
                self.repair(RepairKind::TypeName, place, message);
                Some(known.to_owned())
            }
            // An unknown format is kept; a rule reports it.
            None => Some(written),
        }
    }
}

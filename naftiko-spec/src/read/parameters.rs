//! Reads input parameters of consumed APIs, resources and operations, of routes, of tools and of functions.

use super::fields::Fields;
use super::json_types::{json_type, scalar_of};
use super::keys::{ObjectShape, is_among};
use super::lists::{ListShape, text_member};
use super::messages::{describe, type_message};
use super::paths::PlaceholderNames;
use super::reader::Reader;
use super::tree::{Member, Node, Tree};
use super::variables::TemplateContext;
use crate::diagnostic::{RepairKind, plain};
use crate::model::{InputParameter, Method, ParameterIn, Style, number_keyword};
use serde_json::{Map, Number, Value, json};

static PARAMETER: ObjectShape = ObjectShape {
    what: "an input parameter",
    keys: &[
        "name",
        "in",
        "type",
        "description",
        "required",
        "pattern",
        "value",
        "default",
        "examples",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "enum",
        "items",
        "constraints",
        "mapping",
        "style",
        "format",
        "limit",
        "contentType",
    ],
    more: &["schema", "optional"],
    aliases: &[
        ("name", "key param parameter"),
        ("in", "location place placement position"),
        ("type", "datatype"),
        ("pattern", "regex"),
        ("value", "const constant fixed"),
        ("default", "defaultvalue"),
        ("enum", "values options choices allowedvalues"),
        ("contentType", "mediatype mimetype"),
    ],
};

static PARAMETERS: ListShape = ListShape { key: "inputParameters", entry_keys: &["name", "in"], named: Some(by_name) };

/// The owner of parameters, and the paths and the method from which a missing location is derived.
pub(super) struct ParameterContext<'a> {
    owner: Owner,
    paths: &'a [&'a PlaceholderNames<'a>],
    method: Option<Method>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// A consumed API, whose parameters are sent with all its calls.
    Shared,
    /// A consumed resource or operation.
    Consumed,
    /// A route.
    Route,
    /// A tool or a function, whose parameters have no location.
    Tool,
    /// A list whose key specifies the location: `headers: …`.
    Placed(&'static str),
}

impl<'a> ParameterContext<'a> {
    pub(super) fn shared() -> Self {
        Self { owner: Owner::Shared, paths: &[], method: None }
    }

    pub(super) fn consumed(paths: &'a [&'a PlaceholderNames<'a>], method: Option<Method>) -> Self {
        Self { owner: Owner::Consumed, paths, method }
    }

    pub(super) fn route(paths: &'a [&'a PlaceholderNames<'a>], method: Option<Method>) -> Self {
        Self { owner: Owner::Route, paths, method }
    }

    pub(super) fn tool() -> Self {
        Self { owner: Owner::Tool, paths: &[], method: None }
    }

    pub(super) fn placed(place: &'static str) -> Self {
        Self { owner: Owner::Placed(place), paths: &[], method: None }
    }

    /// Returns the location of a parameter that does not specify it: the path, the query or the body.
    fn guess(&self, name: &str) -> ParameterIn {
        if self.paths.iter().any(|path| path.has(name)) {
            ParameterIn::Path
        } else if name == "body" || self.method.is_some_and(Method::takes_body) {
            ParameterIn::Body
        } else {
            ParameterIn::Query
        }
    }
}

/// Turns `userId: {in: path}`, `userId: string` and `userId: The user.` into an entry of the list.
fn by_name(member: Member) -> Node {
    let Member { key, place, node } = member;
    match node.tree {
        Tree::Text(text) => {
            let key_of = if json_type(&text).is_some() { "type" } else { "description" };
            let members = vec![text_member("name", key, place), text_member(key_of, text, node.place)];
            Node { place, tree: Tree::Map(members, false) }
        }
        tree => super::lists::with_name("name", Member { key, place, node: Node { place: node.place, tree } }),
    }
}

impl Reader {
    pub(super) fn parameters_field(
        &mut self,
        fields: &mut Fields,
        context: &ParameterContext<'_>,
    ) -> Vec<InputParameter> {
        self.list_field(fields, &PARAMETERS, |reader, node| reader.parameter(node, context))
    }

    pub(super) fn parameter(&mut self, node: Node, context: &ParameterContext<'_>) -> Option<InputParameter> {
        let place = node.place;
        let node = self.parameter_object(node);
        let mut fields = self.object(node, &PARAMETER)?;
        self.schema(&mut fields);
        let name = self.parameter_name(&mut fields)?;
        let value = self.text_field(&mut fields, "value");
        if let Some(value) = &value {
            self.record_variables(value, place, TemplateContext::Template);
        }
        let mut items = None;
        let kind = self.field(&mut fields, "type", |reader, node| reader.json_type_of(&node, &mut items));
        let of_kind = kind.as_deref();
        let place = self.place(&mut fields, &name, context);
        let mut parameter = InputParameter {
            place,
            description: self.text_field(&mut fields, "description"),
            required: self.required_of(&mut fields),
            pattern: self.text_field(&mut fields, "pattern"),
            value,
            default: self.field(&mut fields, "default", |reader, node| Some(reader.value_of("default", node, of_kind))),
            choices: self
                .field(&mut fields, "enum", |reader, node| Some(reader.choices(node, of_kind)))
                .unwrap_or_default(),
            items: self.field(&mut fields, "items", |reader, node| Some(reader.items(node))).or(items),
            constraints: self.field(&mut fields, "constraints", Self::constraints).unwrap_or_default(),
            mapping: self.text_field(&mut fields, "mapping"),
            style: self.field(&mut fields, "style", |reader, node| reader.style_at(place, &node)),
            format: self.text_field(&mut fields, "format"),
            limit: self.field(&mut fields, "limit", Self::bytes),
            content_type: self.text_field(&mut fields, "contentType"),
            examples: self.examples(&mut fields, of_kind),
            name,
            kind,
            ..InputParameter::default()
        };
        let keywords = InputParameter::default().bounds().map(|(keyword, _)| keyword);
        for keyword in keywords {
            let bound = self.field(&mut fields, keyword, |reader, node| reader.bound(keyword, node));
            if let Some(slot) = parameter.bound_mut(keyword) {
                *slot = bound;
            }
        }
        Some(parameter)
    }

    /// Reads the maximum number of bytes of a file.
    fn bytes(&mut self, node: Node) -> Option<u64> {
        let node = self.unquoted("limit", node, Some("integer"));
        let bytes = Value::from(node.clone()).as_u64();
        if bytes.is_none() {
            let message = format!("expected a number of bytes for `limit`, found {}; ignored", describe(&node));
            self.repair(RepairKind::EmptyValue, node.place, message);
        }
        bytes
    }

    /// Reads a bound of a number, of a length or of the number of elements.
    fn bound(&mut self, keyword: &str, node: Node) -> Option<Number> {
        let node = self.unquoted(keyword, node, number_keyword(keyword));
        let bound = match &node.tree {
            Tree::Scalar(Value::Number(bound), _) => Some(bound.clone()),
            _ => None,
        };
        let is_count = keyword.contains("Length") || keyword.contains("Items");
        let bound = bound.filter(|bound| !is_count || bound.is_u64());
        if bound.is_none() {
            let expected = if is_count { "an integer of at least 0" } else { "a number" };
            let message = format!("expected {expected} for `{keyword}`, found {}; ignored", describe(&node));
            self.repair(RepairKind::EmptyValue, node.place, message);
        }
        bound
    }

    /// Reads keywords of JSON Schema that have no key of their own.
    fn constraints(&mut self, node: Node) -> Option<Map<String, Value>> {
        let (place, kind) = (node.place, node.kind());
        let Value::Object(constraints) = self.schema_of(node) else {
            let message = format!("expected an object for `constraints`, found {kind}");
            self.error(place, message, "write `constraints: {multipleOf: 5}`");
            return None;
        };
        if let Some(keyword) = constraints.keys().find(|keyword| is_own_key(keyword)) {
            let message = format!("`{keyword}` is a key of the parameter, not of its `constraints`");
            self.error(place, message, &format!("write `{keyword}` beside `constraints`"));
        }
        Some(constraints)
    }

    /// Reads the style of a parameter that is sent in `place`.
    fn style_at(&mut self, place: Option<ParameterIn>, node: &Node) -> Option<Style> {
        let style = self.style(node)?;
        if place == Some(ParameterIn::Header) && !Style::HEADERS.contains(&style) {
            let words = Style::HEADERS.map(Style::as_str);
            let message = format!("expected a style of a header, found {}", describe(node));
            self.error(node.place, message, &format!("the styles of headers are {}", super::keys::listed(&words)));
            return None;
        }
        Some(style)
    }

    /// Reads the style of a list or an object.
    pub(super) fn style(&mut self, node: &Node) -> Option<Style> {
        let style = node.text().and_then(Style::named);
        if style.is_none() {
            let words: Vec<&str> = Style::ALL.iter().map(|style| style.as_str()).collect();
            let message = format!("expected a style, found {}", describe(node));
            self.error(node.place, message, &format!("the styles are {}", super::keys::listed(&words)));
        }
        style
    }

    /// Expands `- userId` and `- userId: {…}` to a parameter object.
    fn parameter_object(&mut self, node: Node) -> Node {
        let place = node.place;
        let is_entry = |key: &str| {
            PARAMETER.keys.contains(&key) || PARAMETER.aliases.iter().any(|(_, others)| is_among(key, others))
        };
        match node.tree {
            Tree::Text(name) => {
                self.repair(
                    RepairKind::ListShape,
                    place,
                    format!("`{}` read as the name of a parameter", plain(&name)),
                );
                Node { place, tree: Tree::Map(vec![text_member("name", name, place)], false) }
            }
            Tree::Map(mut members, flow) if members.len() == 1 => match members.pop() {
                Some(member) if !is_entry(&member.key) => {
                    let message = format!("`{}` read as the name of a parameter", plain(&member.key));
                    self.repair(RepairKind::ListShape, place, message);
                    by_name(member)
                }
                member => Node { place, tree: Tree::Map(member.into_iter().collect(), flow) },
            },
            tree => Node { place, tree },
        }
    }

    fn parameter_name(&mut self, fields: &mut Fields) -> Option<String> {
        if !fields.has("name") && fields.peek("in").and_then(Node::text) == Some("body") {
            let message = "a body parameter without a name: it is called `body`";
            self.repair_member(RepairKind::MissingName, "name", fields.place, message);
            return Some("body".to_owned());
        }
        self.required(fields, "name", "an input parameter", "write `name: NAME`, the name that the API uses")
    }

    /// Reads the `type`, `default`, `enum` and `items` of `schema: {type: …}` as keys of the parameter; its other keys are ignored.
    fn schema(&mut self, fields: &mut Fields) {
        let Some(Member { place, node, .. }) = fields.take("schema") else { return };
        let Tree::Map(members, _) = node.tree else {
            let message = "unknown key `schema` in an input parameter, ignored";
            self.repair_member(RepairKind::UnknownKey, "schema", place, message);
            return;
        };
        let message = "`type`, `default`, `enum` and `items` of `schema` read as keys of the parameter";
        self.repair(RepairKind::KeySpelling, place, message);
        for member in members {
            let key = ["type", "default", "enum", "items"].into_iter().find(|key| *key == member.key);
            let is_used =
                |key: &&str| !fields.has(key) && (*key != "enum" || matches!(member.node.tree, Tree::List(_)));
            let Some(key) = key.filter(is_used) else {
                let message = format!("the key `{}` of `schema` is ignored", plain(&member.key));
                self.repair_member(RepairKind::UnknownKey, "schema", place, message);
                continue;
            };
            fields.take(key);
            fields.put(key, member);
        }
    }

    fn required_of(&mut self, fields: &mut Fields) -> Option<bool> {
        if let Some(member) = fields.take("optional") {
            if let Tree::Scalar(Value::Bool(optional), _) = member.node.tree
                && !fields.has("required")
            {
                let message = format!("`optional: {optional}` read as `required: {}`", !optional);
                self.repair_renamed(RepairKind::KeySpelling, "required", &member, message);
                return Some(!optional);
            }
            let message = "unknown key `optional` in an input parameter, ignored";
            self.repair_member(RepairKind::UnknownKey, "optional", member.place, message);
        }
        self.flag_field(fields, "required")
    }

    /// Reads the location of a parameter.
    fn place(&mut self, fields: &mut Fields, name: &str, context: &ParameterContext<'_>) -> Option<ParameterIn> {
        let at = fields.place;
        let Some(member) = fields.take("in") else {
            return match context.owner {
                Owner::Tool | Owner::Route => None,
                Owner::Placed(place) => place_of(place),
                Owner::Shared => {
                    let message = format!("`{}` has no `in`", plain(name));
                    self.error(at, message, "write `in: header` or `in: query`");
                    None
                }
                Owner::Consumed => {
                    let place = context.guess(name);
                    let message = format!("`{}` has no `in`; read as a {} parameter", plain(name), place.as_str());
                    self.repair_member(RepairKind::ParameterPlace, "in", at, message);
                    Some(place)
                }
            };
        };
        if context.owner == Owner::Tool {
            let message = "unknown key `in` in a tool's parameter, ignored";
            self.repair_member(RepairKind::UnknownKey, member.key, member.place, message);
            return None;
        }
        self.member("in", member, |reader, node| reader.written_place(&node, name, context))
    }

    /// Reads the location that the document specifies for the parameter called `name`.
    fn written_place(&mut self, node: &Node, name: &str, context: &ParameterContext<'_>) -> Option<ParameterIn> {
        let (at, written) = (node.place, describe(node));
        let word = node.text().unwrap_or_default().trim().to_lowercase();
        if let Some(place) = place_of(&word) {
            if node.text() != Some(place.as_str()) {
                let message = format!("{written} read as `{}`", place.as_str());
                self.repair(RepairKind::ParameterPlace, at, message);
            }
            return Some(place);
        }
        if matches!(word.as_str(), "form" | "formdata" | "form-data" | "multipart") {
            let message = format!("`{}` is a form field, which an input parameter cannot express", plain(name));
            let help =
                "write `in: body`, and give the operation `body: {type: formUrlEncoded, data: {NAME: \"{{NAME}}\"}}`";
            self.error(at, message, help);
            return None;
        }
        if matches!(word.as_str(), "environment" | "env") {
            let message = format!("`{}` is read from the environment, which is not part of a request", plain(name));
            self.error(at, message, "declare it in `binds`, and write `{{env.NAME}}` where it is used");
            return None;
        }
        if context.owner == Owner::Shared {
            let message = format!("{written} is not a location for the parameters of an API");
            self.error(at, message, "write `in: header` or `in: query`");
            return None;
        }
        let place = context.guess(name);
        let message = format!("{written} is not a parameter location; read as a {} parameter", place.as_str());
        self.repair(RepairKind::ParameterPlace, at, message);
        Some(place)
    }

    /// Reads a type. For a list type such as `string[]`, it also sets the type of the elements.
    fn json_type_of(&mut self, node: &Node, items: &mut Option<Value>) -> Option<String> {
        let place = node.place;
        let word = match &node.tree {
            // `[string, "null"]`: the first type other than null is used.
            Tree::List(list) => {
                list.iter().filter_map(Node::text).find(|word| *word != "null").unwrap_or_default().to_owned()
            }
            Tree::Text(word) => word.clone(),
            _ => String::new(),
        };
        let lower = word.to_lowercase();
        let element = lower.strip_suffix("[]").or_else(|| {
            ["array", "list"].iter().find_map(|list| lower.strip_prefix(list)?.strip_prefix('<')?.strip_suffix('>'))
        });
        let known = match element {
            Some(element) => {
                *items = json_type(element).map(|kind| json!({ "type": kind }));
                Some("array")
            }
            None => json_type(&word),
        };
        match known {
            Some(known) if node.text() == Some(known) => {}
            Some(known) => {
                self.repair(RepairKind::TypeName, place, type_message(node, known));
            }
            None => {
                let message = format!("{} is not a type: any value is accepted", describe(node));
                self.repair(RepairKind::TypeName, place, message);
                return None;
            }
        }
        known.map(str::to_owned)
    }

    /// Reads the allowed values of a parameter, whose type is `kind`.
    fn choices(&mut self, node: Node, kind: Option<&str>) -> Vec<Value> {
        let (place, found) = (node.place, node.kind());
        match node.tree {
            Tree::List(list) => self.values_of("enum", list, kind),
            Tree::Text(text) => {
                self.repair(RepairKind::ListShape, place, "`enum` is a string; read as a list");
                let choices = text.split(['|', ',']).map(str::trim).filter(|choice| !choice.is_empty());
                choices.map(|choice| scalar_of(choice, kind).unwrap_or_else(|| choice.into())).collect()
            }
            tree @ Tree::Scalar(..) => {
                self.repair(RepairKind::ListShape, place, "`enum` is a single value; read as a list");
                self.values_of("enum", vec![Node { place, tree }], kind)
            }
            _ => {
                let message = format!("expected a list of values for `enum`, found {found}");
                self.error(place, message, "write `enum: [A, B]`");
                Vec::new()
            }
        }
    }

    /// Reads the schema of a list's elements.
    fn items(&mut self, node: Node) -> Value {
        let place = node.place;
        match self.schema_of(node) {
            Value::String(kind) => {
                self.repair(
                    RepairKind::TypeName,
                    place,
                    format!("`items: {}` read as the type of the elements", plain(&kind)),
                );
                json_type(&kind).map_or_else(|| json!({}), |kind| json!({ "type": kind }))
            }
            Value::Array(list) => {
                self.repair(RepairKind::ListShape, place, "`items` is a list; read as its first entry");
                list.into_iter().next().unwrap_or_else(|| json!({}))
            }
            items => items,
        }
    }
}

/// Returns whether a keyword of JSON Schema is a key of the parameter only. `format` is not: it may be in `constraints`, too.
fn is_own_key(keyword: &str) -> bool {
    let of_parameters = ["type", "description", "pattern", "default", "examples", "enum", "items"];
    of_parameters.contains(&keyword) || InputParameter::default().bound_mut(keyword).is_some()
}

/// Returns the location for a name.
fn place_of(word: &str) -> Option<ParameterIn> {
    Some(match word {
        "path" | "url" | "uri" | "route" | "pathparameter" | "path-parameter" => ParameterIn::Path,
        "query" | "querystring" | "query-string" | "params" | "queryparam" | "query-parameter" | "search" => {
            ParameterIn::Query
        }
        "header" | "headers" => ParameterIn::Header,
        "cookie" | "cookies" => ParameterIn::Cookie,
        "body" | "json" | "payload" | "requestbody" | "request-body" => ParameterIn::Body,
        _ => return None,
    })
}

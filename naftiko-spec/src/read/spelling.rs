//! Keeps the spelling of numbers that are sent as text: `1.10`, `0042` and `1e3` are not the same texts as `1.1`, `42`
//! and `1000`. Also reads strings as numbers where the declared type is a number.

use super::json_types::{json_type, scalar_of};
use super::messages::{as_string_message, describe};
use super::reader::Reader;
use super::references::{Callable, callables};
use super::tree::{Member, Node, Position, Tree};
use crate::diagnostic::{RepairKind, plain};
use crate::lower::{CallSlots, TextSlots};
use crate::model::{
    BodyKind, Consume, Document, InputParameter, ParameterIn, RequestBody, Step, TypedBody, number_keyword,
};
use crate::pointer::{escape, unescape};
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// The numbers whose text differs from their JSON, by their JSON Pointers.
type Spellings = HashMap<String, (Position, String)>;

impl Reader {
    /// Notes the text of a number, if it differs from the number's JSON.
    pub(super) fn note_spelling(&mut self, value: &Value, written: &str, place: Position) {
        if let Value::Number(number) = value
            && number.to_string().as_str() != written
        {
            self.respelt.push((self.here(), place, written.to_owned()));
        }
    }

    /// Reads the numbers that are sent in a path, a query, a header, a cookie or a form as strings, if their text would change.
    /// Returns `None` after an error.
    pub(super) fn keep_spellings(&mut self, document: &mut Document) -> Option<()> {
        let respelt = std::mem::take(&mut self.respelt);
        if respelt.is_empty() {
            return Some(());
        }
        let spellings: Spellings =
            respelt.into_iter().map(|(part, place, text)| (self.places.pointer(part), (place, text))).collect();
        let original = document.clone();
        let slots = TextSlots::new(&original);
        for Callable { at, call, reference, with, steps } in callables(document) {
            let (call, reference) =
                (call.as_ref().map(|call| call.as_str()), reference.as_ref().map(|name| name.as_str()));
            let keys = with.len();
            self.with_spellings(&spellings, with, &format!("{at}/with"), || slots.of(call, reference, keys))?;
            for (number, step) in steps.iter_mut().enumerate() {
                if let Step::Call { call, with, .. } = step {
                    let at = format!("{at}/steps/{number}/with");
                    let keys = with.len();
                    self.with_spellings(&spellings, with, &at, || slots.of(Some(call.as_str()), None, keys))?;
                }
            }
        }
        self.consumed_spellings(&spellings, &mut document.capability.consumes, "/capability/consumes");
        self.consumed_spellings(&spellings, &mut document.consumes, "/consumes");
        Some(())
    }

    /// Keeps the spelling of the numbers in `with` that are sent as text. Returns `None` after an error.
    fn with_spellings<'d>(
        &mut self,
        spellings: &Spellings,
        with: &mut IndexMap<String, Value>,
        at: &str,
        slots: impl FnOnce() -> Result<Option<Rc<CallSlots<'d>>>, (String, &'static str)>,
    ) -> Option<()> {
        if !with.values().any(|value| value.is_number() || value.is_array()) {
            return Some(());
        }
        let slots = match slots() {
            Ok(Some(slots)) => slots,
            Ok(None) => return Some(()),
            Err((message, help)) => {
                let (place, written) = self.written_at(at);
                self.error_at((at.to_owned(), written), place, message, help);
                return None;
            }
        };
        for (key, value) in with.iter_mut().filter(|(key, _)| slots.is_text(key)) {
            self.spell(spellings, value, &format!("{at}/{}", escape(key)), false);
        }
        Some(())
    }

    /// Keeps the spelling of the numbers in defaults and bodies of consumed APIs that are sent as text.
    fn consumed_spellings(&mut self, spellings: &Spellings, consumes: &mut [Consume], list: &str) {
        for (c, consume) in consumes.iter_mut().enumerate() {
            let at = format!("{list}/{c}");
            self.defaults(spellings, &mut consume.input_parameters, &at);
            for (r, resource) in consume.resources.iter_mut().enumerate() {
                let at = format!("{at}/resources/{r}");
                self.defaults(spellings, &mut resource.input_parameters, &at);
                for (o, operation) in resource.operations.iter_mut().enumerate() {
                    let at = format!("{at}/operations/{o}");
                    self.defaults(spellings, &mut operation.input_parameters, &at);
                    if let Some(RequestBody::Typed(body)) = &mut operation.body {
                        self.body_data(spellings, body, &format!("{at}/body/data"));
                    }
                }
            }
        }
    }

    /// Keeps the spelling of the numbers in the defaults of parameters without a type, except in the body.
    fn defaults(&mut self, spellings: &Spellings, parameters: &mut [InputParameter], at: &str) {
        for (index, parameter) in parameters.iter_mut().enumerate() {
            if parameter.kind.is_none() && parameter.place != Some(ParameterIn::Body) {
                let at = format!("{at}/inputParameters/{index}/default");
                parameter.default.iter_mut().for_each(|default| self.spell(spellings, default, &at, false));
            }
        }
    }

    /// Keeps the spelling of the numbers in the data of a form or of a text body.
    fn body_data(&mut self, spellings: &Spellings, body: &mut TypedBody, at: &str) {
        match (body.kind, &mut body.data) {
            // Without `lists`, an object in a form is sent as JSON.
            (BodyKind::FormUrlEncoded, Value::Object(fields)) => {
                for (name, value) in fields {
                    self.spell(spellings, value, &format!("{at}/{}", escape(name)), body.lists.is_some());
                }
            }
            (BodyKind::MultipartForm, Value::Array(parts)) => {
                for (index, part) in parts.iter_mut().enumerate() {
                    for (key, value) in part.as_object_mut().into_iter().flatten() {
                        self.spell(spellings, value, &format!("{at}/{index}/{}", escape(key)), false);
                    }
                }
            }
            (BodyKind::Json | BodyKind::FormUrlEncoded | BodyKind::MultipartForm, _) => {}
            (_, data) => {
                if data.is_number() {
                    self.spell(spellings, data, at, false);
                }
            }
        }
    }

    /// Replaces a number, and the numbers in a list, with their texts; if `nested`, also the numbers in an object.
    fn spell(&mut self, spellings: &Spellings, value: &mut Value, at: &str, nested: bool) {
        let name = unescape(at.rsplit('/').next().unwrap_or_default()).into_owned();
        self.spell_named(spellings, &name, value, at, nested);
    }

    /// Replaces numbers as [`Self::spell`] does; `name` is the key in the message, also for the elements of a list.
    fn spell_named(&mut self, spellings: &Spellings, name: &str, value: &mut Value, at: &str, nested: bool) {
        match value {
            Value::Number(_) => {
                let Some((place, text)) = spellings.get(at) else { return };
                let (_, written) = self.written_at(at);
                let message = as_string_message(name, "a number");
                self.push_repair(RepairKind::ScalarType, *place, message, at.to_owned(), written);
                *value = text.as_str().into();
            }
            Value::Array(list) => {
                for (index, value) in list.iter_mut().enumerate() {
                    self.spell_named(spellings, name, value, &format!("{at}/{index}"), nested);
                }
            }
            Value::Object(members) if nested => {
                for (name, value) in members {
                    self.spell(spellings, value, &format!("{at}/{}", escape(name)), nested);
                }
            }
            _ => {}
        }
    }

    /// Reads a value of a parameter: if its type is `string`, a number or a boolean is read as it is written, and if its type is a
    /// number or a boolean, a string is read as its value.
    pub(super) fn value_of(&mut self, what: &str, node: Node, kind: Option<&str>) -> Value {
        match node.tree {
            Tree::Scalar(..) if kind == Some("string") => self.text(what, node).map_or(Value::Null, Value::String),
            _ => {
                let node = self.unquoted(what, node, kind);
                self.verbatim(node)
            }
        }
    }

    /// Reads a string as a number or a boolean, if the string represents a value of the given type. Returns any other node unchanged.
    pub(super) fn unquoted(&mut self, what: &str, node: Node, kind: Option<&str>) -> Node {
        let Tree::Text(text) = &node.tree else { return node };
        let Some(value) = scalar_of(text, kind) else { return node };
        let named = if value.is_number() { "the number " } else { "" };
        let message = format!("`{}` is {}; read as {named}{value}", plain(what), describe(&node));
        self.repair(RepairKind::ScalarType, node.place, message);
        Node { place: node.place, tree: Tree::Scalar(value, text.trim().to_owned()) }
    }

    /// Reads the value of a keyword of JSON Schema: if it must be a number, a string is read as a number.
    fn keyword_value(&mut self, keyword: &str, node: Node) -> Value {
        let node = self.unquoted(keyword, node, number_keyword(keyword));
        self.verbatim(node)
    }

    /// Reads the values of a list like [`Self::value_of`].
    pub(super) fn values_of(&mut self, what: &str, list: Vec<Node>, kind: Option<&str>) -> Vec<Value> {
        let element =
            |(index, node): (usize, Node)| self.enter(index, node.place, |reader| reader.value_of(what, node, kind));
        list.into_iter().enumerate().map(element).collect()
    }

    /// Reads a JSON Schema. Its `default`, `const`, `enum` and `examples` are read as values of its `type`.
    pub(super) fn schema_of(&mut self, node: Node) -> Value {
        let kind = node.get("type").and_then(Node::text).and_then(json_type);
        let Tree::Map(members, _) = node.tree else { return self.verbatim(node) };
        let member = |Member { key, place, node }: Member| {
            let value = self.enter(key.clone(), place, |reader| match (key.as_str(), node.tree) {
                ("enum" | "examples", Tree::List(list)) => reader.values_of(&key, list, kind).into(),
                ("items", tree) => reader.schema_of(Node { place: node.place, tree }),
                ("default" | "const", tree) => reader.value_of(&key, Node { place: node.place, tree }, kind),
                (_, tree) => reader.keyword_value(&key, Node { place: node.place, tree }),
            });
            (key, value)
        };
        Value::Object(members.into_iter().map(member).collect())
    }
}

//! Reads tools of MCP adapters and functions of aggregates.

use super::fields::Fields;
use super::keys::ObjectShape;
use super::lists::{ListShape, with_name};
use super::messages::describe;
use super::outputs;
use super::parameters::ParameterContext;
use super::reader::Reader;
use super::steps::{MAPPINGS, STEPS};
use super::tree::{Node, Tree};
use crate::diagnostic::{RepairKind, plain};
use crate::model::{
    Aggregate, Function, Hints, InputSchemaFault, Mapping, Semantics, Step, TaskSupport, Tool, wrong_input_schema,
};
use indexmap::IndexMap;
use serde_json::Value;

static TOOL: ObjectShape = ObjectShape {
    what: "a tool",
    keys: &[
        "name",
        "label",
        "description",
        "hints",
        "ref",
        "call",
        "with",
        "steps",
        "mappings",
        "inputParameters",
        "outputParameters",
        "errors",
        "examples",
        "scopes",
        "confirm",
        "maxOutput",
        "task",
        "inputSchema",
    ],
    more: &[],
    aliases: &[("hints", "annotations"), ("inputParameters", "arguments"), ("call", "operation")],
};

static TOOLS: ListShape = ListShape {
    key: "tools",
    entry_keys: &["name", "call", "ref", "steps"],
    named: Some(|member| with_name("name", member)),
};

static HINTS: ObjectShape = ObjectShape {
    what: "`hints`",
    keys: &["readOnly", "destructive", "idempotent", "openWorld"],
    more: &[],
    aliases: &[
        ("readOnly", "readonlyhint"),
        ("destructive", "destructivehint"),
        ("idempotent", "idempotenthint"),
        ("openWorld", "openworldhint"),
    ],
};

static AGGREGATE: ObjectShape = ObjectShape {
    what: "an aggregate",
    keys: &["label", "namespace", "functions"],
    more: &[],
    aliases: &[("namespace", "name")],
};

static AGGREGATES: ListShape = ListShape {
    key: "aggregates",
    entry_keys: &["namespace", "functions"],
    named: Some(|member| with_name("namespace", member)),
};

static FUNCTION: ObjectShape = ObjectShape {
    what: "a function",
    keys: &[
        "name",
        "description",
        "semantics",
        "call",
        "with",
        "steps",
        "mappings",
        "inputParameters",
        "outputParameters",
    ],
    more: &[],
    aliases: &[],
};

static FUNCTIONS: ListShape = ListShape {
    key: "functions",
    entry_keys: &["name", "call", "steps"],
    named: Some(|member| with_name("name", member)),
};

static SEMANTICS: ObjectShape = ObjectShape {
    what: "`semantics`",
    keys: &["safe", "idempotent", "cacheable"],
    more: &[],
    aliases: &[("safe", "readonly")],
};

/// The keys that describe what a route, a tool, a function or an MCP resource does.
pub(super) struct Behaviour {
    pub(super) reference: Option<String>,
    pub(super) call: Option<String>,
    pub(super) with: IndexMap<String, Value>,
    pub(super) steps: Vec<Step>,
    pub(super) mappings: Vec<Mapping>,
}

impl Reader {
    pub(super) fn behaviour(&mut self, fields: &mut Fields) -> Behaviour {
        Behaviour {
            reference: self.reference(fields, "ref"),
            call: self.reference(fields, "call"),
            with: self.with(fields),
            steps: self.list_field(fields, &STEPS, Self::step),
            mappings: self.list_field(fields, &MAPPINGS, Self::mapping),
        }
    }

    pub(super) fn tools(&mut self, fields: &mut Fields) -> Vec<Tool> {
        self.list_field(fields, &TOOLS, |reader, node| reader.read_or_skip(node, Self::tool))
    }

    fn tool(&mut self, node: Node) -> Option<Tool> {
        let mut fields = self.object(node, &TOOL)?;
        let place = fields.place;
        let behaviour = self.behaviour(&mut fields);
        let name = match self.text_field(&mut fields, "name") {
            Some(name) => name,
            // A tool that refers to a function and has no name of its own has the function's name.
            None if behaviour.reference.is_some() => String::new(),
            None => {
                let Some(name) = behaviour.call.as_deref().and_then(|call| call.rsplit('.').next()) else {
                    self.error(place, "a tool has no `name`", "write `name: NAME`, in kebab-case");
                    return None;
                };
                let message = format!("a tool without a name, named `{}` after its `call`", plain(name));
                self.repair_member(RepairKind::MissingName, "name", place, message);
                name.to_owned()
            }
        };
        let (errors, examples) = self.answers(&mut fields);
        Some(Tool {
            errors,
            examples,
            scopes: self.scopes(&mut fields),
            confirm: self.flag_field(&mut fields, "confirm"),
            max_output: self.integer(&mut fields, "maxOutput", 1, u64::MAX),
            task: self.field(&mut fields, "task", |reader, node| reader.word(&node, &TaskSupport::WORDS)),
            input_schema: self.field(&mut fields, "inputSchema", Self::input_schema),
            name,
            label: self.text_field(&mut fields, "label"),
            description: self.text_field(&mut fields, "description"),
            hints: self.hints(&mut fields),
            reference: behaviour.reference,
            call: behaviour.call,
            with: behaviour.with,
            steps: behaviour.steps,
            mappings: behaviour.mappings,
            input_parameters: self.parameters_field(&mut fields, &ParameterContext::tool()),
            output_parameters: self.outputs_field(&mut fields, outputs::Side::Exposed),
        })
    }

    /// Reads keywords of an input schema.
    fn input_schema(&mut self, node: Node) -> Option<Value> {
        let (place, shown) = (node.place, describe(&node));
        let schema = self.verbatim(node);
        if let Some(why) = wrong_input_schema(&schema) {
            let message = match why {
                InputSchemaFault::NotAnObject => format!("expected an object of keywords, found {shown}"),
                InputSchemaFault::OtherType => {
                    let found = schema.get("type").map(ToString::to_string).unwrap_or_default();
                    format!("the `type` of `inputSchema` must be `object`, found `{}`", plain(&found))
                }
            };
            self.error(place, message, why.help());
            return None;
        }
        Some(schema)
    }

    /// Reads hints. An invalid hint is left out instead of being guessed, because clients rely on hints.
    fn hints(&mut self, fields: &mut Fields) -> Option<Hints> {
        let member = fields.take("hints")?;
        if member.node.members().is_none() {
            let message = format!("expected an object for `hints`, found {}; ignored", describe(&member.node));
            self.repair_renamed(RepairKind::BrokenHints, "hints", &member, message);
            return None;
        }
        self.member("hints", member, |reader, node| {
            let mut fields = reader.object(node, &HINTS)?;
            let hints = Hints {
                read_only: reader.hint(&mut fields, "readOnly"),
                destructive: reader.hint(&mut fields, "destructive"),
                idempotent: reader.hint(&mut fields, "idempotent"),
                open_world: reader.hint(&mut fields, "openWorld"),
            };
            (hints != Hints::default()).then_some(hints)
        })
    }

    fn hint(&mut self, fields: &mut Fields, key: &'static str) -> Option<bool> {
        let is_flag = fields.peek(key).is_some_and(|node| match &node.tree {
            Tree::Scalar(value, _) => value.is_boolean(),
            Tree::Text(text) => matches!(text.to_lowercase().as_str(), "true" | "false" | "yes" | "no"),
            _ => false,
        });
        if is_flag {
            return self.flag_field(fields, key);
        }
        let member = fields.take(key)?;
        let message = format!("expected `true` or `false` for `{key}`, found {}; ignored", describe(&member.node));
        self.repair_renamed(RepairKind::BrokenHints, key, &member, message);
        None
    }

    pub(super) fn aggregates(&mut self, fields: &mut Fields) -> Vec<Aggregate> {
        self.list_field(fields, &AGGREGATES, |reader, node| {
            let mut fields = reader.object(node, &AGGREGATE)?;
            let help = "write `namespace: NAME`; routes and tools refer to it: `ref: NAME.FUNCTION`";
            let mut unreadable_names = Vec::new();
            Some(Aggregate {
                label: reader.text_field(&mut fields, "label"),
                namespace: reader.required(&mut fields, "namespace", "an aggregate", help)?,
                functions: reader.list_field(&mut fields, &FUNCTIONS, |reader, node| {
                    reader.read_or_note_unreadable(
                        node,
                        &mut unreadable_names,
                        |part: Function| vec![part.name],
                        Self::function,
                    )
                }),
                unreadable_names,
            })
        })
    }

    fn function(&mut self, node: Node) -> Option<Function> {
        let mut fields = self.object(node, &FUNCTION)?;
        let behaviour = self.behaviour(&mut fields);
        let help = "write `name: NAME`; routes and tools refer to it: `ref: NAMESPACE.NAME`";
        Some(Function {
            name: self.required(&mut fields, "name", "a function", help).unwrap_or_default(),
            description: self.text_field(&mut fields, "description"),
            semantics: self.field(&mut fields, "semantics", Self::semantics),
            call: behaviour.call,
            with: behaviour.with,
            steps: behaviour.steps,
            mappings: behaviour.mappings,
            input_parameters: self.parameters_field(&mut fields, &ParameterContext::tool()),
            output_parameters: self.outputs_field(&mut fields, outputs::Side::Exposed),
        })
    }

    fn semantics(&mut self, node: Node) -> Option<Semantics> {
        let mut fields = self.object(node, &SEMANTICS)?;
        Some(Semantics {
            safe: self.flag_field(&mut fields, "safe"),
            idempotent: self.flag_field(&mut fields, "idempotent"),
            cacheable: self.flag_field(&mut fields, "cacheable"),
        })
    }
}

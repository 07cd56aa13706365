//! `#[tool(…)]`: the MCP tool of a method, and the names of its arguments.

use super::adapters::{self, OnAdapters, refuse_beside_skip};
use super::allow::allow;
use super::example::{self, InputSchemaAttribute};
use super::hints::{self, Hints};
use super::{label, size};
use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral};
use naftiko_spec::model::TaskSupport;
use naftiko_spec::rules::Rule;
use proc_macro2::Ident;
use syn::Lit;

/// `#[tool(…)]`
#[derive(Clone)]
pub(crate) struct ToolAttribute {
    pub(crate) span: SourceSpan,
    pub(crate) skip: Option<Ident>,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) label: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) hints: Hints,
    /// Its adapters; empty for all adapters.
    pub(crate) on: Vec<TextLiteral>,
    pub(crate) arguments: Vec<ToolArgument>,
    /// Whether its calls need the approval of a person.
    pub(crate) confirm: Option<bool>,
    /// The maximum length of its answers, in bytes, and its span.
    pub(crate) max_output: Option<(u64, SourceSpan)>,
    /// Whether its calls run as tasks.
    pub(crate) task: Option<TaskSupport>,
    /// Keywords that are added to its input schema.
    pub(crate) input_schema: Option<InputSchemaAttribute>,
}

/// `argument(user_id(name = "user", description = "…"))`
#[derive(Clone)]
pub(crate) struct ToolArgument {
    /// The argument of the method.
    pub(crate) ident: Ident,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
}

impl OnAdapters for ToolAttribute {
    fn on(&self) -> &[TextLiteral] {
        &self.on
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }
}

const TOOL: &[Key] = &[
    Key("skip", "skip"),
    Key("name", r#"name = "…""#),
    Key("label", r#"label = "…""#),
    Key("title", r#"title = "…""#),
    Key("description", r#"description = "…""#),
    Key("hints", "hints(read_only, idempotent)"),
    Key("on", r#"on = "namespace""#),
    Key("argument", r#"argument(user_id = "user")"#),
    Key("confirm", "confirm` or `confirm = false"),
    Key("max_output", r#"max_output = "16KiB""#),
    Key("task", r#"task` or `task = "required""#),
    Key("input_schema", r#"input_schema = { "anyOf": [{ "required": ["phone"] }] }"#),
    Key("allow", r#"allow(rule, reason = "…")"#),
];

const ARGUMENT: &[Key] = &[Key("name", r#"name = "…""#), Key("description", r#"description = "…""#)];

/// Reads `#[tool(…)]`. The rules in its `allow` are added to `allowed`.
pub(super) fn read(
    at: SourceSpan,
    elements: Vec<Element>,
    allowed: &mut Vec<&'static Rule>,
    errors: &mut Errors,
) -> ToolAttribute {
    let mut keys = Keys::read("`#[tool]`", at, elements, TOOL, &["allow", "argument"], errors);
    keys.reject_positional(errors);
    while let Some((key, elements)) = keys.list("allow", errors) {
        allowed.extend(allow(&key, elements, errors));
    }
    let label = label::take(&mut keys, errors);
    let tool = ToolAttribute {
        span: at,
        skip: keys.word("skip", errors),
        name: keys.name("name", errors),
        label,
        description: keys.text("description", errors),
        hints: keys
            .list("hints", errors)
            .map(|(key, elements)| hints::read(&key, elements, errors))
            .unwrap_or_default(),
        on: adapters::on(&mut keys, errors),
        arguments: arguments(&mut keys, errors),
        confirm: keys.flag("confirm", errors),
        max_output: size::take("max_output", &mut keys, errors),
        task: task(&mut keys, errors),
        input_schema: example::input_schema(&mut keys, errors),
    };
    let others = [
        ("name", tool.name.is_some()),
        ("label", tool.label.is_some()),
        ("description", tool.description.is_some()),
        ("hints", tool.hints.span.is_some()),
        ("argument", !tool.arguments.is_empty()),
        ("confirm", tool.confirm.is_some()),
        ("max_output", tool.max_output.is_some()),
        ("task", tool.task.is_some()),
        ("input_schema", tool.input_schema.is_some()),
    ];
    refuse_beside_skip(tool.skip.as_ref(), others.into_iter(), errors);
    tool
}

/// Reads `task` or `task = "required"`.
fn task(keys: &mut Keys, errors: &mut Errors) -> Option<TaskSupport> {
    if keys.bare("task") {
        return keys.word("task", errors).map(|_| TaskSupport::Optional);
    }
    keys.one_of("task", &TaskSupport::WORDS, errors)
}

/// Reads all `argument(…)`.
fn arguments(keys: &mut Keys, errors: &mut Errors) -> Vec<ToolArgument> {
    let mut arguments: Vec<ToolArgument> = Vec::new();
    while let Some((key, elements)) = keys.list("argument", errors) {
        if elements.is_empty() {
            errors.add(key.span(), "`argument` is empty", FORM);
        }
        for element in elements {
            let span = element.span();
            let argument = match element {
                Element::Pair(ident, Value::Literal(Lit::Str(name))) => {
                    let name = TextLiteral { value: name.value(), span: name.span().into() };
                    ToolArgument { ident, name: Some(name), description: None }
                }
                Element::List(ident, elements) => {
                    let owner = format!("`{ident}`");
                    let mut keys = Keys::read(owner, ident.span(), elements, ARGUMENT, &[], errors);
                    keys.reject_positional(errors);
                    let (name, description) = (keys.text("name", errors), keys.text("description", errors));
                    ToolArgument { ident, name, description }
                }
                other => {
                    let message = format!("expected a name or a description for the argument, found {}", other.found());
                    errors.add(span, message, FORM);
                    continue;
                }
            };
            check_name(argument.name.as_ref(), errors);
            if arguments.iter().any(|other| other.ident == argument.ident) {
                errors.add(argument.ident.span(), format!("`{}` is given twice", argument.ident), "keep one of them");
            } else {
                arguments.push(argument);
            }
        }
    }
    arguments
}

const FORM: &str = "write `argument(user_id = \"user\")`, or `argument(user_id(name = \"user\", description = \"…\"))`";

/// Refuses names that MCP clients refuse: they accept 1 to 64 letters, digits, `_`, `.` and `-`.
fn check_name(name: Option<&TextLiteral>, errors: &mut Errors) {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if let Some(TextLiteral { value, span }) = name
        && !((1..=64).contains(&value.len()) && value.chars().all(fits))
    {
        let help = "write 1 to 64 letters, digits, `_`, `.` and `-`";
        errors.add(*span, format!("MCP clients refuse `{value}` as the name of an argument"), help);
    }
}

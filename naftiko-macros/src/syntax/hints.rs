//! The hints of a tool: `hints(read_only, destructive = false)`.

use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{did_you_mean, listed};
use naftiko_spec::model as spec;
use proc_macro2::Ident;
use syn::Lit;

const HINTS: [&str; 4] = ["read_only", "destructive", "idempotent", "open_world"];

/// `hints(read_only, destructive = false)`
#[derive(Clone, Default)]
pub(crate) struct Hints {
    /// The span of `read_only` or `destructive = false`, which a rule may report; otherwise the span of the word `hints`.
    pub(crate) span: Option<SourceSpan>,
    pub(crate) read_only: Option<bool>,
    pub(crate) destructive: Option<bool>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) open_world: Option<bool>,
}

impl Hints {
    /// Returns the hints that are declared, as documents have them.
    pub(crate) fn declared(&self) -> spec::Hints {
        spec::Hints {
            read_only: self.read_only,
            destructive: self.destructive,
            idempotent: self.idempotent,
            open_world: self.open_world,
        }
    }

    /// Returns the declared hints, completed by the hints of the HTTP method.
    pub(crate) fn completed(&self, method: spec::Method) -> spec::Hints {
        self.declared().completed(method.hints())
    }
}

/// Reads the hints of a tool.
pub(super) fn read(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Hints {
    let mut hints = Hints { span: Some(key.span().into()), ..Hints::default() };
    for element in elements {
        let (word, value) = match &element {
            Element::Word(word) => (word, true),
            Element::Pair(word, Value::Literal(Lit::Bool(value))) => (word, value.value),
            other => {
                let hint = other.key().map(ToString::to_string).filter(|key| HINTS.contains(&key.as_str()));
                match (hint, other) {
                    (Some(hint), Element::Pair(_, value)) => {
                        let message = format!("expected `true` or `false` for `{hint}`, found {}", value.found());
                        errors.add(value.span(), message, format!("write `{hint}`, or `{hint} = false`"));
                    }
                    (hint, other) => {
                        let hint = hint.unwrap_or_else(|| "read_only".to_owned());
                        let help = format!("write `{hint}`, or `{hint} = false`; the hints are {}", listed(HINTS));
                        errors.add(other.span(), format!("expected a hint, found {}", other.found()), help);
                    }
                }
                continue;
            }
        };
        let name = word.to_string();
        let slot = match name.as_str() {
            "read_only" => &mut hints.read_only,
            "destructive" => &mut hints.destructive,
            "idempotent" => &mut hints.idempotent,
            "open_world" => &mut hints.open_world,
            _ => {
                errors.add(word.span(), format!("unknown hint `{name}`"), did_you_mean("the hints are", &name, HINTS));
                continue;
            }
        };
        if slot.replace(value).is_some() {
            errors.add(word.span(), format!("`{name}` is given twice"), "keep one of them");
        }
        if matches!((name.as_str(), value), ("read_only", true) | ("destructive", false)) {
            hints.span = Some(word.span().into());
        }
    }
    hints
}

//! Declares the variables that no bind declares.

use super::reader::Reader;
use super::tree::Position;
use super::variables::{TemplateContext, VariableUse, holes, in_capitals, is_name, split};
use crate::diagnostic::{RepairKind, plain};
use crate::model::{Bind, Document};
use crate::names::is_word_for_callers;
use std::collections::HashSet;

impl Reader {
    /// Records the undeclared variables in a string.
    pub(super) fn record_variables(&mut self, text: &str, place: Position, at: TemplateContext) {
        for hole in holes(text) {
            let (namespace, name) = split(hole);
            let is_variable = match (at, namespace) {
                // A prefix for inputs is not a variable.
                (TemplateContext::Credential, Some(word)) if is_word_for_callers(word) => false,
                (TemplateContext::Credential, _) | (TemplateContext::Template, Some("env")) => true,
                (TemplateContext::Template, None) => in_capitals(name),
                (TemplateContext::Template, Some(_)) => false,
            };
            if is_variable && is_name(name) && namespace.is_none_or(is_name) && !self.declared.contains(hole) {
                let namespace = namespace.map(str::to_owned);
                self.uses.push(VariableUse { namespace, name: name.to_owned(), place });
            }
        }
    }

    /// Adds binds for undeclared variables.
    pub(super) fn declare(&mut self, document: &mut Document) {
        let mut declared: HashSet<(Option<String>, String)> = HashSet::new();
        for VariableUse { namespace, name, place } in std::mem::take(&mut self.uses) {
            if !declared.insert((namespace.clone(), name.clone())) {
                continue;
            }
            let shown =
                plain(&namespace.as_ref().map_or_else(|| name.clone(), |namespace| format!("{namespace}.{name}")));
            let target = namespace.as_deref().unwrap_or("env");
            let Some((at, location)) = self.add_to_bind(document, target, &name, place) else { return };
            let from = location.unwrap_or_else(|| "the environment".to_owned());
            let message = format!("no bind declares `{{{{{shown}}}}}`; read from {from} under its own name");
            self.push_repair(RepairKind::UndeclaredVariable, place, message, at.clone(), at);
        }
    }

    /// Adds a variable to a bind. Returns the JSON Pointer of the added part, and the bind's location if it is not the environment.
    /// Returns `None` if there are too many binds.
    fn add_to_bind(
        &mut self,
        document: &mut Document,
        namespace: &str,
        name: &str,
        place: Position,
    ) -> Option<(String, Option<String>)> {
        let pointer = |list: &str, index: usize| format!("{list}/binds/{index}");
        for (list, binds) in [("/capability", &mut document.capability.binds), ("", &mut document.binds)] {
            if let Some((index, bind)) = binds.iter_mut().enumerate().find(|(_, bind)| bind.namespace == namespace) {
                let is_first = bind.keys.is_empty();
                bind.keys.entry(name.to_owned()).or_insert_with(|| name.to_owned());
                let at = pointer(list, index) + "/keys" + &if is_first { String::new() } else { format!("/{name}") };
                return Some((at, bind.location.clone()));
            }
        }
        if !self.has_room("binds", document.binds.len(), place) {
            return None;
        }
        let keys = [(name.to_owned(), name.to_owned())].into_iter().collect();
        document.binds.push(Bind { namespace: namespace.to_owned(), keys, ..Bind::default() });
        Some((pointer("", document.binds.len() - 1), None))
    }
}

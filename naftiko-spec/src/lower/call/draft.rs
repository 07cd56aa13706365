//! The draft of a request, which the lowering of a call fills with sources.

use crate::lower::index::Target;
use crate::lower::plan::Source;
use crate::model::InputParameter;
use crate::template::same_name;
use serde_json::Value;
use std::collections::HashMap;

/// A request that is being built: its parameters and holes, and the sources found for them so far.
pub(crate) struct RequestDraft<'d> {
    pub(super) target: Target<'d>,
    /// The parameters of the operation, the resource and the API; if several have the same name and location, the first one.
    pub(super) parameters: Vec<&'d InputParameter>,
    /// The source of each parameter.
    pub(super) sources: Vec<Option<Source>>,
    /// The sources of placeholders that no parameter declares.
    pub(super) placeholders: Vec<(String, Source)>,
    /// The sources of undeclared parameters, which are sent in the query or as members of a JSON body.
    pub(super) extra: Vec<(String, Source)>,
    /// The source of the whole body.
    pub(super) whole: Option<Source>,
    /// The text in each hole (`{{…}}`) of the body.
    pub(super) holes: Vec<&'d str>,
    /// The holes in the values of parameters, each with the index of its parameter.
    pub(super) templates: Vec<(&'d str, usize)>,
    /// The scalars in the body's data, by the names of their members.
    pub(super) members: HashMap<String, Vec<Value>>,
    /// The placeholders of the path that a bind or a step fills.
    pub(super) other_placeholders: Vec<String>,
    /// The path including its query, with its own placeholders and those that were added.
    pub(super) path: String,
    /// The path parameters that fill a placeholder with another name, each with that placeholder.
    pub(super) renamed: Vec<(String, String)>,
}

impl RequestDraft<'_> {
    /// Returns the index of the parameter that a `with` key names: exactly, or as the only one in a similar spelling (`same_name`).
    pub(super) fn parameter(&self, key: &str) -> Option<usize> {
        let exact = self.parameters.iter().position(|parameter| parameter.name == key);
        exact.or_else(|| {
            let mut near = (0..self.parameters.len())
                .filter(|at| self.parameters.get(*at).is_some_and(|p| same_name(&p.name, key)));
            near.next().filter(|_| near.next().is_none())
        })
    }
}

//! The draft of a request, which the lowering of a call fills with sources.

use crate::lower::index::Target;
use crate::lower::plan::Source;
use crate::model::InputParameter;
use crate::template::folded;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

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
    /// The indices of the parameters by name.
    pub(super) by_name: ParameterIndex<'d>,
    /// The text in each hole (`{{…}}`) of the body.
    pub(super) holes: Vec<&'d str>,
    /// The keys of `with` that fill a hole of the body.
    pub(super) hole_keys: HashSet<&'d str>,
    /// The holes in the values of parameters, each with the index of its parameter.
    pub(super) templates: Vec<(&'d str, usize)>,
    /// The keys of `with` that fill a hole in the value of a parameter, with the index of the first such parameter.
    pub(super) template_keys: HashMap<&'d str, usize>,
    /// The scalars in the body's data, by the names of their members.
    pub(super) members: HashMap<String, Vec<Value>>,
    /// The placeholders of the path that a bind or a step fills.
    pub(super) other_placeholders: Vec<String>,
    /// The path including its query, with the placeholders that lowering added for path parameters.
    pub(super) path: String,
    /// The path parameters that fill a placeholder with another name, each with that placeholder.
    pub(super) renamed: Vec<(String, String)>,
}

/// An index that finds parameters in constant time: an operation can have thousands of them.
#[derive(Default)]
pub(crate) struct ParameterIndex<'d> {
    /// The index of the first parameter with exactly the name.
    exact: HashMap<&'d str, usize>,
    /// The indices of all parameters with a similar name, by the [`folded`] name.
    similar: HashMap<String, Vec<usize>>,
}

impl<'d> ParameterIndex<'d> {
    pub(super) fn new(parameters: &[&'d InputParameter]) -> Self {
        let mut index = Self::default();
        for (at, parameter) in parameters.iter().enumerate() {
            index.exact.entry(&parameter.name).or_insert(at);
            index.similar.entry(folded(&parameter.name)).or_default().push(at);
        }
        index
    }

    /// Returns the indices of the parameters with similar names.
    pub(super) fn similar(&self, name: &str) -> &[usize] {
        self.similar.get(&folded(name)).map_or(&[], Vec::as_slice)
    }
}

impl RequestDraft<'_> {
    /// Returns the index of the parameter that a `with` key names: exactly, or as the only one in a similar spelling (`same_name`).
    pub(super) fn parameter(&self, key: &str) -> Option<usize> {
        self.by_name.exact.get(key).copied().or_else(|| match self.by_name.similar(key) {
            [only] => Some(*only),
            _ => None,
        })
    }
}

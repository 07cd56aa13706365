//! The consumed operations for rules, grouped by what they share: the path and the parameters of a resource, and the parameters of an
//! API. Rules check what is shared once, not again for each operation, so their work does not grow with the square of a document.

use super::walk::{Api, Consumed, DocumentView, strings};
use super::work::count_work;
use crate::model::{Authentication, ConsumedResource, InputParameter, ParameterIn, Placement, RequestBody};
use crate::template::folded;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Returns the names of the parameters in a path, [`folded`].
fn path_names(parameters: &[InputParameter]) -> HashSet<String> {
    let is_path = |parameter: &&InputParameter| parameter.place.is_none_or(|place| place == ParameterIn::Path);
    parameters.iter().filter(is_path).map(|parameter| folded(&parameter.name)).collect()
}

/// The operations of a consumed resource.
pub(super) struct ResourceView<'w, 'a> {
    pub(super) resource: &'a ConsumedResource,
    pub(super) at: &'w str,
    pub(super) api: &'w Api<'a>,
    /// At least one.
    pub(super) operations: &'w [Consumed<'a>],
    /// The names that fill placeholders: parameters of the resource, and parameters and the key of its API.
    path_names: [Rc<HashSet<String>>; 2],
}

impl ResourceView<'_, '_> {
    /// Returns whether a parameter of the resource or of its API, or the API's key, fills a placeholder.
    pub(super) fn fills(&self, placeholder: &str) -> bool {
        self.path_names.iter().any(|names| names.contains(&folded(placeholder)))
    }
}

/// Texts that may contain `{{…}}` and that the same operations send: the operation's own, or those of a resource or an API.
pub(super) struct SentTexts<'w, 'a> {
    pub(super) senders: Vec<&'w Consumed<'a>>,
    at: &'w str,
    path: Option<&'a str>,
    parameters: &'a [InputParameter],
    body: Option<&'a RequestBody>,
}

impl SentTexts<'_, '_> {
    /// Visits the path, the values of the parameters, and the body.
    pub(super) fn visit(&self, visit: &mut dyn FnMut(&str, &str)) {
        let at = self.at;
        if let Some(path) = self.path {
            visit(&format!("{at}/path"), path);
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            count_work();
            if let Some(value) = &parameter.value {
                visit(&format!("{at}/inputParameters/{index}/value"), value);
            }
        }
        match self.body {
            Some(RequestBody::Raw(text)) => visit(&format!("{at}/body"), text),
            Some(RequestBody::Typed(body)) => strings(&format!("{at}/body/data"), &body.data, visit),
            None => {}
        }
    }
}

impl Consumed<'_> {
    /// Returns the names of its own parameters that fill placeholders of its path, [`folded`].
    pub(super) fn own_path_names(&self) -> HashSet<String> {
        path_names(&self.operation.input_parameters)
    }
}

impl<'a> DocumentView<'a> {
    /// Returns the consumed resources that have operations.
    pub(super) fn resources(&self) -> Vec<ResourceView<'_, 'a>> {
        let mut of_apis: HashMap<usize, Rc<HashSet<String>>> = HashMap::new();
        let of_one = |one: &Consumed<'a>, other: &Consumed<'a>| std::ptr::eq(one.resource, other.resource);
        let views = self.operations.chunk_by(of_one).filter_map(|operations| {
            let first = operations.first()?;
            let api = self.apis.get(first.api)?;
            let of_api = of_apis.entry(first.api).or_insert_with(|| {
                let key = api.consume.authentication.as_ref().and_then(Authentication::key);
                let key = key.filter(|(place, _)| *place == Placement::Path).map(|(_, key)| folded(key));
                Rc::new(path_names(&api.consume.input_parameters).into_iter().chain(key).collect())
            });
            let own = Rc::new(path_names(&first.resource.input_parameters));
            let (resource, at) = (first.resource, first.resource_at());
            Some(ResourceView { resource, at, api, operations, path_names: [own, Rc::clone(of_api)] })
        });
        views.collect()
    }

    /// Returns the texts of all operations that may contain `{{…}}`, each once.
    pub(super) fn sent_texts(&self) -> Vec<SentTexts<'_, 'a>> {
        let mut texts = Vec::new();
        for view in self.resources() {
            let shared = |senders, path, parameters| SentTexts { senders, at: view.at, path, parameters, body: None };
            let with_path = view.operations.iter().filter(|own| own.operation.path.is_none()).collect::<Vec<_>>();
            if !with_path.is_empty() {
                texts.push(shared(with_path, Some(view.resource.path.as_str()), &[]));
            }
            texts.push(shared(view.operations.iter().collect(), None, &view.resource.input_parameters));
            texts.extend(view.operations.iter().map(|own| SentTexts {
                senders: vec![own],
                at: &own.at,
                path: own.operation.path.as_deref(),
                parameters: &own.operation.input_parameters,
                body: own.operation.body.as_ref(),
            }));
        }
        for operations in self.operations.chunk_by(|one, other| one.api == other.api) {
            if let Some(api) = operations.first().and_then(|first| self.apis.get(first.api)) {
                let (senders, parameters) = (operations.iter().collect(), api.consume.input_parameters.as_slice());
                texts.push(SentTexts { senders, at: &api.at, path: None, parameters, body: None });
            }
        }
        texts
    }
}

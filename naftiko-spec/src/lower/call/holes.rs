//! The holes that a key of `with` fills: in the path, in the body, and in the values of parameters.

use super::draft::RequestDraft;
use super::path::placeholders;
use crate::lower::reference::without_this;
use crate::lower::scan;
use crate::lower::scope::Scope;
use crate::model::InputParameter;
use crate::template::{Template, same_name};
use std::collections::HashMap;

/// Returns the holes in the values of parameters, each with the index of its parameter.
pub(super) fn of_values<'d>(parameters: &[&'d InputParameter]) -> Vec<(&'d str, usize)> {
    let values = parameters.iter().enumerate().filter_map(|(at, parameter)| Some((at, parameter.value.as_deref()?)));
    values.flat_map(|(at, value)| scan::inside(scan::text(value)).map(move |hole| (hole, at))).collect()
}

/// Returns the keys of `with` that fill a hole: `token` fills `{{token}}` and `{{rest.token}}`.
fn keys(hole: &str) -> impl Iterator<Item = &str> {
    let word = without_this(hole);
    [word].into_iter().chain(word.split_once('.').map(|(_, name)| name))
}

impl<'d> RequestDraft<'d> {
    /// Separates the holes that a bind or a step fills from the holes for inputs: drops them from `holes` and
    /// `templates`, and collects such placeholders of the path in `other_placeholders`.
    pub(super) fn separate_other_holes(&mut self, scope: &Scope<'d>) {
        self.holes.retain(|hole| scope.is_for_inputs(hole));
        self.templates.retain(|(hole, _)| scope.is_for_inputs(hole));
        self.index_holes();
        let other_placeholders = placeholders(&self.path).into_iter().filter(|name| !scope.is_for_inputs(name));
        self.other_placeholders = other_placeholders.map(str::to_owned).collect();
    }

    /// Finds the keys of `with` that fill the holes.
    pub(super) fn index_holes(&mut self) {
        self.hole_keys = self.holes.iter().copied().flat_map(keys).collect();
        self.template_keys = HashMap::new();
        for (hole, at) in &self.templates {
            for key in keys(hole) {
                self.template_keys.entry(key).or_insert(*at);
            }
        }
    }

    /// Returns whether a key of `with` fills a hole of the body.
    pub(super) fn fills_body_hole(&self, key: &str) -> bool {
        self.hole_keys.contains(key)
    }

    /// Returns whether a key of `with` fills a placeholder of the path.
    pub(super) fn fills_placeholder(&self, key: &str) -> bool {
        let fills =
            |name: &str| keys(name).any(|own| own == key) && self.other_placeholders.iter().all(|other| other != name);
        placeholders(&self.path).into_iter().any(|name| same_name(name, key) || fills(name))
    }

    /// Returns the parameter whose `value` has a hole that a key of `with` fills.
    pub(super) fn parameter_with_hole(&self, key: &str) -> Option<&'d InputParameter> {
        self.parameters.get(*self.template_keys.get(key)?).copied()
    }

    /// Returns the part of the API that has a variable with the name of a `with` key: its base URI or its authentication, whose
    /// variables get their values at startup.
    pub(super) fn set_at_start(&self, key: &str) -> Option<&'static str> {
        let api = self.target.api;
        let names = |text: &str| scan::inside(scan::text(text)).any(|hole| without_this(hole) == key);
        let base_uri = Template::base_uri(&api.base_uri).ok();
        if names(&api.base_uri) || base_uri.is_some_and(|uri| uri.placeholders().any(|name| same_name(name, key))) {
            return Some("base URI");
        }
        let credential = api.authentication.as_ref();
        credential.is_some_and(|scheme| scheme.texts().iter().any(|(_, text)| names(text))).then_some("authentication")
    }

    /// Returns whether a `with` key names a parameter, or fills a hole of the request.
    pub(super) fn is_elsewhere(&self, key: &str) -> bool {
        self.parameter(key).is_some()
            || self.fills_placeholder(key)
            || self.fills_body_hole(key)
            || self.parameter_with_hole(key).is_some()
    }
}

//! The path of a request: its placeholders, and the pieces that fill them.

use super::draft::RequestDraft;
use crate::diagnostic::RepairKind;
use crate::lower::plan::{Piece, Source};
use crate::lower::scan::{self, ScanPart};
use crate::lower::scope::{ArgumentUse, Destination, Scope};
use crate::model::{Authentication, InputParameter, ParameterIn, Placement};
use crate::template::{folded, rest_name, same_name};
use indexmap::IndexMap;
use std::collections::HashSet;

impl<'d> RequestDraft<'d> {
    /// Finds or adds placeholders for path parameters that have none.
    pub(super) fn place_path_parameters(&mut self, scope: &mut Scope<'d>) {
        let names: Vec<String> = placeholders(&self.path).into_iter().map(str::to_owned).collect();
        let folded_names: HashSet<String> = names.iter().map(|name| folded(name)).collect();
        let declared = || self.parameters.iter().filter(|parameter| parameter.place == Some(ParameterIn::Path));
        let unplaced: Vec<&str> = declared()
            .map(|parameter| parameter.name.as_str())
            .filter(|name| !folded_names.contains(&folded(name)))
            .collect();
        let open: Vec<&String> = names
            .iter()
            .filter(|name| self.by_name.similar(name).is_empty())
            .filter(|name| !scope.is_variable(None, name))
            .collect();
        let operation = &self.target.operation.name;
        let path = self.path.clone();
        match (unplaced.as_slice(), open.as_slice()) {
            ([], _) => {}
            ([name], [placeholder]) => {
                scope.report_repair(
                    RepairKind::PathParameter,
                    format!(
                        "the path parameter `{name}` of `{operation}` is read as `{{{placeholder}}}` of the path `{path}`"
                    ),
                );
                self.renamed.push(((*name).to_owned(), (*placeholder).clone()));
            }
            ([name], []) => {
                let (front, query) =
                    self.path.split_once('?').map_or((path.as_str(), None), |(front, query)| (front, Some(query)));
                let slash = if front.len() > 1 && front.ends_with('/') { "/" } else { "" };
                let query = query.map_or_else(String::new, |query| format!("?{query}"));
                self.path = format!("{}/{{{name}}}{slash}{query}", front.trim_end_matches('/'));
                scope.report_repair(
                    RepairKind::PathParameter,
                    format!(
                        "the path `{path}` of `{operation}` has no placeholder for the path parameter `{name}`; read as `{}`",
                        self.path
                    ),
                );
            }
            (names, _) => {
                let listed = |write: fn(&&str) -> String| names.iter().map(write).collect::<Vec<_>>().join(", ");
                let (shown, holes) = (listed(|name| format!("`{name}`")), listed(|name| format!("`{{{name}}}`")));
                let (placeholders, parameters) = match names {
                    [_] => ("placeholder", "parameter"),
                    _ => ("placeholders", "parameters"),
                };
                let message = format!(
                    "the path `{path}` of `{operation}` has no {placeholders} for the path {parameters} {shown}"
                );
                scope.report(message, format!("write {holes} in the path"));
            }
        }
    }

    /// Splits a path, or a value in its query, into pieces; `given` has the sources of holes by name.
    pub(super) fn pieces(&self, scope: &mut Scope<'d>, source: &str, given: &IndexMap<String, Source>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for part in scan::path(source) {
            pieces.push(match part {
                ScanPart::Literal(literal) => Piece::Literal(literal.to_owned()),
                ScanPart::Hole { inside, double } => match rest_name(inside).filter(|_| !double) {
                    Some(name) => Piece::Rest(self.placeholder(scope, name, double, given)),
                    None => Piece::Value(self.placeholder(scope, inside, double, given)),
                },
            });
        }
        pieces
    }

    /// Returns the source that fills a placeholder; `double` is whether it is in double braces.
    fn placeholder(&self, scope: &mut Scope<'d>, name: &str, double: bool, given: &IndexMap<String, Source>) -> Source {
        let renamed = self.renamed.iter().find(|(_, placeholder)| placeholder == name).map_or(name, |(own, _)| own);
        let is_in_path =
            |parameter: &&InputParameter| parameter.place == Some(ParameterIn::Path) || parameter.value.is_some();
        let mut named = self.by_name.similar(renamed).iter().copied();
        if let Some(at) = named.find(|at| self.parameters.get(*at).is_some_and(is_in_path))
            && let Some(Some(source)) = self.sources.get(at)
        {
            return source.clone();
        }
        if let Some((_, source)) = self.placeholders.iter().find(|(key, _)| same_name(key, name)) {
            return source.clone();
        }
        if let Some(at) = self.parameter(name)
            && let Some(Some(source)) = self.sources.get(at)
        {
            return source.clone();
        }
        if let Some((Placement::Path, key)) = self.target.api.authentication.as_ref().and_then(Authentication::key)
            && same_name(key, name)
        {
            return Source::Credential;
        }
        let usage = ArgumentUse { required: true, ..ArgumentUse::to(Destination::Path) };
        if double || name.contains('.') {
            return scope.hole(name, given, usage);
        }
        if scope.is_variable(None, name) && !scope.declares(name) {
            return Source::Variable { namespace: None, name: name.to_owned() };
        }
        scope.input(name, usage)
    }
}

/// Returns the names in the braces of a path, including its query.
pub(crate) fn placeholders(path: &str) -> Vec<&str> {
    scan::inside(scan::path(path)).map(|inside| rest_name(inside).unwrap_or(inside)).collect()
}

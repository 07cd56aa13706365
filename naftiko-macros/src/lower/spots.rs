//! The spans of a document's parts in the user's source.

use crate::errors::Spot;
use naftiko_spec::fragment::AssembledPaths;
use naftiko_spec::pointer::outward;
use std::collections::HashMap;

/// The spans of the parts of a document, by JSON Pointer (RFC 6901).
pub(crate) struct Spots {
    item: Spot,
    parts: HashMap<String, LocatedPart>,
}

/// A part of the document, and where it is in the source.
#[derive(Clone, Copy)]
pub(crate) struct LocatedPart {
    pub(crate) spot: Spot,
    /// The operation that it is a part of; `None` for a part of the head.
    pub(crate) operation: Option<usize>,
    /// Its position among the parts of the operation, in the order of the source.
    pub(crate) rank: usize,
}

/// The spans of the parts of an operation.
pub(crate) struct OperationSpots {
    /// The method's name.
    pub(crate) operation: Spot,
    pub(crate) path: Option<Spot>,
    pub(crate) name: Option<Spot>,
    pub(crate) route_path: Option<Spot>,
    pub(crate) tool_name: Option<Spot>,
    pub(crate) hints: Option<Spot>,
    pub(crate) max_output: Option<Spot>,
    pub(crate) resource_uri: Option<Spot>,
    pub(crate) prompt_name: Option<Spot>,
    /// The first scope that callers need.
    pub(crate) scope: Option<Spot>,
    /// The keys of `resilience`: the path of each in it, and its span.
    pub(crate) resilience: Vec<(&'static str, Spot)>,
    /// The keys of `page`, each with its place in the operation.
    pub(crate) page: Vec<(&'static str, Spot)>,
    pub(crate) cache: Option<Spot>,
    pub(crate) caller_headers: Vec<Spot>,
    pub(crate) arguments: Vec<Spot>,
    pub(crate) output: Option<Spot>,
    pub(crate) description: Option<Spot>,
}

impl Spots {
    /// Creates an empty map; `item` is the span of the trait's name.
    pub(crate) fn new(item: Spot) -> Self {
        Self { item, parts: HashMap::new() }
    }

    /// Adds the span of a part of the head.
    pub(crate) fn head(&mut self, pointer: impl Into<String>, spot: Spot) {
        self.parts.insert(pointer.into(), LocatedPart { spot, operation: None, rank: 0 });
    }

    /// Adds the spans of the parts of an operation. A path that several operations share gets the span of the first.
    pub(crate) fn operation(&mut self, number: usize, spots: &OperationSpots, paths: &AssembledPaths) {
        let (path, route_path) = (spots.path.or(spots.route_path), spots.route_path.or(spots.path));
        let parts = |at: &str, name: Option<Spot>, path: Option<Spot>, path_rank: usize, name_rank: usize| {
            let arguments = spots.arguments.iter().enumerate();
            let arguments =
                arguments.map(|(index, spot)| (format!("{at}/inputParameters/{index}"), 8 + index, Some(*spot)));
            let parts = [
                (format!("{at}/description"), 0, spots.description),
                (at.to_owned(), 1, None),
                (format!("{at}/path"), path_rank, path),
                (format!("{at}/name"), name_rank, name),
                (format!("{at}/hints"), 6, spots.hints),
                (format!("{at}/maxOutput"), 6, spots.max_output),
                (format!("{at}/outputParameters"), 7, spots.output),
                (format!("{at}/scopes"), 1, spots.scope),
                (format!("{at}/cache"), 2, spots.cache),
            ];
            let resilience = spots.resilience.iter();
            let resilience = resilience.map(|(word, spot)| (format!("{at}/resilience/{word}"), 2, Some(*spot)));
            let page = spots.page.iter().map(|(key, spot)| (format!("{at}/{key}"), 2, Some(*spot)));
            let headers = spots.caller_headers.iter().enumerate();
            let headers = headers.map(|(index, spot)| (format!("{at}/callerHeaders/{index}"), 3, Some(*spot)));
            let parts = parts.into_iter().chain(resilience).chain(page).chain(headers);
            parts.chain(arguments).collect::<Vec<_>>()
        };
        let consumed = paths.consumed.iter().flat_map(|at| parts(at, spots.name, path, 2, 3));
        let resource = paths.resource.iter().map(|at| (format!("{at}/path"), 2, path));
        let routes = paths.routes.iter().flat_map(|at| parts(at, spots.name, route_path, 4, 3));
        let tools = paths.tools.iter().flat_map(|at| parts(at, spots.tool_name, None, 4, 5));
        let parts = |at: &str, part: &str, spot| {
            [(at.to_owned(), 1, None), (format!("{at}/{part}"), 4, spot), (format!("{at}/scopes"), 1, spots.scope)]
        };
        let resources = paths.resources.iter().flat_map(|at| parts(at, "uri", spots.resource_uri));
        let prompts = paths.prompts.iter().flat_map(|at| parts(at, "name", spots.prompt_name));
        for (at, rank, spot) in consumed.chain(resource).chain(routes).chain(tools).chain(resources).chain(prompts) {
            let spot = spot.unwrap_or(spots.operation);
            self.parts.entry(at).or_insert(LocatedPart { spot, operation: Some(number), rank });
        }
    }

    /// Returns whether the part at that JSON Pointer is in the source.
    pub(crate) fn is_in_source(&self, pointer: &str) -> bool {
        self.parts.contains_key(pointer)
    }

    /// Returns the part at a JSON Pointer, or the nearest enclosing part that is in the source, or the trait's name.
    pub(crate) fn find(&self, pointer: &str) -> LocatedPart {
        let found = outward(pointer).rev().find_map(|pointer| self.parts.get(pointer));
        found.copied().unwrap_or(LocatedPart { spot: self.item, operation: None, rank: 0 })
    }
}

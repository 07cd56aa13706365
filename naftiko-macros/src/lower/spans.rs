//! The spans of a document's parts in the user's source.

use crate::errors::SourceSpan;
use naftiko_spec::fragment::AssembledPaths;
use naftiko_spec::pointer::containing;
use std::collections::HashMap;

/// The spans of the parts of a document, by JSON Pointer (RFC 6901).
pub(crate) struct SourceSpans {
    item: SourceSpan,
    parts: HashMap<String, LocatedPart>,
}

/// A part of the document, and where it is in the source.
#[derive(Clone, Copy)]
pub(crate) struct LocatedPart {
    pub(crate) span: SourceSpan,
    /// The operation that it is a part of; `None` for a part of the head.
    pub(crate) operation: Option<usize>,
    /// Its position among the parts of the operation, in the order of the source.
    pub(crate) rank: usize,
}

/// The spans of the parts of an operation.
pub(crate) struct OperationSpans {
    /// The method's name.
    pub(crate) operation: SourceSpan,
    pub(crate) path: Option<SourceSpan>,
    pub(crate) name: Option<SourceSpan>,
    pub(crate) route_path: Option<SourceSpan>,
    pub(crate) tool_name: Option<SourceSpan>,
    pub(crate) hints: Option<SourceSpan>,
    pub(crate) max_output: Option<SourceSpan>,
    /// The parts of the `input_schema` of each tool, by JSON Pointer.
    pub(crate) input_schemas: Vec<Vec<(String, SourceSpan)>>,
    pub(crate) resource_uri: Option<SourceSpan>,
    pub(crate) prompt_name: Option<SourceSpan>,
    /// The first scope that callers need.
    pub(crate) scope: Option<SourceSpan>,
    /// The keys of `resilience`: the path of each key in it, and the span.
    pub(crate) resilience: Vec<(&'static str, SourceSpan)>,
    /// The keys of `page`: the path of each key in the operation, and the span.
    pub(crate) page: Vec<(&'static str, SourceSpan)>,
    pub(crate) cache: Option<SourceSpan>,
    pub(crate) caller_headers: Vec<SourceSpan>,
    pub(crate) arguments: Vec<SourceSpan>,
    pub(crate) output: Option<SourceSpan>,
    pub(crate) description: Option<SourceSpan>,
}

impl SourceSpans {
    /// Creates an empty map; `item` is the span of the trait's name.
    pub(crate) fn new(item: SourceSpan) -> Self {
        Self { item, parts: HashMap::new() }
    }

    /// Adds the span of a setting of the capability.
    pub(crate) fn add_setting(&mut self, pointer: impl Into<String>, span: SourceSpan) {
        self.parts.insert(pointer.into(), LocatedPart { span, operation: None, rank: 0 });
    }

    /// Adds the spans of the parts of the operation with the index `number`. If several operations share a part, such as the path of a
    /// resource, the part keeps the span of the first operation.
    pub(crate) fn add_operation(&mut self, number: usize, spans: &OperationSpans, paths: &AssembledPaths) {
        let (path, route_path) = (spans.path.or(spans.route_path), spans.route_path.or(spans.path));
        // Each part of a schema has a rank of its own, so that each unknown name in it is reported.
        let after_schemas = 7 + spans.input_schemas.iter().map(Vec::len).sum::<usize>();
        let schemas = paths.tools.iter().zip(&spans.input_schemas).flat_map(|(at, schema)| {
            let parts = schema.iter().enumerate();
            parts.map(move |(index, (part, span))| (format!("{at}/inputSchema{part}"), 7 + index, Some(*span)))
        });
        let parts =
            |at: &str, name: Option<SourceSpan>, path: Option<SourceSpan>, path_rank: usize, name_rank: usize| {
                let arguments = spans.arguments.iter().enumerate();
                let arguments = arguments.map(|(index, span)| {
                    (format!("{at}/inputParameters/{index}"), after_schemas + 1 + index, Some(*span))
                });
                let parts = [
                    (format!("{at}/description"), 0, spans.description),
                    (at.to_owned(), 1, None),
                    (format!("{at}/path"), path_rank, path),
                    (format!("{at}/name"), name_rank, name),
                    (format!("{at}/hints"), 6, spans.hints),
                    (format!("{at}/maxOutput"), 6, spans.max_output),
                    (format!("{at}/outputParameters"), after_schemas, spans.output),
                    (format!("{at}/scopes"), 1, spans.scope),
                    (format!("{at}/cache"), 2, spans.cache),
                ];
                let resilience = spans.resilience.iter();
                let resilience = resilience.map(|(word, span)| (format!("{at}/resilience/{word}"), 2, Some(*span)));
                let page = spans.page.iter().map(|(key, span)| (format!("{at}/{key}"), 2, Some(*span)));
                let headers = spans.caller_headers.iter().enumerate();
                let headers = headers.map(|(index, span)| (format!("{at}/callerHeaders/{index}"), 3, Some(*span)));
                let parts = parts.into_iter().chain(resilience).chain(page).chain(headers);
                parts.chain(arguments).collect::<Vec<_>>()
            };
        let consumed = paths.consumed.iter().flat_map(|at| parts(at, spans.name, path, 2, 3));
        let resource = paths.resource.iter().map(|at| (format!("{at}/path"), 2, path));
        let routes = paths.routes.iter().flat_map(|at| parts(at, spans.name, route_path, 4, 3));
        let tools = paths.tools.iter().flat_map(|at| parts(at, spans.tool_name, None, 4, 5));
        let mcp_parts = |at: &str, part: &str, span| {
            [(at.to_owned(), 1, None), (format!("{at}/{part}"), 4, span), (format!("{at}/scopes"), 1, spans.scope)]
        };
        let resources = paths.resources.iter().flat_map(|at| mcp_parts(at, "uri", spans.resource_uri));
        let prompts = paths.prompts.iter().flat_map(|at| mcp_parts(at, "name", spans.prompt_name));
        for (at, rank, span) in
            consumed.chain(resource).chain(routes).chain(tools).chain(schemas).chain(resources).chain(prompts)
        {
            let span = span.unwrap_or(spans.operation);
            self.parts.entry(at).or_insert(LocatedPart { span, operation: Some(number), rank });
        }
    }

    /// Returns whether the part at that JSON Pointer is in the source.
    pub(crate) fn is_in_source(&self, pointer: &str) -> bool {
        self.parts.contains_key(pointer)
    }

    /// Returns the part at a JSON Pointer, or the nearest enclosing part that is in the source, or the trait's name.
    pub(crate) fn find(&self, pointer: &str) -> LocatedPart {
        let found = containing(pointer).rev().find_map(|pointer| self.parts.get(pointer));
        found.copied().unwrap_or(LocatedPart { span: self.item, operation: None, rank: 0 })
    }
}

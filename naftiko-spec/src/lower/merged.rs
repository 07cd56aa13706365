//! Merges equivalent routes, tools and MCP resources into one operation. A trait with the operations of a document has one method
//! for each merged operation.

use super::plan::{Body, Call, Lowered, LoweredOperation, LoweredStep, MultipartPart, Piece, Source, StepWork, Work};
use crate::fragment::{Argument, Fragment};
use crate::model::{Hints, Method, ParameterIn};
use crate::template::same_name;

/// One operation, and the locations of its routes, tools and MCP resources in the document.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedOperation {
    /// The operation: its fragment has all the routes, tools and resources.
    pub operation: LoweredOperation,
    /// The locations of its routes, tools and resources, as JSON Pointers, in the order of the document.
    pub at: Vec<String>,
}

impl Lowered {
    /// Returns the operations of the document's routes, tools and MCP resources, in the order of the document. Equivalent ones
    /// become one operation.
    ///
    /// They are equivalent if they have the same name or call, the same arguments, and the same work and output. An operation has
    /// at most one route, one tool and one resource for each adapter.
    #[must_use]
    pub fn merged(&self) -> Vec<MergedOperation> {
        let mut all: Vec<MergedOperation> = Vec::new();
        for operation in &self.operations {
            match all.iter_mut().find_map(|merged| Some((matching_arguments(&merged.operation, operation)?, merged))) {
                Some((numbers, merged)) => {
                    merged.at.push(operation.at.clone());
                    join(&mut merged.operation, operation, &numbers);
                }
                None => all.push(MergedOperation { operation: operation.clone(), at: vec![operation.at.clone()] }),
            }
        }
        all
    }
}

/// Returns the indices in `known` of the arguments of `other`, if the two operations are equivalent.
fn matching_arguments(known: &LoweredOperation, other: &LoweredOperation) -> Option<Vec<usize>> {
    let (one, two) = (&known.fragment, &other.fragment);
    if !(one.name == two.name || called(one).is_some_and(|name| called(two) == Some(name))) || !has_room(one, two) {
        return None;
    }
    let (arguments, others) = (&one.arguments, &two.arguments);
    if arguments.len() != others.len() || known.output != other.output {
        return None;
    }
    let mut numbers = Vec::new();
    for (argument, schema) in others.iter().zip(&other.schemas) {
        let number = arguments.iter().position(|known| is_same(known, argument))?;
        if numbers.contains(&number) || known.schemas.get(number) != Some(schema) {
            return None;
        }
        numbers.push(number);
    }
    let mut work = other.work.clone();
    renumber(&mut work, &numbers);
    (work == known.work).then_some(numbers)
}

/// Returns the name of the operation or function that a fragment calls or refers to.
fn called(fragment: &Fragment) -> Option<&str> {
    let route = fragment.routes.first().map(|part| &part.operation);
    let route = route.and_then(|operation| operation.call.as_deref().or(operation.reference.as_deref()));
    let tool = fragment.tools.first().map(|part| &part.tool);
    let resource = || fragment.resources.first().and_then(|part| part.resource.call.as_deref());
    route.or_else(|| tool.and_then(|tool| tool.call.as_deref().or(tool.reference.as_deref()))).or_else(resource)
}

/// Returns whether the merged operation would have at most one route, one tool and one resource for each adapter.
fn has_room(known: &Fragment, other: &Fragment) -> bool {
    let routes = other.routes.iter().all(|part| known.routes.iter().all(|known| known.expose != part.expose));
    let tools = other.tools.iter().all(|part| known.tools.iter().all(|known| known.expose != part.expose));
    let resources = other.resources.iter().all(|part| known.resources.iter().all(|known| known.expose != part.expose));
    routes && tools && resources
}

/// Returns whether two arguments are the same: their names may differ in case, `_` and `-` if either is sent in the path of a route.
fn is_same(known: &Argument, other: &Argument) -> bool {
    let in_path = known.place == ParameterIn::Path || other.place == ParameterIn::Path;
    known.required == other.required
        && known.sensitive == other.sensitive
        && (known.name == other.name || (in_path && same_name(&known.name, &other.name)))
}

/// Merges `other` into `known`; `numbers` has the indices in `known` of the arguments of `other`.
fn join(known: &mut LoweredOperation, other: &LoweredOperation, numbers: &[usize]) {
    let has_routes = !known.fragment.routes.is_empty();
    let fragment = &other.fragment;
    known.fragment.routes.extend(fragment.routes.iter().cloned());
    known.fragment.tools.extend(fragment.tools.iter().cloned());
    if known.fragment.errors.is_empty() {
        known.fragment.errors.clone_from(&fragment.errors);
    }
    if known.fragment.examples.is_empty() {
        known.fragment.examples.clone_from(&fragment.examples);
    }
    known.fragment.resources.extend(fragment.resources.iter().cloned());
    if known.fragment.description.is_none() {
        known.fragment.description.clone_from(&fragment.description);
    }
    for (argument, number) in fragment.arguments.iter().zip(numbers) {
        let Some(slot) = known.fragment.arguments.get_mut(*number) else { continue };
        if slot.description.is_none() {
            slot.description.clone_from(&argument.description);
        }
        if fragment.routes.is_empty() {
            // The tool's name is used: routes match their placeholder regardless of case, `_` and `-`.
            slot.name.clone_from(&argument.name);
        } else if !has_routes {
            // For tools, the location of an argument has no effect.
            (slot.place, slot.many, slot.whole_body) = (argument.place, argument.many, argument.whole_body);
        }
    }
}

/// Replaces the index of each argument in `work` by its index in the merged operation.
fn renumber(work: &mut Work, numbers: &[usize]) {
    let replace = |number: &mut usize| {
        if let Some(known) = numbers.get(*number) {
            *number = *known;
        }
    };
    work.visit_arguments(&mut { replace });
    let steps = match work {
        Work::Call { call } => return renumber_call(call, replace),
        Work::Steps { steps, .. } => steps,
        Work::Constant(_) => return,
    };
    for step in steps {
        if let StepWork::Call(call) = &mut step.work {
            renumber_call(call, replace);
        }
    }
}

/// Replaces the indices in `call` that [`Work::visit_arguments`] does not visit.
fn renumber_call(call: &mut Call, replace: impl Fn(&mut usize)) {
    call.sensitive.iter_mut().for_each(&replace);
    call.sensitive.sort_unstable();
    if let Some(page) = &mut call.page {
        page.into.iter_mut().for_each(&replace);
        page.sent.iter_mut().for_each(|sent| visit_source(sent, &mut |number| replace(number)));
    }
}

impl Work {
    /// Returns the hints that follow from the HTTP methods of its requests; work without requests only reads. Several
    /// requests are idempotent only if all of them read: even if each can be repeated, the sequence may not be.
    #[must_use]
    pub fn hints(&self) -> Hints {
        let calls = || self.calls().map(|call| call.method.hints());
        let mut all = calls().reduce(Hints::and).unwrap_or_else(|| Method::Get.hints());
        if calls().count() > 1 && !all.reads() {
            all.idempotent = Some(false);
        }
        all
    }

    /// Returns the calls that it makes.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        let (one, steps): (Option<&Call>, &[LoweredStep]) = match self {
            Self::Call { call } => (Some(&**call), &[]),
            Self::Steps { steps, .. } => (None, steps),
            Self::Constant(_) => (None, &[]),
        };
        one.into_iter().chain(steps.iter().filter_map(|step| match &step.work {
            StepWork::Call(call) => Some(&**call),
            StepWork::Lookup { .. } => None,
        }))
    }

    /// Visits the index of each argument that is sent or returned. The indices in [`Call::sensitive`] and [`Call::page`] are not
    /// visited.
    pub(crate) fn visit_arguments(&mut self, visit: &mut dyn FnMut(&mut usize)) {
        match self {
            Self::Call { call } => visit_call(call, visit),
            Self::Steps { steps, output } => {
                for LoweredStep { work, .. } in steps {
                    match work {
                        StepWork::Call(call) => visit_call(call, visit),
                        StepWork::Lookup { value, .. } => visit_source(value, visit),
                    }
                }
                visit_source(output, visit);
            }
            Self::Constant(source) => visit_source(source, visit),
        }
    }
}

fn visit_call(call: &mut Call, visit: &mut dyn FnMut(&mut usize)) {
    visit_pieces(&mut call.path, visit);
    for (_, source) in call.query.iter_mut().chain(&mut call.headers).chain(&mut call.cookies) {
        visit_source(source, visit);
    }
    match &mut call.body {
        None => {}
        Some(Body::Json(source) | Body::Text(_, source) | Body::FormObject(_, source)) => visit_source(source, visit),
        Some(Body::JsonText(pieces) | Body::FormText(pieces)) => visit_pieces(pieces, visit),
        Some(Body::Form(fields)) => fields.iter_mut().for_each(|(_, source)| visit_source(source, visit)),
        Some(Body::Multipart(parts)) => {
            for MultipartPart { value, filename, content_type, .. } in parts {
                let sources = [Some(value), filename.as_mut(), content_type.as_mut()];
                sources.into_iter().flatten().for_each(|source| visit_source(source, visit));
            }
        }
    }
}

fn visit_pieces(pieces: &mut [Piece], visit: &mut dyn FnMut(&mut usize)) {
    for piece in pieces {
        if let Piece::Value(source) | Piece::Rest(source) = piece {
            visit_source(source, visit);
        }
    }
}

fn visit_source(source: &mut Source, visit: &mut dyn FnMut(&mut usize)) {
    match source {
        Source::Argument(number) => visit(number),
        Source::Styled(_, source) | Source::Typed(_, source) => visit_source(source, visit),
        Source::Default(first, second) => {
            visit_source(first, visit);
            visit_source(second, visit);
        }
        Source::Text(pieces) => visit_pieces(pieces, visit),
        Source::Object(members) => members.iter_mut().for_each(|(_, source)| visit_source(source, visit)),
        Source::List(elements) => elements.iter_mut().for_each(|source| visit_source(source, visit)),
        Source::Variable { .. } | Source::Step(_) | Source::Credential | Source::Constant(_) | Source::Json(_) => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::super::lower;
    use crate::Document;
    use serde_json::{Value, json};

    /// Returns the merged operations of a document whose only REST resource, at the path `route`, has the operations `routes`,
    /// and whose MCP adapter has the tools `tools`: their names, arguments and locations.
    fn merged(route: &str, routes: &Value, tools: &Value) -> Vec<(String, Vec<String>, Vec<String>)> {
        let document: Document = serde_json::from_value(json!({
            "naftiko": "1.0.0-alpha2",
            "capability": {
                "consumes": [{ "namespace": "api", "baseUri": "https://api.example.com", "resources": [
                    { "name": "things", "path": "/users/{userId}/things/{id}", "operations": [
                        { "name": "get", "method": "GET", "inputParameters": [
                            { "name": "userId", "in": "path", "type": "string" },
                            { "name": "id", "in": "path", "type": "string" },
                            { "name": "tag", "in": "query", "type": "array", "items": { "type": "string" } },
                            { "name": "after", "in": "query", "type": "string", "default": "first" },
                        ], "page": { "cursor": "$.next", "into": "after" } },
                    ] },
                ] }],
                "exposes": [
                    { "type": "rest", "namespace": "r", "resources": [{ "path": route, "operations": routes }] },
                    { "type": "mcp", "namespace": "m", "tools": tools },
                ],
            },
        }))
        .unwrap();
        let merges = lower(&document).0.merged().into_iter().map(|merged| {
            let arguments = merged.operation.fragment.arguments.iter().map(|argument| argument.name.clone()).collect();
            (merged.operation.fragment.name, arguments, merged.at)
        });
        merges.collect()
    }

    #[test]
    fn a_route_and_a_tool_of_one_call_are_one_operation() {
        // The tool names its arguments in another order, and the route writes a placeholder in another case.
        let route = json!([{ "method": "GET", "call": "api.get", "with": { "userId": "rest.userId", "id": "rest.id", "tag": "rest.tag" } }]);
        let tool = json!([{ "name": "get-thing", "call": "api.get", "with": { "tag": "tools.tag", "id": "tools.id", "userId": "tools.userId" } }]);
        let merges = merged("/v1/users/{userid}/things/{id}", &route, &tool);
        assert_eq!(merges.len(), 1, "{merges:?}");
        let (name, mut arguments, at) = merges.into_iter().next().unwrap();
        arguments.sort();
        assert_eq!((name.as_str(), arguments), ("get", vec!["id".to_owned(), "tag".to_owned(), "userId".to_owned()]));
        assert_eq!(at, ["/capability/exposes/0/resources/0/operations/0", "/capability/exposes/1/tools/0"]);
    }

    #[test]
    fn the_argument_for_the_next_page_can_have_another_position() {
        let inputs = |names: [&str; 3]| -> Value {
            let place = |name: &str| if name == "after" { "query" } else { "path" };
            let input =
                |name| json!({ "name": name, "in": place(name), "type": "string", "required": name != "after" });
            names.map(input).to_vec().into()
        };
        let with = |prefix: &str| {
            let names = ["userId", "id", "after"].map(|name| (name.to_owned(), format!("{prefix}.{name}").into()));
            Value::Object(names.into_iter().collect())
        };
        let route = json!([{ "method": "GET", "call": "api.get", "inputParameters": inputs(["userId", "id", "after"]), "with": with("rest") }]);
        let path = "/v1/users/{userId}/things/{id}";
        let tool = |with: Value| json!([{ "name": "get-thing", "call": "api.get", "inputParameters": inputs(["after", "id", "userId"]), "with": with }]);
        let merges = merged(path, &route, &tool(with("tools")));
        assert_eq!(merges.len(), 1, "{merges:?}");
        assert_eq!(merges[0].1, ["userId", "id", "after"]);
        // Pages that are requested by different arguments are different operations.
        let other = json!({ "after": "tools.id", "id": "tools.after", "userId": "tools.userId" });
        assert_eq!(merged(path, &route, &tool(other)).len(), 2);
    }

    #[test]
    fn different_behaviour_is_another_operation() {
        let route =
            json!([{ "method": "GET", "call": "api.get", "with": { "userId": "rest.userId", "id": "rest.id" } }]);
        let shaped = json!([{ "type": "string", "mapping": "$.name" }]);
        let tool = json!([
            { "name": "get", "call": "api.get", "with": { "userId": "tools.userId", "id": "me" } },
            { "name": "name", "call": "api.get", "with": { "userId": "tools.userId", "id": "tools.id" }, "outputParameters": shaped },
            { "name": "swapped", "call": "api.get", "with": { "userId": "tools.id", "id": "tools.userId" } },
            { "name": "first", "call": "api.get", "with": { "userId": "tools.userId", "id": "tools.id" } },
            { "name": "second", "call": "api.get", "with": { "userId": "tools.userId", "id": "tools.id" } },
        ]);
        let merges = merged("/users/{userId}/things/{id}", &route, &tool);
        let places: Vec<usize> = merges.iter().map(|(_, _, at)| at.len()).collect();
        let names: Vec<&str> = merges.iter().map(|(name, _, _)| name.as_str()).collect();
        assert_eq!(names, ["get", "get", "name", "swapped", "second"]);
        assert_eq!(places, [2, 1, 1, 1, 1], "tools of the same adapter are not merged");
    }
}

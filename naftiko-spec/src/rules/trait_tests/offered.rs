//! Tests of the rules for resources and prompts: clients can distinguish them, and relative locations stay in the working directory.

use super::{finds, read};
use crate::fragment::{Draft, PromptFragment, ResourceFragment};
use crate::model::{Confirm, Expose, McpPrompt, McpResource};

fn resource(draft: &mut Draft, fragment: usize, uri: &str) {
    let resource = McpResource { uri: uri.to_owned(), ..McpResource::default() };
    draft.fragments[fragment].resources.push(ResourceFragment { expose: 1, resource });
}

fn prompt(draft: &mut Draft, fragment: usize, name: &str) {
    let prompt = McpPrompt { name: name.to_owned(), ..McpPrompt::default() };
    draft.fragments[fragment].prompts.push(PromptFragment { expose: 1, prompt });
}

#[test]
fn resources_have_unique_uris() {
    finds(
        // These two operations send no write, so no other rule reports their resources.
        |draft| {
            resource(draft, 0, "users://{id}");
            resource(draft, 2, "users://{name}");
        },
        "duplicate_resource",
        "/capability/exposes/1/resources/1/uri",
        "another resource has the URI `users://{name}`: clients reach only the first; give this resource another `uri`",
    );
    let apart = |draft: &mut Draft| {
        resource(draft, 0, "users://{id}");
        resource(draft, 2, "users://{id}/name");
    };
    assert_eq!(read(apart), []);
}

#[test]
fn a_uri_template_has_only_supported_placeholders() {
    finds(
        |draft| resource(draft, 0, "users://all{?page}"),
        "invalid_uri_template",
        "/capability/exposes/1/resources/0/uri",
        "unsupported placeholder `{?page}` in a URI template; write `{page}`; a value with slashes is `{+name}`",
    );
    assert_eq!(read(|draft| resource(draft, 0, "users://{id}/{+path}")), []);
}

#[test]
fn prompts_have_unique_names() {
    finds(
        |draft| (0..2).for_each(|fragment| prompt(draft, fragment, "explain")),
        "duplicate_prompt",
        "/capability/exposes/1/prompts/1/name",
        "another prompt is called `explain`: clients reach only the first; give this prompt another `name`",
    );
    // The methods are never compiled together.
    let apart = |draft: &mut Draft| {
        (0..2).for_each(|fragment| {
            prompt(draft, fragment, "explain");
            draft.fragments[fragment].cfg = ["unix", "windows"][fragment].to_owned();
        });
    };
    assert_eq!(read(apart), []);
}

#[test]
fn a_relative_location_stays_in_the_working_directory() {
    let located = |location: &'static str| {
        move |draft: &mut Draft| {
            let (name, uri) = ("guide".to_owned(), "docs://guide".to_owned());
            let resource = McpResource { name, uri, location: Some(location.to_owned()), ..McpResource::default() };
            if let Some(Expose::Mcp(mcp)) = draft.head.capability.exposes.get_mut(1) {
                mcp.resources.push(resource);
            }
        }
    };
    let inside =
        ["docs", "./docs/../guide", "file:docs", "file://./docs", "file:///srv/docs", "/srv/docs", "C:\\docs", "a/b:c"];
    for location in inside {
        assert_eq!(read(located(location)), [], "{location}");
    }
    for location in ["..", "../docs", "docs/../../guide", "file://../docs", "..\\docs"] {
        finds(
            located(location),
            "unsupported_location",
            "/capability/exposes/1/resources/0/location",
            &format!(
                "expected a path in the program's working directory for the resource `guide`, found `{}`; write a path \
                 without `..`, or an absolute `file://` URI such as `file:///srv/guide`",
                crate::printable(location)
            ),
        );
    }
    for location in ["https://docs.dev", "vault:///secret/docs", "file://", ""] {
        let found = read(located(location));
        assert!(matches!(&*found, [("unsupported_location", ..)]), "{location}: {found:?}");
    }
}

#[test]
fn the_relative_file_of_a_prompt_stays_in_the_working_directory() {
    for (location, is_inside) in [("docs/a.txt", true), ("file:///srv/a.txt", true), ("../a.txt", false)] {
        let found = read(|draft: &mut Draft| {
            let prompt =
                McpPrompt { name: "ask".to_owned(), location: Some(location.to_owned()), ..McpPrompt::default() };
            if let Some(Expose::Mcp(mcp)) = draft.head.capability.exposes.get_mut(1) {
                mcp.prompts.push(prompt);
            }
        });
        assert_eq!(found.is_empty(), is_inside, "{location}: {found:?}");
    }
}

#[test]
fn an_input_schema_is_a_json_schema() {
    let schema = |schema: serde_json::Value| {
        move |draft: &mut Draft| draft.fragments[0].tools[0].tool.input_schema = Some(schema)
    };
    finds(
        schema(serde_json::json!({ "anyOf": [] })),
        "invalid_constraint",
        "/capability/exposes/1/tools/0/inputSchema/anyOf",
        "expected a list of schemas for `anyOf`, found `[]`; write, for example, `\"anyOf\": [{\"type\": \"string\"}]`",
    );
    finds(
        schema(serde_json::json!({ "$ref": "#/$defs/none" })),
        "invalid_constraint",
        "/capability/exposes/1/tools/0/inputSchema/$ref",
        "`$ref` leads to no schema in the input schema: `#/$defs/none`; write the schema under `$defs`, and refer to it: `#/$defs/NAME`",
    );
    assert_eq!(read(schema(serde_json::json!({ "$ref": "#/$defs/a", "$defs": { "a": {} } }))), []);
}

#[test]
fn an_operation_that_needs_approval_is_not_a_resource_or_a_prompt() {
    let remove = |confirm: Option<Confirm>, of_tool: Option<bool>| {
        let found = read(move |draft: &mut Draft| {
            if let Some(Expose::Mcp(adapter)) = draft.head.capability.exposes.get_mut(1) {
                adapter.confirm = confirm;
            }
            let resource = McpResource { uri: "tokens://{userId}".to_owned(), ..McpResource::default() };
            let prompt = McpPrompt { name: "remove".to_owned(), ..McpPrompt::default() };
            draft.fragments[1].resources.push(ResourceFragment { expose: 1, resource });
            draft.fragments[1].prompts.push(PromptFragment { expose: 1, prompt });
            draft.fragments[1].tools[0].tool.confirm = of_tool;
        });
        let found = found.into_iter().filter(|(rule, ..)| *rule == "missing_approval");
        found.map(|(_, at, _)| at).collect::<Vec<_>>()
    };
    let both = ["/capability/exposes/1/prompts/0", "/capability/exposes/1/resources/0"];
    let sorted = |mut found: Vec<String>| {
        found.sort();
        found
    };
    assert_eq!(sorted(remove(None, Some(true))), both);
    assert_eq!(sorted(remove(Some(Confirm::Destructive), None)), both);
    assert_eq!(remove(Some(Confirm::Destructive), Some(false)), Vec::<String>::new());
    assert_eq!(remove(Some(Confirm::Declared), None), Vec::<String>::new());
}

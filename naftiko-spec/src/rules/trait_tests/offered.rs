//! Tests of the rules for resources and prompts that clients cannot distinguish.

use super::{finds, read};
use crate::fragment::{Draft, PromptFragment, ResourceFragment};
use crate::model::{McpPrompt, McpResource};

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
        |draft| (0..2).for_each(|fragment| resource(draft, fragment, ["users://{id}", "users://{name}"][fragment])),
        "duplicate_resource",
        "/capability/exposes/1/resources/1/uri",
        "two resources have the URI `users://{name}`: clients reach only the first; give this resource another `uri`",
    );
    let apart = |draft: &mut Draft| {
        (0..2).for_each(|fragment| resource(draft, fragment, ["users://{id}", "users://{id}/name"][fragment]));
    };
    assert_eq!(read(apart), []);
}

#[test]
fn prompts_have_unique_names() {
    finds(
        |draft| (0..2).for_each(|fragment| prompt(draft, fragment, "explain")),
        "duplicate_prompt",
        "/capability/exposes/1/prompts/1/name",
        "two prompts are called `explain`: clients reach only the first; give this prompt another `name`",
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

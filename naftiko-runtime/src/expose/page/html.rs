//! The markup of the page and of the index. All strings of a document are escaped.

use super::assets::{SCRIPT, STYLE};
use super::data::{Badge, OperationRow, PageData, ToolRow, first_paragraph};
use crate::expose::mcp::{OfferedPrompt, OfferedResource};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// One of the capabilities of a program, for the index.
#[derive(Debug, Clone)]
pub(crate) struct ListedCapability {
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) operations: usize,
    pub(crate) tools: usize,
    /// The port of its page; `None` for the capability of the current page.
    pub(crate) port: Option<u16>,
}

/// Renders the page. `beside` is the prefix of links to the files beside the page, and `others` the number of other capabilities.
pub(super) fn page(data: &PageData, script: &str, beside: &str, others: usize) -> String {
    let info = &data.info;
    let about = html! {
        section class="intro" aria-labelledby="label" {
            h1 id="label" { (info.label) }
            @if !info.description.is_empty() { p class="lead text" { (info.description) } }
            @if !info.tags.is_empty() {
                ul class="tags" aria-label="Tags" { @for tag in &info.tags { li { (tag) } } }
            }
            p class="facts" {
                @if let Some(version) = &data.version { span { "Version " b { (version) } } }
                @if let Some(modified) = info.modified.as_ref().or(info.created.as_ref()) {
                    span { "Changed " b { (modified) } }
                }
                (count(data.operations.len() + data.forwards.len(), "operation"))
                (count(data.tools.len(), "MCP tool"))
                @if !data.tools.is_empty() {
                    span title="Approximate size of the listed tools in the context of an agent, at four bytes of JSON per token" {
                        "about " b { (data.tokens) } " tokens"
                    }
                }
                @if !data.resources.is_empty() { (count(data.resources.len(), "resource")) }
                @if !data.prompts.is_empty() { (count(data.prompts.len(), "prompt")) }
                @if others > 0 { a href="capabilities" data-beside="capabilities" { (others + 1) " capabilities on this server" } }
            }
            @if data.asks_for_token() { (token(data.is_basic())) }
            @if data.has_variable_key {
                p class="note" { "Callers must send an API key. This page cannot send it, since the name of the key is a variable." }
            }
        }
    };
    let body = html! {
        (about)
        @if !data.operations.is_empty() || !data.forwards.is_empty() { (operations(data)) }
        @if data.mcp.is_some() { (tools(&data.tools)) }
        @if !data.resources.is_empty() { (resources(&data.resources)) }
        @if !data.prompts.is_empty() { (prompts(&data.prompts)) }
        (document())
        @if data.mcp.is_some() { (connect()) }
    };
    let sections = html! {
        @if !data.operations.is_empty() || !data.forwards.is_empty() { a href="#operations" { "What you can do" } }
        @if data.mcp.is_some() { a href="#tools" { "MCP tools" } }
        @if !data.resources.is_empty() { a href="#resources" { "Resources" } }
        @if !data.prompts.is_empty() { a href="#prompts" { "Prompts" } }
        a href="#document" { "Document" }
        @if data.mcp.is_some() { a href="#connect" { "Connect" } }
    };
    frame(&info.label, beside, &sections, true, &body, script).into_string()
}

/// Renders the list of a program's capabilities, with links to other ports of `host`.
pub(super) fn index(listed: &[ListedCapability], host: Option<&str>, beside: &str) -> String {
    let body = html! {
        section class="intro" aria-labelledby="label" {
            h1 id="label" { "Capabilities" }
            p class="lead" { "What this program serves." }
            ul class="cards" {
                @for one in listed {
                    li {
                        h2 {
                            @match (one.port, host) {
                                (None, _) => a href="." data-beside="" { (one.label) },
                                (Some(port), Some(host)) => a href=(format!("http://{host}:{port}/")) { (one.label) },
                                (Some(_), None) => (one.label),
                            }
                        }
                        @if !one.description.is_empty() { p class="note text" { (one.description) } }
                        p class="facts" { (count(one.operations, "operation")) (count(one.tools, "MCP tool")) }
                    }
                }
            }
        }
    };
    let data = r#"{"openapi":{},"order":[],"tools":[],"resources":[],"prompts":[],"rest":null,"mcp":null,"auth":{}}"#;
    frame("Capabilities", beside, &html! {}, false, &body, data).into_string()
}

/// Renders an HTML document around `body`. `sections` are the links at the top, `search` is whether there is a search field, and `data` is
/// the JSON for the script.
fn frame(title: &str, beside: &str, sections: &Markup, search: bool, body: &Markup, data: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-beside=(beside) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#main" { "Skip to the content" }
                header class="top" {
                    div class="bar" {
                        nav aria-label="Sections" { (sections) }
                        @if search {
                            div class="search" {
                                label class="hide" for="search" { "Search operations, tools, resources and prompts" }
                                input id="search" type="search" placeholder="Search ( / )" autocomplete="off" spellcheck="false";
                            }
                        }
                        button type="button" id="theme" class="small" hidden { "Dark" }
                    }
                }
                main id="main" tabindex="-1" {
                    p id="said" class="hide" role="status" aria-live="polite" {}
                    (body)
                }
                footer { p { "Served by naftiko." noscript { " Forms need JavaScript; the OpenAPI description does not." } } }
                script type="application/json" id="data" { (PreEscaped(data)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn count(number: usize, what: &str) -> Markup {
    html! { span { b { (number) } " " (what) @if number != 1 { "s" } } }
}

fn token(is_basic: bool) -> Markup {
    let (title, what) = if is_basic {
        ("Your user name and password", "Callers must authenticate. Write NAME:PASSWORD: it stays")
    } else {
        ("Your token", "Callers must authenticate. The token stays")
    };
    html! {
        div class="token" {
            h2 { label for="token" { (title) } }
            p class="note" { (what) " in this tab, and is sent with the requests that you try. " span id="token-state" {} }
            form id="token-form" {
                input id="token" type="password" autocomplete="off" spellcheck="false";
                button type="submit" class="go" { @if is_basic { "Use them" } @else { "Use token" } }
            }
        }
    }
}

fn operations(data: &PageData) -> Markup {
    html! {
        section id="operations" aria-labelledby="operations-title" {
            h2 id="operations-title" { "What you can do" span class="count" { (data.operations.len() + data.forwards.len()) } }
            @if let Some(description) = &data.description { p class="note text" { (description) } }
            div class="rows" {
                @for (index, row) in data.operations.iter().enumerate() { (operation(index, row)) }
                @for forward in &data.forwards {
                    details class="row" data-forward=(forward.path) {
                        summary {
                            span class="method any" { "ANY" }
                            span class="path" { (forward.prefix) "/…" }
                            span class="about" { "Requests below this path are forwarded to another API unchanged." }
                        }
                    }
                }
                p class="none" hidden { "No operation matches." }
            }
        }
    }
}

fn operation(index: usize, row: &OperationRow) -> Markup {
    html! {
        details class="row" data-index=(index) id=(format!("operation-{}", row.name)) {
            summary {
                span class={ "method " (row.method) } { (row.method.to_uppercase()) }
                span class="path" { (path(&row.path)) }
                @if !row.summary.is_empty() { span class="about" { (row.summary) } }
            }
        }
    }
}

/// Renders a path with its placeholders highlighted.
fn path(path: &str) -> Markup {
    let mut rest = path;
    let mut parts = Vec::new();
    while let Some((before, inner)) = rest.split_once('{') {
        let Some((name, after)) = inner.split_once('}') else { break };
        parts.push((before, name));
        rest = after;
    }
    html! { @for (before, name) in parts { (before) i { "{" (name) "}" } } (rest) }
}

fn tools(tools: &[ToolRow]) -> Markup {
    html! {
        section id="tools" aria-labelledby="tools-title" {
            h2 id="tools-title" { "MCP tools" span class="count" { (tools.len()) } }
            div class="rows" {
                @for (index, row) in tools.iter().enumerate() {
                    details class="row tool" data-index=(index) id=(format!("tool-{}", row.name)) {
                        summary {
                            span class="path" title=(row.title) { (row.name) }
                            span class="badges" {
                                @for badge in &row.badges { (shown(badge)) }
                                span class="cost" title="Approximate size of this tool's definition in the context of an agent, at four bytes of JSON per token" { "≈ " (row.tokens) " tokens" }
                            }
                            @if !row.summary.is_empty() { span class="about" { (row.summary) } }
                        }
                    }
                }
                p class="none" hidden[!tools.is_empty()] { @if tools.is_empty() { "No tools." } @else { "No tool matches." } }
            }
        }
    }
}

fn resources(resources: &[OfferedResource]) -> Markup {
    html! {
        section id="resources" aria-labelledby="resources-title" {
            h2 id="resources-title" { "MCP resources" span class="count" { (resources.len()) } }
            div class="rows" {
                @for (index, row) in resources.iter().enumerate() {
                    details class="row resource" data-index=(index) id=(format!("resource-{}", row.name)) {
                        summary {
                            span class="path" title=(row.title.as_deref().unwrap_or(&row.name)) { (path(&row.uri)) }
                            @if let Some(mime_type) = &row.mime_type { span class="cost" { (mime_type) } }
                            @let about = first_paragraph(row.description.as_deref());
                            @if !about.is_empty() { span class="about" { (about) } }
                        }
                    }
                }
                p class="none" hidden { "No resource matches." }
            }
        }
    }
}

fn prompts(prompts: &[OfferedPrompt]) -> Markup {
    html! {
        section id="prompts" aria-labelledby="prompts-title" {
            h2 id="prompts-title" { "MCP prompts" span class="count" { (prompts.len()) } }
            div class="rows" {
                @for (index, row) in prompts.iter().enumerate() {
                    details class="row prompt" data-index=(index) id=(format!("prompt-{}", row.name)) {
                        summary {
                            span class="path" title=[row.title.as_deref()] { (row.name) }
                            @let about = first_paragraph(row.description.as_deref());
                            @if !about.is_empty() { span class="about" { (about) } }
                        }
                    }
                }
                p class="none" hidden { "No prompt matches." }
            }
        }
    }
}

fn shown(badge: &Badge) -> Markup {
    html! { span class=(badge.class) title=(badge.meaning) { (badge.word) } }
}

fn document() -> Markup {
    html! {
        section id="document" aria-labelledby="document-title" {
            h2 id="document-title" { "The document" }
            p class="note" { "What this capability consumes and exposes, as declared by its author; addresses and credentials are shown as ***." }
            p class="links" {
                a href="capability.yaml" data-beside="capability.yaml" { "Raw file (YAML)" }
                a href="openapi.json" data-beside="openapi.json" { "OpenAPI (JSON)" }
                a href="openapi.yaml" data-beside="openapi.yaml" { "OpenAPI (YAML)" }
            }
            details class="fold" data-file="capability.yaml" {
                summary { "Read it here" }
                pre tabindex="0" role="group" aria-label="Text of the document" { "…" }
            }
        }
    }
}

fn connect() -> Markup {
    html! {
        section id="connect" aria-labelledby="connect-title" {
            h2 id="connect-title" { "Connect" }
            p class="note" { "Add the tools to a client of the Model Context Protocol." }
            div class="clients" id="clients" {}
        }
    }
}

//! Converts descriptions in a document to doc comments.

use super::source::DocumentOperation;
use crate::syntax::{Method, Trait, docs};
use naftiko_spec::Document;
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Attribute;
use syn::ext::IdentExt;

/// Documents a trait that has no description: with the document's description or label, or with the trait's name.
pub(super) fn describe_trait(item: &mut Trait, document: &Document) {
    if docs::description(&item.attributes).is_none() {
        let info = &document.info;
        let label = naftiko_spec::names::label(&item.ident.unraw().to_string());
        let texts = [&info.description, &info.label, &label].into_iter().map(|text| lines(text));
        let text = texts.into_iter().find(|lines| !lines.is_empty()).unwrap_or_default();
        item.attributes.extend(attributes(&text));
    }
}

/// Adds the documentation of the operation to a method that has no description.
pub(super) fn describe_method(method: &mut Method, documented: &DocumentOperation) {
    if docs::description(&method.attributes).is_none() {
        method.attributes.extend(attributes(&method_lines(documented)));
    }
}

/// Returns the documentation of an operation: its description or name, and the descriptions of its arguments.
pub(super) fn tokens(documented: &DocumentOperation) -> TokenStream {
    let attributes = attributes(&method_lines(documented));
    quote!(#(#attributes)*)
}

/// Returns the lines of an operation's documentation.
fn method_lines(documented: &DocumentOperation) -> Vec<String> {
    let fragment = &documented.merged.operation.fragment;
    let mut text = lines(fragment.description.as_deref().unwrap_or_default());
    if text.is_empty() {
        text = lines(&format!("{}.", naftiko_spec::names::label(&fragment.name)));
    }
    let mut list = Vec::new();
    for (wanted, argument) in documented.arguments.iter().zip(&fragment.arguments) {
        let description = lines(argument.description.as_deref().unwrap_or_default()).join(" ");
        if !description.is_empty() {
            list.push(format!("- `{}`: {description}", wanted.name));
        }
    }
    if !list.is_empty() {
        text.push(String::new());
        text.extend(list);
    }
    text
}

/// Returns a `#[doc = "…"]` for each line.
fn attributes(lines: &[String]) -> Vec<Attribute> {
    let attribute = |line: &String| {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        let line = Literal::string(&line);
        syn::parse_quote!(#[doc = #line])
    };
    lines.iter().map(attribute).collect()
}

/// Returns the lines of a description, escaped, so that rustdoc finds no code block, link or HTML tag in them.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.trim().lines() {
        let mut plain = String::new();
        for c in line.trim().chars() {
            match c {
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '|' | '$' => plain.extend(['\\', c]),
                c if c.is_control() => plain.push(' '),
                c => plain.push(c),
            }
        }
        lines.push(plain.replace("://", ":\\//"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn descriptions_contain_no_code_links_or_html() {
        let text = "Lists `x`.\n\n    let code = [1];\n```rust\nSee <b>https://example.com</b>\u{1b}";
        assert_eq!(
            lines(text),
            ["Lists \\`x\\`.", "", "let code = \\[1\\];", "\\`\\`\\`rust", "See \\<b\\>https:\\//example.com\\</b\\> "]
        );
        assert!(lines(" \n ").is_empty());
    }
}

//! Reads descriptions and examples from doc comments.

use crate::errors::SourceSpan;
use crate::keys::TextLiteral;
use proc_macro2::Span;
use std::path::PathBuf;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Lit, Meta, Path, Token};

/// Returns the description in the doc comments among these attributes.
pub(crate) fn description(attributes: &[Attribute]) -> Option<TextLiteral> {
    let lines = lines(attributes);
    let span = lines.first().map(|(_, span)| *span);
    let value = paragraphs(lines.iter().map(|(line, _)| line.as_str()));
    span.filter(|_| !value.is_empty()).map(|span| TextLiteral { value, span })
}

/// Returns the examples in the doc comments among these attributes: the `json` code blocks under a heading `# Example` or
/// `# Examples`.
pub(crate) fn examples(attributes: &[Attribute]) -> Vec<TextLiteral> {
    let mut examples: Vec<TextLiteral> = Vec::new();
    // The fence of the open code block, and whether the block is an example.
    let mut open = None::<(&str, bool)>;
    let mut is_under_heading = false;
    let lines = lines(attributes);
    for (line, span) in &lines {
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (open, fence(line)) {
            (None, Some((fence, language))) => {
                let is_example = is_under_heading && language.split([',', ' ']).next() == Some("json");
                if is_example {
                    examples.push(TextLiteral { value: String::new(), span: *span });
                }
                open = Some((fence, is_example));
            }
            (Some((opened, _)), Some((fence, ""))) if fence.starts_with(opened) => open = None,
            (Some((_, true)), _) => {
                if let Some(example) = examples.last_mut() {
                    example.value.push_str(line);
                    example.value.push('\n');
                }
            }
            (None, None) if is_heading(line) => {
                let title = line.trim_start_matches('#').trim().trim_end_matches(':');
                is_under_heading = ["Example", "Examples"].iter().any(|known| title.eq_ignore_ascii_case(known));
            }
            _ => {}
        }
    }
    examples
}

/// Returns the fence at the start of a line of Markdown, and the language after it.
fn fence(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let end = line.find(|c| c != '`' && c != '~').unwrap_or(line.len());
    let (fence, language) = line.split_at(end);
    (end >= 3).then(|| (fence, language.trim()))
}

/// Returns the lines of the doc comments among these attributes, each with its span.
fn lines(attributes: &[Attribute]) -> Vec<(String, SourceSpan)> {
    let mut lines: Vec<(String, SourceSpan)> = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        if !pair.path.is_ident("doc") {
            continue;
        }
        let Some(text) = text(&pair.value) else { continue };
        let span = SourceSpan::of(&pair.value);
        if !matches!(pair.value, Expr::Lit(_)) {
            lines.extend(text.lines().map(|line| (line.to_owned(), span)));
        } else if text.contains('\n') {
            // A block comment: its lines may start with a star.
            lines.extend(text.lines().map(|line| {
                let line = line.trim_start();
                let line =
                    line.strip_prefix('*').filter(|rest| rest.is_empty() || rest.starts_with(' ')).unwrap_or(line);
                (line.to_owned(), span)
            }));
        } else {
            lines.push((text, span));
        }
    }
    lines
}

/// The error about a description that only the compiler can evaluate.
pub(crate) const UNREADABLE: &str = "`#[capability]` cannot evaluate this description";

/// Returns the span of a description that only the compiler can evaluate; `None` if some of the description can be read here.
pub(crate) fn unreadable(attributes: &[Attribute]) -> Option<SourceSpan> {
    let values = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(&pair.value),
        _ => None,
    });
    let span = values.filter(|value| text(value).is_none()).map(SourceSpan::of).next()?;
    description(attributes).is_none().then_some(span)
}

/// Returns the text of a literal, `concat!`, `env!`, `include_str!` or `stringify!`; `None` if it cannot be evaluated here.
fn text(expression: &Expr) -> Option<String> {
    let call = match expression {
        Expr::Lit(literal) => {
            return match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                Lit::Char(c) => Some(c.value().to_string()),
                Lit::Bool(flag) => Some(flag.value.to_string()),
                Lit::Int(number) => Some(number.base10_digits().to_owned()),
                _ => None,
            };
        }
        Expr::Group(group) => return text(&group.expr),
        Expr::Paren(paren) => return text(&paren.expr),
        Expr::Macro(expression) => &expression.mac,
        _ => return None,
    };
    let name = standard_macro(&call.path)?;
    if name == "stringify" {
        return Some(call.tokens.to_string());
    }
    let arguments = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated).ok()?;
    match (name.as_str(), arguments.first()) {
        ("concat", _) => arguments.iter().map(text).collect(),
        ("env", Some(name)) => std::env::var(text(name)?).ok(),
        ("include_str", Some(path)) => std::fs::read_to_string(source_folder(path.span())?.join(text(path)?)).ok(),
        _ => None,
    }
}

/// Returns the name of a macro of the standard library, written with its crate or without; `None` for a macro of another crate.
fn standard_macro(path: &Path) -> Option<String> {
    let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match segments.as_slice() {
        [name] if path.leading_colon.is_none() => Some(name.clone()),
        [krate, name] if matches!(krate.as_str(), "std" | "core") => Some(name.clone()),
        _ => None,
    }
}

/// Returns the folder of the source file of a span: `include_str!` is relative to it.
fn source_folder(span: Span) -> Option<PathBuf> {
    // Outside of the compiler, in tests, a span has no file.
    let file = if proc_macro::is_available() { span.unwrap().local_file()? } else { PathBuf::from("src/lib.rs") };
    file.parent().map(Into::into)
}

/// Returns the text up to the first heading or code block, with the lines of each paragraph joined.
fn paragraphs<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut is_after_blank_line = false;
    for line in lines {
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        if is_heading(line) || line.starts_with("```") || line.starts_with("~~~") || line.starts_with("    ") {
            break;
        }
        let line = line.trim_start();
        if line.is_empty() {
            is_after_blank_line = !text.is_empty();
            continue;
        }
        if is_after_blank_line {
            text.push_str("\n\n");
        } else if !text.is_empty() {
            text.push(if starts_block(line) { '\n' } else { ' ' });
        }
        is_after_blank_line = false;
        text.push_str(line);
    }
    text
}

/// Returns whether a line of Markdown is a heading with `#`.
fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    rest.len() < line.len() && (rest.is_empty() || rest.starts_with(' '))
}

/// Returns whether a line is not joined to the one before: an item of a list, a quotation, a row of a table.
fn starts_block(line: &str) -> bool {
    let numbered = || {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < line.len() && (rest.starts_with(". ") || rest.starts_with(") "))
    };
    ["- ", "* ", "+ ", "> ", "|"].iter().any(|start| line.starts_with(start)) || numbered()
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn of(lines: &str) -> String {
        paragraphs(lines.lines())
    }

    #[test]
    fn lines_of_a_paragraph_are_joined() {
        assert_eq!(of(" One line\n and another.\n\n Next paragraph."), "One line and another.\n\nNext paragraph.");
        assert_eq!(of("\n\n Late.\n\n\n"), "Late.");
    }

    #[test]
    fn a_heading_or_a_code_block_ends_the_description() {
        assert_eq!(of(" Text.\n\n # Errors\n If so."), "Text.");
        assert_eq!(of(" Text.\n ```\n code\n ```\n more"), "Text.");
        assert_eq!(of(" Text.\n\n     code"), "Text.");
        assert_eq!(of(" # Only a heading"), "");
        assert_eq!(of(" #hashtag is text"), "#hashtag is text");
    }

    #[test]
    fn lists_keep_their_lines() {
        assert_eq!(
            of(" Takes:\n - this\n   and that\n - more\n 1. first"),
            "Takes:\n- this and that\n- more\n1. first"
        );
    }

    #[test]
    fn attributes_between_doc_comments_do_not_split_the_description() {
        let method: syn::TraitItemFn = parse_quote! {
            /// One
            #[allow(unused)]
            #[doc(hidden)]
            /// two.
            fn f();
        };
        assert_eq!(description(&method.attrs).map(|text| text.value).as_deref(), Some("One two."));
    }

    #[test]
    fn only_macros_of_the_standard_library_are_evaluated_in_descriptions() {
        let method: syn::TraitItemFn = parse_quote! {
            #[doc = concat!("Reads ", 2, " ", "things.\n\n* one\n* two\n\n# Errors\nNone.")]
            fn f();
        };
        let text = description(&method.attrs).map(|text| text.value);
        assert_eq!(text.as_deref(), Some("Reads 2 things.\n\n* one\n* two"));
        let method: syn::TraitItemFn = parse_quote! {
            #[doc = include_str!("../docs/capability.md")]
            fn f();
        };
        assert!(description(&method.attrs).is_some());
        assert!(unreadable(&method.attrs).is_none());
        let method: syn::TraitItemFn = parse_quote! {
            #[doc = some::texts!(1)]
            fn f();
        };
        assert!(description(&method.attrs).is_none());
        assert!(unreadable(&method.attrs).is_some());
    }

    #[test]
    fn a_macro_of_another_crate_is_not_evaluated() {
        for (value, is_standard) in [
            ("env!(\"CARGO_PKG_NAME\")", true),
            ("std::env!(\"CARGO_PKG_NAME\")", true),
            ("::core::env!(\"CARGO_PKG_NAME\")", true),
            ("::std::concat!(\"a\", core::stringify!(b))", true),
            ("std::include_str!(\"../docs/capability.md\")", true),
            ("my::env!(\"CARGO_PKG_NAME\")", false),
            ("::env!(\"CARGO_PKG_NAME\")", false),
            ("my::std::env!(\"CARGO_PKG_NAME\")", false),
            ("crate::concat!(\"a\", \"b\")", false),
            ("my::stringify!(a)", false),
            ("my::include_str!(\"../docs/capability.md\")", false),
        ] {
            assert_eq!(text(&syn::parse_str(value).unwrap()).is_some(), is_standard, "{value}");
        }
    }

    #[test]
    fn json_blocks_under_an_example_heading_are_examples() {
        let method: syn::TraitItemFn = parse_quote! {
            /// Reads.
            ///
            /// ```json
            /// "not under the heading"
            /// ```
            ///
            /// # Examples
            ///
            /// As a rule:
            ///
            /// ```json
            /// { "id": 7,
            ///   "tags": ["# a"] }
            /// ```
            /// ~~~json
            /// 8
            /// ~~~
            ///
            /// ```rust
            /// let x = 1;
            /// ```
            ///
            /// # Errors
            /// ```json
            /// "an error"
            /// ```
            fn f();
        };
        let examples: Vec<String> = examples(&method.attrs).into_iter().map(|text| text.value).collect();
        assert_eq!(examples, ["{ \"id\": 7,\n  \"tags\": [\"# a\"] }\n", "8\n"]);
    }

    #[test]
    fn block_comments_lose_their_stars() {
        let method: syn::TraitItemFn = parse_quote! {
            #[doc = "\n     * One\n     * two.\n     "]
            fn f();
        };
        assert_eq!(description(&method.attrs).map(|text| text.value).as_deref(), Some("One two."));
    }
}

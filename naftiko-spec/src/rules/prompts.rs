//! The rule for the texts of prompts: each placeholder is an argument, and each argument has a placeholder. Documents
//! are checked by this rule, and the files of prompts when a program starts.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::table::served::PROMPT_ARGUMENTS;
use crate::model::{Document, Expose, PromptArgument};
use crate::nearest::Suggestions;
use crate::printable;
use crate::template::prompt_pieces;
use std::collections::HashSet;

/// The maximum number of mismatches that are reported for a prompt.
const MAX_REPORTED: usize = 20;

/// The maximum length of a name in a message, in characters.
const LONGEST_NAME: usize = 60;

/// A placeholder of a prompt that no argument fills, or an argument that no placeholder uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptMismatch {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    at: MismatchPlace,
}

/// The location of a mismatch in a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MismatchPlace {
    /// In the text with this index.
    Text(usize),
    /// At the argument with this index.
    Argument(usize),
}

/// Compares the placeholders in the texts of a prompt with its arguments. Arguments without a placeholder are reported only if all
/// placeholders are known: a misspelt placeholder may be intended for such an argument.
///
/// ```
/// use naftiko_spec::model::PromptArgument;
/// use naftiko_spec::rules::prompt_mismatches;
///
/// let code = PromptArgument { name: "code".to_owned(), ..PromptArgument::default() };
/// let found = prompt_mismatches(["Review {{cod}}."], &[code]);
/// assert_eq!(found[0].message, "unknown placeholder `{{cod}}`");
/// assert_eq!(found[0].help, "did you mean `{{code}}`?");
/// ```
#[must_use]
pub fn prompt_mismatches<'a>(
    texts: impl IntoIterator<Item = &'a str>,
    arguments: &[PromptArgument],
) -> Vec<PromptMismatch> {
    let declared: HashSet<&str> = arguments.iter().map(|argument| argument.name.as_str()).collect();
    let (mut used, mut found) = (HashSet::new(), Vec::new());
    let suggestions = Suggestions::default();
    for (number, text) in texts.into_iter().enumerate() {
        for (_, name) in prompt_pieces(text).0 {
            if !used.insert(name) || declared.contains(name) || found.len() == MAX_REPORTED {
                continue;
            }
            let near = suggestions.nearest(name, arguments.iter().map(|argument| argument.name.as_str()));
            let help = match near {
                Some(near) => format!("did you mean `{{{{{near}}}}}`?"),
                None => "declare it in `arguments`, or remove it from the text".to_owned(),
            };
            let message = format!("unknown placeholder `{{{{{}}}}}`", shown(name));
            found.push(PromptMismatch { message, help, at: MismatchPlace::Text(number) });
        }
    }
    if found.is_empty() {
        let unused = arguments.iter().enumerate().filter(|(_, argument)| !used.contains(argument.name.as_str()));
        found.extend(unused.take(MAX_REPORTED).map(|(number, argument)| {
            let name = shown(&argument.name);
            PromptMismatch {
                message: format!("no placeholder uses the argument `{name}`"),
                help: format!("write `{{{{{name}}}}}` in the text, or remove the argument"),
                at: MismatchPlace::Argument(number),
            }
        }));
    }
    found
}

/// Returns a name for a message: its beginning, without control characters.
fn shown(name: &str) -> String {
    let (short, rest) = name.char_indices().nth(LONGEST_NAME).map_or((name, ""), |(at, _)| name.split_at(at));
    format!("{}{}", printable(short), if rest.is_empty() { "" } else { "…" })
}

/// Checks the prompts with messages in a document.
pub(super) fn check(document: &Document, findings: &mut Vec<Diagnostic>) {
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let Expose::Mcp(mcp) = expose else { continue };
        for (number, prompt) in mcp.prompts.iter().enumerate() {
            // The messages of a prompt without a template come from a file or a method.
            if prompt.template.is_empty() || prompt.location.is_some() {
                continue;
            }
            let texts = prompt.template.iter().map(|message| message.content.as_str());
            findings.extend(prompt_mismatches(texts, &prompt.arguments).into_iter().map(|mismatch| {
                let at = match mismatch.at {
                    MismatchPlace::Text(message) => format!("template/{message}/content"),
                    MismatchPlace::Argument(argument) => format!("arguments/{argument}"),
                };
                let at = format!("/capability/exposes/{index}/prompts/{number}/{at}");
                Diagnostic::new(&PROMPT_ARGUMENTS, at, mismatch.message).fix(mismatch.help)
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_placeholder_is_an_argument_and_each_argument_has_a_placeholder() {
        let arguments =
            ["code", "style"].map(|name| PromptArgument { name: name.to_owned(), ..PromptArgument::default() });
        let long = format!("{{{{{}}}}}", "x".repeat(1000));
        let cut = format!(
            "unknown placeholder `{{{{{}…}}}}`; declare it in `arguments`, or remove it from the text",
            "x".repeat(60)
        );
        for (texts, expected) in [
            (&["{{code}}, {{ style }}, {{code}}, {style} and {{"][..], &[][..]),
            (&["{{code}}", "{{style}}"], &[]),
            (
                &["{{cod}}{{cod}}", "{{language}}"],
                &[
                    "unknown placeholder `{{cod}}`; did you mean `{{code}}`?",
                    "unknown placeholder `{{language}}`; declare it in `arguments`, or remove it from the text",
                ],
            ),
            (
                &["{{code}}"],
                &["no placeholder uses the argument `style`; write `{{style}}` in the text, or remove the argument"],
            ),
            (
                &["{{a\u{1b}}}"],
                &["unknown placeholder `{{a\\u{1b}}}`; declare it in `arguments`, or remove it from the text"],
            ),
            (&[&long], &[&cut]),
        ] {
            let found = prompt_mismatches(texts.iter().copied(), &arguments).into_iter();
            let found: Vec<String> = found.map(|found| format!("{}; {}", found.message, found.help)).collect();
            assert_eq!(found, expected, "{texts:?}");
        }
        let many = (0..100).fold(String::new(), |text, number| text + &format!("{{{{{number}}}}}"));
        assert_eq!(prompt_mismatches([many.as_str()], &arguments).len(), MAX_REPORTED);
    }
}

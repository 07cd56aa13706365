//! Converts the fixes of diagnostics to help texts about attributes.

use crate::ident::{self, ident};
use naftiko_spec::diagnostic::fix::{Fix, Hint, NameKind};
use naftiko_spec::model::{Milliseconds, ParameterIn};
use naftiko_spec::names::Case;
use proc_macro2::Span;

/// Formats a fix as a help text about attributes.
pub(crate) fn render(fix: &Fix) -> String {
    fix.render(&as_attribute)
}

/// Returns the text of a fix that differs between traits and documents; `None` for other fixes.
fn as_attribute(fix: &Fix) -> Option<String> {
    let snake = |name: &str| Case::Snake.apply(name);
    Some(match fix {
        Fix::Rename { what: NameKind::Operation, .. } => "give one of them another name: `name = \"…\"`".to_owned(),
        Fix::Rename { what: NameKind::Tool, to } => {
            format!("give this tool another name: `#[tool(name = \"{}\")]`", to.as_deref().unwrap_or("…"))
        }
        Fix::Rename { what: NameKind::Bind, .. } => "declare the variables of both in one: `env(A, B)`".to_owned(),
        Fix::Rename { what: NameKind::Namespace, .. } => "give one of them another namespace: `namespace = \"…\"`".to_owned(),
        Fix::Rename { what: NameKind::Argument(Some(ParameterIn::Path)), .. } => return None,
        Fix::Rename { what: NameKind::Argument(place), .. } => {
            format!("rename one of them: `#[{}(\"…\")]`", place.map_or("query", ParameterIn::as_str))
        }
        Fix::SendIn { argument, place } => format!("mark `{}` with `#[{}]`", snake(argument), place.as_str()),
        Fix::AddArgument { placeholder, has_spare } => {
            let name = ident(&ident::snake(placeholder, "argument"), Span::call_site());
            let add = format!("add an argument: `{name}: &str`");
            let marked = format!("; or write `#[path(\"{placeholder}\")]` before the argument that fills it");
            if *has_spare { add + &marked } else { add }
        }
        Fix::AddPlaceholder(name) => format!("add `{{{name}}}` to the path, or remove `#[path]` from the argument"),
        Fix::DeclareBody { path, consumed: true } => {
            format!("if the API reads one, write `#[delete(\"{path}\", body)]`")
        }
        Fix::DeclareBody { path, .. } => format!("to read one, write `#[rest(delete = \"{path}\", body)]`"),
        Fix::SplitBody(name) => {
            format!("send `{name}` in the query, `#[query(style = \"members\")]`, or use POST")
        }
        Fix::OneBody { argument, object: true } => format!(
            "put both into one struct, or send `{}` in the query: `#[query(style = \"members\")]`",
            snake(argument)
        ),
        Fix::OneBody { argument, .. } => format!(
            "put both into one struct, or send `{}` in the query or in a header: `#[query]`, `#[header]`",
            snake(argument)
        ),
        Fix::BothParts(first, second) => {
            format!("send them as parts of a form: write `#[part]` before `{}` and `{}`", snake(first), snake(second))
        }
        Fix::AddPart(name) => format!("mark `{}` with `#[part]`, too", snake(name)),
        Fix::Reroute => {
            "give one method another route: add `#[rest(path = \"…\")]` if it has a verb such as `#[get]`, otherwise write \
             `#[rest(get = \"…\")]`; or remove its route: `#[rest(skip)]`"
                .to_owned()
        }
        Fix::WholeSegments => "write a route in which each placeholder is a whole segment, and `{+name}` the last one: `#[rest(path = \"…\")]` if the method has a verb such as `#[get]`, otherwise `#[rest(get = \"…\")]`".to_owned(),
        Fix::DescribeCapability => "write a doc comment above the trait: what it does and for whom".to_owned(),
        Fix::DescribeOperation => "write a doc comment above the method: people and agents use it to choose an operation".to_owned(),
        Fix::Bind { namespace, name } => format!("declare it: add `{name}` to `binds({namespace}(…))`"),
        Fix::UseBind { namespace, name } => {
            format!("use it, as in `authentication(bearer = \"{{{{{namespace}.{name}}}}}\")`, or remove it")
        }
        Fix::Hide(name) => {
            format!("take it from the environment: `binds(env({name}))` and `\"{{{{env.{name}}}}}\"`")
        }
        Fix::IdempotencyKey => {
            "remove `retry`, or write `retry(3, idempotency_key)` if the API supports such keys".to_owned()
        }
        Fix::AtMost { limit, wanted } => {
            let timeout = Milliseconds(wanted.0.saturating_mul(2));
            format!("write at most `\"{limit}\"`, or give calls more time: `timeout = \"{timeout}\"` beside `resilience`")
        }
        Fix::Backoff { first, longest } => {
            format!("write `max_backoff = \"{longest}\"` or more, or `backoff = \"{first}\"` or less")
        }
        Fix::Authenticate => "remove it, and write `authentication(basic(username = …, password = …))`".to_owned(),
        Fix::OnlyReads => "remove `max_output`, or write `hints(read_only)` if the tool only reads; a POST also needs `allow(understated_hint, reason = \"…\")`".to_owned(),
        Fix::RemoveHint(Hint::ReadOnly) => "remove `read_only` from its hints".to_owned(),
        Fix::RemoveHint(Hint::NotDestructive) => "remove `destructive = false` from its hints".to_owned(),
        _ => return None,
    })
}

//! Fixes of diagnostics, as those who write attributes read them.

use naftiko_spec::diagnostic::fix::{Fix, Hint, Named};
use naftiko_spec::model::Place;
use naftiko_spec::names::Case;

/// Writes what to do as a sentence about attributes.
pub(crate) fn render(fix: &Fix) -> String {
    fix.render(&one)
}

fn one(fix: &Fix) -> Option<String> {
    let snake = |name: &str| Case::Snake.apply(name);
    Some(match fix {
        Fix::Rename { what: Named::Operation, .. } => "give one of them another name: `name = \"…\"`".to_owned(),
        Fix::Rename { what: Named::Tool, to } => {
            format!("give it another name: `#[tool(name = \"{}\")]`", to.as_deref().unwrap_or("…"))
        }
        Fix::Rename { what: Named::Namespace, .. } => "give one of them another: `namespace = \"…\"`".to_owned(),
        Fix::Rename { what: Named::Argument(Some(Place::Path)), .. } => return None,
        Fix::Rename { what: Named::Argument(place), .. } => {
            format!("rename one of them: `#[{}(\"…\")]`", place.map_or("query", Place::as_str))
        }
        Fix::Place { argument, place } => format!("mark `{}` `#[{}]`", snake(argument), place.as_str()),
        Fix::AddArgument(name) => format!("add an argument: `{}: &str`", snake(name)),
        Fix::RenameArgument { from, to } => format!("rename the argument `{}` to `{}`", snake(from), snake(to)),
        Fix::AddPlaceholder(name) => format!("put `{{{name}}}` into the path, or remove `#[path]` from the argument"),
        Fix::DeclareBody { path, consumed: true } => {
            format!("if the API reads one, write `#[delete(\"{path}\", body)]`")
        }
        Fix::DeclareBody { path, .. } => format!("to read one, write `#[rest(delete = \"{path}\", body)]`"),
        Fix::SplitBody(name) => {
            format!("take what `{name}` holds as arguments of their own: they travel in the query; or use `post`")
        }
        Fix::OneBody => "put both into one struct, or mark one `#[query]` or `#[header]`".to_owned(),
        Fix::Reroute => {
            "write another path with `#[rest(path = \"…\")]`, or remove one with `#[rest(skip)]`".to_owned()
        }
        Fix::WholeSegments => "write a route whose placeholders are whole segments, and one for several segments the last: `#[rest(path = \"…\")]`".to_owned(),
        Fix::DescribeCapability => "write a doc comment above the trait: what it does, for whom".to_owned(),
        Fix::DescribeOperation => "write a doc comment above the method: people and agents choose by it".to_owned(),
        Fix::Bind { namespace, name } => format!("declare it: add `{name}` to `binds({namespace}(…))`"),
        Fix::UseBind { namespace, name } => {
            format!("use it, as in `authentication(bearer = \"{{{{{namespace}.{name}}}}}\")`, or remove it")
        }
        Fix::Hide(name) => {
            format!("take it from the environment: `binds(env({name}))` and `\"{{{{env.{name}}}}}\"`")
        }
        Fix::Authenticate => "remove it, and write `authentication(basic(username = …, password = …))`".to_owned(),
        Fix::RemoveHint(Hint::ReadOnly) => "remove `read_only` from its hints".to_owned(),
        Fix::RemoveHint(Hint::NotDestructive) => "remove `destructive = false` from its hints".to_owned(),
        _ => return None,
    })
}

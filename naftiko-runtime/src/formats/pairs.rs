//! Converts values to pairs of names and strings, in the styles of lists and objects in queries and forms.

use super::text::text_of;
use naftiko_spec::model::Style;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write;

/// A callback that receives a parameter's name, its strings, and whether they are the elements of a list.
pub(crate) type TakePair<'a, E> = dyn FnMut(&str, &[Cow<'_, str>], bool) -> Result<(), E> + 'a;

/// Passes each parameter of a named value to `take`, in the given style. Nulls and empty lists are skipped. `name` is also a buffer for
/// the names of parts, such as `name[0]`; afterwards, it contains the original name again.
///
/// # Errors
/// Returns the errors of `take`.
pub(crate) fn pairs<E>(name: &mut String, value: &Value, style: Style, take: &mut TakePair<'_, E>) -> Result<(), E> {
    let before = name.len();
    match value {
        Value::Null => Ok(()),
        Value::Array(items) if style.delimiter().is_some() => {
            let texts: Vec<_> = items.iter().filter(|item| !item.is_null()).map(text_of).collect();
            if texts.is_empty() { Ok(()) } else { take(name, &texts, true) }
        }
        Value::Array(items) => items.iter().filter(|item| !item.is_null()).enumerate().try_for_each(|(at, item)| {
            let is_nested = item.is_array() || item.is_object();
            // Writing to a string does not fail.
            let _ = match style {
                Style::Indexed => write!(name, "[{at}]"),
                _ if is_nested => write!(name, "[{at}]"),
                Style::Brackets | Style::Deep => write!(name, "[]"),
                _ => Ok(()),
            };
            let taken = pairs(name, item, style, take);
            name.truncate(before);
            taken
        }),
        Value::Object(members) => members.iter().try_for_each(|(member, value)| {
            let _ = write!(name, "[{member}]");
            let taken = pairs(name, value, style, take);
            name.truncate(before);
            taken
        }),
        scalar => take(name, &[text_of(scalar)], false),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use serde_json::json;

    fn written(style: Style, value: &Value) -> String {
        let mut all = Vec::new();
        let mut take = |name: &str, texts: &[Cow<'_, str>], _: bool| -> Result<(), ()> {
            let delimiter = style.delimiter().unwrap_or('!').to_string();
            all.push(format!("{name}={}", texts.join(&delimiter)));
            Ok(())
        };
        pairs(&mut "a".to_owned(), value, style, &mut take).unwrap();
        all.join("&")
    }

    #[test]
    fn lists_and_objects_are_written_in_each_style() {
        let list = json!(["x", 2, null, true]);
        let nested = json!({ "b": [1, 2], "c": { "d": "e" }, "f": null, "g": [{ "h": 1 }, { "h": [2] }] });
        for (style, of_list, of_nested) in [
            (Style::Repeated, "a=x&a=2&a=true", "a[b]=1&a[b]=2&a[c][d]=e&a[g][0][h]=1&a[g][1][h]=2"),
            (Style::Comma, "a=x,2,true", "a[b]=1,2&a[c][d]=e&a[g]={\"h\":1},{\"h\":[2]}"),
            (Style::Pipe, "a=x|2|true", "a[b]=1|2&a[c][d]=e&a[g]={\"h\":1}|{\"h\":[2]}"),
            (Style::Brackets, "a[]=x&a[]=2&a[]=true", "a[b][]=1&a[b][]=2&a[c][d]=e&a[g][0][h]=1&a[g][1][h][]=2"),
            (Style::Indexed, "a[0]=x&a[1]=2&a[2]=true", "a[b][0]=1&a[b][1]=2&a[c][d]=e&a[g][0][h]=1&a[g][1][h][0]=2"),
            (Style::Deep, "a[]=x&a[]=2&a[]=true", "a[b][]=1&a[b][]=2&a[c][d]=e&a[g][0][h]=1&a[g][1][h][]=2"),
        ] {
            assert_eq!(written(style, &list), of_list, "{style:?}");
            assert_eq!(written(style, &nested), of_nested, "{style:?}");
        }
    }
}

//! The formats of arguments: styles of lists and objects, kinds of bodies, files.

use super::argument_type::{ArgumentType, Form};
use super::byte_types::is_bytes_argument;
use super::size;
use super::types::type_name;
use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{TextLiteral, did_you_mean, other_form};
use naftiko_spec::model::{BodyKind, Style, is_json, is_media_type};
use syn::{Lit, Type};

/// The kinds in `#[body(…)]`.
const KINDS: [(&str, BodyKind); 4] =
    [("form", BodyKind::FormUrlEncoded), ("text", BodyKind::Text), ("xml", BodyKind::Xml), ("bytes", BodyKind::Binary)];

/// The format that attributes give an argument.
#[derive(Default)]
pub(crate) struct ArgumentFormat {
    /// The style of a list or an object; in a form, of the lists in it.
    pub(crate) style: Option<Style>,
    /// The kind of the body, if it is not JSON; `MultipartForm` for one part of a multipart body.
    pub(crate) body: Option<BodyKind>,
    pub(crate) content_type: Option<TextLiteral>,
    /// Whether it is a file.
    pub(crate) file: bool,
    /// The maximum size of a file, in bytes.
    pub(crate) limit: Option<u64>,
}

impl ArgumentFormat {
    /// Returns whether it is one part of a multipart body.
    pub(crate) fn is_part(&self) -> bool {
        self.body == Some(BodyKind::MultipartForm)
    }

    /// Returns the Content-Type of a body, which is the Content-Type of the request.
    pub(crate) fn body_type(&self) -> Option<&TextLiteral> {
        self.content_type.as_ref().filter(|_| !self.is_part())
    }

    /// Returns the Content-Type of a part.
    pub(crate) fn part_type(&self) -> Option<&TextLiteral> {
        self.content_type.as_ref().filter(|_| self.is_part())
    }
}

/// Returns whether a type is a file: whether its name is `Upload`.
pub(super) fn is_file(ty: &Type) -> bool {
    type_name(ty).as_deref() == Some("Upload")
}

/// Reads the format from the elements of `#[query(…)]` or another attribute of an argument. Returns the format, and the other elements: the
/// name and the default.
pub(super) fn take(
    attribute: (&str, SourceSpan),
    elements: Vec<Element>,
    ty: ArgumentType<'_>,
    errors: &mut Errors,
) -> (ArgumentFormat, Vec<Element>) {
    let (name, at) = attribute;
    let mut format = ArgumentFormat { file: is_file(ty.inner), ..ArgumentFormat::default() };
    if name == "part" {
        format.body = Some(BodyKind::MultipartForm);
    }
    let keys: &[&str] = match name {
        "query" | "header" => &["style", "default"],
        "body" => &["form", "text", "xml", "bytes", "lists", "content_type", "limit"],
        "part" => &["content_type", "limit"],
        "cookie" => &["default"],
        _ => &[],
    };
    let (mut others, mut style, mut limit) = (Vec::new(), None, None);
    let mut seen: Vec<String> = Vec::new();
    for element in elements {
        if let Element::Pair(key, _) = &element
            && keys.iter().any(|known| key == known && *known != "default")
        {
            let key_name = key.to_string();
            if seen.contains(&key_name) {
                errors.add(key.span(), format!("`{key_name}` is given twice"), "keep one of them");
                continue;
            }
            seen.push(key_name);
        }
        match (&element, element.key().map(ToString::to_string).as_deref()) {
            (Element::Word(word), Some("multipart")) if name == "body" => {
                let help = "write `#[part]` before each argument that is a part of it, and remove `#[body]`";
                errors.add(
                    word.span(),
                    "a multipart body cannot have a `#[body]` argument: each of its parts is an argument",
                    help,
                );
            }
            (Element::Word(word), Some(kind)) if name == "body" && KINDS.iter().any(|(known, _)| *known == kind) => {
                let kind = KINDS.iter().find(|(known, _)| *known == kind).map(|(_, kind)| *kind);
                if format.body.is_some() {
                    errors.add(word.span(), "a body can have only one format", "keep one of them");
                }
                format.body = kind;
            }
            (Element::Pair(_, value), Some(key @ ("style" | "lists"))) if keys.contains(&key) => {
                style = self::style(name, key, value, errors).map(|found| (found, value.span()));
            }
            (Element::Pair(_, value), Some("content_type")) if keys.contains(&"content_type") => {
                format.content_type = content_type(name, value, errors);
            }
            (Element::Pair(key, value), Some("limit")) if keys.contains(&"limit") => {
                format.limit = size::read(value, errors);
                limit = Some(key.span());
            }
            // A bare word may be a name without its quotes.
            (Element::Word(_), _) if name != "body" => others.push(element),
            (_, Some("default") | None) => others.push(element),
            (_, Some(key)) => {
                if keys.contains(&key) {
                    // Only a body also needs the word `bytes`.
                    let form = if name == "part" && key == "limit" { "limit = \"50MiB\"" } else { form(key) };
                    let help = format!("write `#[{name}({form})]`");
                    let key_form = form.rsplit(", ").next().unwrap_or(form);
                    errors.add(element.span(), other_form(key_form, &element), help);
                } else {
                    let help = help_for_unknown_key(name, key, &element, keys);
                    errors.add(element.span(), format!("unknown key `{key}` in `#[{name}]`"), help);
                }
            }
        }
    }
    if let Some((found, span)) = style {
        format.style = Some(found);
        check_style(attribute, found, span, ty, format.body, errors);
    }
    if let Some(span) = limit.filter(|_| !format.file) {
        let help = if name == "body" && format.body != Some(BodyKind::Binary) {
            "remove `limit`, or write `#[body(bytes, limit = \"…\")]` and take a `naftiko::Upload`"
        } else {
            "remove `limit`, or take a `naftiko::Upload`"
        };
        errors.add(span, "`limit` can only be used for files", help);
    }
    check_kind(at, &format, ty, errors);
    (format, others)
}

/// Returns the help for an unknown key of an attribute; `keys` are the keys that the attribute may have.
fn help_for_unknown_key(attribute: &str, key: &str, element: &Element, keys: &[&str]) -> String {
    match keys {
        _ if matches!(key, "name" | "rename") && attribute != "body" => {
            let given = match element {
                Element::Pair(_, Value::Literal(Lit::Str(text))) => text.value(),
                _ => "wire-name".to_owned(),
            };
            format!("write `#[{attribute}(\"{given}\")]`")
        }
        _ if key == "json" && attribute == "body" => "remove it: a body is JSON".to_owned(),
        [] => format!("remove `{key}`: `#[{attribute}]` takes only a name, `#[{attribute}(\"wire-name\")]`"),
        keys => did_you_mean("the keys are", key, keys.iter().copied()),
    }
}

/// Reads a Content-Type. For a body it may contain variables, since it is a header of the request.
fn content_type(attribute: &str, value: &Value, errors: &mut Errors) -> Option<TextLiteral> {
    let text = crate::keys::text(value, "content_type", form("content_type"), errors)?;
    let has_variables = attribute == "body" && text.value.contains("{{");
    if !is_media_type(&text.value) && !has_variables {
        let message = format!("expected a media type, found `{}`", text.value.escape_debug());
        errors.add(text.span, message, "write a type and a subtype: `\"image/png\"`");
        return None;
    }
    Some(text)
}

/// Returns an example of how a key is written, for help texts.
fn form(key: &str) -> &'static str {
    match key {
        "style" => "style = \"comma\"",
        "lists" => "form, lists = \"brackets\"",
        "content_type" => "content_type = \"application/json\"",
        "limit" => "bytes, limit = \"50MiB\"",
        "form" => "form",
        "text" => "text",
        "xml" => "xml",
        "bytes" => "bytes",
        _ => "default = …",
    }
}

/// Reads the value of `style` or `lists`; `key` is the key, and `attribute` the name of the attribute.
fn style(attribute: &str, key: &str, value: &Value, errors: &mut Errors) -> Option<Style> {
    let known: &[Style] = match attribute {
        "header" => &Style::HEADERS,
        "body" => &Style::LISTS,
        _ => &Style::ALL,
    };
    let text = crate::keys::text(value, key, form(key), errors)?;
    let found = Style::named(&text.value).filter(|style| known.contains(style));
    if found.is_none() {
        let help = did_you_mean("the styles are", &text.value, known.iter().map(|style| style.as_str()));
        errors.add(text.span, format!("unknown style `{}` in `#[{attribute}]`", text.value), help);
    }
    found
}

/// Refuses styles of lists for other types, and styles of objects for types that cannot be objects.
fn check_style(
    (attribute, _): (&str, SourceSpan),
    style: Style,
    at: SourceSpan,
    ty: ArgumentType<'_>,
    body: Option<BodyKind>,
    errors: &mut Errors,
) {
    let word = style.as_str();
    if attribute == "body" {
        if body != Some(BodyKind::FormUrlEncoded) {
            let help = format!("write `#[body(form, lists = \"{word}\")]`, or remove `lists`");
            errors.add(at, "`lists` can only be used for forms", help);
        }
    } else if style.is_of_objects() && (ty.is_list() || ty.is_builtin()) {
        let help = "take a struct or a map, `&T`, `&BTreeMap<String, String>`; or remove `style`";
        errors.add(at, format!("the style `{word}` is for objects, found `{}`", ty.written()), help);
    } else if !style.is_of_objects() && !ty.is_list() {
        let deep = if attribute == "header" { "" } else { " or `style = \"deep\"`" };
        let help =
            format!("take a list, `&[T]`; for a struct or a map write `style = \"members\"`{deep}; or remove `style`");
        errors.add(at, format!("the style `{word}` is for lists, found `{}`", ty.written()), help);
    }
}

/// Refuses types, and a Content-Type, that do not fit the kind of the body.
fn check_kind(at: SourceSpan, format: &ArgumentFormat, ty: ArgumentType<'_>, errors: &mut Errors) {
    let span = SourceSpan::of(ty.inner);
    match format.body {
        Some(BodyKind::Binary) if !format.file => {
            let help = "write `naftiko::Upload`, by value; callers create it with `bytes.into()` or `Upload::from_reader(file)`";
            errors.add(span, format!("expected a `naftiko::Upload` for a binary body, found `{}`", ty.written()), help);
        }
        Some(BodyKind::MultipartForm) if !format.file && is_bytes_argument(ty) => {
            let message = format!("expected a `naftiko::Upload` for a binary part, found `{}`", ty.written());
            errors.add(span, message, "write `naftiko::Upload`, by value");
        }
        Some(kind) if kind.is_text() && ty.is_list() => {
            let word = if kind == BodyKind::Xml { "an XML body" } else { "a text body" };
            errors.add(span, format!("{word} cannot be a list"), "take `&str`");
        }
        Some(BodyKind::FormUrlEncoded) if ty.is_list() || ty.is_builtin() => {
            let help = "take a struct or a map: `&T`, `&BTreeMap<String, String>`";
            errors.add(span, format!("a form must be an object, found `{}`", ty.written()), help);
        }
        Some(BodyKind::Binary | BodyKind::MultipartForm) if format.file && ty.form != Form::Value => {
            errors.add(
                span,
                "a file must be taken by value: it can be read only once",
                "write `naftiko::Upload` or `Option<naftiko::Upload>`",
            );
        }
        None | Some(BodyKind::Text | BodyKind::Xml | BodyKind::FormUrlEncoded) if format.file => {
            let help = "write `#[body(bytes)]`, or `#[part]` for one part of a multipart body";
            errors.add(at, "a file must be a binary body or a part of a multipart body", help);
        }
        _ => {}
    }
    if let Some(text) = format.content_type.as_ref().filter(|text| format.body.is_none() && !is_json(&text.value)) {
        let help = "to send another format, write `#[body(text, content_type = \"…\")]`, `#[body(form)]`, `#[body(xml)]` or \
            `#[body(bytes)]`";
        errors.add(text.span, format!("expected a JSON content type, found `{}`", text.value), help);
    }
}

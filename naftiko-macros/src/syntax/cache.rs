//! `cache` and `cache(…)` of `consumes` and of verbs.

use crate::attribute::Element;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral, positional_text};
use naftiko_spec::model::{ByteSize, Cache, CacheLimits};

/// How `cache` is written in `consumes`.
pub(super) const OF_APIS: &str = r#"cache("64MiB")"#;

/// How `cache` is written in a verb.
pub(super) const OF_VERBS: &str = "cache";

const KEYS: &[Key] = &[Key("off", "off"), Key("answer", r#"answer = "1MiB""#)];

/// The value of `cache`, and its span.
pub(crate) type CacheSetting = Option<(Cache, SourceSpan)>;

/// Takes an optional `cache`. `of_api` is whether it is in `consumes`: only the cache of an API has a size.
pub(super) fn take(keys: &mut Keys, of_api: bool, errors: &mut Errors) -> CacheSetting {
    if keys.bare("cache") {
        let word = keys.word("cache", errors)?;
        return Some((Cache::On(CacheLimits::default()), word.span().into()));
    }
    let (key, elements) = keys.list("cache", errors)?;
    let span = key.span().into();
    let mut keys = Keys::read("`cache`", key.span(), elements, KEYS, &[], errors);
    let positional = std::mem::take(&mut keys.positional);
    let size = size(&positional, of_api, errors);
    let answer = keys.text("answer", errors);
    if let Some(off) = keys.word("off", errors) {
        if !positional.is_empty() || answer.is_some() {
            errors.add(off.span(), "`off` and a limit are both given", "write `cache(off)`, or remove `off`");
        }
        return Some((Cache::Off, span));
    }
    let answer = answer.and_then(|text| parse(&text, errors));
    Some((Cache::On(CacheLimits { size, answer }), span))
}

/// Returns the size in `cache("64MiB")`.
fn size(positional: &[Element], of_api: bool, errors: &mut Errors) -> Option<ByteSize> {
    let [first, more @ ..] = positional else { return None };
    for element in more {
        errors.add(
            element.span(),
            "`cache` takes one size",
            r#"remove this value; for one answer write `answer = "1MiB"`"#,
        );
    }
    if !of_api {
        let help = r#"write it in `consumes`; for the largest answer that is kept, write `answer = "1MiB"`"#;
        errors.add(first.span(), "the methods of an API share one cache, so its size is not set here", help);
        return None;
    }
    parse(&positional_text(first, "the size of the cache", errors)?, errors)
}

/// Parses a size, or reports it.
fn parse(text: &TextLiteral, errors: &mut Errors) -> Option<ByteSize> {
    let size = ByteSize::parse(&text.value);
    if size.is_none() {
        let help = "write an integer and a unit, `KiB`, `MiB` or `GiB`: `\"512KiB\"`, `\"64MiB\"`";
        errors.add(text.span, format!("invalid size `{}`", text.value.escape_debug()), help);
    }
    size
}

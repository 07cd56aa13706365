//! `#[page(…)]`: how the next page of a list is found.

use crate::attribute::Element;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral};
use naftiko_spec::model::Paging;

/// The content of `#[page]`, and its spans.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) span: SourceSpan,
    /// Its settings; `into` is the name of an argument of the method, or its name on the wire.
    pub(crate) paging: Paging,
    /// The span of each key, with the key's path in the document.
    pub(crate) spans: Vec<(&'static str, SourceSpan)>,
}

const PAGE: &[Key] = &[
    Key("cursor", r#"cursor = "$.next""#),
    Key("offset", "offset"),
    Key("number", "number"),
    Key("keyset", r#"keyset = "$.id""#),
    Key("link", "link"),
    Key("into", r#"into = "after""#),
    Key("items", r#"items = "$.items""#),
    Key("more", r#"more = "$.has_more""#),
    Key("first", "first = 0"),
    Key("max_pages", "max_pages = 100"),
];

/// Reads the arguments of `#[page]`; `None` after a mistake. Rules check later which of them can be combined.
pub(super) fn read(at: SourceSpan, elements: Vec<Element>, errors: &mut Errors) -> Option<Page> {
    let before = errors.count();
    let mut keys = Keys::read("`#[page]`", at, elements, PAGE, &[], errors);
    keys.reject_positional(errors);
    let mut spans = vec![("page", at)];
    let mut word = |keys: &mut Keys, name: &str, place: &'static str, errors: &mut Errors| {
        let word = keys.word(name, errors);
        spans.extend(word.as_ref().map(|word| (place, word.span().into())));
        word.is_some()
    };
    let offset = word(&mut keys, "offset", "page/offset", errors);
    let number = word(&mut keys, "number", "page/number", errors);
    // A bare `link` means the header `Link`.
    let header = keys.bare("link") && word(&mut keys, "link", "page/link", errors);
    let mut text = |keys: &mut Keys, name: &str, place: &'static str, errors: &mut Errors| {
        let text = keys.text(name, errors);
        spans.extend(text.as_ref().map(|text| (place, text.span)));
        text.map(|TextLiteral { value, .. }| value)
    };
    let link = text(&mut keys, "link", "page/link", errors);
    let paging = Paging {
        offset,
        number,
        cursor: text(&mut keys, "cursor", "page/cursor", errors),
        keyset: text(&mut keys, "keyset", "page/keyset", errors),
        link: if header { Some(Paging::HEADER.to_owned()) } else { link },
        into: text(&mut keys, "into", "page/into", errors),
        items: text(&mut keys, "items", "page/items", errors),
        more: text(&mut keys, "more", "page/more", errors),
        first: keys.number("first", errors).map(|(first, span)| {
            spans.push(("page/first", span));
            first
        }),
        max_pages: keys.number("max_pages", errors).and_then(|(pages, span)| {
            if pages == 0 {
                errors.add(span, "`max_pages` must be at least 1, found 0", "write an integer from 1 to 65535");
            }
            Some(pages).filter(|pages| *pages > 0)
        }),
    };
    (errors.count() == before).then_some(Page { span: at, paging, spans })
}

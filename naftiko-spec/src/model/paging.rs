//! `page`: how an API gives the next page of a list, and the argument that requests it.

use serde::{Deserialize, Serialize};

/// `page` of a consumed operation. Not in the specification.
///
/// Exactly one of `cursor`, `offset`, `number`, `keyset` and `link` is set; a rule checks it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Paging {
    /// The JSONPath of the cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether the parameter `into` contains the number of items before the page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub offset: bool,
    /// Whether the parameter `into` contains the number of the page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub number: bool,
    /// The JSONPath, within the last item, of the value after which the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyset: Option<String>,
    /// Where the link to the next page is: [`Paging::HEADER`], or the JSONPath of a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The parameter that requests the next page. For a link: the only parameter that is taken from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
    /// The JSONPath of the items of a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
    /// The JSONPath of a boolean: whether there are more pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
    /// The number of the first page. [`Paging::FIRST`] by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u16>,
    /// The maximum number of pages that a Rust client reads. [`Paging::MAX_PAGES`] by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pages: Option<u16>,
}

impl Paging {
    /// The value of `link` for the header `Link` (RFC 8288).
    pub const HEADER: &'static str = "header";

    /// The default of `first`.
    pub const FIRST: u16 = 1;

    /// The default of `max_pages`.
    pub const MAX_PAGES: u16 = 1_000;

    /// Returns the keys that are set and that determine how the next page is found.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + use<> {
        [
            ("cursor", self.cursor.is_some()),
            ("offset", self.offset),
            ("number", self.number),
            ("keyset", self.keyset.is_some()),
            ("link", self.link.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, is_set)| is_set.then_some(key))
    }

    /// Returns whether the body of an answer is read to find the next page.
    #[must_use]
    pub fn is_in_body(&self) -> bool {
        self.link.as_deref() != Some(Self::HEADER)
    }

    /// Returns its `JSONPath`s, each with its key.
    pub fn paths(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let link = self.link.as_ref().filter(|link| *link != Self::HEADER);
        [
            ("cursor", self.cursor.as_ref()),
            ("keyset", self.keyset.as_ref()),
            ("link", link),
            ("items", self.items.as_ref()),
            ("more", self.more.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, path)| Some((key, path?.as_str())))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn settings_serialize_as_written() {
        for written in [
            json!({ "cursor": "$.next", "into": "after", "more": "$.has_more", "maxPages": 5 }),
            json!({ "offset": true, "into": "skip", "items": "$.items" }),
            json!({ "number": true, "into": "page", "items": "$", "first": 0 }),
            json!({ "keyset": "$.id", "into": "after", "items": "$.data" }),
            json!({ "link": "header" }),
        ] {
            let read: Paging = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), written);
            assert_eq!(read.kinds().count(), 1);
        }
        assert!(serde_json::from_value::<Paging>(json!({ "next": "$.next" })).is_err());
    }

    #[test]
    fn a_link_in_the_header_has_no_path() {
        let of = |link: &str| Paging { link: Some(link.to_owned()), ..Paging::default() };
        assert_eq!(of("header").paths().count(), 0);
        assert_eq!(of("$.next").paths().collect::<Vec<_>>(), [("link", "$.next")]);
    }
}

//! Reads `page` of a consumed operation.

use super::keys::ObjectShape;
use super::reader::Reader;
use super::tree::{Node, Tree};
use crate::model::Paging;

static PAGE: ObjectShape = ObjectShape {
    what: "`page`",
    keys: &["cursor", "offset", "number", "keyset", "link", "into", "items", "more", "first", "maxPages"],
    more: &[],
    aliases: &[
        ("cursor", "next nextcursor"),
        ("number", "pagenumber"),
        ("into", "parameter argument param"),
        ("more", "hasmore"),
        ("maxPages", "limit maxpages pages"),
    ],
};

impl Reader {
    /// Reads `page`. A rule checks whether its keys go together.
    pub(super) fn paging(&mut self, node: Node) -> Option<Paging> {
        let mut fields = self.object(node, &PAGE)?;
        Some(Paging {
            cursor: self.text_field(&mut fields, "cursor"),
            offset: self.flag_field(&mut fields, "offset").unwrap_or_default(),
            number: self.flag_field(&mut fields, "number").unwrap_or_default(),
            keyset: self.text_field(&mut fields, "keyset"),
            link: self.field(&mut fields, "link", |reader, node| match &node.tree {
                // `true` means the `Link` header, like the bare word `link` in an attribute.
                Tree::Scalar(_, text) if text == "true" => Some(Paging::HEADER.to_owned()),
                _ => reader.text("link", node),
            }),
            into: self.text_field(&mut fields, "into"),
            items: self.text_field(&mut fields, "items"),
            more: self.text_field(&mut fields, "more"),
            first: self.count(&mut fields, "first", 0),
            max_pages: self.count(&mut fields, "maxPages", 1),
        })
    }
}

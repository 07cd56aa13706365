//! Reads `cache` of a consumed API or of one of its operations.

use super::fields::Fields;
use super::keys::ObjectShape;
use super::messages::describe;
use super::reader::Reader;
use super::tree::{Node, Tree};
use crate::model::{ByteSize, Cache, CacheLimits};

static CACHE: ObjectShape = ObjectShape {
    what: "`cache`",
    keys: &["size", "answer"],
    more: &[],
    aliases: &[("size", "maxsize memory"), ("answer", "maxanswer maxentry")],
};

impl Reader {
    /// Reads `cache`, if present: `true`, `false`, a size, or an object. Only the cache of an API (`of_api`) has a size.
    pub(super) fn cache_field(&mut self, fields: &mut Fields, of_api: bool) -> Option<Cache> {
        self.field(fields, "cache", |reader, node| reader.cache(node, of_api))
    }

    fn cache(&mut self, node: Node, of_api: bool) -> Option<Cache> {
        if let Tree::Scalar(_, text) | Tree::Text(text) = &node.tree {
            if let Some(size) = ByteSize::parse(text.trim()) {
                let size = self.size_of_api(&node, size, of_api)?;
                return Some(Cache::On(CacheLimits { size: Some(size), answer: None }));
            }
            // A single digit is not a size but a flag: `0` or `1`.
            if text.starts_with(|c: char| c.is_ascii_digit()) && text.len() > 1 {
                self.bad_size(&node, "cache");
                return None;
            }
            let on = self.flag("cache", &node)?;
            return Some(if on { Cache::On(CacheLimits::default()) } else { Cache::Off });
        }
        let mut fields = self.object(node, &CACHE)?;
        let size = self.field(&mut fields, "size", |reader, node| {
            let size = reader.byte_size("size", &node)?;
            reader.size_of_api(&node, size, of_api)
        });
        let answer = self.field(&mut fields, "answer", |reader, node| reader.byte_size("answer", &node));
        Some(Cache::On(CacheLimits { size, answer }))
    }

    /// Returns the size of an API's cache. An operation has no cache of its own, so its `size` is reported as an error.
    fn size_of_api(&mut self, node: &Node, size: ByteSize, of_api: bool) -> Option<ByteSize> {
        if of_api {
            return Some(size);
        }
        let help = "move it to the `cache` of the API, or write `answer`, the size of the largest answer that is kept";
        self.error(
            node.place,
            "the operations of an API share one cache, so only the `cache` of the API has a `size`",
            help,
        );
        None
    }

    fn byte_size(&mut self, name: &'static str, node: &Node) -> Option<ByteSize> {
        let text = match &node.tree {
            Tree::Scalar(_, text) | Tree::Text(text) => text.trim(),
            _ => "",
        };
        let size = ByteSize::parse(text);
        if size.is_none() {
            self.bad_size(node, name);
        }
        size
    }

    fn bad_size(&mut self, node: &Node, name: &str) {
        let message = format!("expected a size with a unit for `{name}`, found {}", describe(node));
        self.error(node.place, message, "write an integer and a unit: `512KiB`, `64MiB`, `1GiB`");
    }
}

//! Reads `info`: label, description, tags, dates and people.

use super::keys::ObjectShape;
use super::lists::{ListShape, text_member, with_name};
use super::reader::Reader;
use super::tree::{Node, Tree};
use crate::diagnostic::RepairKind;
use crate::model::{Info, Person};

static SHAPE: ObjectShape = ObjectShape {
    what: "`info`",
    keys: &["label", "description", "tags", "created", "modified", "version", "stakeholders"],
    more: &[],
    aliases: &[
        ("label", "name displayname"),
        ("tags", "keywords"),
        ("created", "createdat"),
        ("modified", "modifiedat updated updatedat lastmodified"),
        ("stakeholders", "owners"),
    ],
};

static PERSON: ObjectShape = ObjectShape {
    what: "a stakeholder",
    keys: &["role", "fullName", "email"],
    more: &[],
    aliases: &[("fullName", "name"), ("email", "mail")],
};

static PEOPLE: ListShape = ListShape {
    key: "stakeholders",
    entry_keys: &["role", "fullName", "name", "email"],
    named: Some(|member| with_name("fullName", member)),
};

impl Reader {
    pub(super) fn info(&mut self, node: Node) -> Option<Info> {
        let mut fields = self.object(node, &SHAPE)?;
        let info = Info {
            label: self.text_field(&mut fields, "label").unwrap_or_default(),
            description: self.text_field(&mut fields, "description").unwrap_or_default(),
            tags: self.field(&mut fields, "tags", |reader, node| Some(reader.texts("tags", node))).unwrap_or_default(),
            created: self.text_field(&mut fields, "created"),
            modified: self.text_field(&mut fields, "modified"),
            version: self.text_field(&mut fields, "version"),
            stakeholders: self.list_field(&mut fields, &PEOPLE, Self::person),
        };
        Some(info)
    }

    fn person(&mut self, node: Node) -> Option<Person> {
        let place = node.place;
        let node = match node.tree {
            Tree::Text(name) => {
                self.repair(RepairKind::ListShape, place, "a string, read as the `fullName` of a stakeholder");
                Node { place, tree: Tree::Map(vec![text_member("fullName", name, place)], false) }
            }
            tree => Node { place, tree },
        };
        let mut fields = self.object(node, &PERSON)?;
        Some(Person {
            role: self.text_field(&mut fields, "role").unwrap_or_default(),
            full_name: self.text_field(&mut fields, "fullName").unwrap_or_default(),
            email: self.text_field(&mut fields, "email"),
        })
    }
}

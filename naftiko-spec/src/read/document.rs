//! Reads a whole document from its text.

use super::keys::ObjectShape;
use super::places::SourceMap;
use super::reader::Reader;
use super::tree::{self, Node, Position};
use crate::diagnostic::{Diagnostic, RepairKind, plain};
use crate::exact::ExactNumbers;
use crate::model::{Capability, Document, VERSION};
use crate::names;

/// A document and the findings of reading it.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The repaired document. Apart from the repairs, the entries that are left out, and short forms such as `retry: 3`, it serializes to
    /// the content of the file.
    pub document: Document,
    /// The repairs, in the order of the file.
    pub repairs: Vec<Diagnostic>,
    /// Extensions that are not in the specification and are kept unchanged, in the order of the file. They are also in the
    /// exported document, so reading that document reports them again.
    pub kept: Vec<Diagnostic>,
    /// The errors of the entries that are left out (routes, tools, operations …), in the order of the file. Empty in a result of
    /// [`read`], which returns them as errors.
    pub left_out: Vec<Diagnostic>,
    /// The locations of its parts in the text.
    pub places: SourceMap,
}

static DOCUMENT: ObjectShape = ObjectShape {
    what: "a document",
    keys: &["naftiko", "info", "binds", "consumes", "capability", "exposes", "aggregates"],
    more: &[],
    aliases: &[
        ("naftiko", "naftikoversion specversion"),
        ("binds", "externalrefs bindings"),
        ("capability", "capabilities"),
    ],
};

static CAPABILITY: ObjectShape = ObjectShape {
    what: "`capability`",
    keys: &["binds", "consumes", "exposes", "aggregates"],
    more: &[],
    aliases: &[("binds", "externalrefs bindings"), ("consumes", "apis"), ("exposes", "adapters")],
};

/// Reads a document and repairs its unambiguous mistakes.
///
/// ```
/// let reading = naftiko_spec::read::read("naftiko: 1.0.0-alpha2\ninfo: {title: Notes, description: Notes.}\n")?;
/// assert_eq!(reading.document.info.label, "Notes");
/// assert_eq!(reading.repairs[0].to_string(), "R02: `title` read as `label`");
/// # Ok::<(), Vec<naftiko_spec::Diagnostic>>(())
/// ```
///
/// # Errors
/// Returns all errors, in the order of the file: the text is not YAML, it exceeds a limit (8 MiB, 64 levels, 250,000 values, 100 aliases,
/// 100 binds or adapters, 1000 APIs, 1000 steps or mappings of an operation),
/// a key is repeated, missing or wrong, or a mistake has two possible meanings that lead to different requests.
pub fn read(text: &str) -> Result<Reading, Vec<Diagnostic>> {
    let (root, exact) = tree::parse(text).map_err(|error| vec![error])?;
    let reading = read_tree(root, exact)?;
    if reading.left_out.is_empty() { Ok(reading) } else { Err(reading.left_out) }
}

/// Reads a document from its YAML tree.
pub(crate) fn read_tree(root: Node, exact_numbers: ExactNumbers) -> Result<Reading, Vec<Diagnostic>> {
    let mut reader = Reader::new(root.place);
    let document = reader.document(root).map(|document| Document { exact_numbers, ..document });
    reader.report_unused();
    let Reader { mut errors, mut repairs, mut kept, mut left_out, mut places, .. } = reader;
    for found in [&mut errors, &mut repairs, &mut kept, &mut left_out] {
        found.sort_by_key(|found| found.location);
    }
    places.reset_order();
    match document {
        Some(document) if errors.is_empty() => Ok(Reading { document, repairs, kept, left_out, places }),
        _ => {
            errors.extend(left_out);
            errors.sort_by_key(|found| found.location);
            Err(errors)
        }
    }
}

impl Reader {
    fn document(&mut self, root: Node) -> Option<Document> {
        let mut fields = self.object(root, &DOCUMENT)?;
        let place = fields.place;
        if let Some(member) = fields.take("naftiko") {
            self.member("naftiko", member, Self::version);
        } else {
            let message = format!("a document without `naftiko`, read as {VERSION}");
            self.repair_member(RepairKind::Version, "naftiko", place, message);
        }
        let has_info = fields.has("info");
        let info = self.field(&mut fields, "info", Self::info).unwrap_or_default();
        // Variables first: the meaning of `{{name}}` in a path depends on them.
        let binds = self.binds(&mut fields);
        let capability = self.field(&mut fields, "capability", Self::capability).unwrap_or_default();
        let consumes = self.consumes(&mut fields);
        let naftiko = VERSION.to_owned();
        let mut document = Document { naftiko, info, binds, consumes, capability, ..Document::default() };
        for key in ["exposes", "aggregates"] {
            let Some(member) = fields.take(key) else { continue };
            let place = member.place;
            fields.put(key, member);
            let message = format!("`{key}` outside of `capability`, read as the capability's");
            self.push_repair(RepairKind::KeySpelling, place, message, format!("/capability/{key}"), format!("/{key}"));
            self.enter_only("capability", place, |reader| match key {
                "exposes" => document.capability.exposes.extend(reader.exposes(&mut fields)),
                _ => document.capability.aggregates.extend(reader.aggregates(&mut fields)),
            });
        }
        self.places.reset_order();
        self.resolve(&mut document);
        self.keep_spellings(&mut document);
        self.declare(&mut document);
        if has_info && document.info.label.is_empty() {
            self.label(&mut document, place);
        }
        Some(document)
    }

    fn version(&mut self, node: Node) {
        let place = node.place;
        let version = self.text("naftiko", node).unwrap_or_default();
        if version != VERSION {
            let message = format!("`naftiko: {}`, read as {VERSION}", plain(&version));
            self.repair(RepairKind::Version, place, message);
        }
    }

    fn capability(&mut self, node: Node) -> Option<Capability> {
        let mut fields = self.object(node, &CAPABILITY)?;
        Some(Capability {
            binds: self.binds(&mut fields),
            consumes: self.consumes(&mut fields),
            exposes: self.exposes(&mut fields),
            aggregates: self.aggregates(&mut fields),
        })
    }

    /// Names a capability without a label after its first API or adapter.
    fn label(&mut self, document: &mut Document, place: Position) {
        let consumed = document.all_consumes().first().map(|consume| consume.namespace.clone());
        let name = consumed.or_else(|| document.capability.exposes.first().map(|expose| expose.namespace().to_owned()));
        let label = names::label(&name.unwrap_or_default());
        if !label.is_empty() {
            let message = format!("a capability without a label, named \"{}\"", plain(&label));
            let (at, _) = self.written_at("/info");
            let place = if at == Position::default() { place } else { at };
            self.push_repair(
                RepairKind::MissingName,
                place,
                message,
                "/info/label".to_owned(),
                "/info/label".to_owned(),
            );
            document.info.label = label;
        }
    }
}

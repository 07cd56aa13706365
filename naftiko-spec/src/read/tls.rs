//! Reads `tls` of a consumed API.

use super::fields::Fields;
use super::keys::ObjectShape;
use super::reader::Reader;
use super::tree::Node;
use super::variables::TemplateContext;
use crate::model::Tls;

static TLS: ObjectShape = ObjectShape {
    what: "`tls`",
    keys: &["ca", "certificate", "key"],
    more: &[],
    aliases: &[
        ("ca", "cacert cacertificate certificateauthority rootca"),
        ("certificate", "cert clientcert clientcertificate"),
        ("key", "privatekey clientkey"),
    ],
};

impl Reader {
    /// Reads `tls`, if present.
    pub(super) fn tls_field(&mut self, fields: &mut Fields) -> Tls {
        self.field(fields, "tls", Self::tls).unwrap_or_default()
    }

    fn tls(&mut self, node: Node) -> Option<Tls> {
        let mut fields = self.object(node, &TLS)?;
        let mut text = |key: &'static str| {
            self.field(&mut fields, key, |reader, node| {
                let place = node.place;
                let text = reader.text(key, node)?;
                reader.record_variables(&text, place, TemplateContext::Credential);
                Some(text)
            })
        };
        Some(Tls { ca: text("ca"), certificate: text("certificate"), key: text("key") })
    }
}

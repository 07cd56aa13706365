//! Converts results for clients of older revisions of MCP: content that these revisions do not have becomes text.

use http::request::Parts;
use rmcp::RoleServer;
use rmcp::model::{CallToolResult, ContentBlock, GetPromptResult, ProtocolVersion};
use rmcp::service::RequestContext;

/// An older revision of MCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OlderRevision {
    /// 2024-11-05, without audio and without links to resources.
    WithoutAudio,
    /// 2025-03-26, without links to resources.
    WithoutLinks,
}

impl OlderRevision {
    /// Returns the revision of a client that does not know all kinds of content; `None` for a newer or an unknown
    /// revision. Without a session, the revision is in a header.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Option<Self> {
        let version = context.protocol_version();
        let head = || Self::of_head(context.extensions.get::<Parts>()?);
        version.map_or_else(head, |version| Self::named(version.as_str().as_bytes()))
    }

    /// Returns the revision in the head of a request.
    pub(super) fn of_head(head: &Parts) -> Option<Self> {
        Self::named(head.headers.get(super::message::VERSION)?.as_bytes())
    }

    fn named(version: &[u8]) -> Option<Self> {
        let is = |known: ProtocolVersion| known.as_str().as_bytes() == version;
        match () {
            () if is(ProtocolVersion::V_2024_11_05) => Some(Self::WithoutAudio),
            () if is(ProtocolVersion::V_2025_03_26) => Some(Self::WithoutLinks),
            () => None,
        }
    }

    fn convert(self, block: &mut ContentBlock) {
        match block {
            ContentBlock::Audio(audio) if self == Self::WithoutAudio => {
                let name = ProtocolVersion::V_2024_11_05;
                let text = format!("[audio of the type {}, which MCP {name} cannot transfer]", audio.mime_type);
                *block = ContentBlock::text(text);
            }
            ContentBlock::ResourceLink(link) => *block = ContentBlock::text(format!("{}: {}", link.name, link.uri)),
            _ => {}
        }
    }
}

/// Returns the result of a tool for a client of the given revision.
pub(super) fn result_for(client: Option<OlderRevision>, mut result: CallToolResult) -> CallToolResult {
    if let Some(client) = client {
        result.content.iter_mut().for_each(|block| client.convert(block));
    }
    result
}

/// Returns the messages of a prompt for a client of the given revision.
pub(super) fn prompt_for(client: Option<OlderRevision>, mut result: GetPromptResult) -> GetPromptResult {
    if let Some(client) = client {
        result.messages.iter_mut().for_each(|message| client.convert(&mut message.content));
    }
    result
}

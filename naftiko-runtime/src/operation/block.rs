//! Content for models, in the results of tools and prompts: text, images, audio, resources and links.

use super::base64::base64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A piece of the result of a tool or a prompt: text, an image, audio, a resource, or a link to one.
///
/// If the method of a tool returns `ContentBlock`, `Vec<ContentBlock>` or an `Option` of them, the result of the tool consists of these
/// blocks; `None` means no blocks. REST callers get the blocks as JSON.
///
/// ```
/// use naftiko_runtime::ContentBlock;
///
/// let blocks = vec![ContentBlock::text("The chart:"), ContentBlock::image("image/png", b"\x89PNG")];
/// let json = serde_json::to_value(&blocks).unwrap();
/// assert_eq!(json[1], serde_json::json!({ "type": "image", "mimeType": "image/png", "data": "iVBORw==" }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContentBlock {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// An image.
    #[serde(rename_all = "camelCase")]
    Image {
        /// Its media type.
        mime_type: String,
        /// Its bytes, in base64.
        data: String,
    },
    /// Audio.
    #[serde(rename_all = "camelCase")]
    Audio {
        /// Its media type.
        mime_type: String,
        /// Its bytes, in base64.
        data: String,
    },
    /// A resource with its content.
    Resource {
        /// The resource.
        resource: EmbeddedResource,
    },
    /// A link to a resource, which the client may read.
    #[serde(rename_all = "camelCase")]
    ResourceLink {
        /// Its URI.
        uri: String,
        /// Its name.
        name: String,
        /// Its media type.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mime_type: Option<String>,
    },
}

/// A resource with its content: text or bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EmbeddedResource {
    /// Its URI.
    pub uri: String,
    /// Its media type.
    pub mime_type: String,
    /// Its text, unless it is binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its bytes in base64, if it is binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
}

/// One message of a prompt.
///
/// A method with `#[prompt]` returns `String` (one message of the user), [`ContentBlock`], `Vec<ContentBlock>`,
/// `PromptMessage`, `Vec<PromptMessage>` or an `Option` of these four.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PromptMessage {
    /// The speaker.
    pub role: Role,
    /// The content.
    pub content: ContentBlock,
}

/// The speaker of a message of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The user.
    User,
    /// The model.
    Assistant,
}

impl ContentBlock {
    /// Creates text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// Creates an image from its bytes.
    pub fn image(mime_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::Image { mime_type: mime_type.into(), data: base64(bytes.as_ref()) }
    }

    /// Creates audio from its bytes.
    pub fn audio(mime_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::Audio { mime_type: mime_type.into(), data: base64(bytes.as_ref()) }
    }

    /// Creates a resource that is text.
    pub fn resource(uri: impl Into<String>, mime_type: impl Into<String>, text: impl Into<String>) -> Self {
        let (uri, mime_type, text) = (uri.into(), mime_type.into(), Some(text.into()));
        Self::Resource { resource: EmbeddedResource { uri, mime_type, text, blob: None } }
    }

    /// Creates a resource that is binary.
    pub fn blob(uri: impl Into<String>, mime_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        let (uri, mime_type, blob) = (uri.into(), mime_type.into(), Some(base64(bytes.as_ref())));
        Self::Resource { resource: EmbeddedResource { uri, mime_type, text: None, blob } }
    }

    /// Creates a link to a resource.
    pub fn link(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self::ResourceLink { uri: uri.into(), name: name.into(), mime_type: None }
    }
}

impl PromptMessage {
    /// Creates a message of the user.
    pub fn user(content: impl Into<ContentBlock>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// Creates a message of the model.
    pub fn assistant(content: impl Into<ContentBlock>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

impl From<String> for ContentBlock {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for ContentBlock {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

//! The page's inline style and script, and the policy that allows a browser to run nothing else.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The style of every page.
pub(super) const STYLE: &str = include_str!("style.css");

/// The script of every page: the files of its parts, joined in one function.
pub(super) const SCRIPT: &str = concat!(
    "'use strict';(() => {\n",
    include_str!("script/elements.js"),
    include_str!("script/schemas.js"),
    include_str!("script/forms.js"),
    include_str!("script/operations.js"),
    include_str!("script/agents.js"),
    include_str!("script/page.js"),
    "})();\n"
);

/// The content security policy (CSP level 3): this style, this script, `data:` images, and requests to the page's own origin.
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
});

/// Returns the source expression of an inline text: its hash.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_that_browsers_compute() {
        // MDN's example of a hash in `content_security_policy`.
        let known = "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=";
        assert_eq!(hash("alert('Hello, world.');"), known);
        assert!(POLICY.contains(&hash(SCRIPT)) && POLICY.contains(&hash(STYLE)));
    }

    #[test]
    fn style_and_script_do_not_end_their_element() {
        for text in [STYLE, SCRIPT] {
            let text = text.to_lowercase();
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
    }
}

//! What the model of a client answers to a question of an operation (MCP sampling).

use serde_json::Value;

/// Returns the text of the first block of an answer that has one.
pub(super) fn first_text(answer: &Value) -> Option<&str> {
    let blocks = match answer.get("content")? {
        Value::Array(blocks) => blocks,
        block => std::slice::from_ref(block),
    };
    blocks.iter().find_map(|block| block.get("text")?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_text_of_an_answer_is_found_among_other_blocks() {
        let (image, text) = (json!({ "type": "image", "data": "" }), json!({ "type": "text", "text": "yes" }));
        for (content, found) in [
            (text.clone(), Some("yes")),
            (json!([image, text]), Some("yes")),
            (json!([image]), None),
            (json!([]), None),
            (json!("yes"), None),
        ] {
            assert_eq!(first_text(&json!({ "content": content })), found, "{content}");
        }
        assert_eq!(first_text(&json!({})), None);
    }
}

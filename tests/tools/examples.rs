//! What the examples teach about constraints and answers is what they do.

use super::providers::{bookshelf, conformance};
use super::questions::modern;
use super::serve;
use serde_json::{Value, json};

#[tokio::test]
async fn a_book_cannot_be_moved_to_a_shelf_to_which_it_cannot_be_added() {
    use bookshelf::Bookshelf as _;
    let capability = bookshelf::InMemory::default().into_capability();
    let both = |shelf: Value| {
        [
            ("add", json!({ "book": { "title": "Emma", "shelf": shelf.clone() } })),
            ("change", json!({ "id": 1, "change": { "shelf": shelf } })),
        ]
    };
    for shelf in [0, 13, 200] {
        for (operation, arguments) in both(json!(shelf)) {
            let refused = capability.call(operation, arguments).await;
            assert_eq!(refused.unwrap_err().status().as_u16(), 400, "{operation} with the shelf {shelf}");
        }
    }
    for shelf in [json!(12), Value::Null] {
        for (operation, arguments) in both(shelf.clone()) {
            assert_eq!(capability.call(operation, arguments).await.unwrap()["shelf"], shelf, "{operation}");
        }
    }
}

#[tokio::test]
async fn a_file_is_deleted_only_if_the_user_confirms_it() {
    use conformance::jobs::Jobs as _;
    let url = serve(conformance::jobs::Workshop.into_capability()).await;
    let call = async |params: Value| -> Value {
        let answer = modern(&url, "tools/call", params, json!({ "elicitation": {} })).await;
        serde_json::from_str(&answer).unwrap()
    };
    let accepted = |confirm: bool| json!({ "action": "accept", "content": { "confirm": confirm } });
    for (tool, arguments, answers, text) in [
        ("confirm_delete", json!({ "filename": "a" }), vec![accepted(true)], "a was deleted"),
        ("confirm_delete", json!({ "filename": "a" }), vec![accepted(false)], "a was kept"),
        ("confirm_delete", json!({ "filename": "a" }), vec![json!({ "action": "decline" })], "a was kept"),
        ("multi_input", json!({}), vec![accepted(true), accepted(false)], "true and false"),
    ] {
        let asked = call(json!({ "name": tool, "arguments": arguments })).await["result"].take();
        let names = asked["inputRequests"].as_object().unwrap_or_else(|| panic!("{asked}")).keys().cloned();
        let answers: Value = names.zip(answers).collect();
        let answer = json!({
            "name": tool, "arguments": arguments, "inputResponses": answers, "requestState": asked["requestState"],
        });
        let done = call(answer).await;
        assert_eq!(done["result"]["content"][0]["text"], text, "{tool} {answers}: {done}");
    }
}

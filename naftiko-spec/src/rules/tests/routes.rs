//! Tests of mistakes in the paths of routes: their messages.

use super::{document, findings};

#[test]
fn a_query_has_no_effect_and_a_fragment_is_never_sent() {
    for (end, expected) in [
        ("?all=1", "has no effect: only paths are compared"),
        ("#all", "is never reached: clients don't send fragments"),
    ] {
        let yaml = document(&[(
            "    - path: /users/{userId}/repos\n",
            &format!("    - path: \"/users/{{userId}}/repos{end}\"\n"),
        )]);
        let messages: Vec<_> = findings(&yaml).into_iter().map(|found| found.message).collect();
        assert!(messages.iter().any(|message| message.ends_with(expected)), "{end}: {messages:?}");
    }
}

//! Tests of mistakes in the paths of routes: their messages.

use super::{Severity, document, findings};

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

/// If two placeholders had the same name, it would not be clear which of the two values is sent.
#[test]
fn the_placeholders_of_a_route_have_unique_names() {
    let at = "/capability/exposes/0/resources/0/path";
    for path in ["/users/{userId}/repos/{userId}", "/users/{userId}/repos/{user_id}", "/users/{userId}/{+userId}"] {
        let yaml = document(&[("    - path: /users/{userId}/repos\n", &format!("    - path: \"{path}\"\n"))]);
        let found: Vec<_> = findings(&yaml).into_iter().filter(|found| found.at == at).collect();
        let [found] = found.as_slice() else { panic!("{path}: {found:?}") };
        assert_eq!((found.rule.name, found.severity), ("invalid_path", Severity::Error));
        assert!(found.message.ends_with("}` twice"), "{}", found.message);
    }
    // An API may want one value in two places.
    let path = "      path: /users/{userId}/repos\n";
    let yaml = document(&[(path, "      path: /users/{userId}/repos/{userId}\n")]);
    assert!(findings(&yaml).iter().all(|found| found.rule.name != "invalid_path"));
}

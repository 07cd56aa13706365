//! Tests of the rules for paths, routes and base URIs of traits.

use super::{argument, diagnostics, finds, good, own, path_of, read, route};
use crate::fragment::{Draft, RouteFragment};
use crate::model::ParameterIn;

#[test]
fn invalid_paths_are_reported() {
    let text = |path: &str| {
        let path = path.to_owned();
        let found = read(move |draft| path_of(draft, &path));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(matches!(found[0].0, "invalid_path" | "query_in_path"), "{found:?}");
        assert_eq!(found[0].1, "/capability/consumes/0/resources/0/path");
        found[0].2.clone()
    };
    assert_eq!(text("users/{userId}"), "the path `users/{userId}` does not begin with `/`; write `/users/{userId}`");
    assert_eq!(
        text("/users?userId={userId}&pageSize=2"),
        "the path `/users?userId={userId}&pageSize=2` has a query; \
         write `/users`, and declare its query parameters: `userId`, `pageSize`"
    );
    assert_eq!(
        text("/users/{r#type}"),
        "the path `/users/{r#type}` cannot be read: `r#type` is not a name; write `{type}`"
    );
    assert_eq!(text("/users#top"), "the path `/users#top` has a fragment; end it before the `#`: `/users`");
    assert_eq!(
        text("/users/{userId"),
        "the path `/users/{userId` cannot be read: `{` at byte 7 is not closed; write `{userId}`"
    );
    assert_eq!(
        text("/users/{{userId}}"),
        "the path `/users/{{userId}}` cannot be read: `{{userId}}` is written `{userId}` in a path; write `{userId}`"
    );
    assert_eq!(
        text("/users/{userId}/{user_id}"),
        "the path `/users/{userId}/{user_id}` has the placeholder `{user_id}` twice; give each a unique name"
    );
    assert_eq!(
        text("/a/../{userId}"),
        "the path `/a/../{userId}` has the segment `..`; write the path without `.` and `..` segments"
    );
    assert_eq!(
        text("/users/{}"),
        "the path `/users/{}` cannot be read: a name is missing at byte 7; name the argument that fills it: `{id}`"
    );
    assert!(text("/us ers/{userId}").contains("a space"));
    assert!(text("/us\ners/{userId}").contains("a control character"));
    let touching = read(|draft| draft.fragments[2].routes[0].path = "/v1/{x}{userId}".to_owned());
    assert!(touching[0].2.contains("nothing separates the placeholders of the segment `{x}{userId}`"), "{touching:?}");
    assert!(read(|draft| draft.fragments[2].routes[0].path = "/v1/users(id={userId})".to_owned()).is_empty());
    finds(
        |draft| draft.fragments[2].routes[0].path = "/v1/{+userId}/tokens".to_owned(),
        "invalid_path",
        route(2),
        "in the route `/v1/{+userId}/tokens`, `{+userId}` must be the last segment; \
         write a path in which each placeholder is a whole segment, and `{+name}` the last one",
    );
}

#[test]
fn a_base_uri_has_only_a_scheme_a_host_and_a_path() {
    let text = |uri: &str| {
        let uri = uri.to_owned();
        read(move |draft| draft.head.capability.consumes[0].base_uri = uri).pop().map(|(rule, at, text)| {
            assert!(matches!(rule, "invalid_base_uri" | "trailing_slash"), "{rule}");
            assert_eq!(at, "/capability/consumes/0/baseUri");
            text
        })
    };
    for good in [
        "https://a.example",
        "http://[::1]:8080/v1",
        "https://{host}:8443",
        "{{env.API_KEY}}",
        "https://{{ env.API_KEY }}/v1",
    ] {
        assert_eq!(text(good), None, "{good}");
    }
    assert_eq!(
        text("https://a.example/").unwrap(),
        "the base URI `https://a.example/` ends with a slash; paths begin with a slash, so write `https://a.example`"
    );
    assert_eq!(
        text("https://a.example?x=1").unwrap(),
        "the base URI `https://a.example?x=1` has a query; write `https://a.example`, and declare its query parameters: `x`"
    );
    assert_eq!(
        text("https://a.example#x").unwrap(),
        "the base URI `https://a.example#x` has a fragment; end it before the `#`: `https://a.example`"
    );
    assert_eq!(text("a.example").unwrap(), "the base URI `a.example` has no scheme; write `https://a.example`");
    assert_eq!(
        text("ftp://a.example").unwrap(),
        "the base URI `ftp://a.example` has the scheme `ftp`; write `https://a.example`; only http and https are supported"
    );
    assert_eq!(
        text("https://").unwrap(),
        "the base URI `https://` has no host; write `https://` and the host: `https://api.example.com`"
    );
    assert_eq!(text("").unwrap(), "the base URI is empty; write it with scheme and host: `https://api.example.com`");
    assert_eq!(
        text("https://{host").unwrap(),
        "the base URI `https://{host` cannot be read: `{` at byte 8 is not closed; close the `{`"
    );
    assert!(text("https://a example").unwrap().contains("a space"));
    let secret = text("https://me:hunter2@a.example").unwrap();
    assert!(secret.contains("`a.example` contains a user name") && !secret.contains("hunter2"), "{secret}");
}

#[test]
fn unsupported_placeholders_are_reported_without_advice_to_rename() {
    for (path, expected) in [
        ("/files/{*userId}", "has `{*userId}`: a placeholder for several segments begins with `+`"),
        ("/files/{userId*}", "has `{userId*}`: a placeholder for several segments begins with `+`"),
        ("/files/{userId...}", "has `{userId...}`: a placeholder for several segments begins with `+`"),
        ("/files/a{+userId}", "has `{+…}` in the segment `a{+userId}`: it must be a whole segment"),
        ("/files{/userId}", "has the operator `/` in `{/userId}`"),
        ("/files/{...userId}", "has `{...userId}`: a placeholder for several segments begins with `+`"),
        ("/files/{userId:path}", "has `{userId:path}`: a placeholder for several segments begins with `+`"),
        ("/files{#userId}", "has the operator `#` in `{#userId}`"),
    ] {
        let mut draft = good();
        draft.fragments[0].consumed.as_mut().unwrap().path = path.to_owned();
        let findings = diagnostics(&draft);
        let of_path: Vec<_> = findings.iter().filter(|finding| finding.rule.name == "invalid_path").collect();
        assert_eq!(of_path.len(), 1, "{path}: {findings:?}");
        assert!(of_path[0].message.contains(expected), "{path}: {findings:?}");
        assert!(!of_path[0].fix.as_ref().unwrap().to_string().contains("rename"), "{path}: {findings:?}");
    }
}

/// Returns the fixes of the findings about this path, in an operation with the argument `userId`.
fn fixes(path: &str) -> Vec<String> {
    let mut draft = good();
    path_of(&mut draft, path);
    let findings = diagnostics(&draft);
    let of_path =
        findings.iter().filter(|finding| finding.at == own(0, "path") || finding.at.ends_with("resources/0/path"));
    of_path.map(|finding| finding.fix.as_ref().unwrap().to_string()).collect()
}

#[test]
fn the_fix_of_a_path_is_a_path_without_a_mistake() {
    for (path, fix) in [
        ("https://api.acme.io/users/{userId}", "write `/users/{userId}`, without the base URI"),
        ("https://user:hunter2@a.example/users/{userId}", "write `/users/{userId}`, without the base URI"),
        ("//a.example/users/{userId}", "write `/users/{userId}`, without the base URI"),
        ("users/{userId}", "write `/users/{userId}`"),
        ("./users/{userId}", "write the path without `.` and `..` segments"),
        (" /users/{userId}", "write it as `%20`, or remove it"),
        ("?q=1", "write `/`, and declare its query parameters: `q`"),
        ("\\users/{userId}", "remove it"),
        ("/users/{userId?}", "write `{userId}`"),
        ("/users/{userId}{?x,y*}", "write `/users/{userId}`, and declare its query parameters: `x`, `y`"),
        ("/users/{...userId}", "write `{+userId}`"),
        ("/users/{userId:.*}", "write `{+userId}`"),
        ("/users/{userId:path}", "write `{+userId}`"),
        ("/users{/userId}", "write `/{userId}`"),
        ("/users/{userId:[0-9]+}", "write `/users/{userId}`"),
        ("/users/{userId:3}", "write `/users/{userId}`"),
        ("/users/{userId=7}", "write `/users/{userId}`"),
        ("/users/{userId|int}", "write `/users/{userId}`"),
        ("/users/{userId,x}", "write `/users/{userId},{x}`"),
    ] {
        assert_eq!(fixes(path), [fix], "{path}");
    }
    assert_eq!(fixes("/users/{userId}"), [""; 0]);
}

#[test]
fn placeholders_of_other_frameworks_are_reported() {
    for (path, written) in [("/users/:userId", ":userId"), ("/users/<user_id>", "<user_id>")] {
        finds(
            |draft| {
                path_of(draft, path);
                draft.fragments[0].routes[0].path = format!("/v1{path}");
                draft.fragments[0].arguments[0] = argument("userId", ParameterIn::Query);
            },
            "invalid_path",
            own(0, "path"),
            &format!(
                "`{written}` of the path `{path}` is literal text, not a placeholder; write `{{{}}}`",
                written.trim_matches([':', '<', '>'])
            ),
        );
    }
    // Without an argument called `swap`, `:swap` is an ordinary segment.
    assert_eq!(read(|draft| draft.fragments[2].routes[0].path = "/v1/users/{userId}/:swap".to_owned()), []);
}

#[test]
fn a_mistake_in_a_path_is_reported_once() {
    // The route is derived from the path and has the same placeholders.
    finds(
        |draft| {
            path_of(draft, "/users/{user}");
            draft.fragments[0].routes[0].path = "/v1/users/{user}".to_owned();
            draft.fragments[0].arguments[0] = argument("user", ParameterIn::Path);
            draft.fragments[0].arguments.push(argument("team", ParameterIn::Path));
        },
        "unmatched_path_argument",
        own(0, "inputParameters/1"),
        "the path `/users/{user}` of `get` has no placeholder for `team`; add `{team}` to the path, or write `in: query`",
    );
    finds(
        |draft| {
            path_of(draft, "/users/{user}");
            draft.fragments[0].routes[0].path = "/v1/users/{user}".to_owned();
            draft.fragments[0].arguments.clear();
        },
        "unfilled_placeholder",
        own(0, "path"),
        "no parameter fills `{user}` in the path of `get`; declare `user` under `inputParameters`, with `in: path`, a type and a description",
    );
}

#[test]
fn routes_of_one_shape_collide_unless_cfg_keeps_them_apart() {
    let collide = |draft: &mut Draft| {
        draft.fragments[2].routes[0] =
            RouteFragment { path: "/v1/users/{USERID}".to_owned(), ..draft.fragments[0].routes[0].clone() };
        draft.fragments[2].arguments.truncate(1);
    };
    finds(
        collide,
        "colliding_routes",
        route(2),
        "the routes `GET /v1/users/{userid}` and `GET /v1/users/{USERID}` are the same to a router; \
         give one of them another path, or remove it",
    );
    let pair = |draft: &mut Draft, cfgs: [&str; 2]| {
        let twin = draft.fragments[0].clone();
        draft.fragments.push(twin);
        draft.fragments[0].cfg = cfgs[0].to_owned();
        draft.fragments[3].cfg = cfgs[1].to_owned();
    };
    assert_eq!(read(|draft| pair(draft, ["unix", "not (unix)"])), []);
    let rules: Vec<_> = read(|draft| pair(draft, ["unix", ""])).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(rules, ["duplicate_operation", "colliding_routes", "duplicate_tool"]);
}

//! Each mistake that a trait can hold, and what its author reads.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::{At, Part, Rule, check};
use crate::fragment::{Argument, Draft, Fragment, RouteFragment};
use crate::model::{Authentication, Hints, InputParameter, Place, Placement};
use proptest::prelude::*;
use serde_json::json;

/// A capability of three operations with nothing wrong: read one, delete one, and an orchestration.
fn good() -> Draft {
    let consumed = |name: &str, method: &str, path: &str| json!({ "consume": 0, "resource": "tokens", "path": path, "operation": { "name": name, "method": method } });
    let route = |method: &str, path: &str| json!([{ "expose": 0, "path": path, "resource": "tokens", "description": "Tokens.", "operation": { "method": method } }]);
    let tool = |name: &str, read_only: bool, destructive: bool| {
        let hints = json!({ "readOnly": read_only, "destructive": destructive, "idempotent": true });
        json!([{ "expose": 1, "tool": { "name": name, "hints": hints } }])
    };
    let arguments = json!([{ "name": "userId", "in": "path", "required": true }]);
    serde_json::from_value(json!({
        "head": {
            "naftiko": "1.0.0-alpha2",
            "info": { "label": "Tokens", "description": "Tokens of a user." },
            "binds": [{ "namespace": "env", "keys": { "API_KEY": "API_KEY" } }],
            "capability": {
                "consumes": [{
                    "namespace": "tokens",
                    "baseUri": "https://[tenant].example.com/v2",
                    "authentication": { "type": "bearer", "token": "{{env.API_KEY}}" },
                }],
                "exposes": [
                    { "type": "rest", "namespace": "tokens-rest", "port": 8080 },
                    { "type": "mcp", "namespace": "tokens-mcp", "port": 9090 },
                ],
            },
        },
        "fragments": [
            {
                "name": "get", "description": "Reads.", "consumed": consumed("get", "GET", "/users/{userId}"),
                "routes": route("GET", "/v1/users/{userid}"), "tools": tool("get", true, false), "arguments": arguments,
            },
            {
                "name": "remove", "description": "Removes.", "consumed": consumed("remove", "DELETE", "/users/{userId}"),
                "routes": route("DELETE", "/v1/users/{userid}"), "tools": tool("remove", false, true), "arguments": arguments,
            },
            {
                "name": "swap", "description": "Swaps.", "routes": route("POST", "/v1/users/{userId}/swap"),
                "tools": tool("swap", false, false), "arguments": [
                    { "name": "userId", "in": "path", "required": true },
                    { "name": "one", "in": "body", "required": true },
                    { "name": "other", "in": "body" },
                ],
            },
        ],
    }))
    .unwrap()
}

/// What the author of a draft with one change reads: rule, place, message, help.
fn read(change: impl FnOnce(&mut Draft)) -> Vec<(Rule, At, String)> {
    let mut draft = good();
    change(&mut draft);
    let text = |finding: super::Finding| {
        let help = finding.help.unwrap_or_default();
        // How to allow it ends every help of a check that can be allowed.
        let allow = format!("; if it is meant, say `allow({}, reason = \"…\")`", finding.rule);
        assert_eq!(help.ends_with(&allow), finding.rule.can_be_allowed(), "{help}");
        format!("{}; {}", finding.message, help.strip_suffix(&allow).unwrap_or(&help))
    };
    check(&draft).into_iter().map(|finding| (finding.rule, finding.at.clone(), text(finding))).collect()
}

#[track_caller]
fn finds(change: impl FnOnce(&mut Draft), rule: Rule, at: At, text: &str) {
    assert_eq!(read(change), [(rule, at, text.to_owned())]);
}

fn head(pointer: &str) -> At {
    At::Head(pointer.to_owned())
}

fn path_of(draft: &mut Draft, path: &str) {
    draft.fragments[0].consumed.as_mut().unwrap().path = path.to_owned();
}

fn argument(name: &str, place: Place) -> Argument {
    serde_json::from_value(json!({ "name": name, "in": place })).unwrap()
}

fn constant(name: &str, value: &str) -> InputParameter {
    serde_json::from_value(json!({ "name": name, "in": "header", "value": value })).unwrap()
}

#[test]
fn nothing_is_wrong_with_a_good_draft() {
    assert_eq!(read(|_| {}), []);
}

#[test]
fn a_placeholder_needs_an_argument() {
    let at = || At::Fragment(0, Part::Placeholder("teamId".to_owned()));
    let path = "/users/{userId}/{teamId}";
    finds(
        |draft| path_of(draft, path),
        Rule::UnfilledPlaceholder,
        at(),
        "no argument fills `{teamId}` of the path; add an argument: `team_id: &str`",
    );
    finds(
        |draft| {
            path_of(draft, path);
            draft.fragments[0].arguments.push(argument("taem_id", Place::Query));
        },
        Rule::UnfilledPlaceholder,
        at(),
        "no argument fills `{teamId}` of the path; rename the argument `taem_id` to `team_id`",
    );
    finds(
        |draft| {
            path_of(draft, path);
            draft.fragments[0].arguments.push(argument("team_id", Place::Query));
        },
        Rule::UnfilledPlaceholder,
        at(),
        "no argument fills `{teamId}` of the path; mark the argument `team_id` `#[path]`",
    );
    finds(
        |draft| draft.fragments[0].routes[0].path = "/v1/{region}/{userid}".to_owned(),
        Rule::UnfilledPlaceholder,
        At::Fragment(0, Part::RoutePath),
        "no argument fills `{region}` of the route; add an argument: `region: &str`",
    );
}

#[test]
fn a_path_argument_needs_a_placeholder() {
    finds(
        |draft| draft.fragments[2].arguments.push(argument("teamId", Place::Path)),
        Rule::UnmatchedPathArgument,
        At::Fragment(2, Part::Argument(3)),
        "the route `/v1/users/{userId}/swap` has no placeholder for `teamId`; \
         put `{teamId}` into the path, or take `#[path]` off the argument",
    );
    finds(
        |draft| draft.fragments[0].routes[0].path = "/v1/users".to_owned(),
        Rule::UnmatchedPathArgument,
        At::Fragment(0, Part::RoutePath),
        "the route `/v1/users` has no placeholder for `userId`; put `{userid}` into the route",
    );
}

#[test]
fn placeholders_of_other_frameworks_are_none() {
    for (path, written) in [("/users/:userId", ":userId"), ("/users/<user_id>", "<user_id>")] {
        finds(
            |draft| {
                path_of(draft, path);
                draft.fragments[0].routes[0].path = format!("/v1{path}");
                draft.fragments[0].arguments[0] = argument("userId", Place::Query);
            },
            Rule::InvalidPath,
            At::Fragment(0, Part::Path),
            &format!(
                "`{written}` of the path `{path}` is no placeholder: it is sent as it stands; write `{{{}}}`",
                written.trim_matches([':', '<', '>'])
            ),
        );
    }
    // Without such an argument it is a segment like any other.
    assert_eq!(read(|draft| draft.fragments[2].routes[0].path = "/v1/users/{userId}/:swap".to_owned()), []);
}

#[test]
fn one_mistake_in_a_path_is_one_finding() {
    // The route is made from the path, and lacks and has what the path does.
    finds(
        |draft| {
            path_of(draft, "/users/{user}");
            draft.fragments[0].routes[0].path = "/v1/users/{user}".to_owned();
            draft.fragments[0].arguments[0] = argument("user", Place::Path);
            draft.fragments[0].arguments.push(argument("team", Place::Path));
        },
        Rule::UnmatchedPathArgument,
        At::Fragment(0, Part::Argument(1)),
        "the path `/users/{user}` has no placeholder for `team`; \
         put `{team}` into the path, or take `#[path]` off the argument",
    );
    finds(
        |draft| {
            path_of(draft, "/users/{user}");
            draft.fragments[0].routes[0].path = "/v1/users/{user}".to_owned();
            draft.fragments[0].arguments.clear();
        },
        Rule::UnfilledPlaceholder,
        At::Fragment(0, Part::Placeholder("user".to_owned())),
        "no argument fills `{user}` of the path; add an argument: `user: &str`",
    );
}

#[test]
fn arguments_have_names_of_their_own() {
    finds(
        |draft| {
            draft.fragments[0].arguments.extend([argument("X-Org", Place::Header), argument("x-org", Place::Header)]);
        },
        Rule::DuplicateArgument,
        At::Fragment(0, Part::Argument(2)),
        "two arguments are called `x-org`, so callers cannot tell them apart; rename one of them: `#[header(\"…\")]`",
    );
    let swapped = |draft: &mut Draft| draft.fragments[2].arguments.push(argument("one", Place::Query));
    assert_eq!(read(swapped)[0].0, Rule::DuplicateArgument);
}

#[test]
fn a_request_has_one_body_and_reading_has_none() {
    finds(
        |draft| draft.fragments[0].arguments.push(argument("body", Place::Body)),
        Rule::UnexpectedBody,
        At::Fragment(0, Part::Argument(1)),
        "a GET request has no body for `body`; take what `body` holds as arguments of their own: they travel in the \
         query; or use `post`",
    );
    finds(
        |draft| {
            let operation = &mut draft.fragments[0].consumed.as_mut().unwrap().operation;
            operation.input_parameters =
                ["path", "query"].map(|_| InputParameter { kind: Some("string".into()), ..Default::default() }).into();
            draft.fragments[0].arguments.push(argument("body", Place::Body));
        },
        Rule::UnexpectedBody,
        At::Fragment(0, Part::Argument(1)),
        "a GET request has no body for `body`; mark `body` `#[query]`, or use a method with a body: `post`",
    );
    finds(
        |draft| draft.fragments[1].arguments.push(argument("body", Place::Body)),
        Rule::UnexpectedBody,
        At::Fragment(1, Part::Argument(1)),
        "a DELETE request has no body for `body`; if the API reads one, write `#[delete(\"/users/{userId}\", body)]`",
    );
    let mut draft = good();
    draft.fragments[1].arguments.push(argument("body", Place::Body));
    draft.fragments[1].declares_body = true;
    assert!(check(&draft).is_empty(), "{:?}", check(&draft));
    finds(
        |draft| draft.fragments[2].arguments[2].whole_body = true,
        Rule::SeveralBodies,
        At::Fragment(2, Part::Argument(1)),
        "`other` and `one` cannot both be the body; put both into one struct, or mark one `#[query]` or `#[header]`",
    );
}

#[test]
fn operations_and_tools_have_names_of_their_own() {
    let same = |draft: &mut Draft| {
        "get".clone_into(&mut draft.fragments[1].consumed.as_mut().unwrap().operation.name);
    };
    finds(
        same,
        Rule::DuplicateOperation,
        At::Fragment(1, Part::Name),
        "two operations are called `get`; give one of them another name: `name = \"…\"`",
    );
    finds(
        |draft| draft.fragments[2].tools[0].tool.name = "get".to_owned(),
        Rule::DuplicateTool,
        At::Fragment(2, Part::ToolName),
        "two tools are called `get`; give one of them another name: `#[tool(name = \"…\")]`",
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
        Rule::CollidingRoutes,
        At::Fragment(2, Part::RoutePath),
        "the routes `GET /v1/users/{userid}` and `GET /v1/users/{USERID}` are the same to a router; \
         say another path with `#[rest(path = \"…\")]`, or take one away with `#[rest(skip)]`",
    );
    let pair = |draft: &mut Draft, cfgs: [&str; 2]| {
        let twin = draft.fragments[0].clone();
        draft.fragments.push(twin);
        draft.fragments[0].cfg = cfgs[0].to_owned();
        draft.fragments[3].cfg = cfgs[1].to_owned();
    };
    assert_eq!(read(|draft| pair(draft, ["unix", "not (unix)"])), []);
    let rules: Vec<_> = read(|draft| pair(draft, ["unix", ""])).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(rules, [Rule::DuplicateOperation, Rule::CollidingRoutes, Rule::DuplicateTool]);
}

#[test]
fn clients_refuse_some_tool_names() {
    let name = |name: &str| {
        let name = name.to_owned();
        read(move |draft| draft.fragments[0].tools[0].tool.name = name).pop().map(|(rule, at, text)| {
            assert_eq!((rule, at), (Rule::InvalidToolName, At::Fragment(0, Part::ToolName)));
            text
        })
    };
    assert_eq!(name(&"a".repeat(64)), None);
    assert_eq!(
        name(&"a".repeat(65)).unwrap(),
        format!(
            "the tool name `{}` has 65 characters, and clients take 64; say a shorter one: `#[tool(name = \"…\")]`",
            "a".repeat(65)
        )
    );
    assert_eq!(
        name("tokens.get").unwrap(),
        "the tool name `tokens.get` holds '.', which clients refuse; letters, digits, `_` and `-` are fine: `#[tool(name = \"tokens-get\")]`"
    );
    assert_eq!(name("").unwrap(), "a tool's name is empty; name it: `#[tool(name = \"…\")]`");
}

#[test]
fn hints_claim_no_less_danger_than_the_method_has() {
    let mild = Hints { read_only: Some(true), destructive: Some(false), idempotent: Some(true), open_world: None };
    let says = |index: usize, hints| move |draft: &mut Draft| draft.fragments[index].tools[0].tool.hints = Some(hints);
    finds(
        says(2, mild),
        Rule::UnderstatedHint,
        At::Fragment(2, Part::Hints),
        "the tool `swap` says that it only reads, but POST writes; \
         take `read_only` out of its hints",
    );
    finds(
        says(1, Hints { read_only: Some(false), ..mild }),
        Rule::UnderstatedHint,
        At::Fragment(1, Part::Hints),
        "the tool `remove` says that it destroys nothing, but DELETE removes; \
         take `destructive = false` out of its hints",
    );
    assert_eq!(read(says(0, Hints { read_only: Some(false), destructive: Some(true), ..mild })), []);
}

#[test]
fn paths_are_paths() {
    let text = |path: &str| {
        let path = path.to_owned();
        let found = read(move |draft| path_of(draft, &path));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0, &found[0].1), (Rule::InvalidPath, &At::Fragment(0, Part::Path)));
        found[0].2.clone()
    };
    assert_eq!(text("users/{userId}"), "the path `users/{userId}` does not begin with `/`; write `/users/{userId}`");
    assert_eq!(
        text("/users?userId={userId}&pageSize=2"),
        "the path `/users?userId={userId}&pageSize=2` has a query; \
         write `/users`, and what the query holds as an argument: `user_id`, `page_size`"
    );
    assert_eq!(text("/users#top"), "the path `/users#top` has a fragment; end it before the `#`: `/users`");
    assert_eq!(
        text("/users/{userId"),
        "the path `/users/{userId` cannot be read: `{` at byte 7 is not closed; a placeholder ends with `}`"
    );
    assert_eq!(
        text("/users/{{userId}}"),
        "the path `/users/{{userId}}` cannot be read: `{{userId}}` is written `{userId}` in a path; write `{userId}`"
    );
    assert_eq!(
        text("/users/{userId}/{user_id}"),
        "the path `/users/{userId}/{user_id}` has the placeholder `{user_id}` twice; give each a name of its own"
    );
    assert_eq!(
        text("/a/../{userId}"),
        "the path `/a/../{userId}` has the segment `..`; write the path that it leads to"
    );
    assert_eq!(
        text("/users/{}"),
        "the path `/users/{}` cannot be read: nothing stands between the braces at byte 7; name the argument that fills it: `{id}`"
    );
    assert!(text("/us ers/{userId}").contains("a blank"));
    assert!(text("/us\ners/{userId}").contains("a character that no path has"));
    finds(
        |draft| draft.fragments[2].routes[0].path = "/v1/users(id={userId})".to_owned(),
        Rule::InvalidPath,
        At::Fragment(2, Part::RoutePath),
        "in the route `/v1/users(id={userId})` a placeholder is only part of the segment `users(id={userId})`; \
         callers' routes have placeholders that are a whole segment: say one with `#[rest(path = \"…\")]`",
    );
}

#[test]
fn a_base_uri_is_an_address_and_nothing_else() {
    let text = |uri: &str| {
        let uri = uri.to_owned();
        read(move |draft| draft.head.capability.consumes[0].base_uri = uri).pop().map(|(rule, at, text)| {
            assert_eq!((rule, at), (Rule::InvalidBaseUri, head("/capability/consumes/0/baseUri")));
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
        "the base URI `https://a.example/` ends with a slash; paths begin with one, so write `https://a.example`"
    );
    assert_eq!(
        text("https://a.example?x=1").unwrap(),
        "the base URI `https://a.example?x=1` has a query; end it before the `?`: `https://a.example`; what every call sends belongs into its arguments"
    );
    assert_eq!(
        text("https://a.example#x").unwrap(),
        "the base URI `https://a.example#x` has a fragment; end it before the `#`: `https://a.example`"
    );
    assert_eq!(text("a.example").unwrap(), "the base URI `a.example` has no scheme; write `https://a.example`");
    assert_eq!(
        text("ftp://a.example").unwrap(),
        "the base URI `ftp://a.example` has the scheme `ftp`; only http and https are spoken: `https://a.example`"
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
    assert!(text("https://a example").unwrap().contains("a blank"));
    let secret = text("https://me:hunter2@a.example").unwrap();
    assert!(secret.contains("`a.example` holds a user name") && !secret.contains("hunter2"), "{secret}");
}

#[test]
fn a_variable_is_declared_and_a_bind_is_used() {
    let token = |token: &str| {
        let token = token.to_owned();
        move |draft: &mut Draft| {
            draft.head.capability.consumes[0].authentication = Some(Authentication::Bearer { token });
        }
    };
    let at = || head("/capability/consumes/0/authentication/token");
    finds(
        token("{{env.API_KEI}}"),
        Rule::UndeclaredVariable,
        at(),
        "no bind declares `{{env.API_KEI}}`; write `{{env.API_KEY}}`, or declare it: `binds(env(API_KEI))`",
    );
    finds(
        token("{{vault.API_KEY}}"),
        Rule::UndeclaredVariable,
        at(),
        "no bind declares `{{vault.API_KEY}}`; write `{{env.API_KEY}}`, or declare it: `binds(vault(API_KEY))`",
    );
    finds(
        |draft| draft.head.capability.consumes[0].authentication = None,
        Rule::UnusedBind,
        head("/binds/0/keys/API_KEY"),
        "nothing uses the bind `API_KEY`; use it, as in `authentication(bearer = \"{{env.API_KEY}}\")`, or take it away",
    );
    assert_eq!(read(token("{{API_KEY}}")), []);
    finds(
        token("{{env.API_KEY"),
        Rule::InvalidTemplate,
        head("/capability/consumes/0/authentication/token"),
        "the template cannot be read: `{{` at byte 0 is not closed; a bind's value is `{{env.NAME}}` or `{{NAME}}`",
    );
    finds(
        |draft| draft.head.capability.consumes[0].input_parameters.push(constant("X-Org", "{{ORG}}")),
        Rule::UndeclaredVariable,
        head("/capability/consumes/0/inputParameters/0/value"),
        "no bind declares `{{ORG}}`; declare it: `binds(env(ORG))`",
    );
    let tenant = |draft: &mut Draft| drop(draft.head.binds[0].keys.insert("TENANT".to_owned(), "TENANT".to_owned()));
    assert_eq!(read(tenant), []);
}

#[test]
fn a_secret_does_not_stand_in_the_source_nor_in_a_message() {
    let secret = "hunter2";
    let authentications = [
        (Authentication::Bearer { token: secret.to_owned() }, "token"),
        (Authentication::Basic { username: "{{API_KEY}}".to_owned(), password: secret.to_owned() }, "password"),
        (
            Authentication::Apikey { key: "X".to_owned(), value: secret.to_owned(), placement: Placement::Query },
            "value",
        ),
    ];
    for (authentication, key) in authentications {
        let found = read(|draft| {
            draft.head.capability.consumes[0].authentication = Some(authentication);
            draft.head.capability.consumes[0].input_parameters.push(constant("X-Key", "{{API_KEY}}"));
        });
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].0, &found[0].1),
            (Rule::LiteralSecret, &head(&format!("/capability/consumes/0/authentication/{key}")))
        );
        assert!(!found[0].2.contains(secret) && found[0].2.contains("binds(env(TOKENS_API_KEY))"), "{found:?}");
    }
    let header = |name: &'static str, value: &'static str| {
        read(move |draft| draft.head.capability.consumes[0].input_parameters.push(constant(name, value)))
    };
    assert_eq!(
        header("X-Auth-Token", secret)[0].2,
        "the value of `X-Auth-Token` looks like a secret, and stands in the source; take it from the environment: `binds(env(X_AUTH_TOKEN))` and `\"{{env.X_AUTH_TOKEN}}\"`"
    );
    assert_eq!(header("X-Any", "ghp_0123456789")[0].0, Rule::LiteralSecret);
    assert_eq!(header("Notion-Version", "2022-06-28"), []);
}

#[test]
fn an_output_is_picked_by_a_jsonpath() {
    let output = |path: &'static str| read(move |draft| draft.fragments[0].output = Some(path.to_owned()));
    assert_eq!(output("$."), []);
    assert_eq!(output("$.data.items[?@.a == 1]"), []);
    let text = |path| {
        let found = output(path);
        assert_eq!((found[0].0, &found[0].1), (Rule::InvalidJsonpath, &At::Fragment(0, Part::Output)));
        found[0].2.clone()
    };
    assert_eq!(
        text("data.items"),
        "`data.items` is no JSONPath (RFC 9535); a JSONPath begins with `$`, the whole answer: `$.data.items`"
    );
    assert!(text("$.data[").starts_with("`$.data[` is no JSONPath (RFC 9535); it "), "{}", text("$.data["));
}

#[test]
fn headers_have_names_that_http_allows() {
    let header =
        |name: &'static str, place| read(move |draft| draft.fragments[0].arguments.push(argument(name, place)));
    assert_eq!(
        header("X Org", Place::Header),
        [(
            Rule::InvalidHeaderName,
            At::Fragment(0, Part::Argument(1)),
            "`X Org` is no header name; write `X-Org`".to_owned()
        )]
    );
    assert_eq!(
        header("Content-Length", Place::Header),
        [(
            Rule::InvalidHeaderName,
            At::Fragment(0, Part::Argument(1)),
            "the client sets the header `Content-Length` itself; take it away".to_owned()
        )]
    );
    assert_eq!(header("a=b", Place::Cookie)[0].2, "`a=b` is no cookie name; write `ab`");
    assert_eq!(header("Content-Type", Place::Header), []);
    assert_eq!(header("x y", Place::Query), []);
    finds(
        |draft| draft.head.capability.consumes[0].input_parameters.push(constant("Host", "a.example")),
        Rule::InvalidHeaderName,
        head("/capability/consumes/0/inputParameters/0/name"),
        "the client sets the header `Host` itself; take it away",
    );
}

#[test]
fn adapters_have_ports_and_namespaces_of_their_own() {
    let port = |port: u16| {
        move |draft: &mut Draft| {
            for expose in &mut draft.head.capability.exposes {
                match expose {
                    crate::model::Expose::Rest(rest) => rest.port = Some(port),
                    crate::model::Expose::Mcp(mcp) => mcp.port = Some(port),
                    crate::model::Expose::Skill(_) | crate::model::Expose::Control(_) => {}
                }
            }
        }
    };
    finds(
        port(8080),
        Rule::DuplicatePort,
        head("/capability/exposes/1/port"),
        "two adapters listen on port 8080; give one of them another port, or 0 for any that is free",
    );
    assert_eq!(read(port(0)), []);
    finds(
        |draft| {
            let twin = draft.head.capability.consumes[0].clone();
            draft.head.capability.consumes.push(twin);
        },
        Rule::DuplicateNamespace,
        head("/capability/consumes/1/namespace"),
        "two consumed APIs have the namespace `tokens`; give one of them another: `namespace = \"…\"`",
    );
}

#[test]
fn people_and_agents_choose_by_description() {
    finds(
        |draft| draft.head.info.description = " ".to_owned(),
        Rule::MissingDescription,
        head("/info/description"),
        "this capability has no description; write a doc comment above the trait: what it does, for whom",
    );
    finds(
        |draft| draft.fragments[1].description = None,
        Rule::MissingDescription,
        At::Fragment(1, Part::Description),
        "the operation `remove` has no description; write a doc comment above the method: people and agents choose by it",
    );
}

#[test]
fn all_is_found_at_once_in_the_order_of_the_source() {
    let found = read(|draft| {
        draft.fragments[1].tools[0].tool.name = "no name".to_owned();
        path_of(draft, "users/{userId}");
        draft.head.capability.consumes[0].base_uri = "nowhere".to_owned();
        draft.head.info.description = String::new();
        draft.fragments[1].description = None;
    });
    let rules: Vec<_> = found.into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(
        rules,
        [
            Rule::MissingDescription,
            Rule::InvalidBaseUri,
            Rule::InvalidPath,
            Rule::MissingDescription,
            Rule::InvalidToolName
        ]
    );
}

#[test]
fn the_rest_of_a_path_is_not_a_placeholder_to_be_renamed() {
    for (path, told) in [
        ("/files/{+userId}", "has `{+userId}`: a placeholder for the rest of a path is not supported yet"),
        ("/files/{*userId}", "has `{*userId}`: a placeholder for the rest of a path is not supported yet"),
        ("/files/{userId*}", "has `{userId*}`: a placeholder for the rest of a path is not supported yet"),
        ("/files{/userId}", "has the operator `/` in `{/userId}`"),
        ("/files{?userId}", "has the operator `?` in `{?userId}`"),
        ("/files{#userId}", "has the operator `#` in `{#userId}`"),
    ] {
        let mut draft = good();
        draft.fragments[0].consumed.as_mut().unwrap().path = path.to_owned();
        let findings = check(&draft);
        let of_path: Vec<_> = findings.iter().filter(|finding| finding.rule == Rule::InvalidPath).collect();
        assert_eq!(of_path.len(), 1, "{path}: {findings:?}");
        assert!(of_path[0].message.contains(told), "{path}: {findings:?}");
        assert!(!of_path[0].help.as_deref().unwrap().contains("rename"), "{path}: {findings:?}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_the_checks_panic(text in "\\PC{0,20}|[/{}\\[\\]:@?#.$]{0,12}", name in "\\PC{0,8}", index in 0..4_usize) {
        let mut draft = good();
        path_of(&mut draft, &text);
        draft.fragments[2].routes[0].path.clone_from(&text);
        draft.fragments[2].output = Some(text.clone());
        draft.head.capability.consumes[0].base_uri.clone_from(&text);
        draft.head.capability.consumes[0].input_parameters.push(constant(&name, &text));
        draft.fragments[1].tools[0].tool.name.clone_from(&name);
        draft.fragments[1].arguments.push(argument(&name, Place::Header));
        draft.fragments.push(Fragment { name, ..draft.fragments[0].clone() });
        draft.fragments[0].routes[0].expose = index;
        for finding in check(&draft) {
            prop_assert!(!finding.message.is_empty() && finding.help.is_some());
        }
    }
}

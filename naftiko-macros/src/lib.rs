//! The `#[capability]` attribute of [naftiko](https://docs.rs/naftiko): use it through the `naftiko` crate.
//!
//! The stages: tokens → `syntax` (parsed, not interpreted; bodies unchanged) → `document` (only with a file: the methods for
//! its operations) → `lower` (a draft of the document, and the spans of its parts) → `findings` (the checks of `naftiko-spec`)
//! → `model` (every decision made) → `expand` (tokens; this stage cannot fail). Mistakes are collected in `errors` and reported all at
//! once. After a mistake, the trait is still generated, without behaviour.

#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attribute;
mod capability;
mod derive;
mod document;
mod errors;
mod expand;
mod findings;
mod fix;
#[cfg(test)]
mod fragments;
#[cfg(test)]
mod golden;
mod guard;
#[cfg(test)]
mod hostile;
mod ident;
mod keys;
mod lower;
mod model;
#[cfg(test)]
mod remedies;
#[cfg(test)]
mod round_trip;
#[cfg_attr(not(feature = "skills"), allow(dead_code, unused_imports, reason = "no folder is read"))]
mod skills;
mod stray_attribute;
mod syntax;

use proc_macro::TokenStream;

// rust-analyzer shows only the literal lines of a doc comment, not the text of an `include_str!`: what is needed while writing
// an attribute is literal; examples and the rest are in the files.

/// Makes a trait a capability: `#[capability(consumes(…), exposes(rest(port = 8080), mcp(port = 9090)))]`.
///
/// A method with a verb, such as `#[get("/path")]`, sends a request to an API; a method with a body and `#[rest(…)]` or `#[tool(…)]`
/// is your own code. The adapters under `exposes` offer the methods as routes and tools, and `NameClient` is the client of the API.
///
/// | key | what it declares |
/// |---|---|
/// | `consumes(namespace = "…", base_uri = "…", authentication(…))` | an API that is called; repeated for several |
/// | `exposes(rest(port = 8080), mcp(port = 9090))` | the adapters that callers reach |
/// | `uses(github: GitHub)` | the capabilities that this one is built on: bodies call `self.github()` |
/// | `binds(env(KEY))` | where the values of `{{env.KEY}}` come from |
/// | `label`, `description`, `tags`, `version`, `created`, `modified` | what the document says about the capability |
/// | `rename_all = "camelCase"` | the names of arguments for callers and APIs |
/// | `document = "name.naftiko.yaml"` | a document that supplies the trait's operations |
/// | `skills = "skills/"` | a folder of skills for agents |
/// | `allow(rule, reason = "…")`, `crate = path` | a finding that is allowed; another path to `naftiko` |
///
#[doc = include_str!("../docs/capability.md")]
#[proc_macro_attribute]
pub fn capability(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(item.into(), |item| capability::capability(&document::folder(), arguments.into(), item)).into()
}

/// Distinguishes the 4xx statuses of an API: `#[status(404)]` on a variant, `#[other]` on the variant for all other errors.
///
/// - `#[status(404)]`: a variant without a value, or with a value that is decoded from the JSON of the answer. The value's type needs
///   the same derives as a return type.
/// - `#[other] Other(naftiko::Error)`: all other errors, and an answer that does not match the type of its variant. This includes a
///   401 for the capability's own credential, a 403 or 429 that asks callers to wait, 5xx and every other failure: the
///   error has the details.
///
#[doc = include_str!("../docs/upstream_error.md")]
#[proc_macro_derive(UpstreamError, attributes(status, other, naftiko))]
pub fn upstream_error(item: TokenStream) -> TokenStream {
    guard::derive(item.into(), derive::upstream_error).into()
}

/// Declares an attribute that `#[capability]` reads and removes: elsewhere it only reports an error.
macro_rules! helper {
    ($of:ident: $(#[doc = $line:expr])* $name:ident) => {
        $(#[doc = $line])*
        #[proc_macro_attribute]
        pub fn $name(_arguments: TokenStream, item: TokenStream) -> TokenStream {
            stray_attribute::refuse(stringify!($name), stray_attribute::Place::$of, item.into()).into()
        }
    };
}

/// Declares the attribute of an HTTP method. All have the same reference.
macro_rules! verb {
    ($summary:literal $name:ident) => {
        #[doc = $summary]
        ///
        /// The path is relative to the base URI; each `{placeholder}` in it is filled by an argument, and may be a part of a segment.
        /// `{+name}` is filled with several segments: slashes are kept, and empty segments, `.` and `..` are refused. The method has no body:
        /// the client sends the request. Unless [`skip`](macro@skip) hides it, the method is exposed on every adapter as a route and as a
        /// tool ([`tool`](macro@tool)). The route has the same HTTP method; its path is the prefix followed by the path without a trailing slash,
        /// with placeholders in lower case ([`rest`](macro@rest) sets another path).
        ///
        /// | key | in the document | if left out |
        /// |---|---|---|
        /// | `name = "…"` | the operation's `name`, and the second half of `call` | the method's name in kebab-case |
        /// | `description = "…"` | `description`, on both sides | the doc comment |
        /// | `consumes = "namespace"` | the entry of `consumes` that the operation is in: its API and its credential | the only entry; required if there are several |
        /// | `status = 201` | – (`OpenAPI`): the status of a success. It does not apply to answers with a status of their own: the client passes on the 2xx status of the API | 200, or 204 for `()`; with a declared status, the answer of a method that returns `()` has this status and no body |
        /// | `errors(400, 422)` | `errors`: the API's error statuses, in `OpenAPI` too. An error type with [`UpstreamError`](derive@UpstreamError) adds its own | none |
        /// | `timeout = "5s"` | `timeout`: the time limit of the call; `ms`, `s` or `m` | the `timeout` of `consumes` |
        /// | `resilience(retry(3, idempotency_key))` | `resilience`: settings that replace those of its API (`naftiko::guide::resilience`) | the settings of `consumes` |
        /// | `cache`, `cache(answer = "2MiB")`, `cache(off)` (`get` and `head`) | `cache`: whether the answers are cached, and how large a cached answer may be (`naftiko::guide::caching`) | the `cache` of `consumes` |
        /// | `query("name" = "value")`, `header("X-Name" = "value")` | parameters with `value`: sent with every request, `{{env.NAME}}` in them is a variable | none |
        /// | `format = "csv"` | `outputRawFormat`: the format of the answer (`json`, `xml`, `csv`, `tsv`, `psv`, `yaml`, `html`, `markdown`, `text`, `binary`, `stream`), from which the return type is decoded; for `binary` it is a `Download` or `Bytes`, for `stream` a `Stream`. All but `json`, `text`, `binary` and `stream` need the feature `formats` | `json`; text if the type is a string and the answer is `text/plain` |
        /// | `none_on(404)` | `noneOn`: 4xx statuses that mean "nothing there": the method, whose type is an `Option` or a response with one, returns `None`; its error type must have no `#[status]` for them | every error status is an error |
        /// | `caller_header("Authorization")`, `caller_header("X-Tenant", optional)`, repeated | `callerHeaders`: headers of the caller's request that are sent to the API; callers of a tool do not see them as arguments | none |
        /// | `response_headers("Location")` | `responseHeaders`: headers of the answer that are passed on to REST callers, unchanged: a URL in `Link` or `Location` stays the API's own | none; for `RawJson` and `Download`: `ETag`, `Last-Modified` and `Content-Range` |
        /// | `body` (`delete` only) | a parameter with `in: body` | a DELETE has no body |
        /// | `allow(rule, reason = "…")` | – | – |
        ///
        #[doc = include_str!("../docs/verb.md")]
        #[proc_macro_attribute]
        pub fn $name(_arguments: TokenStream, item: TokenStream) -> TokenStream {
            stray_attribute::refuse(stringify!($name), stray_attribute::Place::Method, item.into()).into()
        }
    };
}

verb! {"Sends a GET request to a consumed API: `#[get(\"/users/{id}\")]`." get}
verb! {"Sends a POST request to a consumed API: `#[post(\"/users/{id}\")]`." post}
verb! {"Sends a PUT request to a consumed API: `#[put(\"/users/{id}\")]`." put}
verb! {"Sends a PATCH request to a consumed API: `#[patch(\"/users/{id}\")]`." patch}
verb! {"Sends a DELETE request to a consumed API: `#[delete(\"/users/{id}\")]`." delete}
verb! {"Sends a HEAD request to a consumed API: `#[head(\"/users/{id}\")]`." head}

helper! { Method:
    /// Sets the route of a method: `#[rest(get = "/path")]`, `#[rest(path = "/path")]`, `#[rest(skip)]`.
    ///
    /// On a method with a body, `#[rest(get = "/path")]` creates a route and a tool. On a method with a verb, `#[rest]` changes the route
    /// that the verb creates.
    ///
    /// | key | in the document | if left out |
    /// |---|---|---|
    /// | `get = "/path"`, `post`, `put`, `patch`, `delete`, `head` | the resource's `path` after the prefix, unchanged, and the operation's `method` | only on methods without a verb, where it is required |
    /// | `path = "/path"` | the resource's `path` after the prefix, unchanged | the consumed path; only on methods with a verb |
    /// | `skip` | no route | the method has a route |
    /// | `name = "…"` | the operation's `name` | the verb's `name`, or the method's name in kebab-case |
    /// | `description = "…"` | the operation's `description` | the verb's `description`, or the doc comment |
    /// | `status = 201` | – (`OpenAPI`): the status of a success | the verb's `status`, or 200, 204 for `()` |
    /// | `on = "namespace"`, `on = ["a", "b"]` | the adapters to which it applies | all |
    /// | `response_headers("Location")` | – (`OpenAPI`): the headers of the method's `http::Response` that are passed on | none; on a method with a verb, declare them in the verb |
    /// | `body` (beside `delete` only) | a parameter with `in: body` | a DELETE has no body |
    /// | `allow(rule, reason = "…")` | – | – |
    ///
    #[doc = include_str!("../docs/rest.md")]
    rest
}
helper! { Method:
    /// Sets the MCP tool of a method: `#[tool(name = "list-users", hints(idempotent))]`, `#[tool(skip)]`.
    ///
    /// On a method with a body, `#[tool]` creates a tool and no route. On a method with a verb or a route, it changes the existing
    /// tool.
    ///
    /// | key | in the document | if left out |
    /// |---|---|---|
    /// | `name = "…"` | the tool's `name`: letters, digits, `_` and `-`, at most 64 | the method's name in kebab-case |
    /// | `label = "…"`, or `title` | `label`: its title | no title: clients show the name |
    /// | `description = "…"` | `description` | the verb's `description`, or the doc comment |
    /// | `hints(read_only, destructive = false, …)` | `hints` | from the HTTP method; with [`uses(…)`](macro@capability#uses), from the operations that the body calls |
    /// | `on = "namespace"`, `on = ["a", "b"]` | the adapters to which it applies | all |
    /// | `argument(user_id = "user")`, `argument(user_id(name = "user", description = "…"))` | `inputParameters` and `with` | the argument's name on the wire and its doc comment |
    /// | `max_output = "16KiB"` | `maxOutput`, in bytes: the maximum length of an answer (see below) | any length |
    /// | `confirm`, `confirm = false` | `confirm`: whether each call needs the approval of a person | depends on the adapter: with `exposes(mcp(confirm = "destructive"))`, the calls of destructive tools; otherwise none |
    /// | `task`, `task = "required"` | `task`: whether calls run as tasks (see below) | no task: clients wait for the answer |
    /// | `input_schema = { "anyOf": […] }` | `inputSchema`: keywords for the root of its input schema (see below) | only the arguments |
    /// | `skip` | no tool | the method is a tool |
    /// | `allow(rule, reason = "…")` | – | – |
    ///
    /// The hints are `read_only`, `destructive`, `idempotent` and `open_world`. A bare word means `= true`. A hint that is left out
    /// follows from the HTTP method: GET and HEAD are `read_only` and `idempotent`, PUT is `idempotent`, DELETE is `destructive` and
    /// `idempotent`; POST and PATCH are neither. For POST, PUT and PATCH, the HTTP method does not determine `destructive`, so the hint is
    /// left out: clients then assume that the tool is `destructive`, as the MCP specification requires. Write `hints(destructive =
    /// false)` for a tool that only adds data. `open_world` is true, the default of the MCP specification, unless it is declared. A hint
    /// that makes a tool look safer than its HTTP method is a finding: `understated_hint`.
    ///
    #[doc = include_str!("../docs/tool.md")]
    tool
}
helper! { Method:
    /// Hides a method from all callers.
    ///
    /// It has no route and no tool. `#[rest(skip)]` and `#[tool(skip)]` remove only one of the two.
    ///
    /// A skipped method with a verb is still a method of the client, and other methods can call it. A skipped method with a body is a
    /// helper, and can have any signature.
    ///
    #[doc = include_str!("../docs/skip.md")]
    skip
}
helper! { Method:
    /// Selects a part of the answer of an API: `#[output("$.data.items")]`.
    ///
    /// Only the part of the API's answer at this JSONPath (RFC 9535) is decoded into the return type. In the document, the path is
    /// the `value` of the operation's output parameter, where `$.` is the whole answer.
    ///
    #[doc = include_str!("../docs/output.md")]
    output
}
helper! { Method:
    /// Declares how the next page of a list is found: `#[page(cursor = "$.next", into = "after")]`.
    ///
    #[doc = include_str!("../docs/page.md")]
    page
}
helper! { Method:
    /// Publishes an example of an argument or of a result: `#[example("u-17")]`.
    ///
    /// On an argument, it is an example of the argument; on a method, of the result. It is written as JSON, and published under
    /// `examples` in the schema: OpenAPI and the schemas of tools have it. In documents, the key is `examples` too. The attribute may be
    /// repeated. An example that does not match the type or the constraints of its argument is an error.
    ///
    #[doc = include_str!("../docs/example.md")]
    example
}
helper! { Method:
    /// Makes a method an MCP resource: `#[resource(uri = "users://{id}")]`.
    ///
    /// A resource is something that clients read by a URI. With placeholders in braces the URI is a template, and
    /// each placeholder is an argument of the method.
    ///
    /// | key | meaning |
    /// |---|---|
    /// | `uri = "…"` | the URI, or the template. `{+path}` is a placeholder whose value may contain slashes |
    /// | `mime_type = "…"` | the media type; by default, it follows from the return type |
    /// | `name = "…"` | the name; by default the method's, in kebab-case |
    /// | `label = "…"`, `title = "…"` | the title for people |
    /// | `description = "…"` | what it contains; by default the doc comment |
    /// | `on = "namespace"` | the MCP adapters that have it; by default all |
    ///
    #[doc = include_str!("../docs/resource.md")]
    resource
}
helper! { Method:
    /// Makes a method an MCP prompt: `#[prompt]`, `#[prompt(template = "…")]`.
    ///
    /// A prompt is a message, or several, with which a user starts a conversation. The arguments of the method are the arguments of
    /// the prompt; clients send them as text, so they are strings, numbers, booleans and enums.
    ///
    /// | key | meaning |
    /// |---|---|
    /// | `template = "…"` | the message of the user, with `{{name}}` for each argument; the method then has no body, returns `Result<String>`, and has no other arguments |
    /// | `name = "…"` | the name; by default the method's, in kebab-case |
    /// | `label = "…"`, `title = "…"` | the title for people |
    /// | `description = "…"` | when to use it; by default the doc comment |
    /// | `on = "namespace"` | the MCP adapters that have it; by default all |
    ///
    #[doc = include_str!("../docs/prompt.md")]
    prompt
}
helper! { Method:
    /// Completes the arguments of a resource or a prompt: `#[complete(id = complete_id)]`.
    ///
    /// The named methods return the values that an argument of a resource template or of a prompt may have, while a user types it.
    ///
    #[doc = include_str!("../docs/complete.md")]
    complete
}
helper! { Method:
    /// Declares the scopes that a caller needs: `#[scope("tokens:write")]`.
    ///
    /// A caller of the method needs all of them (RFC 6749, section 3.3); other callers get 403. They are compared with the scopes of the
    /// caller's access token; see `authentication(oauth2(…))` of an adapter.
    ///
    #[doc = include_str!("../docs/scope.md")]
    scope
}
helper! { Argument:
    /// Sends an argument in the path of a request, in the placeholder with that name: `#[path]`, `#[path("userId")]`.
    ///
    /// The value is percent-encoded as one segment; in `{+name}` it is several segments, whose slashes stay. Its type is a [`Scalar`].
    /// An argument with the name of a placeholder (ignoring case, `_` and `-`) is sent there without this attribute.
    ///
    /// | form | where it is sent |
    /// |---|---|
    /// | `#[path]` | in the placeholder with the name of the argument |
    /// | `#[path("userId")]` | in the placeholder `{userId}` |
    ///
    /// [Requests](macro@get#requests) shows the request of each form. It is an error anywhere but on an argument of a method in
    /// a trait with [`capability`](macro@capability).
    ///
    /// [`Scalar`]: https://docs.rs/naftiko/latest/naftiko/trait.Scalar.html
    path
}
helper! { Argument:
    /// Sends an argument in the query of a request: `#[query]`, `#[query("page-size")]`, `#[query(default = 30)]`.
    ///
    /// Its type is a [`Scalar`] or a list of them; with the style `members` or `deep`, it is an object. An argument that is not in the path
    /// and is not called `body` is in the query without this attribute; in a method with a body, only if the route has GET, HEAD or DELETE,
    /// or if another argument is the whole body.
    ///
    /// | form | what is sent |
    /// |---|---|
    /// | `#[query("page-size")]` | `page-size=2`: its name on the wire; by default the argument's, after `rename_all` |
    /// | `#[query(default = 30)]` | this value, if the caller leaves it out |
    /// | `#[query(style = "comma")]` | a list in that style: `comma`, `space`, `pipe`, `brackets`, `indexed`, `repeated` (the default) |
    /// | `#[query(style = "members")]`, `"deep"` | the members of an object: `a=1`, or `name[a]=1` |
    ///
    /// [Requests](macro@get#requests) shows the request of each form. It is an error anywhere but on an argument of a method in
    /// a trait with [`capability`](macro@capability).
    ///
    /// [`Scalar`]: https://docs.rs/naftiko/latest/naftiko/trait.Scalar.html
    query
}
helper! { Argument:
    /// Sends an argument in a header of a request: `#[header]`, `#[header("If-Match")]`.
    ///
    /// Its type is a [`Scalar`] or a list of them; with the style `members`, it is a map. An argument with the name of the credential's
    /// header is the credential of the caller, which takes the place of the capability's own and is never printed.
    ///
    /// | form | what is sent |
    /// |---|---|
    /// | `#[header("If-Match")]` | `If-Match: …`: its name on the wire; by default the argument's, after `rename_all` |
    /// | `#[header("X-Mode", default = "fast")]` | this value, if the caller leaves it out |
    /// | `#[header("X-Tags", style = "comma")]` | a list in one header; by default one header for each item |
    /// | `#[header("X-Meta-", style = "members")]` | the members of a map, in headers whose names begin with this prefix |
    ///
    /// [Requests](macro@get#requests) shows the request of each form. It is an error anywhere but on an argument of a method in
    /// a trait with [`capability`](macro@capability).
    ///
    /// [`Scalar`]: https://docs.rs/naftiko/latest/naftiko/trait.Scalar.html
    header
}
helper! { Argument:
    /// Sends an argument in a cookie of a request: `#[cookie]`, `#[cookie("sid")]`.
    ///
    /// Its type is a [`Scalar`]. The text is the name of the cookie; by default the argument's, after `rename_all`.
    /// `default = "…"` is the value that is sent if the caller leaves the argument out.
    ///
    /// [Requests](macro@get#requests) shows the request of each form. It is an error anywhere but on an argument of a method in
    /// a trait with [`capability`](macro@capability).
    ///
    /// [`Scalar`]: https://docs.rs/naftiko/latest/naftiko/trait.Scalar.html
    cookie
}
helper! { Argument:
    /// Sends an argument as the body of a request: `#[body]`, `#[body(form)]`, `#[body(bytes)]`.
    ///
    /// An argument that is called `body` is the JSON body without this attribute. `content_type = "…"` sets its `Content-Type`.
    ///
    /// | form | what is sent |
    /// |---|---|
    /// | `#[body]`, `#[body("name")]` | JSON, of an [`Argument`]; the text is its name in documents and tools |
    /// | `#[body(form)]`, `#[body(form, lists = "brackets")]` | a form of an [`Argument`]: objects are `a[b]=1`, lists `a=1&a=2` or in that style |
    /// | `#[body(text)]`, `#[body(xml)]` | a [`Scalar`], unchanged |
    /// | `#[body(bytes)]`, `#[body(bytes, limit = "50MiB")]` | an [`Upload`], unchanged, up to that size |
    ///
    /// [Requests](macro@get#requests) shows the request of each form. It is an error anywhere but on an argument of a method in
    /// a trait with [`capability`](macro@capability).
    ///
    /// [`Scalar`]: https://docs.rs/naftiko/latest/naftiko/trait.Scalar.html
    /// [`Argument`]: https://docs.rs/naftiko/latest/naftiko/trait.Argument.html
    /// [`Upload`]: https://docs.rs/naftiko/latest/naftiko/struct.Upload.html
    body
}
helper! { Argument:
    /// Sends an argument as a part of a `multipart/form-data` body: `#[part]`, `#[part("file", limit = "1MiB")]`.
    ///
    /// Its type is an [`Argument`], a list of them (a part for each), or [`Upload`] (a file). Without `content_type`, an object is
    /// `application/json`, a file has its own type or `application/octet-stream`, and a string has none (RFC 7578, section 4.4).
    ///
    /// | form | what is sent |
    /// |---|---|
    /// | `#[part("label")]` | a part with that name; by default the argument's, after `rename_all` |
    /// | `#[part(limit = "1MiB")]` | a file of at most that size |
    /// | `#[part(content_type = "text/csv")]` | a part of that type |
    ///
    /// [Requests](macro@get#requests) shows the request of each form. It is an error anywhere but on an argument of a method in
    /// a trait with [`capability`](macro@capability).
    ///
    /// [`Argument`]: https://docs.rs/naftiko/latest/naftiko/trait.Argument.html
    /// [`Upload`]: https://docs.rs/naftiko/latest/naftiko/struct.Upload.html
    part
}

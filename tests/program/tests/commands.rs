//! The commands of a program, run in this process: arguments are set in code, and no variable is set in the environment.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use naftiko::testing::{Answer, Upstream};
use naftiko::{Error, ErrorKind, Result, Setup};
use naftiko_program_tests::{Echo, InMemory, Tokens, TokensClient, Wall};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// What a program printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Printed {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn never() -> Result<TokensClient> {
    panic!("this command needs no client")
}

/// Runs the program with a demo; the client must not be created.
async fn demo(arguments: &[&str]) -> Result<String> {
    let printed = Printed::default();
    naftiko::run(never).demo(InMemory::filled).args(arguments).output(printed.clone()).await?;
    Ok(printed.text())
}

/// Runs the program with its client.
async fn real(arguments: &[&str]) -> Result<String> {
    let printed = Printed::default();
    naftiko::run(TokensClient::from_env).args(arguments).output(printed.clone()).await?;
    Ok(printed.text())
}

/// Runs the program of two capabilities.
async fn several(arguments: &[&str]) -> Result<String> {
    let printed = Printed::default();
    let wall = || Ok(Wall.into_capability());
    naftiko::run(never).demo(InMemory::filled).and(wall).args(arguments).output(printed.clone()).await?;
    Ok(printed.text())
}

/// Returns the message of an invalid command line.
fn usage(result: Result<String>) -> String {
    let error: Error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().starts_with("error: "), "{error}");
    error.to_string()
}

#[tokio::test]
async fn published_is_the_default_style_of_the_document() {
    let yaml = demo(&["document"]).await.unwrap();
    let capability = InMemory::filled().into_capability();
    assert_eq!(yaml, capability.document().to_yaml().unwrap());
    assert_eq!(yaml, demo(&["document", "--style", "published"]).await.unwrap());
}

#[tokio::test]
async fn the_document_says_that_it_lacks_the_fallback() {
    let document = async |capability: naftiko::Capability| {
        let printed = Printed::default();
        naftiko::run(move || Ok(capability)).args(["document"]).output(printed.clone()).await.unwrap();
        printed.text()
    };
    let tokens = || InMemory::filled().into_capability();
    let left_out = "# Left out: the fallback of the capability, which a document cannot express.\n";
    let yaml = document(tokens()).await;
    assert_eq!(document(tokens().with_fallback(tokens()).unwrap()).await, format!("{left_out}{yaml}"));
    assert!(!yaml.contains(left_out));
}

#[tokio::test]
async fn the_document_can_include_all_types() {
    let yaml = demo(&["document", "--style", "schema"]).await.unwrap();
    assert_eq!(yaml, InMemory::filled().into_capability().typed_document().to_yaml().unwrap());
    assert_ne!(yaml, demo(&["document"]).await.unwrap());
}

#[tokio::test]
async fn openapi_is_json() {
    let openapi: Value = serde_json::from_str(&demo(&["openapi"]).await.unwrap()).unwrap();
    assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1"), "{openapi}");
    assert!(openapi["paths"]["/v1/users/{userId}/tokens"]["post"].is_object(), "{openapi}");
    let older: Value = serde_json::from_str(&demo(&["openapi", "--openapi", "3.0"]).await.unwrap()).unwrap();
    assert_eq!(older["openapi"], "3.0.3");
    let error = demo(&["openapi", "--openapi", "2.0"]).await.unwrap_err();
    assert!(error.to_string().contains("[possible values: 3.1, 3.0]"), "{error}");
}

#[tokio::test]
async fn a_skill_names_the_tools() {
    let skill = demo(&["skill"]).await.unwrap();
    assert!(skill.starts_with("---\nname: "), "{skill}");
    assert!(skill.contains("The MCP server `tokens-mcp` has these tools:\n\n- `list-tokens`: Lists"), "{skill}");
    assert!(skill.contains("- `revoke-token`: Deletes a token of a user."), "{skill}");
}

#[tokio::test]
async fn tools_are_a_table() {
    let expected = "\
TOOL          TOKENS  ARGUMENTS                   DESCRIPTION
list-tokens      148  userId: string (required)   Lists the tokens of a user.
                      limit: integer
                      ids: list of string
create-token     136  userId: string (required)   Creates a token for a user.
                      body: object (required)
revoke-token      66  userId: string (required)   Deletes a token of a user.
                      tokenId: string (required)

3 tools, about 350 tokens
";
    assert_eq!(demo(&["tools"]).await.unwrap(), expected);
}

#[tokio::test]
async fn help_lists_commands_and_options() {
    let help = demo(&["--help"]).await.unwrap();
    for part in ["Lists, creates and deletes the tokens", "serve", "TOKENS_KEY", "RUST_LOG", "Exit codes"] {
        assert!(help.contains(part), "{part} is missing in:\n{help}");
    }
    let help = demo(&["serve", "--help"]).await.unwrap();
    for part in ["tokens-rest", "8080", "tokens-mcp", "9090", "--upstream", "--demo", "--allow-host"] {
        assert!(help.contains(part), "{part} is missing in:\n{help}");
    }
    // This program has no demo.
    assert!(!real(&["serve", "--help"]).await.unwrap().contains("--demo"));
    assert!(!real(&["call", "--help"]).await.unwrap().contains("--capability"));
    assert!(several(&["call", "--help"]).await.unwrap().contains("--capability"));
}

#[tokio::test]
async fn an_operation_is_called_by_any_of_its_names() {
    for name in ["list_tokens", "list-tokens"] {
        let tokens = demo(&["call", name, "--demo", "--argument", "userId=u-1"]).await.unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&tokens).unwrap(),
            json!([{ "id": "ci", "days": 30 }, { "id": "laptop" }])
        );
    }
    // The operation returns nothing, so nothing is printed.
    let revoked = demo(&["call", "revoke-token", "--demo", "-a", "user_id=u-1", "-a", "token-id=ci"]).await.unwrap();
    assert_eq!(revoked, "");
}

#[tokio::test]
async fn arguments_are_parsed_according_to_their_schemas() {
    // `userId` expects a string, so `7` stays a string; `limit` expects an integer, so `1` is parsed.
    let none = demo(&["call", "list_tokens", "--demo", "-a", "userId=7", "-a", "limit=1"]).await.unwrap();
    assert_eq!(none, "[]\n");
    let one = demo(&["call", "list_tokens", "--demo", "-a", "userId=u-1", "-a", "limit=1"]).await.unwrap();
    assert_eq!(one, "[\n  {\n    \"id\": \"ci\",\n    \"days\": 30\n  }\n]\n");
    // A list can be given item by item, or as JSON.
    for ids in [["-a", "ids=ci", "-a", "ids=laptop"], ["-a", r#"ids=["ci"]"#, "-a", "ids=laptop"]] {
        let both = demo(&[&["call", "list_tokens", "--demo", "-a", "userId=u-1"], &ids[..]].concat()).await.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&both).unwrap().as_array().unwrap().len(), 2);
    }
    let created =
        demo(&["call", "create_token", "--demo", "-a", "userId=@u", "-a", r#"body={"id":"a=b"}"#]).await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&created).unwrap(), json!({ "id": "a=b" }));
}

#[tokio::test]
async fn a_body_is_read_from_a_file() {
    let file = std::env::temp_dir().join(format!("naftiko-body-{}.json", std::process::id()));
    std::fs::write(&file, r#"{ "id": "from a file" }"#).unwrap();
    let body = format!("body=@{}", file.display());
    let created = demo(&["call", "create_token", "--demo", "-a", "userId=u", "-a", &body]).await;
    std::fs::write(&file, "{").unwrap();
    let broken = demo(&["call", "create_token", "--demo", "-a", "userId=u", "-a", &body]).await;
    std::fs::remove_file(&file).unwrap();
    assert_eq!(created.unwrap(), "{\n  \"id\": \"from a file\"\n}\n");
    assert!(usage(broken).contains("is not valid JSON"));
    let missing = demo(&["call", "create_token", "--demo", "-a", "userId=u", "-a", &body]).await;
    assert!(usage(missing).contains("cannot be read"));
}

#[tokio::test]
async fn an_error_points_to_the_wrong_or_missing_argument() {
    let error = demo(&["call", "list_tokens", "--demo", "-a", "userId=u", "-a", "limit=many"]).await.unwrap_err();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Argument, Some("/limit")));
    let error = demo(&["call", "create_token", "--demo", "-a", "userId=u", "-a", "body={}"]).await.unwrap_err();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Argument, Some("/body/id")));
    let error = demo(&["call", "list_tokens", "--demo"]).await.unwrap_err();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Argument, Some("/userId")));
}

#[tokio::test]
async fn a_dry_run_prints_the_request() {
    // Needs no environment variables: the values are shown as placeholders.
    let printed =
        real(&["call", "create_token", "--dry-run", "-a", "userId=a b", "-a", r#"body={"id":"ci"}"#]).await.unwrap();
    assert!(printed.contains("POST") && printed.contains("/users/a%20b/tokens"), "{printed}");
    assert!(printed.contains("***"), "{printed}");
    assert!(printed.contains(r#"{"id":"ci"}"#), "{printed}");
    let upstream = ["--upstream", "tokens=http://127.0.0.1:1/base"];
    let delete = ["call", "revoke-token", "--dry-run", "-a", "userId=u", "-a", "tokenId=t"];
    let printed = real(&[&delete[..], &upstream].concat()).await.unwrap();
    assert!(printed.contains("DELETE") && printed.contains("/base/users/u/tokens/t"), "{printed}");
}

#[tokio::test]
async fn a_client_needs_its_environment() {
    let error = real(&["call", "list_tokens", "-a", "userId=u"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    for variable in ["TOKENS_KEY", "TENANT_ID"] {
        assert!(error.to_string().contains(variable), "{variable} is missing in: {error}");
    }
    // With another base URI, the variable of the declared one is not needed.
    let error = real(&["call", "list_tokens", "-a", "userId=u", "--upstream", "tokens=http://127.0.0.1:1"]).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("TOKENS_KEY") && !error.contains("TENANT_ID"), "{error}");
}

#[tokio::test]
async fn errors_of_the_command_line_show_valid_values() {
    let cases: [(&[&str], &[&str]); 21] = [
        (&["serv"], &["serv", "serve"]),
        (&["--prot", "x=1"], &["--prot", "--port"]),
        (&["--port", "tokens-rest"], &["expected NAMESPACE=PORT"]),
        (&["--port", "tokens-rest=65536"], &["`65536` is not a port"]),
        (&["--port", "18088"], &["`--port 18088`", "--port tokens-rest=18088", "--port tokens-mcp=18088"]),
        (&["--port", "tokens=1"], &["unknown adapter `tokens`", "`tokens-rest`", "`tokens-mcp`"]),
        (&["--upstream", "token=http://x"], &["unknown consumed API `token`", "`tokens`"]),
        (&["--upstream", "tokens=http://x", "--demo"], &["--upstream", "--demo"]),
        (&["--demo", "--allow-host", "two words"], &["`two words` is not a valid host", "`api.example.com`"]),
        (&["--demo", "--allow-host", "http://x/"], &["`http://x/` is not a valid host", "`api.example.com`"]),
        (&["--demo", "--allow-origin", "https://"], &["`https://` is not a valid origin", "`https://app.example.com`"]),
        (&["document", "--style", "other"], &["published", "schema"]),
        (&["call"], &["OPERATION"]),
        (
            &["call", "nothing"],
            &["unknown operation `nothing`; expected", "`list-tokens` or `list_tokens`", "`create-token`"],
        ),
        (&["call", "list_tokns"], &["unknown operation `list_tokns`; did you mean `list_tokens`?"]),
        (&["call", "create-token", "-a", "body={"], &["`body` is not valid JSON", "line 1 column 1"]),
        (&["call", "list_tokens", "-a", "user=u"], &["no argument `user`", "`userId`", "`limit`"]),
        (&["call", "list_tokens", "-a", "limit=1", "-a", "limit=2"], &["`limit` is given twice"]),
        (&["call", "list_tokens", "-a", "=1"], &["expected NAME=VALUE"]),
        (&["call", "list_tokens", "--demo", "--dry-run"], &["--demo", "--dry-run"]),
        (&["tools", "--demo"], &["--demo"]),
    ];
    for (arguments, parts) in cases {
        let message = usage(demo(arguments).await);
        for part in parts {
            assert!(message.contains(part), "{arguments:?}: {part} is missing in:\n{message}");
        }
    }
}

#[tokio::test]
async fn several_capabilities_are_distinguished() {
    assert_eq!(several(&["call", "echo", "-a", "text=hello"]).await.unwrap(), "\"hello\"\n");
    assert!(several(&["call", "list_tokens", "--demo", "-a", "userId=u-1"]).await.unwrap().contains("laptop"));
    let message = usage(several(&["document"]).await);
    assert!(message.contains("--capability: `tokens`, `echo-rest`"), "{message}");
    let message = usage(several(&["document", "--capability", "other"]).await);
    assert!(message.contains("unknown capability `other`"), "{message}");
    for name in ["echo-rest", "echo-mcp", "Echo"] {
        assert!(several(&["document", "--capability", name]).await.unwrap().contains("label: Echo"));
    }
    let tools = several(&["tools"]).await.unwrap();
    assert!(tools.contains("Tokens\n\nTOOL") && tools.contains("Echo\n\nTOOL"), "{tools}");
    let message = usage(several(&["call", "echo", "--demo", "-a", "text=x"]).await);
    assert!(message.contains("`echo-rest` has no demo"), "{message}");
    // Both capabilities have the same ports.
    let error = several(&["serve"]).await.unwrap_err().to_string();
    for part in ["`tokens-rest` and `echo-rest`", "8080", "--port echo-rest=PORT"] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
}

#[tokio::test]
async fn tools_calls_the_closure_that_creates_the_capability() {
    let printed = Printed::default();
    let wall = || -> Result<Wall> { Ok(Wall) };
    naftiko::run(move || Ok(wall()?.into_capability())).args(["tools"]).output(printed.clone()).await.unwrap();
    assert!(printed.text().contains("echo      69  text: string (required)"), "{}", printed.text());
    let failing = || -> Result<naftiko::Capability> { Err(Error::configuration("no wall")) };
    assert_eq!(naftiko::run(failing).args(["tools"]).await.unwrap_err().to_string(), "no wall");
}

const DRY_RUN: [&str; 5] = ["call", "list_tokens", "--dry-run", "-a", "userId=u"];

#[tokio::test]
async fn a_dry_run_reaches_clients_made_on_another_thread() {
    let printed = Printed::default();
    let tokens = || std::thread::spawn(TokensClient::from_env).join().unwrap();
    naftiko::run(tokens).args(DRY_RUN).output(printed.clone()).await.unwrap();
    let printed = printed.text();
    assert!(printed.starts_with("GET https://[tenant_id].tokens.example/users/u/tokens\n"), "{printed}");
}

#[tokio::test]
async fn a_dry_run_keeps_what_the_builder_specifies() {
    let upstream = Upstream::start().await;
    let url = upstream.url().to_owned();
    let (printed, built_at) = (Printed::default(), url.clone());
    let tokens = move || TokensClient::builder().base_uri(built_at).bind("TOKENS_KEY", "key").build();
    naftiko::run(tokens).args(DRY_RUN).output(printed.clone()).await.unwrap();
    assert!(printed.text().starts_with(&format!("GET {url}/users/u/tokens\n")), "{}", printed.text());
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn another_upstream_gets_the_credentials_of_the_builder() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/users/u/tokens", Answer::of(200, "application/json", "[]"));
    let elsewhere = format!("tokens={}", upstream.url());
    let tokens = || TokensClient::builder().base_uri("http://127.0.0.1:1").bind("TOKENS_KEY", "key").build();
    let call = ["call", "list_tokens", "-a", "userId=u", "--upstream", &elsewhere];
    naftiko::run(tokens).args(call).output(Printed::default()).await.unwrap();
    // A closure that takes the setup, and returns a capability.
    let tokens = |setup: Setup| {
        TokensClient::builder().bind("TOKENS_KEY", "key").setup(&setup).build().map(Tokens::into_capability)
    };
    naftiko::run(tokens).args(call).output(Printed::default()).await.unwrap();
    let keys: Vec<_> = upstream.requests().iter().map(|request| request.headers["authorization"].clone()).collect();
    assert_eq!(keys, ["Bearer key", "Bearer key"]);
}

#[tokio::test]
async fn a_dry_run_reaches_capabilities_made_by_hand() {
    let printed = Printed::default();
    let tokens = |setup: Setup| TokensClient::builder().setup(&setup).build().map(Tokens::into_capability);
    let program = naftiko::run(|| Ok(Wall.into_capability())).and(tokens);
    let dry_run = [&DRY_RUN[..], &["--capability", "tokens"]].concat();
    program.args(dry_run).output(printed.clone()).await.unwrap();
    assert!(
        printed.text().starts_with("GET https://[tenant_id].tokens.example/users/u/tokens\n"),
        "{}",
        printed.text()
    );
}

/// Adds notes.
#[naftiko::capability(
    binds(env(NOTES_SECRET)),
    consumes(
        namespace = "notes",
        base_uri = "https://notes.example",
        authentication(oauth2(
            token_url = "https://id.example/token",
            client_id = "me",
            client_secret = "{{env.NOTES_SECRET}}",
        )),
        resilience(retry(2, idempotency_key)),
    ),
    exposes(rest(port = 1))
)]
pub trait Notes {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self) -> naftiko::Result<naftiko::RawJson>;

    /// Adds a note.
    #[post("/notes", resilience(retry(2, idempotency_key = "X-Key")))]
    async fn add(&self, #[header("Authorization")] caller: Option<&str>, body: &str) -> naftiko::Result<()>;
}

#[tokio::test]
async fn a_dry_run_shows_the_headers_that_are_added_to_the_request() {
    for (call, wanted) in [
        (&["read"][..], "\nauthorization: Bearer ***"),
        (&["add", "-a", "body=Hi"], "x-key: (a new UUID for each call)\n\n\"Hi\""),
        (&["add", "-a", "body=Hi", "-a", "Authorization=Bearer mine"], "authorization: ***"),
    ] {
        let printed = Printed::default();
        let notes = |setup: Setup| NotesClient::builder().setup(&setup).build().map(Notes::into_capability);
        let arguments = [&["call"], call, &["--dry-run"]].concat();
        naftiko::run(notes).args(arguments).output(printed.clone()).await.unwrap();
        let text = printed.text();
        assert!(text.contains(wanted), "{text}");
        assert!(call[0] != "read" || !text.contains("key"), "a GET has a key: {text}");
        assert!(!call.contains(&"Authorization=Bearer mine") || !text.contains("Bearer ***"), "{text}");
    }
}

#[tokio::test]
async fn an_option_that_a_factory_cannot_take_is_refused() {
    let upstream = Upstream::start().await;
    let elsewhere = format!("tokens={}", upstream.url());
    let assert_refused = |error: Error, option: &str| {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let error = error.to_string();
        for part in [option, "run(|setup: naftiko::Setup| …)", "TokensClient::builder().setup(&setup)"] {
            assert!(error.contains(part), "{part} is missing in: {error}");
        }
    };
    let url = upstream.url().to_owned();
    let set_up = move || {
        let client = TokensClient::builder().base_uri(url).bind("TOKENS_KEY", "key").build();
        client.map(Tokens::into_capability)
    };
    let error = naftiko::run(set_up.clone()).args(DRY_RUN).await.unwrap_err();
    assert_refused(error, "`--dry-run` has no effect on `tokens`");
    let call = ["call", "list_tokens", "-a", "userId=u", "--upstream", &elsewhere];
    assert_refused(naftiko::run(set_up).args(call).await.unwrap_err(), "`--upstream` has no effect on `tokens`");
    // This factory needs a variable that it would not need if it took the setup.
    let lacking = || TokensClient::from_env().map(Tokens::into_capability);
    assert_refused(naftiko::run(lacking).args(DRY_RUN).await.unwrap_err(), "TENANT_ID is not set");
    assert_refused(naftiko::run(lacking).args(call).await.unwrap_err(), "TENANT_ID is not set");
    assert!(upstream.requests().is_empty());
    // An `--upstream` of one capability does not affect another one.
    let program = naftiko::run(TokensClient::from_env).and(|| Ok(Wall.into_capability()));
    program.args(["call", "echo", "-a", "text=x", "--upstream", &elsewhere]).output(Printed::default()).await.unwrap();
}

/// Another client, with a variable of its own.
#[naftiko::capability(
    consumes(namespace = "others", base_uri = "https://[other_id].example"),
    exposes(mcp(port = 9091))
)]
trait Others {
    /// Gets one.
    #[get("/other")]
    async fn other(&self) -> Result<String>;
}

#[tokio::test]
async fn a_missing_variable_of_another_client_stays_an_error() {
    let tokens = || {
        OthersClient::from_env()?;
        TokensClient::from_env()
    };
    let error = naftiko::run(tokens).args(DRY_RUN).await.unwrap_err().to_string();
    assert!(error.contains("OTHER_ID is not set"), "{error}");
}

#[test]
fn a_client_that_cannot_be_built_shows_no_secret() {
    let error = TokensClient::builder().bind("TOKENS_KEY", "s3cret-key").build().unwrap_err();
    let shown = format!("{error:?} {error:#?} {error}");
    assert!(shown.contains("TENANT_ID is not set") && !shown.contains("s3cret"), "{shown}");
    assert!(std::error::Error::source(&error).is_none() && !shown.contains("because"), "{shown}");
}

#[tokio::test]
async fn a_call_shows_the_error_body_of_the_upstream() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/users/u/tokens", Answer::of(404, "text/plain", "no user\u{1b}[2J here"));
    let (url, printed) = (upstream.url().to_owned(), Printed::default());
    let client = move || TokensClient::builder().base_uri(url).bind("TOKENS_KEY", "key").build();
    let error = naftiko::run(client).args(["call", "list_tokens", "-a", "userId=u"]).output(printed).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upstream);
    let shown = format!("{error:?}");
    assert!(shown.ends_with("\n  because: the upstream's answer: no user\\u{1b}[2J here"), "{shown}");
}

/// A closed output.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn closed_output_is_not_a_failure() {
    for command in ["document", "openapi", "tools", "--help"] {
        naftiko::run(never).args([command]).output(Closed).await.unwrap();
    }
}

#[tokio::test]
async fn help_lists_the_adapters_of_the_capability_that_a_closure_returns() {
    let help = |command: &'static str, is_set: bool| async move {
        let wall =
            move || if is_set { Ok(Wall.into_capability()) } else { Err(Error::configuration("WALL is not set")) };
        let printed = Printed::default();
        naftiko::run(wall).args([command, "--help"]).output(printed.clone()).await.unwrap();
        printed.text()
    };
    let adapters = help("serve", true).await.split_once("Adapters:\n").unwrap().1.to_owned();
    assert_eq!(adapters, "  rest  echo-rest  port 8080\n  mcp   echo-mcp   port 9090\n");
    let unknown = help("serve", false).await;
    assert!(unknown.contains("Adapters:\n  unknown: the capability cannot be created: WALL is not set\n"), "{unknown}");
    assert!(help("call", false).await.contains("OPERATION"));
}

//! Three tools in place of many: search, describe, call.

use super::{ask, serve};
use naftiko::{Context, Result, capability};
use serde_json::{Value, json};

/// Keeps the books of a company.
#[capability(exposes(mcp(port = 9090, tool_list = "search")))]
pub trait Company {
    /// Lists the invoices of a customer.
    #[tool(hints(read_only))]
    async fn list_invoices(&self, customer: &str) -> Result<Vec<String>> {
        Ok(vec![format!("{customer}-1")])
    }

    /// Creates an invoice.
    #[tool(argument(amounts = "lines_of"))]
    async fn create_invoice(&self, customer: &str, #[query("lines[of]")] amounts: Vec<u128>) -> Result<u128> {
        let _ = customer;
        Ok(amounts.into_iter().sum())
    }

    /// Sends a letter to a person by post.
    #[tool]
    async fn send_letter(&self, to: &str) -> Result<()> {
        let _ = to;
        Ok(())
    }

    /// Counts the employees, who also get letters.
    #[tool(hints(read_only))]
    async fn count_employees(&self, context: &Context) -> Result<u64> {
        context.progress(1.0, Some(1.0), "counted").await;
        Ok(7)
    }
}

/// Prints what others keep.
#[capability(exposes(mcp(port = 9090, tool_list = "search")))]
pub trait Printer {
    /// Prints a ledger, which takes a while if it has many pages.
    #[tool(task)]
    async fn print(&self, ledger: &str) -> Result<()> {
        let _ = ledger;
        Ok(())
    }

    /// Shuts what was opened before, and writes the date on its cover.
    #[tool]
    async fn close_ledger(&self, id: u32) -> Result<()> {
        let _ = id;
        Ok(())
    }
}

impl Printer for Itself {}

struct Itself;

impl Company for Itself {}

/// Calls a tool, and returns its result.
async fn call(url: &str, name: &str, arguments: Value) -> Value {
    let answer = ask(url, "tools/call", json!({ "name": name, "arguments": arguments })).await;
    serde_json::from_str::<Value>(&answer).unwrap()["result"].take()
}

async fn text(url: &str, name: &str, arguments: Value) -> String {
    let result = call(url, name, arguments).await;
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}")).to_owned()
}

#[tokio::test]
async fn three_tools_are_listed_in_place_of_all() {
    let capability = Company::into_capability(Itself);
    let document = serde_json::to_value(capability.document()).unwrap();
    assert_eq!(document["capability"]["exposes"][0]["toolList"], "search");
    let tools = super::tools(capability).await;
    assert_eq!(
        tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["search", "describe", "call"]
    );
    assert_eq!(super::clients::refused("company", &tools), [""; 0], "{}", json!(tools));
    let hints = |at: usize| &tools[at]["annotations"];
    assert_eq!((&hints(0)["readOnlyHint"], &hints(1)["readOnlyHint"]), (&json!(true), &json!(true)));
    // `call` can call a tool that destroys something.
    assert_eq!((&hints(2)["readOnlyHint"], &hints(2)["destructiveHint"]), (&Value::Null, &json!(true)));
}

#[tokio::test]
async fn call_may_run_as_a_task_if_one_of_the_tools_may() {
    let tools = super::tools(Printer::into_capability(Itself)).await;
    let support: Vec<&Value> = tools.iter().map(|tool| &tool["execution"]).collect();
    assert_eq!(support, [&Value::Null, &Value::Null, &json!({ "taskSupport": "optional" })]);
    let tools = super::tools(Company::into_capability(Itself)).await;
    assert_eq!(tools[2]["execution"], Value::Null);
}

#[tokio::test]
async fn a_search_ranks_tools_by_their_words() {
    let url = serve(Company::into_capability(Itself)).await;
    for (query, expected) in [
        ("invoice", vec!["create-invoice", "list-invoices"]),
        ("Which invoices does a customer have? List them", vec!["list-invoices", "create-invoice"]),
        ("letters", vec!["send-letter", "count-employees"]),
        ("employee", vec!["count-employees"]),
        ("empl", vec!["count-employees"]),
        ("xylophone", vec![]),
        ("", vec!["list-invoices", "create-invoice", "send-letter", "count-employees"]),
    ] {
        let found: Value = serde_json::from_str(&text(&url, "search", json!({ "query": query })).await).unwrap();
        let mut names: Vec<&str> =
            found["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        // Tools that only share short words with the query come last; leave them out.
        names.truncate(expected.len().max(usize::from(expected.is_empty())));
        assert_eq!(names, expected, "{query}: {found}");
    }
    let one = text(&url, "search", json!({ "query": "invoice", "limit": 1 })).await;
    assert_eq!(one, r#"{"tools":[{"description":"Creates an invoice.","name":"create-invoice"}]}"#);
    let written = text(&url, "search", json!({ "query": "invoice", "limit": 1.0 })).await;
    assert_eq!(written, one);
    // Only the beginning of a long query counts.
    let long: String = (0..1000).map(|number| format!("x{number} ")).chain(["letters".to_owned()]).collect();
    assert_eq!(text(&url, "search", json!({ "query": long })).await, r#"{"tools":[]}"#);
    let none = call(&url, "search", json!({})).await;
    assert_eq!(none["isError"], true, "{none}");
}

#[tokio::test]
async fn the_name_of_a_tool_counts_more_than_its_description() {
    let url = serve(Printer::into_capability(Itself)).await;
    let found: Value = serde_json::from_str(&text(&url, "search", json!({ "query": "ledger" })).await).unwrap();
    let names: Vec<_> = found["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["close-ledger", "print"], "{found}");
}

#[tokio::test]
async fn a_query_or_a_name_that_is_not_a_string_is_refused() {
    let url = serve(Company::into_capability(Itself)).await;
    for (tool, argument) in [("search", "query"), ("describe", "name"), ("call", "name")] {
        for wrong in [json!(5), json!(null), json!(true), json!(["invoice"]), json!({ "a": 1 })] {
            let result = call(&url, tool, json!({ argument: wrong })).await;
            assert_eq!(result["isError"], true, "{tool} {wrong}: {result}");
            let shown = result["content"][0]["text"].as_str().unwrap();
            assert!(shown.contains(&format!("`/{argument}`: expected a string, found")), "{tool} {wrong}: {shown}");
        }
    }
    for wrong in [json!("2"), json!(0), json!(1.5), json!([]), json!(true)] {
        let result = call(&url, "search", json!({ "query": "invoice", "limit": wrong })).await;
        assert_eq!(result["isError"], true, "{wrong}: {result}");
        assert!(result["content"][0]["text"].as_str().unwrap().contains("limit"), "{wrong}: {result}");
    }
}

#[tokio::test]
async fn a_tool_is_described_and_called() {
    let url = serve(Company::into_capability(Itself)).await;
    let described: Value =
        serde_json::from_str(&text(&url, "describe", json!({ "name": "create-invoice" })).await).unwrap();
    let arguments = described["inputSchema"]["properties"].as_object().unwrap();
    assert_eq!(arguments.keys().collect::<Vec<_>>(), ["customer", "lines_of"]);
    assert!(described["outputSchema"].is_object(), "{described}");

    let large = u64::MAX;
    let invoice = json!({ "customer": "c", "lines_of": [large, large, large] });
    let called = call(&url, "call", json!({ "name": "create-invoice", "arguments": invoice })).await;
    assert_eq!(called["content"][0]["text"], format!(r#"{{"result":{}}}"#, u128::from(large) * 3), "{called}");
    // A tool can also be called directly by its name, and `call` calls methods with a context too.
    assert_eq!(
        call(&url, "list-invoices", json!({ "customer": "c" })).await["structuredContent"],
        json!({ "result": ["c-1"] })
    );
    let counted = call(&url, "call", json!({ "name": "count-employees" })).await;
    assert_eq!(counted["structuredContent"], json!({ "result": 7 }), "{counted}");
}

#[tokio::test]
async fn a_mistake_in_a_call_is_an_error_of_the_tool() {
    let url = serve(Company::into_capability(Itself)).await;
    for (arguments, expected) in [
        (json!({ "name": "list-invoice" }), "did you mean `list-invoices`?"),
        (json!({ "name": "list_invoices" }), "did you mean `list-invoices`?"),
        (json!({ "name": "list-invoices", "arguments": {} }), "list-invoices: the argument `customer` is missing"),
        (json!({ "name": "list-invoices", "arguments": { "custom": "c" } }), "did you mean `customer`?"),
        (json!({ "arguments": {} }), "call: the argument `name` is missing"),
        (json!({ "name": "list-invoices", "argument": {} }), "did you mean `arguments`?"),
        (json!({ "name": "call", "arguments": {} }), "unknown tool `call`"),
    ] {
        let result = call(&url, "call", arguments.clone()).await;
        assert_eq!(result["isError"], true, "{arguments}: {result}");
        assert!(result["content"][0]["text"].as_str().unwrap().contains(expected), "{arguments}: {result}");
    }
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"call","arguments":{"name":"list-invoices","arguments":{"customer":"a","customer":"b"}}}}"#;
    let request = reqwest::Client::new().post(&url).header("content-type", "application/json").body(twice);
    let answer = request.send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("`/customer` is given twice"), "{answer}");
}

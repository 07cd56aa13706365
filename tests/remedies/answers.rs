// Mistakes in what verbs and examples declare about requests and answers, and their remedies.

remedies! {
    a_format_that_is_unknown {
        wrong: {
            #[get("/things", format = "txt")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown format `txt`"
        help: "did you mean `text`? the formats are `json`, `xml`, `csv`, `tsv`, `psv`, `yaml`, `html`, `markdown`, `text`, `binary`, `stream`"
        right: {
            #[get("/things", format = "text")]
            async fn list(&self) -> Result<Value>;
        }
    }

    none_on_nothing {
        wrong: {
            #[get("/things", none_on())]
            async fn list(&self) -> Result<Option<Value>>;
        }
        error: "`none_on` is empty"
        help: "write `none_on(404)`"
        right: {
            #[get("/things", none_on(404))]
            async fn list(&self) -> Result<Option<Value>>;
        }
    }

    none_on_given_twice {
        wrong: {
            #[get("/things", none_on(404, 404))]
            async fn list(&self) -> Result<Option<Value>>;
        }
        error: "404 is given twice"
        help: "keep one of them"
        right: {
            #[get("/things", none_on(404))]
            async fn list(&self) -> Result<Option<Value>>;
        }
    }

    none_on_a_status_of_errors {
        wrong: {
            #[get("/things", errors(404), none_on(404))]
            async fn list(&self) -> Result<Option<Value>>;
        }
        error: "404 is also in `errors`"
        help: "keep it in one of them"
        right: {
            #[get("/things", none_on(404))]
            async fn list(&self) -> Result<Option<Value>>;
        }
    }

    none_on_a_success {
        wrong: {
            #[get("/things", none_on(200))]
            async fn list(&self) -> Result<Option<Value>>;
        }
        error: "expected a supported 4xx status in `none_on`, found `200`"
        help: "write statuses from 400 to 499, except 407, 408, 411, 417, 421, 425 and 426: `none_on(404, 410)`"
        right: {
            #[get("/things", none_on(404, 410))]
            async fn list(&self) -> Result<Option<Value>>;
        }
    }

    response_headers_without_names {
        wrong: {
            #[get("/things", response_headers())]
            async fn list(&self) -> Result<Value>;
        }
        error: "`response_headers` is empty"
        help: "write `response_headers(\"Location\")`"
        right: {
            #[get("/things", response_headers("Location"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_response_header_that_is_a_word {
        wrong: {
            #[get("/things", response_headers(Location))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal with the name of a header, found `Location`"
        help: "write it in quotes"
        right: {
            #[get("/things", response_headers("Location"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_response_header_given_twice {
        wrong: {
            #[get("/things", response_headers("Location", "location"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`location` is given twice"
        help: "keep one of them"
        right: {
            #[get("/things", response_headers("Location"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_constant_without_a_value {
        wrong: {
            #[get("/things", query("version"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a name and a literal in `query`, found `\"version\"`"
        help: "write `query(\"name\" = \"value\")`"
        right: {
            #[get("/things", query("name" = "value"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_constant_from_a_constant {
        wrong: {
            #[get("/things", query("version" = VERSION))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string, a number, `true` or `false` for `version`, found `VERSION`"
        help: "write `query(\"version\" = \"value\")`"
        right: {
            #[get("/things", query("version" = "value"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    constants_that_are_empty {
        wrong: {
            #[get("/things", header())]
            async fn list(&self) -> Result<Value>;
        }
        error: "`header` is empty"
        help: "write `header(\"name\" = \"value\")`"
        right: {
            #[get("/things", header("name" = "value"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_constant_given_twice {
        wrong: {
            #[get("/things", query("a" = 1, "a" = 2))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`a` is given twice"
        help: "keep one of them"
        right: {
            #[get("/things", query("a" = 1))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_status_of_a_failure {
        wrong: {
            #[get("/things", status = 404)]
            async fn list(&self) -> Result<Value>;
        }
        error: "`status` must be a 2xx status, found 404"
        help: "write one from 200 to 299; declare an error status of the API with `errors(404)`"
        right: {
            #[get("/things", status = 202, errors(404))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_status_of_a_redirect {
        wrong: {
            #[get("/things", status = 304)]
            async fn list(&self) -> Result<Value>;
        }
        error: "`status` must be a 2xx status, found 304"
        help: "write one from 200 to 299"
        right: {
            #[get("/things", status = 202)]
            async fn list(&self) -> Result<Value>;
        }
    }

    errors_that_are_not_error_statuses {
        wrong: {
            #[get("/things", errors(200))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected an error status in `errors`, found `200`"
        help: "write numbers from 400 to 599, without quotes"
        right: {
            #[get("/things", errors(400, 599))]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_error_given_twice {
        wrong: {
            #[get("/things", errors(404, 404))]
            async fn list(&self) -> Result<Value>;
        }
        error: "404 is given twice"
        help: "keep one of them"
        right: {
            #[get("/things", errors(404))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_body_of_a_get_by_its_verb {
        wrong: {
            #[get("/things", body)]
            async fn list(&self) -> Result<Value>;
        }
        error: "a GET request cannot have a body"
        help: "remove `body`; to send one, write `#[post(…)]`"
        right: {
            #[get("/things", name = "list")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_body_of_a_post_by_its_verb {
        wrong: {
            #[post("/things", body)]
            async fn add(&self, body: &Filter) -> Result<Value>;
        }
        error: "a POST request can always have a body"
        help: "remove `body`"
        right: {
            #[post("/things")]
            async fn add(&self, body: &Filter) -> Result<Value>;
        }
    }

    a_declared_body_without_an_argument {
        wrong: {
            #[delete("/things", body)]
            async fn clear(&self) -> Result<()>;
        }
        error: "`body` is declared, but no argument is the body"
        help: "add an argument `body: &T`, or remove `body`"
        right: {
            #[delete("/things", body)]
            async fn clear(&self, body: &Filter) -> Result<()>;

            #[delete("/all")]
            async fn all(&self) -> Result<()>;
        }
    }

    a_content_type_of_the_verb_that_is_not_json {
        wrong: {
            #[post("/things", header("Content-Type" = "text/csv"))]
            async fn add(&self, body: &Filter) -> Result<Value>;
        }
        error: "`body` is sent as JSON, but the Content-Type of the verb is `text/csv`"
        help: "remove `header(\"Content-Type\" = …)`: a JSON body sets its own `Content-Type`; to send another format, write `#[body(form)]`, `#[body(text)]`, `#[body(xml)]` or `#[body(bytes)]`"
        right: {
            #[post("/things")]
            async fn add(&self, body: &Filter) -> Result<Value>;

            #[post("/form")]
            async fn form(&self, #[body(form)] body: &Filter) -> Result<Value>;

            #[post("/text")]
            async fn text(&self, #[body(text)] body: &str) -> Result<Value>;

            #[post("/xml")]
            async fn xml(&self, #[body(xml)] body: &str) -> Result<Value>;

            #[post("/bytes")]
            async fn bytes(&self, #[body(bytes)] body: Upload) -> Result<Value>;
        }
    }

    a_content_type_of_a_caller_that_is_not_json {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[header("Content-Type", default = "text/csv")] kind: &str, body: &Filter) -> Result<Value>;
        }
        error: "`body` is sent as JSON, but this Content-Type is `text/csv`"
        help: "write a media type of JSON such as `application/json`, or remove `kind`; to send another format, write `#[body(form)]`, `#[body(text)]`, `#[body(xml)]` or `#[body(bytes)]`"
        right: {
            #[post("/things")]
            async fn add(&self, #[header("Content-Type", default = "application/json")] kind: &str, body: &Filter) -> Result<Value>;

            #[post("/more")]
            async fn more(&self, body: &Filter) -> Result<Value>;
        }
    }

    a_content_type_of_a_text_in_json {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[header("Content-Type")] kind: &str, body: &str) -> Result<Value>;
        }
        error: "`body` is sent as a JSON string, in quotes, regardless of this Content-Type"
        help: "remove `kind`, or use your own type for JSON; to send another format, write `#[body(form)]`, `#[body(text)]`, `#[body(xml)]` or `#[body(bytes)]`"
        right: {
            #[post("/things")]
            async fn add(&self, body: &str) -> Result<Value>;

            #[post("/more")]
            async fn more(&self, #[header("Content-Type")] kind: &str, body: &Filter) -> Result<Value>;
        }
    }

    an_example_without_json {
        wrong: {
            #[get("/things")]
            #[example]
            async fn list(&self) -> Result<Value>;
        }
        error: "`#[example]` is empty"
        help: "write JSON: `#[example(30)]`, `#[example(\"ci\")]`, `#[example({ \"id\": 7, \"tags\": [\"a\"] })]`"
        right: {
            #[get("/things")]
            #[example({ "id": 7, "tags": ["a"] })]
            #[example("ci")]
            #[example(30)]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_example_that_is_not_json {
        wrong: {
            #[get("/things")]
            #[example({ "id": other })]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected JSON, found `other`"
        help: "write JSON: `#[example(30)]`, `#[example(\"ci\")]`, `#[example({ \"id\": 7, \"tags\": [\"a\"] })]`"
        right: {
            #[get("/things")]
            #[example({ "id": 7, "tags": ["a"] })]
            #[example("ci")]
            #[example(30)]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_example_in_the_docs_that_is_not_json {
        wrong: {
            /// Lists.
            ///
            /// # Example
            ///
            /// ```json
            /// { "id": 7
            /// ```
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the example is not valid JSON: EOF while parsing an object at line 2 column 0"
        help: "write JSON, or remove the language `json` of this block"
        right: {
            /// Lists.
            ///
            /// # Example
            ///
            /// ```json
            /// { "id": 7 }
            /// ```
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }
}

// Empty names and URIs with whitespace, and their remedies.

remedies! {
    an_empty_name_of_an_argument {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query("")] tag: u8) -> Result<Value>;
        }
        error: "a name cannot be empty"
        help: "write `#[query(\"wire-name\")]`, or remove `\"\"`: the name is then that of the argument"
        right: {
            #[get("/things")]
            async fn list(&self, #[query] tag: u8) -> Result<Value>;
        }
    }

    an_empty_name_of_a_header {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[header("")] tag: &str) -> Result<Value>;
        }
        error: "a name cannot be empty"
        help: "write `#[header(\"wire-name\")]`, or remove `\"\"`: the name is then that of the argument"
        right: {
            #[get("/things")]
            async fn list(&self, #[header("X-Tag")] tag: &str) -> Result<Value>;
        }
    }

    an_empty_name_of_a_part {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[part("")] tag: &str) -> Result<Value>;
        }
        error: "a name cannot be empty"
        help: "write `#[part(\"wire-name\")]`, or remove `\"\"`: the name is then that of the argument"
        right: {
            #[post("/things")]
            async fn add(&self, #[part] tag: &str) -> Result<Value>;
        }
    }

    an_empty_name_of_an_operation {
        wrong: {
            #[get("/things", name = "")]
            async fn list(&self) -> Result<Value>;
        }
        error: "a name cannot be empty"
        help: "write `name = \"…\"`, or remove `name`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_empty_name_of_a_tool {
        wrong: {
            #[get("/things")]
            #[tool(name = "")]
            async fn list(&self) -> Result<Value>;
        }
        error: "a name cannot be empty"
        help: "write `name = \"…\"`, or remove `name`"
        right: {
            #[get("/things")]
            #[tool(name = "list-things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_empty_name_of_a_constant {
        wrong: {
            #[get("/things", query("" = "x"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "a name cannot be empty"
        help: "write `query(\"name\" = \"value\")`"
        right: {
            #[get("/things", query("name" = "value"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_resource_with_whitespace {
        wrong: {
            #[resource(uri = "config://my app")]
            async fn current(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "the URI `config://my app` contains whitespace"
        help: "remove it, or write `%20` for a space"
        right: {
            #[resource(uri = "config://my%20app")]
            async fn current(&self) -> Result<String> {
                Ok(String::new())
            }
        }
    }
}

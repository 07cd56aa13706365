// Empty names, and their remedies.

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
}

// Mistakes in arguments, and their remedies.

remedies! {
    a_default_above_its_range {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = 300)] #[schemars(range(min = 1, max = 100))] limit: u32) -> Result<Value>;
        }
        error: "the default `300` is not allowed by the constraints: the maximum is 100"
        help: "write a default that satisfies the constraints, or change the constraints"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(default = 30)] #[schemars(range(min = 1, max = 100))] limit: u32) -> Result<Value>;
        }
    }

    a_default_at_an_exclusive_bound {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(exclusive_min = 0.5))] #[query(default = 0.5)] limit: f64) -> Result<Value>;
        }
        error: "the default `0.5` is not allowed by the constraints: the value must be greater than 0.5"
        help: "write a default that satisfies the constraints, or change the constraints"
        right: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(exclusive_min = 0.5))] #[query(default = 0.6)] limit: f64) -> Result<Value>;
        }
    }

    a_default_that_is_too_long {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = "newest")] #[schemars(length(max = 3))] order: &str) -> Result<Value>;
        }
        error: "the default `\"newest\"` is not allowed by the constraints: the maximum length is 3"
        help: "write a default that satisfies the constraints, or change the constraints"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(default = "newest")] #[schemars(length(max = 6))] order: &str) -> Result<Value>;
        }
    }

    a_default_with_an_item_that_is_not_allowed {
        wrong: {
            #[get("/things")]
            async fn list(
                &self,
                #[query(default = ["a", "abc"])]
                #[schemars(length(max = 2), inner(length(max = 2)))]
                tags: &[String],
            ) -> Result<Value>;
        }
        error: "the default `[\"a\",\"abc\"]` is not allowed by the constraints: the item `\"abc\"`: the maximum length is 2"
        help: "write a default that satisfies the constraints, or change the constraints"
        right: {
            #[get("/things")]
            async fn list(
                &self,
                #[query(default = ["a", "ab"])]
                #[schemars(length(max = 2), inner(length(max = 2)))]
                tags: &[String],
            ) -> Result<Value>;
        }
    }

    a_default_that_is_not_in_the_enum {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = "up")] #[schemars(extend("enum" = ["asc", "desc"]))] order: &str) -> Result<Value>;
        }
        error: "the default `\"up\"` is not allowed by the constraints: the allowed values are `\"asc\"`, `\"desc\"`"
        help: "write a default that satisfies the constraints, or change the constraints"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(default = "asc")] #[schemars(extend("enum" = ["asc", "desc"]))] order: &str) -> Result<Value>;
        }
    }

    a_range_that_nothing_is_in {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(min = 10, max = 1))] limit: u32) -> Result<Value>;
        }
        error: "no value is in this range: the minimum is 10 and the maximum is 1"
        help: "change the bounds so that at least one value satisfies both"
        right: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(min = 1, max = 10))] limit: u32) -> Result<Value>;
        }
    }

    an_exclusive_range_that_nothing_is_in {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(min = 10, exclusive_max = 10))] limit: u32) -> Result<Value>;
        }
        error: "no value is in this range: the minimum is 10 and the value must be less than 10"
        help: "change the bounds so that at least one value satisfies both"
        right: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(min = 10, exclusive_max = 11))] limit: u32) -> Result<Value>;
        }
    }

    a_length_that_nothing_has {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(length(min = 2, max = 1))] name: &str) -> Result<Value>;
        }
        error: "no value has this length: the minimum length is 2 and the maximum length is 1"
        help: "change the bounds so that at least one value satisfies both"
        right: {
            #[get("/things")]
            async fn list(&self, #[schemars(length(min = 1, max = 2))] name: &str) -> Result<Value>;
        }
    }

    an_example_above_its_range {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[example(200)] #[schemars(range(max = 100))] limit: Option<u32>) -> Result<Value>;
        }
        error: "the example `200` is not allowed by the constraints: the maximum is 100"
        help: "write an example that satisfies the constraints, or change the constraints"
        right: {
            #[get("/things")]
            async fn list(&self, #[example(20)] #[schemars(range(max = 100))] limit: Option<u32>) -> Result<Value>;
        }
    }

    an_example_of_another_type {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[example("many")] limit: Option<u32>) -> Result<Value>;
        }
        error: "expected an integer from 0 to 4294967295, found `\"many\"`"
        help: "write an example of the argument's type"
        right: {
            #[get("/things")]
            async fn list(&self, #[example(100)] limit: Option<u32>) -> Result<Value>;
        }
    }

    a_name_as_a_key {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(name = "q")] text: &str) -> Result<Value>;
        }
        error: "unknown key `name` in `#[query]`"
        help: "write `#[query(\"q\")]`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query("q")] text: &str) -> Result<Value>;
        }
    }

    a_path_as_a_key {
        wrong: {
            #[get(path = "/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `path` in `#[get]`"
        help: "write `#[get(\"/things\")]`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_body_that_is_declared_as_json {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(json)] body: &Value) -> Result<Value>;
        }
        error: "unknown key `json` in `#[body]`"
        help: "remove it: a body is JSON"
        right: {
            #[post("/things")]
            async fn add(&self, #[body] body: &Value) -> Result<Value>;
        }
    }

    a_description_of_an_argument_by_another_macro {
        wrong: {
            #[get("/things")]
            async fn list(
                &self,
                #[doc = text!()]
                tag: &str,
            ) -> Result<Value>;
        }
        error: "`#[capability]` cannot evaluate this description"
        help: "write the text itself: `/// …`"
        right: {
            #[get("/things")]
            async fn list(
                &self,
                /// The tag.
                tag: &str,
                #[doc = stringify!(The kind)]
                kind: &str,
            ) -> Result<Value>;
        }
    }

    a_duration_of_zero {
        wrong: {
            #[get("/things", timeout = "0s")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`timeout` must be longer than 0, found `0s`"
        help: "write a longer time: `\"250ms\"`, `\"5s\"`, `\"1m\"`"
        right: {
            #[get("/things", timeout = "250ms")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_pattern_in_a_placeholder {
        wrong: {
            #[get("/things/{id:[0-9]+}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
        error: "no parameter fills `{id:[0-9]+}` in the path of `read`"
        help: "write `/things/{id}`"
        right: {
            #[get("/things/{id}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
    }

    an_optional_placeholder {
        wrong: {
            #[get("/things/{id?}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
        error: "the path `/things/{id?}` cannot be read: `id?` is not a name"
        help: "write `{id}`"
        right: {
            #[get("/things/{id}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
    }

    a_placeholder_that_is_not_an_identifier {
        wrong: {
            #[get("/things/{self}")]
            async fn read(&self) -> Result<Value>;
        }
        error: "no parameter fills `{self}` in the path of `read`"
        help: "add an argument: `self_: &str`"
        right: {
            #[get("/things/{self}")]
            async fn read(&self, self_: &str) -> Result<Value>;
        }
    }

    a_placeholder_that_is_a_number {
        wrong: {
            #[get("/things/{0}")]
            async fn read(&self) -> Result<Value>;
        }
        error: "no parameter fills `{0}` in the path of `read`"
        help: "add an argument: `_0: &str`"
        right: {
            #[get("/things/{0}")]
            async fn read(&self, _0: &str) -> Result<Value>;
        }
    }

    a_placeholder_that_is_a_keyword {
        wrong: {
            #[get("/things/{type}")]
            async fn read(&self) -> Result<Value>;
        }
        error: "no parameter fills `{type}` in the path of `read`"
        help: "add an argument: `r#type: &str`"
        right: {
            #[get("/things/{type}")]
            async fn read(&self, r#type: &str) -> Result<Value>;
        }
    }

    a_whole_url_as_the_path {
        wrong: {
            #[get("https://things.example/things/{id}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
        error: "expected a path, found a URL with its host"
        help: "write `/things/{id}`, without the base URI"
        right: {
            #[get("/things/{id}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
    }

    a_host_in_the_path {
        wrong: {
            #[get("things.example/things/{id}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
        error: "expected a path, found a URL with its host"
        help: "write `/things/{id}`, without the base URI"
        right: {
            #[get("/things/{id}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
    }

    an_argument_named_for_serde {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[serde(rename = "order")] sort: &str) -> Result<Value>;
        }
        error: "unknown attribute `#[serde]`"
        help: "write the name in `#[query(\"name\")]`, and a default in `#[query(default = 30)]`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query("order")] sort: &str) -> Result<Value>;
        }
    }

    a_form_as_in_another_crate {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[form] thing: &Value) -> Result<Value>;
        }
        error: "unknown attribute `#[form]`"
        help: "write `#[body(form)]`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(form)] thing: &Value) -> Result<Value>;
        }
    }

    a_body_as_in_another_crate {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[json] thing: &Value) -> Result<Value>;
        }
        error: "unknown attribute `#[json]`"
        help: "write `#[body]`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body] thing: &Value) -> Result<Value>;
        }
    }

    a_part_as_in_another_crate {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[multipart] file: naftiko::Upload) -> Result<Value>;
        }
        error: "unknown attribute `#[multipart]`"
        help: "write `#[part]`"
        right: {
            #[post("/things")]
            async fn add(&self, #[part] file: naftiko::Upload) -> Result<Value>;
        }
    }

    a_reference_to_a_list_of_bytes {
        wrong: {
            #[tool]
            async fn measure(&self, data: &Vec<u8>) -> Result<usize> {
                Ok(data.len())
            }
        }
        error: "an argument cannot be a reference to `Vec`"
        help: "write `&[T]`"
        right: {
            #[tool]
            async fn measure(&self, data: &[u16]) -> Result<usize> {
                Ok(data.len())
            }
        }
    }

    a_limit_of_a_json_body {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(limit = "1MiB")] body: &Value) -> Result<Value>;
        }
        error: "`limit` can only be used for files"
        help: "remove `limit`, or write `#[body(bytes, limit = \"…\")]` and take a `naftiko::Upload`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(bytes, limit = "1MiB")] body: naftiko::Upload) -> Result<Value>;
        }
    }

    an_argument_in_one_place_twice {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query] #[query] name: &str) -> Result<Value>;
        }
        error: "`#[query]` is given twice"
        help: "keep one of them"
        right: {
            #[get("/things")]
            async fn list(&self, #[query] name: &str) -> Result<Value>;
        }
    }
}

// Mistakes in how arguments are sent, and their remedies.

remedies! {
    a_style_of_objects_for_a_list {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(style = "deep")] filter: &[String]) -> Result<Value>;
        }
        error: "the style `deep` is for objects, found `&[String]`"
        help: "take a struct or a map, `&T`, `&BTreeMap<String, String>`; or remove `style`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(style = "deep")] filter: &BTreeMap<String, String>) -> Result<Value>;
        }
    }

    a_style_of_lists_for_a_struct {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(style = "comma")] filter: &Filter) -> Result<Value>;
        }
        error: "the style `comma` is for lists, found `&Filter`"
        help: "take a list, `&[T]`; for a struct or a map write `style = \"members\"` or `style = \"deep\"`; or remove `style`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(style = "members")] filter: &Filter) -> Result<Value>;
        }
    }

    a_style_that_is_unknown {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[header("X-Tags", style = "deep")] tags: &[String]) -> Result<Value>;
        }
        error: "unknown style `deep` in `#[header]`"
        help: "the styles are `comma`, `repeated`, `members`"
        right: {
            #[get("/things")]
            async fn list(&self, #[header("X-Tags", style = "comma")] tags: &[String]) -> Result<Value>;
        }
    }

    headers_without_a_prefix {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[header(style = "members")] meta: &BTreeMap<String, String>) -> Result<Value>;
        }
        error: "expected a prefix for these headers"
        help: "write the prefix of their names: `#[header(\"X-Meta-\", style = \"members\")]`"
        right: {
            #[get("/things")]
            async fn list(&self, #[header("X-Meta-", style = "members")] meta: &BTreeMap<String, String>) -> Result<Value>;
        }
    }

    a_multipart_body_in_one_argument {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(multipart)] body: &Filter) -> Result<Value>;
        }
        error: "a multipart body cannot have a `#[body]` argument: each of its parts is an argument"
        help: "write `#[part]` before each argument that is a part of it, and remove `#[body]`"
        right: {
            #[post("/things")]
            async fn add(&self, #[part] name: &str, #[part] file: Upload) -> Result<Value>;
        }
    }

    a_part_whose_type_is_not_a_media_type {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[part(content_type = "png")] picture: Upload) -> Result<Value>;
        }
        error: "expected a media type, found `png`"
        help: "write a type and a subtype: `\"image/png\"`"
        right: {
            #[post("/things")]
            async fn add(&self, #[part(content_type = "image/png")] picture: Upload) -> Result<Value>;
        }
    }

    a_key_of_a_part_that_is_misspelt {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[part(contenttype = "text/csv")] rows: &str) -> Result<Value>;
        }
        error: "unknown key `contenttype` in `#[part]`"
        help: "did you mean `content_type`? the keys are `content_type`, `limit`"
        right: {
            #[post("/things")]
            async fn add(&self, #[part(content_type = "text/csv")] rows: &str) -> Result<Value>;
        }
    }

    bytes_that_are_not_an_upload {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(bytes)] body: &[u8]) -> Result<Value>;
        }
        error: "expected a `naftiko::Upload` for a binary body, found `&[u8]`"
        help: "write `naftiko::Upload`, by value; callers create it with `bytes.into()` or `Upload::from_reader(file)`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(bytes)] body: naftiko::Upload) -> Result<Value>;
        }
    }

    a_file_by_reference {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[part] file: &Upload) -> Result<Value>;
        }
        error: "a file must be taken by value: it can be read only once"
        help: "write `naftiko::Upload` or `Option<naftiko::Upload>`"
        right: {
            #[post("/things")]
            async fn add(&self, #[part] file: Option<naftiko::Upload>) -> Result<Value>;
        }
    }

    a_file_without_a_place {
        wrong: {
            #[post("/things")]
            async fn add(&self, file: Upload) -> Result<Value>;
        }
        error: "expected `#[body(bytes)]` or `#[part]` on this `Upload` argument"
        help: "write `#[body(bytes)]`, or `#[part]` for one part of a multipart body"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(bytes)] file: Upload) -> Result<Value>;
        }
    }

    a_file_in_the_query {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[query] file: Upload) -> Result<Value>;
        }
        error: "a file must be a binary body or a part of a multipart body"
        help: "write `#[body(bytes)]`, or `#[part]` for one part of a multipart body"
        right: {
            #[post("/things")]
            async fn add(&self, #[part] file: Upload) -> Result<Value>;
        }
    }

    a_limit_of_a_string {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[part(limit = "1MiB")] name: &str) -> Result<Value>;
        }
        error: "`limit` can only be used for files"
        help: "remove `limit`, or take a `naftiko::Upload`"
        right: {
            #[post("/things")]
            async fn add(&self, #[part(limit = "1MiB")] name: naftiko::Upload) -> Result<Value>;
        }
    }

    a_limit_that_is_not_a_size {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[part(limit = 50)] file: Upload) -> Result<Value>;
        }
        error: "expected a size, found `50`"
        help: "write an integer and a unit, `KiB`, `MiB` or `GiB`: `\"50MiB\"`"
        right: {
            #[post("/things")]
            async fn add(&self, #[part(limit = "50MiB")] file: Upload) -> Result<Value>;
        }
    }

    lists_without_a_form {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(lists = "brackets")] body: &Filter) -> Result<Value>;
        }
        error: "`lists` can only be used for forms"
        help: "write `#[body(form, lists = \"brackets\")]`, or remove `lists`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(form, lists = "brackets")] body: &Filter) -> Result<Value>;
        }
    }

    a_text_that_is_a_list {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(text)] body: &[String]) -> Result<Value>;
        }
        error: "a text body cannot be a list"
        help: "take `&str`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(text)] body: &str) -> Result<Value>;
        }
    }

    json_of_another_content_type {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(content_type = "text/csv")] body: &str) -> Result<Value>;
        }
        error: "expected a JSON content type, found `text/csv`"
        help: "to send another format, write `#[body(text, content_type = \"…\")]`, `#[body(form)]`, `#[body(xml)]` or `#[body(bytes)]`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(text, content_type = "text/csv")] body: &str) -> Result<Value>;
        }
    }

    bytes_as_json {
        wrong: {
            #[post("/things")]
            async fn add(&self, body: &[u8]) -> Result<Value>;
        }
        error: "`&[u8]` would be a JSON array of numbers, not bytes"
        help: "for bytes write `#[body(bytes)] body: naftiko::Upload`, for an array of numbers `&[u16]`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(bytes)] body: naftiko::Upload) -> Result<Value>;
            #[post("/numbers")]
            async fn numbers(&self, body: &[u16]) -> Result<Value>;
        }
    }

    bytes_as_an_answer {
        wrong: {
            #[get("/things")]
            async fn read(&self) -> Result<Vec<u8>>;
        }
        error: "`Vec<u8>` would be a JSON array of numbers, not bytes"
        help: "for a file write `naftiko::Download` or `bytes::Bytes`, for unchanged JSON `naftiko::RawJson`, for an array of numbers `Vec<u16>` or a newtype"
        right: {
            #[get("/things")]
            async fn read(&self) -> Result<naftiko::Download>;
            #[get("/json")]
            async fn json(&self) -> Result<naftiko::RawJson>;
            #[get("/numbers")]
            async fn numbers(&self) -> Result<Vec<u16>>;
        }
    }

    a_body_of_a_get {
        wrong: {
            #[get("/things")]
            async fn list(&self, body: &Filter) -> Result<Value>;
        }
        error: "`body` is sent in the body, but a GET request has none"
        help: "send `body` in the query, `#[query(style = \"members\")]`, or use POST"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(style = "members")] body: &Filter) -> Result<Value>;
        }
    }

    a_string_as_the_body_of_a_get {
        wrong: {
            #[get("/things")]
            async fn list(&self, body: &String) -> Result<Value>;
        }
        error: "`body` is sent in the body, but a GET request has none"
        help: "mark `body` with `#[query]`, or use a method with a body: POST"
        right: {
            #[get("/things")]
            async fn list(&self, #[query] body: &str) -> Result<Value>;
        }
    }

    a_body_of_a_delete {
        wrong: {
            #[delete("/things/{id}")]
            async fn remove(&self, id: u32, body: &Filter) -> Result<Value>;
        }
        error: "`body` is sent in the body, but a DELETE request has none"
        help: "if the API reads one, write `#[delete(\"/things/{id}\", body)]`"
        right: {
            #[delete("/things/{id}", body)]
            async fn remove(&self, id: u32, body: &Filter) -> Result<Value>;
        }
    }

    a_path_argument_without_a_placeholder {
        wrong: {
            #[get("/things")]
            async fn read(&self, #[path] id: u32) -> Result<Value>;
        }
        error: "the path `/things` of `read` has no placeholder for `id`"
        help: "add `{id}` to the path, or remove `#[path]` from the argument"
        right: {
            #[get("/things/{id}")]
            async fn read(&self, #[path] id: u32) -> Result<Value>;
            #[get("/things")]
            async fn list(&self, id: u32) -> Result<Value>;
        }
    }

    a_placeholder_without_an_argument {
        wrong: {
            #[get("/things/{thingId}")]
            async fn read(&self) -> Result<Value>;
        }
        error: "no parameter fills `{thingId}` in the path of `read`"
        help: "add an argument: `thing_id: &str`"
        right: {
            #[get("/things/{thingId}")]
            async fn read(&self, thing_id: &str) -> Result<Value>;
        }
    }

    two_arguments_of_one_name {
        wrong: {
            #[get("/things")]
            async fn list(&self, tag: &str, #[query("tag")] other: &str) -> Result<Value>;
        }
        error: "another parameter is called `tag`"
        help: "rename one of them: `#[query(\"…\")]`"
        right: {
            #[get("/things")]
            async fn list(&self, tag: &str, #[query("other-tag")] other: &str) -> Result<Value>;
        }
    }

    a_style_that_is_not_a_string {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(style = comma)] tags: &[String]) -> Result<Value>;
        }
        error: "expected a string literal for `style`, found `comma`"
        help: "write `style = \"comma\"`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(style = "comma")] tags: &[String]) -> Result<Value>;
        }
    }

    a_content_type_that_is_not_a_string {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[part(content_type = json)] about: &Filter) -> Result<Value>;
        }
        error: "expected a string literal for `content_type`, found `json`"
        help: "write `content_type = \"application/json\"`"
        right: {
            #[post("/things")]
            async fn add(&self, #[part(content_type = "application/json")] about: &Filter) -> Result<Value>;
        }
    }

    a_limit_without_a_value {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(bytes, limit)] body: Upload) -> Result<Value>;
        }
        error: "expected `limit = …`, found `limit`"
        help: "write `#[body(bytes, limit = \"50MiB\")]`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(bytes, limit = "50MiB")] body: Upload) -> Result<Value>;
        }
    }

    a_key_of_a_path {
        wrong: {
            #[get("/things/{id}")]
            async fn read(&self, #[path(style = "comma")] id: &str) -> Result<Value>;
        }
        error: "unknown key `style` in `#[path]`"
        help: "remove `style`: `#[path]` takes only a name, `#[path(\"wire-name\")]`"
        right: {
            #[get("/things/{id}")]
            async fn read(&self, #[path("id")] id: &str) -> Result<Value>;
        }
    }

    bytes_as_a_part {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[part] file: Vec<u8>) -> Result<Value>;
        }
        error: "expected a `naftiko::Upload` for a binary part, found `Vec<u8>`"
        help: "write `naftiko::Upload`, by value"
        right: {
            #[post("/things")]
            async fn add(&self, #[part] file: naftiko::Upload) -> Result<Value>;
        }
    }

    a_body_in_two_formats {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(text, xml)] body: &str) -> Result<Value>;
        }
        error: "a body can have only one format"
        help: "keep one of them"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(xml)] body: &str) -> Result<Value>;
        }
    }

    two_names_on_the_wire {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query("tag", "label")] tag: &str) -> Result<Value>;
        }
        error: "unexpected `\"label\"` after the name that is sent"
        help: "write `#[query(\"wire-name\")]`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query("wire-name")] tag: &str) -> Result<Value>;
        }
    }

    a_form_that_is_a_string {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(form)] body: &str) -> Result<Value>;
        }
        error: "a form must be an object, found `&str`"
        help: "take a struct or a map: `&T`, `&BTreeMap<String, String>`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(form)] body: &BTreeMap<String, String>) -> Result<Value>;
        }
    }

    a_form_that_is_a_list {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(form)] body: &[Filter]) -> Result<Value>;
        }
        error: "a form must be an object, found `&[Filter]`"
        help: "take a struct or a map: `&T`, `&BTreeMap<String, String>`"
        right: {
            #[post("/things")]
            async fn add(&self, #[body(form)] body: &Filter) -> Result<Value>;
        }
    }

    a_style_of_objects_for_a_number {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(style = "members")] page: u32) -> Result<Value>;
        }
        error: "the style `members` is for objects, found `u32`"
        help: "take a struct or a map, `&T`, `&BTreeMap<String, String>`; or remove `style`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(style = "members")] page: &Filter) -> Result<Value>;
        }
    }

    bytes_beside_a_body {
        wrong: {
            #[rest(post = "/things")]
            async fn add(&self, content: Vec<u8>, body: &Value) -> Result<usize> {
                Ok(content.len() + body.to_string().len())
            }
        }
        error: "`Vec<u8>` would be a JSON array of numbers, not bytes"
        help: "for bytes write `#[part] content: naftiko::Upload`, and `#[part]` before `body`, for an array of numbers `&[u16]`"
        right: {
            #[rest(post = "/things")]
            async fn add(&self, #[part] content: naftiko::Upload, #[part] body: &Value) -> Result<usize> {
                let _ = content;
                Ok(body.to_string().len())
            }
        }
    }

    bytes_as_the_body_of_a_route {
        wrong: {
            #[rest(post = "/things")]
            async fn add(&self, body: Vec<u8>) -> Result<usize> {
                Ok(body.len())
            }
        }
        error: "`Vec<u8>` would be a JSON array of numbers, not bytes"
        help: "for bytes write `#[body(bytes)] body: naftiko::Upload`, for an array of numbers `&[u16]`"
        right: {
            #[rest(post = "/things")]
            async fn add(&self, #[body(bytes)] body: naftiko::Upload) -> Result<usize> {
                let _ = body;
                Ok(1)
            }
        }
    }
}

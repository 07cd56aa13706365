//! Rules about what is sent: addresses, paths, parameters, bodies; and about what becomes of the answer.

use crate::diagnostic::Diagnostic;

/// An input whose pattern is not a regular expression.
#[must_use]
pub fn invalid_pattern(at: &str, name: &str) -> Diagnostic {
    let message = format!("the pattern of `{name}` is not a regular expression");
    Diagnostic::new(&INVALID_PATTERN, at, message).fix("write one as JSON Schema has it: `^[A-Z]{3}$`")
}

super::rules! {
    INVALID_BASE_URI = "invalid_base_uri", Error, Nowhere, in_traits Nowhere;
    "A base URI is a scheme, a host and a path that operations' paths are appended to, and nothing else."
    "Paths are appended to the base URI as they are. A query or a fragment would swallow them, a user name and a password would be \
     a secret in the source, and what has no host has no address. Variables are `{{env.NAME}}`, `{name}` or `[name]`."
    wrong: "    baseUri: https://api.github.com?version=3"
    right: "    baseUri: https://api.github.com\n    inputParameters:\n    - name: version\n      in: query\n      value: '3'"

    INVALID_TEMPLATE = "invalid_template", Error, Nowhere, in_traits Nowhere;
    "The braces of a `{{NAME}}` match and hold a name."
    "`{{NAME}}` and `{{namespace.NAME}}` stand for the value of a bind. What cannot be read would be sent as it stands."
    wrong: "      token: '{{env.TOKEN'"
    right: "      token: '{{env.TOKEN}}'"

    UNDECLARED_VARIABLE = "undeclared_variable", Warning, Anywhere, repaired_as UndeclaredVariable, in_traits Nowhere;
    "A `{{NAME}}` takes its value from a bind, so a bind declares it."
    "`binds` says which values a document needs and where they come from; who runs it reads them there. A variable that no bind \
     declares is looked up in the environment under its own name."
    wrong: "    authentication:\n      type: bearer\n      token: '{{GITHUB_TOKEN}}'"
    right: "binds:\n- namespace: env\n  keys:\n    GITHUB_TOKEN: GITHUB_TOKEN\n…\n    authentication:\n      type: bearer\n      token: '{{GITHUB_TOKEN}}'"

    UNUSED_BIND = "unused_bind", Warning, Anywhere, in_traits Anywhere;
    "A value that is asked for at start is used somewhere."
    "Whoever starts the document has to set every variable that it declares. One that nothing uses is asked for in vain, or its name \
     is misspelt where it is used."
    wrong: "binds:\n- namespace: env\n  keys:\n    GITHUB_TOKEN: GITHUB_TOKEN\n    GITHUB_USER: GITHUB_USER\n…\n      token: '{{env.GITHUB_TOKEN}}'"
    right: "binds:\n- namespace: env\n  keys:\n    GITHUB_TOKEN: GITHUB_TOKEN"

    UNSUPPORTED_LOCATION = "unsupported_location", Error, Nowhere;
    "The location of a bind is a `file://` URI."
    "Values come from the environment, from a JSON, YAML or dotenv file, from a file that is the secret, or from a folder of such \
     files, each named after its key. One outside of the document's folder needs `--allow-location-outside`. Vaults and the like are not asked: have them write into the \
     environment or into a file, as their agents do."
    wrong: "binds:\n- namespace: secrets\n  location: vault://kv/github"
    right: "binds:\n- namespace: secrets\n  location: file:///run/secrets/github.env"

    INVALID_PATH = "invalid_path", Error, Nowhere, in_traits Nowhere;
    "A path begins with `/` and holds literals and `{placeholders}`."
    "The braces of a path match and hold a name, and no name stands twice. In a route a `?` or a `#` would never be reached: what \
     follows it is not a part of a request's path."
    wrong: "    - path: /users/{userId"
    right: "    - path: /users/{userId}"

    QUERY_IN_PATH = "query_in_path", Warning, Anywhere, in_traits Nowhere;
    "A path has no query; what a query holds is a parameter."
    "The query in a consumed path is sent as it stands, before the parameters. As an input parameter with a `value` it is \
     checked, encoded and documented."
    wrong: "    - path: /?Action=RunInstances"
    right: "    - path: /\n      operations:\n      - name: run-instances\n        inputParameters:\n        - name: Action\n          in: query\n          value: RunInstances"

    TRAILING_SLASH = "trailing_slash", Warning, Anywhere, repaired_as BaseUriSlash, in_traits Nowhere;
    "A base URI and a route end without a slash."
    "Paths begin with a slash, so that a base URI that ends with one gives two. A route is matched to the letter: callers who leave \
     the slash out get 404."
    wrong: "    baseUri: https://api.github.com/\n…\n    - path: /repos/"
    right: "    baseUri: https://api.github.com\n…\n    - path: /repos"

    UNFILLED_PLACEHOLDER = "unfilled_placeholder", Info, Anywhere, in_traits Nowhere;
    "Each `{placeholder}` of a consumed path is declared as a path parameter."
    "A placeholder that no parameter declares is still an input of its own, of which nothing is known but its name: callers see no \
     type and no description. (For a trait it is a compile error: there an argument fills it.)"
    wrong: "    - path: /users/{userId}\n      operations:\n      - name: get-user\n        method: GET"
    right: "    - path: /users/{userId}\n      operations:\n      - name: get-user\n        method: GET\n        inputParameters:\n        - name: userId\n          in: path\n          description: The user ID."

    UNMATCHED_PATH_ARGUMENT = "unmatched_path_argument", Warning, Anywhere, repaired_as PathParameter, in_traits Nowhere;
    "A path parameter has a `{placeholder}` to fill."
    "A parameter with `in: path` whose name does not stand in the path has no place to go."
    wrong: "    - path: /users/{userId}\n      operations:\n      - name: get-user\n        inputParameters:\n        - name: id\n          in: path"
    right: "        inputParameters:\n        - name: userId\n          in: path"

    INVALID_PATTERN = "invalid_pattern", Error, Nowhere;
    "The `pattern` of an input is a regular expression."
    "A pattern is enforced before anything is called. One that cannot be compiled would refuse every call, so that the document does \
     not start."
    wrong: "        - name: code\n          in: query\n          pattern: '([A-Z'"
    right: "        - name: code\n          in: query\n          pattern: '[A-Z]+'"

    DUPLICATE_ARGUMENT = "duplicate_argument", Warning, Anywhere, in_traits Nowhere;
    "Callers tell parameters apart by their names."
    "Callers cannot tell apart two parameters of one name in one place. Only the first takes effect."
    wrong: "        inputParameters:\n        - name: page\n          in: query\n        - name: page\n          in: query"
    right: "        inputParameters:\n        - name: page\n          in: query\n        - name: per_page\n          in: query"

    SLOT_FED_TWICE = "slot_fed_twice", Warning, Anywhere;
    "Each query parameter, header, cookie and field of a request is fed once."
    "Where two values go into one place, an upstream takes the first, the last or both, and no two agree. A list in the query repeats \
     its name on purpose and is not meant."
    wrong: "    - path: /search?per_page=10\n      operations:\n      - name: search\n        inputParameters:\n        - name: per_page\n          in: query"
    right: "    - path: /search\n      operations:\n      - name: search\n        inputParameters:\n        - name: per_page\n          in: query"

    UNFED_PARAMETER = "unfed_parameter", Warning, Anywhere;
    "A required parameter of the called operation gets a value."
    "The consumed operation says that it needs this parameter, and no input, constant or variable of the exposed one goes there: the \
     upstream will refuse the request."
    wrong: "      call: github.search\n      with:\n        sort: tools.sort"
    right: "      call: github.search\n      with:\n        q: tools.q\n        sort: tools.sort"

    UNUSED_INPUT = "unused_input", Warning, Anywhere;
    "Each input of a route or a tool goes somewhere."
    "Callers are asked for a value that no request carries. Agents then believe that it did something: a filter that filters nothing."
    wrong: "    tools:\n    - name: search\n      call: github.search\n      with:\n        q: tools.q\n      inputParameters:\n      - name: q\n        type: string\n      - name: language\n        type: string"
    right: "      with:\n        q: tools.q\n        language: tools.language"

    UNEXPECTED_BODY = "unexpected_body", Warning, Anywhere, in_traits Nowhere;
    "GET, HEAD and DELETE requests carry no body."
    "A body on such a request has no meaning (RFC 9110, section 9.3): servers, proxies and caches drop or refuse it."
    wrong: "        method: GET\n        body:\n          type: json\n          data: {\"q\": \"{{tools.q}}\"}"
    right: "        method: GET\n        inputParameters:\n        - name: q\n          in: query"

    SEVERAL_BODIES = "several_bodies", Warning, Anywhere, in_traits Nowhere;
    "A request has one body."
    "Parameters with `in: body` are members of an object or fields of a form. A body that is a text or a list has no place for those \
     that it does not name."
    wrong: "        inputParameters:\n        - name: title\n          in: body\n        body:\n          type: text\n          data: 'Name: {{tools.name}}'"
    right: "        body:\n          type: text\n          data: 'Name: {{tools.name}}, title: {{tools.title}}'"

    INVALID_HEADER_NAME = "invalid_header_name", Error, UnlessError, in_traits Nowhere;
    "Headers and cookies have names that HTTP allows, and those of the connection belong to the client."
    "A name is a token (RFC 9110, section 5.6.2): letters, digits and a few signs, no blanks. Host, Content-Length, Connection and \
     the like are set by the client for each request; declared as parameters they are only a warning."
    wrong: "        - name: X Request Id\n          in: header"
    right: "        - name: X-Request-Id\n          in: header"

    INVALID_HEADER_VALUE = "invalid_header_value", Error, Nowhere;
    "What a document writes into headers and cookies can be sent there."
    "A line break in a header would begin another one, so that no client sends it (RFC 9110, section 5.5); a cookie takes visible \
     ASCII without quotes, commas, semicolons and backslashes (RFC 6265, section 4.1.1)."
    wrong: "        - name: X-Team\n          in: header\n          value: \"core\\r\\n\""
    right: "        - name: X-Team\n          in: header\n          value: core"

    UNFIT_VALUE = "unfit_value", Warning, Anywhere, in_traits Nowhere;
    "A constant value has the type of its parameter."
    "The value is sent as it is written, whatever `type` says: an API that expects a number refuses a word, or takes it for nothing."
    wrong: "        - name: per_page\n          in: query\n          type: integer\n          value: i"
    right: "        - name: per_page\n          in: query\n          type: integer\n          value: 1"

    INVALID_JSONPATH = "invalid_jsonpath", Error, Nowhere, in_traits Nowhere;
    "A part of an answer is picked by a JSONPath (RFC 9535)."
    "`$` is the whole answer, `$.data.items` a member, `$.items[0]` an element, `$.items[*].id` a member of each. `$.` is published for \
     the whole answer, and taken for it. What cannot be read picks nothing."
    wrong: "        - name: items\n          type: array\n          value: $.data[items"
    right: "        - name: items\n          type: array\n          value: $.data.items"

    UNSUPPORTED_FORMAT = "unsupported_format", Error, Nowhere, serving LeftOut;
    "An answer is read as JSON, XML, CSV, TSV, PSV, YAML, HTML, Markdown, text or bytes."
    "`outputRawFormat` says how an answer is read. Avro and Protobuf need a schema compiler, which is not here: ask the API for JSON, \
     or pass the bytes on with `binary`."
    wrong: "        outputRawFormat: protobuf"
    right: "        outputRawFormat: binary"
}

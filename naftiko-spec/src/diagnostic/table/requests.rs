//! Rules about requests (addresses, paths, parameters, bodies) and about answers.

use crate::diagnostic::finding::Diagnostic;
use crate::printable;

/// Returns the finding for an input whose pattern is not a regular expression.
#[must_use]
pub fn invalid_pattern(at: &str, name: &str, pattern: &str) -> Diagnostic {
    let message = format!("`{}`, the `pattern` of `{name}`, is not a valid regular expression", printable(pattern));
    let help = "correct it; JSON Schema uses the syntax of JavaScript (ECMA-262), for example `^[A-Z]{3}$`";
    Diagnostic::new(&INVALID_PATTERN, at, message).fix(help)
}

super::declare::rules! {
    INVALID_BASE_URI = "invalid_base_uri", Error, Nowhere, in_traits Nowhere;
    "A base URI must consist of a scheme, a host and an optional path; the paths of operations are appended to it."
    "Paths are appended to the base URI unchanged, so after a `?` or a `#` they would be a part of its query or fragment; a user name \
     and a password would be a secret in the source; and a URI without a host cannot be called. Variables are `{{env.NAME}}`, \
     `{name}` or `[name]`."
    wrong: "    baseUri: https://api.github.com?version=3"
    right: "    baseUri: https://api.github.com\n    inputParameters:\n    - name: version\n      in: query\n      value: '3'"

    INVALID_TEMPLATE = "invalid_template", Error, Nowhere, in_traits Nowhere;
    "A `{{NAME}}` must have matching braces and contain a name; a value that is set at startup must come from a bind."
    "`{{NAME}}` and `{{namespace.NAME}}` are replaced by the value of a bind. Malformed braces, and braces in a `default`, would be sent \
     as text. Values of callers, such as `{{rest.NAME}}`, do not exist at startup."
    wrong: "      token: '{{env.TOKEN'"
    right: "      token: '{{env.TOKEN}}'"

    UNDECLARED_VARIABLE = "undeclared_variable", Warning, Anywhere, repaired_as UndeclaredVariable, in_traits Nowhere;
    "Every variable, `{{NAME}}`, should be declared by a bind."
    "`binds` declares the values that a document needs and their sources, for the people who run it. A variable that no bind \
     declares is looked up in the environment under its own name."
    wrong: "    authentication:\n      type: bearer\n      token: '{{GITHUB_TOKEN}}'"
    right: "binds:\n- namespace: env\n  keys:\n    GITHUB_TOKEN: GITHUB_TOKEN\n…\n    authentication:\n      type: bearer\n      \
          token: '{{GITHUB_TOKEN}}'"

    UNUSED_BIND = "unused_bind", Warning, Anywhere, in_traits Anywhere;
    "Every declared variable should be used."
    "Every declared variable must be set to start the document. A variable that nothing uses is required needlessly, or its name \
     is misspelt where it is used."
    wrong: "binds:\n- namespace: env\n  keys:\n    GITHUB_TOKEN: GITHUB_TOKEN\n    GITHUB_USER: GITHUB_USER\n…\n      token: \
        '{{env.GITHUB_TOKEN}}'"
    right: "binds:\n- namespace: env\n  keys:\n    GITHUB_TOKEN: GITHUB_TOKEN"

    UNSUPPORTED_LOCATION = "unsupported_location", Error, Nowhere, in_traits Nowhere;
    "A location must be a path or a `file://` URI; a bind may also have a `vault://` URI."
    "Values come from the environment, from a JSON, YAML or dotenv file, from a file that contains nothing but the secret, \
     from a folder of such files, each named after its key, or from HashiCorp Vault or OpenBao. A file outside the document's \
     folder, and Vault, need `--allow-location-outside`. Other secret managers are not queried: let their agents write the values into a file."
    wrong: "binds:\n- namespace: secrets\n  location: k8s-secret://default/github"
    right: "binds:\n- namespace: secrets\n  location: file:///run/secrets/github.env"

    INVALID_PATH = "invalid_path", Error, Nowhere, in_traits Nowhere;
    "A path must begin with `/` and consist of literals and `{placeholders}`."
    "Braces must match and contain a name. In a trait or a route, a name can occur only once. A route cannot contain `?` or `#`: what follows \
     these characters is not a part of a request's path."
    wrong: "    - path: /users/{userId"
    right: "    - path: /users/{userId}"

    QUERY_IN_PATH = "query_in_path", Warning, Anywhere, in_traits Nowhere;
    "A path should have no query; declare query parameters as parameters."
    "The query in a consumed path is sent before the parameters, with the same names and values. As an input parameter with a `value` it is \
     checked, encoded and documented."
    wrong: "    - path: /?Action=RunInstances"
    right: "    - path: /\n      operations:\n      - name: run-instances\n        inputParameters:\n        - name: Action\n          \
                in: query\n          value: RunInstances"

    TRAILING_SLASH = "trailing_slash", Warning, Anywhere, repaired_as BaseUriSlash, in_traits Nowhere;
    "A base URI or a route should not end with a slash."
    "Paths begin with a slash, so a base URI that ends with a slash leads to two. A route is matched exactly: callers who leave \
     the slash out get 404."
    wrong: "    baseUri: https://api.github.com/\n…\n    - path: /repos/"
    right: "    baseUri: https://api.github.com\n…\n    - path: /repos"

    UNFILLED_PLACEHOLDER = "unfilled_placeholder", Warning, Anywhere, in_traits Nowhere;
    "Each `{placeholder}` of a consumed path should be declared as a path parameter."
    "A placeholder that no parameter declares is still an input, but only its name is known: callers see no \
     type and no description. The value of a declared variable fills it, too. Any other name with a dot, such as `{tools.id}`, is \
     filled only for some callers. (In a trait this is a compile error: an argument must fill the placeholder.)"
    wrong: "    - path: /users/{userId}\n      operations:\n      - name: get-user\n        method: GET"
    right: "    - path: /users/{userId}\n      operations:\n      - name: get-user\n        method: GET\n        \
        inputParameters:\n        - name: userId\n          in: path\n          description: The user ID."

    UNMATCHED_PATH_ARGUMENT = "unmatched_path_argument", Error, UnlessError, repaired_as PathParameter, in_traits Nowhere;
    "A path parameter should have a `{placeholder}` to fill."
    "A parameter with `in: path` whose name is not in the path cannot be sent, which is a warning. An API key with `placement: path` \
     whose name is in no path and not in the base URI cannot be sent either, which is an error."
    wrong: "    - path: /users/{userId}\n      operations:\n      - name: get-user\n        inputParameters:\n        - name: \
        id\n          in: path"
    right: "        inputParameters:\n        - name: userId\n          in: path"

    INVALID_PATTERN = "invalid_pattern", Error, Nowhere;
    "The `pattern` of an input must be a regular expression."
    "Patterns are enforced before anything is called. A pattern that cannot be compiled would refuse every call, so the \
     document does not start."
    wrong: "        - name: code\n          in: query\n          pattern: '([A-Z'"
    right: "        - name: code\n          in: query\n          pattern: '[A-Z]+'"

    INVALID_CONSTRAINT = "invalid_constraint", Error, UnlessError, in_traits Nowhere, serving Refused;
    "`constraints` and `items` of an input, and the input schema of a tool, must have only keywords of JSON Schema, with values that \
     JSON Schema allows."
    "`constraints` is for the keywords without a key of their own: `multipleOf`, `format`, `uniqueItems`, `title`. The `inputSchema` of a \
     tool is for keywords about several arguments, such as `anyOf` and `if`. They are enforced before anything is called. A schema with an \
     invalid value, or with a `$ref` to nothing, would refuse every call, and a misspelt keyword would allow every value. The names of \
     headers under `x-mcp-header` must be valid and unique: MCP clients of the revision 2026-07-28 ignore a tool that breaks this."
    wrong: "        - name: cents\n          in: query\n          type: integer\n          constraints:\n            multipleOf: 0"
    right: "        - name: cents\n          in: query\n          type: integer\n          constraints:\n            multipleOf: 5"

    INEXACT_NUMBER = "inexact_number", Error, Nowhere, in_traits Nowhere;
    "A number that is a default, a choice or a bound of an input must fit exactly into 64 bits."
    "JSON Schemas are published with 64-bit numbers: callers would see a different number, and a default \
     would be refused or sent as that other number."
    wrong: "        - name: id\n          in: query\n          type: integer\n          default: 12345678901234567890123"
    right: "        - name: id\n          in: query\n          type: string\n          default: '12345678901234567890123'"

    DUPLICATE_ARGUMENT = "duplicate_argument", Warning, Anywhere, in_traits Nowhere;
    "Parameters of an operation should have unique names."
    "Callers cannot distinguish two parameters with the same name and the same `in`. Only the first takes effect."
    wrong: "        inputParameters:\n        - name: page\n          in: query\n        - name: page\n          in: query"
    right: "        inputParameters:\n        - name: page\n          in: query\n        - name: per_page\n          in: query"

    SLOT_FED_TWICE = "slot_fed_twice", Warning, Anywhere;
    "Each query parameter, header, cookie and field of a request should get only one value."
    "If a request has two values for one name, some upstreams take the first, some the last and some both. A list in the query \
     repeats its name on purpose and is not reported."
    wrong: "    - path: /search?per_page=10\n      operations:\n      - name: search\n        inputParameters:\n        - \
        name: per_page\n          in: query"
    right: "    - path: /search\n      operations:\n      - name: search\n        inputParameters:\n        - name: per_page\n          \
                 in: query"

    UNFED_PARAMETER = "unfed_parameter", Warning, Anywhere;
    "Every required parameter of the called operation should get a value."
    "The consumed operation declares this parameter as required, and no input, constant or variable of the exposed operation \
     fills it: the upstream will refuse the request. The inputs of an MCP resource are the placeholders of its URI: without one of \
     them, it cannot be read."
    wrong: "      call: github.search\n      with:\n        sort: tools.sort"
    right: "      call: github.search\n      with:\n        q: tools.q\n        sort: tools.sort"

    UNUSED_INPUT = "unused_input", Warning, Anywhere;
    "Every input of a route or a tool should be used."
    "Callers send a value that no request contains. Agents then believe that it has an effect, such as a filter that filters \
     nothing."
    wrong: "    tools:\n    - name: search\n      call: github.search\n      with:\n        q: tools.q\n      \
        inputParameters:\n      - name: q\n        type: string\n      - name: language\n        type: string"
    right: "      with:\n        q: tools.q\n        language: tools.language"

    UNEXPECTED_BODY = "unexpected_body", Warning, Anywhere, in_traits Nowhere;
    "A GET or HEAD request should have no body, and a DELETE only if the API reads it."
    "A body on such a request has no meaning (RFC 9110, section 9.3): servers, proxies and caches drop or refuse it. In a trait, the \
     body of a DELETE is declared with `body`; in a document, a DELETE with a body is not reported."
    wrong: "        method: GET\n        body:\n          type: json\n          data: {\"q\": \"{{tools.q}}\"}"
    right: "        method: GET\n        inputParameters:\n        - name: q\n          in: query"

    SEVERAL_BODIES = "several_bodies", Warning, Anywhere, in_traits Nowhere;
    "A request can have only one body."
    "Parameters with `in: body` are members of an object or fields of a form. A body that is a text or a list cannot contain \
     parameters that it does not name."
    wrong: "        inputParameters:\n        - name: title\n          in: body\n        body:\n          type: text\n          \
         data: 'Name: {{tools.name}}'"
    right: "        body:\n          type: text\n          data: 'Name: {{tools.name}}, title: {{tools.title}}'"

    REPEATED_CREDENTIAL = "repeated_credential", Error, Nowhere, in_traits Nowhere;
    "A request must contain its credential only once."
    "`authentication` sends a header, a query parameter or a cookie with every request. A constant of the same name would be a \
     second value for it: only the credential is sent, and nobody notices that the constant is not."
    wrong: "    authentication:\n      type: bearer\n      token: '{{env.TOKEN}}'\n    inputParameters:\n    - name: \
        Authorization\n      in: header\n      value: '{{env.OTHER}}'"
    right: "    authentication:\n      type: bearer\n      token: '{{env.TOKEN}}'"

    INVALID_HEADER_NAME = "invalid_header_name", Error, UnlessError, in_traits Nowhere;
    "A header or a cookie must have a name that HTTP allows; the HTTP client controls the headers of the connection."
    "A name is a token (RFC 9110, section 5.6.2): letters, digits and a few symbols, no spaces. The HTTP client \
     controls Host, Content-Length, Connection and similar headers; declaring them as parameters is only a warning."
    wrong: "        - name: X Request Id\n          in: header"
    right: "        - name: X-Request-Id\n          in: header"

    INVALID_HEADER_VALUE = "invalid_header_value", Error, Nowhere;
    "A constant header or cookie must have a value that can be sent."
    "A line break in a header would begin another header, so clients refuse to send it (RFC 9110, section 5.5). A cookie may \
     only contain visible ASCII without quotes, commas, semicolons and backslashes (RFC 6265, section 4.1.1)."
    wrong: "        - name: X-Team\n          in: header\n          value: \"core\\r\\n\""
    right: "        - name: X-Team\n          in: header\n          value: core"

    UNUSED_CONTENT_TYPE = "unused_content_type", Warning, Anywhere;
    "A `contentType` should be on a part of a multipart body."
    "Only such a part has a Content-Type of its own (RFC 7578, section 4.4). The Content-Type of any other body is a request header."
    wrong: "        - name: file\n          in: query\n          contentType: image/png"
    right: "        inputParameters:\n        - name: file\n          in: body\n          contentType: image/png\n        body:\n          type: multipartForm"

    UNFIT_VALUE = "unfit_value", Warning, Anywhere, in_traits Nowhere;
    "A constant value, a default and the values in `enum` should have the type of their parameter, and a default should be in its `enum`."
    "A constant, and the default of an API's parameter, are sent as written, whatever their `type` is: an API that expects a number \
     refuses or ignores a word. A default of a route's or a tool's input that does not match its schema is not used: the input is \
     left out. A value in `enum` of another type can never be sent."
    wrong: "        - name: per_page\n          in: query\n          type: integer\n          value: i"
    right: "        - name: per_page\n          in: query\n          type: integer\n          value: 1"

    UNUSED_CONST = "unused_const", Warning, Anywhere;
    "A constant in the result of a call or of steps should be a `value`."
    "`const` describes a value, as in JSON Schema: only a mock returns it. An output without `mapping` and `value` is read from the answer."
    wrong: "        outputParameters:\n        - type: object\n          properties:\n            source: {type: string, const: crm}"
    right: "        outputParameters:\n        - type: object\n          properties:\n            source: {type: string, value: crm}"

    UNFILLED_OUTPUT = "unfilled_output", Warning, Anywhere;
    "A `value` in the result of a call should not contain `{{…}}`."
    "There it is a constant, which callers receive as it is written. Mappings of steps and the values of mocks are templates."
    wrong: "        call: crm.get\n        outputParameters:\n        - {name: user, type: string, value: '{{login}}'}"
    right: "        steps:\n        - {type: call, name: got, call: crm.get}\n        mappings:\n        - {targetName: user, value: '{{login}}'}\n        outputParameters:\n        - {name: user, type: string}"

    INVALID_JSONPATH = "invalid_jsonpath", Error, Nowhere, in_traits Nowhere;
    "The path to a part of an answer must be a JSONPath (RFC 9535)."
    "`$` is the whole answer, `$.data.items` a member, `$.items[0]` an element, `$.items[*].id` a member of each. Published \
     documents write `$.` for the whole answer, and it is accepted. A path that cannot be parsed picks nothing."
    wrong: "        - name: items\n          type: array\n          value: $.data[items"
    right: "        - name: items\n          type: array\n          value: $.data.items"

    UNSUPPORTED_FORMAT = "unsupported_format", Error, Nowhere, serving LeftOut;
    "An answer must be JSON, XML, CSV, TSV, PSV, YAML, HTML, Markdown, text, bytes or a stream."
    "`outputRawFormat` specifies how an answer is read. Avro and Protobuf need a schema compiler, which is not included: ask the \
     API for JSON, or pass the bytes on with `binary`."
    wrong: "        outputRawFormat: protobuf"
    right: "        outputRawFormat: binary"

    INVALID_CALLER_HEADER = "invalid_caller_header", Error, UnlessError, in_traits Nowhere, serving Refused;
    "A header of callers must be one that can be sent to the API, and that the request does not set itself."
    "The headers in `callerHeaders` are copied from the request of a caller to the request to the API. Headers that the HTTP client \
     sets, or that describe a connection or the caller's body, cannot be copied. A header with the name of the capability's own credential, of a \
     constant or of an argument would have two values. In a forwarded request (`trustedHeaders`), the caller's header replaces the \
     credential, which is only a warning. `Accept-Encoding` is never forwarded, which is a warning, too. If the caller's token is exchanged \
     for a token of the API (`grant: token-exchange`), a route that does not forward the caller's token gets a warning, and an adapter whose \
     callers authenticate with `basic` or `digest` is an error: these callers have no token."
    wrong: "    callerHeaders: [Host]"
    right: "    callerHeaders: [Authorization]"
}

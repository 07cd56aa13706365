//! Rules about secrets, hosts, and markup in browsers.

super::declare::rules! {
    LITERAL_SECRET = "literal_secret", Warning, Anywhere, in_traits Anywhere;
    "Don't put secrets in source code; bind them to a variable."
    "Documents are committed, published and pasted into chats. Revoke a credential that was in a document, and take the new one \
     from the environment or from a file."
    wrong: "    authentication:\n      type: bearer\n      token: ghp_…"
    right: "binds:\n- namespace: env\n  keys:\n    GITHUB_TOKEN: GITHUB_TOKEN\n…\n    authentication:\n      type: bearer\n      \
          token: '{{env.GITHUB_TOKEN}}'"

    SECRET_IN_URL = "secret_in_url", Warning, Anywhere;
    "A secret should not be sent in a URL."
    "URLs are logged by every server and proxy on the way, and kept in histories. If the API accepts its key in a header, \
        write `placement: header`; otherwise allow the finding with a reason."
    wrong: "    authentication:\n      type: apikey\n      key: api_key\n      value: '{{env.KEY}}'\n      placement: query"
    right: "    authentication:\n      type: apikey\n      key: X-Api-Key\n      value: '{{env.KEY}}'\n      placement: header"

    INSECURE_HTTP = "insecure_http", Warning, Anywhere;
    "A consumed API should be called over https."
    "With http, everyone on the network path can read and change the credential and the answers. Loopback addresses are fine."
    wrong: "    baseUri: http://api.github.com"
    right: "    baseUri: https://api.github.com"

    UNUSED_TLS = "unused_tls", Error, Nowhere, in_traits Nowhere;
    "An API with `tls` must be called over https, and a client certificate must have its private key."
    "Over http, no certificate is presented, and none is checked: neither the API nor the capability proves who it is. The \
     certificates of an API with `oauth2` are used for its token endpoint, too. `certificate` and `key` are a pair: the connection \
     can be made with both, or with neither."
    wrong: "    baseUri: http://api.bank.dev\n    tls: {certificate: '{{env.CERT}}', key: '{{env.KEY}}'}"
    right: "    baseUri: https://api.bank.dev\n    tls: {certificate: '{{env.CERT}}', key: '{{env.KEY}}'}"

    EXAMPLE_HOST = "example_host", Warning, Anywhere;
    "A host should be real, or a variable."
    "`example.com`, `localhost` and `your-domain…` are placeholders that the operator has to replace. Use a variable instead: \
     its value is set at startup, and nobody has to change the document."
    wrong: "    baseUri: https://your-domain.atlassian.net"
    right: "    baseUri: https://{domain}.atlassian.net"

    SCRIPT_IN_MARKDOWN = "script_in_markdown", Warning, Anywhere;
    "A description should contain no `<script>`, no `javascript:` and no `eval(`."
    "Descriptions are rendered as Markdown by catalogues and portals, and read by agents. They must not contain anything that a \
     browser would run."
    wrong: "  description: Lists users. <script>alert(1)</script>"
    right: "  description: Lists users."

    INVALID_OAUTH = "invalid_oauth", Error, Nowhere, in_traits Nowhere;
    "An `oauth2` must have a token endpoint with https, a client, and valid scopes."
    "Access tokens are fetched from `tokenUrl` with the client's secret or a refresh token, so `tokenUrl`, `clientId`, and one of \
     `clientSecret` and `refreshToken` are required. A `grant` must fit these keys. A secret is sent to the token endpoint, so its URL must use https, \
     unless it is on this machine. A scope has no spaces, quotes or backslashes (RFC 6749, section 3.3)."
    wrong: "    authentication:\n      type: oauth2\n      tokenUrl: http://id.crm.dev/token\n      clientId: me\n      clientSecret: '{{env.SECRET}}'"
    right: "    authentication:\n      type: oauth2\n      tokenUrl: https://id.crm.dev/token\n      clientId: me\n      clientSecret: '{{env.SECRET}}'"
}

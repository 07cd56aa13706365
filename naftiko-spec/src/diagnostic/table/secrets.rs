//! Rules about secrets, hosts and what reaches people's browsers.

super::rules! {
    LITERAL_SECRET = "literal_secret", Warning, Anywhere, in_traits Anywhere;
    "Don't put secrets in source code; bind them to a variable."
    "Documents are committed, published and pasted into chats. A credential in one is to be revoked, and its successor to be taken \
     from the environment or from a file."
    wrong: "    authentication:\n      type: bearer\n      token: ghp_…"
    right: "binds:\n- namespace: env\n  keys:\n    GITHUB_TOKEN: GITHUB_TOKEN\n…\n    authentication:\n      type: bearer\n      token: '{{env.GITHUB_TOKEN}}'"

    SECRET_IN_URL = "secret_in_url", Warning, Anywhere;
    "No secret travels in a URL."
    "URLs are logged by every server and proxy on the way, and kept in histories. Where the API takes its key in a header, say \
     `placement: header`; where it does not, allow it, so that it is known."
    wrong: "    authentication:\n      type: apikey\n      key: api_key\n      value: '{{env.KEY}}'\n      placement: query"
    right: "    authentication:\n      type: apikey\n      key: X-Api-Key\n      value: '{{env.KEY}}'\n      placement: header"

    INSECURE_HTTP = "insecure_http", Warning, Anywhere;
    "A consumed API is called by https."
    "By http everyone on the way reads the credential and the answers, and can change them. Loopback addresses are fine."
    wrong: "    baseUri: http://api.github.com"
    right: "    baseUri: https://api.github.com"

    EXAMPLE_HOST = "example_host", Warning, Anywhere;
    "A host is a real one, or a variable."
    "`example.com`, `localhost`, `your-domain…` stand for what whoever runs the document has to fill in. A variable says so: it \
     is asked for at start, and nobody has to change the document."
    wrong: "    baseUri: https://your-domain.atlassian.net"
    right: "    baseUri: https://{domain}.atlassian.net"

    SCRIPT_IN_MARKDOWN = "script_in_markdown", Warning, Anywhere;
    "Descriptions hold no `<script>`, no `javascript:` and no `eval(`."
    "Descriptions are rendered as Markdown by catalogues and portals, and read by agents. What would be run there does not belong \
     into them."
    wrong: "  description: Lists users. <script>alert(1)</script>"
    right: "  description: Lists users."
}

//! The authentication schemes: their names and keys, in documents and in attributes.

/// A scheme of authentication.
#[derive(Debug)]
pub struct Scheme {
    /// Its name in documents and in attributes.
    pub word: &'static str,
    /// Other names for it that documents use, in lower case without `_` and `-`.
    pub aliases: &'static [&'static str],
    /// Its keys, all of which are strings; empty for `oauth2`, whose keys `OAuth2` and `ResourceServer` read.
    pub keys: &'static [SchemeKey],
    /// An example of it as an attribute; `None` if attributes don't support it.
    pub attribute: Option<&'static str>,
    /// Whether callers of an adapter can authenticate with it; otherwise it is for consumed APIs only.
    pub for_callers: bool,
}

/// A key of a scheme.
#[derive(Debug)]
pub struct SchemeKey {
    /// Its name in documents.
    pub key: &'static str,
    /// Its spellings in documents, the likeliest first, in lower case without `_` and `-`. For the `key` of an API key, the list does
    /// not contain `key`, because in some documents the value of `key` is the secret, not the name of the header.
    pub aliases: &'static [&'static str],
    /// An example of it in an attribute.
    pub form: &'static str,
    /// The values that an attribute accepts, the default first; empty if any text is accepted.
    pub values: &'static [&'static str],
    /// Whether the scheme works without it. A required key with `values` may be left out of an attribute; then the default is used.
    pub optional: bool,
}

/// Creates a required key.
const fn needed(key: &'static str, aliases: &'static [&'static str], form: &'static str) -> SchemeKey {
    SchemeKey { key, aliases, form, values: &[], optional: false }
}

const USERNAME: SchemeKey =
    needed("username", &["username", "user", "login", "userid"], r#"username = "{{env.NAME}}""#);

const PASSWORD: SchemeKey = needed(
    "password",
    &["password", "pass", "passwd", "secret", "token", "apitoken", "apikey", "value"],
    r#"password = "{{env.NAME}}""#,
);

impl Scheme {
    /// A token in `Authorization`.
    pub const BEARER: &'static Self = &Self {
        word: "bearer",
        aliases: &["bearertoken", "bearerauth", "jwt", "pat", "personalaccesstoken"],
        keys: &[needed(
            "token",
            &[
                "token",
                "accesstoken",
                "bearertoken",
                "value",
                "apikey",
                "key",
                "secret",
                "credential",
                "credentials",
                "jwt",
            ],
            r#"bearer = "{{env.NAME}}""#,
        )],
        attribute: Some(r#"bearer = "{{env.NAME}}""#),
        for_callers: true,
    };
    /// A key with a name that the API chooses.
    pub const APIKEY: &'static Self = &Self {
        word: "apikey",
        aliases: &["apitoken"],
        keys: &[
            needed(
                "key",
                &[
                    "header",
                    "headername",
                    "name",
                    "param",
                    "parameter",
                    "paramname",
                    "queryparam",
                    "queryparameter",
                    "query",
                    "cookie",
                    "keyname",
                    "field",
                ],
                r#"key = "X-Api-Key""#,
            ),
            needed(
                "value",
                &["value", "token", "apikey", "secret", "credential", "keyvalue", "headervalue"],
                r#"value = "{{env.NAME}}""#,
            ),
            SchemeKey {
                key: "placement",
                aliases: &["placement", "in", "location", "place", "position"],
                form: r#"placement = "header""#,
                values: &["header", "query"],
                optional: false,
            },
        ],
        attribute: Some(r#"apikey(key = "X-Api-Key", value = "{{env.NAME}}", placement = "header")"#),
        for_callers: true,
    };
    /// A user name and a password.
    pub const BASIC: &'static Self = &Self {
        word: "basic",
        aliases: &["basicauth", "httpbasic"],
        keys: &[USERNAME, PASSWORD],
        attribute: Some(r#"basic(username = "{{env.NAME}}", password = "{{env.NAME}}")"#),
        for_callers: true,
    };
    /// A user name and a password, of which only a digest is sent.
    pub const DIGEST: &'static Self = &Self {
        word: "digest",
        aliases: &["httpdigest"],
        keys: &[USERNAME, PASSWORD],
        attribute: Some(r#"digest(username = "{{env.NAME}}", password = "{{env.NAME}}")"#),
        for_callers: true,
    };
    /// A signature with an API ID and a key.
    pub const HMAC: &'static Self = &Self {
        word: "hmac",
        aliases: &["hmacsha256", "veracodehmac", "veracodehmacsha256"],
        keys: &[
            needed("apiId", &["apiid"], r#"api_id = "{{env.NAME}}""#),
            needed("apiKey", &["apikey"], r#"api_key = "{{env.NAME}}""#),
        ],
        attribute: Some(r#"hmac(api_id = "{{env.NAME}}", api_key = "{{env.NAME}}")"#),
        for_callers: false,
    };
    /// A signature with an AWS access key.
    pub const AWS_SIG_V4: &'static Self = &Self {
        word: "aws-sig-v4",
        aliases: &["awssigv4", "aws", "sigv4", "awssignaturev4", "aws4hmacsha256"],
        keys: &[
            needed("accessKeyId", &["accesskeyid", "accesskey", "awsaccesskeyid"], r#"access_key_id = "{{env.NAME}}""#),
            needed(
                "secretKey",
                &["secretkey", "secretaccesskey", "awssecretaccesskey"],
                r#"secret_key = "{{env.NAME}}""#,
            ),
            needed("region", &["region", "awsregion"], r#"region = "us-east-1""#),
            needed("service", &["service", "servicename", "awsservice"], r#"service = "s3""#),
            SchemeKey {
                key: "sessionToken",
                aliases: &["sessiontoken", "awssessiontoken", "securitytoken"],
                form: r#"session_token = "{{env.NAME}}""#,
                values: &[],
                optional: true,
            },
        ],
        attribute: Some(
            r#"aws_sig_v4(access_key_id = "{{env.NAME}}", secret_key = "{{env.NAME}}", region = "us-east-1", service = "s3")"#,
        ),
        for_callers: false,
    };
    /// A signature with a consumer key (OAuth 1.0a).
    pub const OAUTH1: &'static Self = &Self {
        word: "oauth1",
        aliases: &["oauth1.0", "oauth1a", "oauth1.0a"],
        keys: &[
            needed("consumerKey", &["consumerkey", "clientid", "apikey"], r#"consumer_key = "{{env.NAME}}""#),
            needed(
                "signingKey",
                &["signingkey", "consumersecret", "privatekey", "clientsecret"],
                r#"signing_key = "{{env.NAME}}""#,
            ),
            SchemeKey {
                key: "token",
                aliases: &["token", "accesstoken", "oauthtoken"],
                form: r#"token = "{{env.NAME}}""#,
                values: &[],
                optional: true,
            },
            SchemeKey {
                key: "tokenSecret",
                aliases: &["tokensecret", "accesstokensecret", "oauthtokensecret"],
                form: r#"token_secret = "{{env.NAME}}""#,
                values: &[],
                optional: true,
            },
            SchemeKey {
                key: "signatureMethod",
                aliases: &["signaturemethod", "method", "algorithm"],
                form: r#"signature_method = "HMAC-SHA256""#,
                values: &["HMAC-SHA1", "HMAC-SHA256", "RSA-SHA256"],
                optional: true,
            },
        ],
        attribute: Some(r#"oauth1(consumer_key = "{{env.NAME}}", signing_key = "{{env.NAME}}")"#),
        for_callers: false,
    };
    /// A token of an authorization server.
    pub const OAUTH2: &'static Self = &Self {
        word: "oauth2",
        aliases: &["oauth", "oauth2.0", "openidconnect", "oidc"],
        keys: &[],
        attribute: Some(
            r#"oauth2(token_url = "https://…", client_id = "{{env.NAME}}", client_secret = "{{env.NAME}}")"#,
        ),
        for_callers: true,
    };

    /// Every scheme.
    pub const ALL: &'static [&'static Self] = &[
        Self::BEARER,
        Self::APIKEY,
        Self::BASIC,
        Self::DIGEST,
        Self::OAUTH2,
        Self::HMAC,
        Self::AWS_SIG_V4,
        Self::OAUTH1,
    ];

    /// Returns the scheme for a name in a document: the name of the scheme itself, or an alias in lower case without `_` and `-`.
    #[must_use]
    pub fn named(word: &str) -> Option<&'static Self> {
        Self::ALL.iter().copied().find(|scheme| scheme.word == word || scheme.aliases.contains(&word))
    }

    /// Returns its name in attributes; `None` if attributes don't support it.
    #[must_use]
    pub fn attribute_name(&self) -> Option<&'static str> {
        self.attribute?.split(['(', ' ']).next()
    }

    /// Returns the spellings of one of its keys in documents.
    #[must_use]
    pub fn aliases_of(&self, key: &str) -> &'static [&'static str] {
        self.keys.iter().find(|own| own.key == key).map_or(&[], |own| own.aliases)
    }
}

impl SchemeKey {
    /// Returns its name in attributes.
    #[must_use]
    pub fn attribute(&self) -> &'static str {
        self.form.split_once(" = ").map_or(self.form, |(name, _)| name)
    }
}

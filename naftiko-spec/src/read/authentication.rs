//! How the capability authenticates itself to an API, by whatever name.

use super::keys::folded;
use super::lists::text_member;
use super::reader::Reader;
use super::tree::{Member, Node, Place, Tree};
use super::variables::Where;
use crate::diagnostic::RepairKind;
use crate::diagnostic::plain;
use crate::model::{Authentication, Placement};
use serde_json::{Map, Value};

/// What is written of an authentication, key by key; keys that were understood are taken out.
struct Words {
    place: Place,
    members: Vec<Member>,
}

/// What a word says of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bearer,
    Basic,
    Digest,
    Oauth2,
    /// An apikey, and where it travels if the word says that.
    Apikey(Option<Placement>),
    None,
    /// Something that the specification does not have.
    Other,
}

const TOKEN: &[&str] =
    &["token", "accesstoken", "bearertoken", "value", "apikey", "key", "secret", "credential", "credentials", "jwt"];
const USER: &[&str] = &["username", "user", "login", "userid"];
const PASSWORD: &[&str] = &["password", "pass", "passwd", "secret", "token", "apitoken", "apikey", "value"];
const NAME: &[&str] = &[
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
];
const VALUE: &[&str] = &["value", "token", "apikey", "secret", "credential", "keyvalue", "headervalue"];
const PLACEMENT: &[&str] = &["placement", "in", "location", "place", "position"];

impl Words {
    fn peek(&self, keys: &[&str]) -> Option<&Member> {
        keys.iter().find_map(|key| self.members.iter().find(|member| folded(&member.key) == *key))
    }

    fn take(&mut self, keys: &[&str]) -> Option<Member> {
        let key = &self.peek(keys)?.key;
        let at = self.members.iter().position(|member| member.key == *key)?;
        Some(self.members.remove(at))
    }

    fn text(&self, keys: &[&str]) -> Option<&str> {
        self.peek(keys)?.node.text()
    }

    fn kind(&self) -> Option<(Kind, String)> {
        let word = self.text(&["type", "kind", "scheme", "method"])?;
        let kind = match folded(word.trim()).as_str() {
            "bearer" | "bearertoken" | "bearerauth" | "jwt" | "pat" | "personalaccesstoken" => Kind::Bearer,
            "basic" | "basicauth" | "httpbasic" => Kind::Basic,
            "digest" | "httpdigest" => Kind::Digest,
            "oauth2" | "oauth" | "oauth2.0" | "openidconnect" | "oidc" => Kind::Oauth2,
            "apikey" | "apitoken" => Kind::Apikey(None),
            "header" | "headers" | "customheader" | "apikeyheader" | "headerapikey" => {
                Kind::Apikey(Some(Placement::Header))
            }
            "query" | "queryparam" | "queryparameter" | "apikeyquery" => Kind::Apikey(Some(Placement::Query)),
            "cookie" => Kind::Apikey(Some(Placement::Cookie)),
            "none" | "noauth" | "public" | "anonymous" => Kind::None,
            "http" => match self.text(&["scheme"]).map(folded).as_deref() {
                Some("bearer") => Kind::Bearer,
                Some("basic") => Kind::Basic,
                Some("digest") => Kind::Digest,
                _ => Kind::Other,
            },
            "custom" | "token" | "key" | "secret" | "accesstoken"
                if self.peek(&["header", "headername", "name", "in", "placement"]).is_some() =>
            {
                Kind::Apikey(None)
            }
            _ => Kind::Other,
        };
        Some((kind, word.to_owned()))
    }

    /// The kind that the other keys show.
    fn guess(&self) -> Option<Kind> {
        if self.peek(USER).is_some() {
            Some(Kind::Basic)
        } else if self.peek(PLACEMENT).is_some()
            || self.peek(NAME).is_some()
            || self.peek(&["key"]).is_some() && self.peek(VALUE).is_some()
        {
            Some(Kind::Apikey(None))
        } else if self.peek(&["token", "accesstoken", "bearertoken", "bearer"]).is_some() {
            Some(Kind::Bearer)
        } else {
            None
        }
    }
}

impl Reader {
    /// The authentication of a consumed API; none where there is to be none.
    pub(super) fn authentication(&mut self, node: Node) -> Option<Authentication> {
        let place = node.place;
        let mut words = self.words(node)?;
        let Some((kind, word)) = words.kind().or_else(|| words.guess().map(|kind| (kind, String::new()))) else {
            let help = "write `type: bearer`, `apikey`, `basic` or `digest`";
            self.error(place, "an authentication has no `type`".to_owned(), help);
            return None;
        };
        let oauth = kind == Kind::Oauth2;
        let kind = match kind {
            // What is called oauth2 and has nothing but a token is a bearer of it.
            Kind::Oauth2 if words.peek(&["token", "accesstoken"]).is_some() && words.members.len() == 2 => Kind::Bearer,
            kind => kind,
        };
        let written = match kind {
            Kind::Bearer => "bearer",
            Kind::Basic => "basic",
            Kind::Digest => "digest",
            Kind::Oauth2 => "oauth2",
            Kind::Apikey(_) => "apikey",
            Kind::None => {
                let message = format!("an authentication of type `{}` is none", plain(&word));
                self.repair(RepairKind::AuthenticationKind, place, message);
                return None;
            }
            Kind::Other => return Some(Authentication::Other(self.as_written(words))),
        };
        if word != written {
            let what = if word.is_empty() { "without type".to_owned() } else { format!("of type `{}`", plain(&word)) };
            let message = format!("an authentication {what}, taken for `{written}`");
            self.repair_member(RepairKind::AuthenticationKind, "type", place, message);
        }
        if kind == Kind::Oauth2 {
            words.take(&["type", "kind"]);
            return Some(Authentication::Oauth2(self.as_written(words)));
        }
        words.take(&["type"]);
        words.take(&["scheme"]);
        let authentication = match kind {
            Kind::Bearer => self.bearer(&mut words, oauth),
            Kind::Basic | Kind::Digest => self.basic(&mut words, kind == Kind::Digest),
            Kind::Apikey(placement) => self.apikey(&mut words, placement),
            _ => None,
        };
        let authentication = authentication?;
        for member in words.members {
            self.left_over(&authentication, written, member);
        }
        Some(authentication)
    }

    /// A key that nothing was read from: left out, unless it could mean another request.
    fn left_over(&mut self, authentication: &Authentication, kind: &str, member: Member) {
        let shown = plain(&member.key);
        let word = member.node.text().unwrap_or_default().trim().to_lowercase();
        let said: [&str; 3] = match authentication {
            Authentication::Bearer { token } => [token, "bearer", "header"],
            Authentication::Basic { username, password } | Authentication::Digest { username, password } => {
                [username, password, kind]
            }
            Authentication::Apikey { key, value, placement } => [key, value, placement.as_str()],
            _ => [""; 3],
        };
        let key = folded(&member.key);
        let matters = [NAME, VALUE, PLACEMENT, USER, PASSWORD, &["prefix", "key"]]
            .iter()
            .any(|keys| keys.contains(&key.as_str()));
        if matters && !said.iter().any(|said| said.eq_ignore_ascii_case(&word)) {
            let message = format!("`{shown}` says something else of this `{kind}` than its other keys");
            self.error(member.place, message, "keep one of them; the keys are those of the specification");
            return;
        }
        let message = format!("`{shown}` is no key of `{kind}`, left out");
        self.repair_member(RepairKind::UnknownKey, member.key, member.place, message);
    }

    /// The keys of an authentication, however it is written.
    fn words(&mut self, node: Node) -> Option<Words> {
        let (place, kind) = (node.place, node.kind());
        match node.tree {
            Tree::Map(mut members, _) => {
                // `bearer: {token: …}` and `bearer: "…"`.
                if members.len() == 1
                    && let Some(member) = members.pop_if(|member| {
                        matches!(folded(&member.key).as_str(), "bearer" | "apikey" | "basic" | "digest")
                            && matches!(member.node.tree, Tree::Map(..))
                    })
                {
                    let message = format!("`{}: …` taken for an authentication of that type", plain(&member.key));
                    self.repair(RepairKind::AuthenticationKind, member.place, message);
                    members.push(text_member("type", folded(&member.key), member.place));
                    if let Tree::Map(inner, _) = member.node.tree {
                        members.extend(inner);
                    }
                }
                let (empty, members) = members.into_iter().partition::<Vec<_>, _>(|member| member.node.is_null());
                for member in empty {
                    let message = format!("`{}` has no value, left out", plain(&member.key));
                    self.repair_member(RepairKind::EmptyValue, member.key, member.place, message);
                }
                Some(Words { place, members })
            }
            Tree::Text(text) => {
                self.repair(RepairKind::AuthenticationKind, place, format!("`{}` taken for the type", plain(&text)));
                Some(Words { place, members: vec![text_member("type", text, place)] })
            }
            Tree::List(mut list) if list.len() == 1 => {
                self.repair(RepairKind::ListShape, place, "an authentication in a list, taken for it".to_owned());
                self.words(list.pop()?)
            }
            _ => {
                let message = format!("an authentication is one object, and this is {kind}");
                self.error(place, message, "write `authentication: {type: bearer, token: \"{{env.TOKEN}}\"}`");
                None
            }
        }
    }

    /// What cannot be called is kept as it is, so that it can be refused by name.
    fn as_written(&mut self, words: Words) -> Map<String, Value> {
        let mut map = Map::new();
        for member in words.members {
            let value = self.enter(member.key.clone(), member.place, |reader| reader.verbatim(member.node));
            if let Value::String(text) = &value {
                self.uses(text, member.place, Where::Credential);
            }
            map.insert(member.key, value);
        }
        map
    }

    fn bearer(&mut self, words: &mut Words, oauth: bool) -> Option<Authentication> {
        let named = words.peek(PLACEMENT).is_some();
        let header =
            if named { words.peek(&["header", "headername", "name"]) } else { words.peek(&["header", "headername"]) };
        if let Some(header) = header
            && !header.node.text().is_some_and(|name| name.eq_ignore_ascii_case("authorization"))
        {
            let message = "a bearer travels in `Authorization`, and this one names another header".to_owned();
            self.error(header.place, message, "write `type: apikey` with `key`, `value` and `placement: header`");
            return None;
        }
        // What names that header says nothing more.
        for key in ["header", "headername", "name"] {
            if let Some(member) = words.take(&[key]) {
                let message = format!("`{}` is no key of `bearer`, left out", plain(&member.key));
                self.repair_member(RepairKind::UnknownKey, member.key, member.place, message);
            }
        }
        let keys = if oauth { &["token", "accesstoken"] } else { TOKEN };
        let token = self.credential(words, "token", keys, "a bearer authentication")?;
        Some(Authentication::Bearer { token })
    }

    fn basic(&mut self, words: &mut Words, digest: bool) -> Option<Authentication> {
        let what = if digest { "a digest authentication" } else { "a basic authentication" };
        let username = self.credential(words, "username", USER, what)?;
        let password = if words.peek(PASSWORD).is_some() {
            self.credential(words, "password", PASSWORD, what)?
        } else {
            let message = format!("{what} without password, taken with an empty one");
            self.repair_member(RepairKind::BasicPassword, "password", words.place, message);
            String::new()
        };
        Some(if digest {
            Authentication::Digest { username, password }
        } else {
            Authentication::Basic { username, password }
        })
    }

    fn apikey(&mut self, words: &mut Words, placement: Option<Placement>) -> Option<Authentication> {
        let is_template = |member: Option<&Member>| {
            member.and_then(|member| member.node.text()).is_some_and(|text| text.contains("{{") || text.contains("${"))
        };
        // `header: X-Key, key: "{{KEY}}"`: the key is the value. `key: X-Key, value: "{{KEY}}"` is as it should be.
        let named = words.peek(NAME).map(|member| folded(&member.key));
        let key_is_value = is_template(words.peek(&["key"])) && named.is_some() && words.peek(VALUE).is_none();
        let key_is_name = words.peek(&["key"]).is_some() && !is_template(words.peek(&["key"]));
        let what = "an apikey authentication";
        let place = self.placement(words, placement, named.as_deref())?;
        let value = if key_is_value {
            self.credential(words, "value", &["key"], what)?
        } else {
            self.credential(words, "value", VALUE, what)?
        };
        let key = if key_is_name {
            self.credential(words, "key", &["key"], what)?
        } else {
            self.credential(words, "key", NAME, what)?
        };
        // `prefix: Bearer` belongs before the value.
        let value = match words.take(&["prefix", "valueprefix"]) {
            Some(prefix) if prefix.node.text().is_some_and(|text| !text.trim().is_empty()) => {
                let word = prefix.node.text().unwrap_or_default().trim().to_owned();
                let message = format!("`{}` taken for the beginning of the value", plain(&word));
                self.repair_renamed(RepairKind::ApikeyShape, "value", &prefix, message);
                format!("{word} {value}")
            }
            _ => value,
        };
        Some(Authentication::Apikey { key, value, placement: place })
    }

    /// Where an apikey travels: where it says, or else what the word for its type or for its name says, or else a header.
    fn placement(&mut self, words: &mut Words, kind: Option<Placement>, named: Option<&str>) -> Option<Placement> {
        let at = words.place;
        if let Some(member) = words.take(PLACEMENT) {
            let written = member.node.text().unwrap_or_default().to_owned();
            let placement = match folded(written.trim()).as_str() {
                "header" | "headers" | "httpheader" => Placement::Header,
                "query" | "queryparam" | "queryparameter" | "querystring" | "params" => Placement::Query,
                "path" | "url" | "uri" => Placement::Path,
                "body" | "form" | "json" => Placement::Body,
                "cookie" | "cookies" => Placement::Cookie,
                _ => {
                    let message = format!("`{}` is no place of an apikey", plain(&written));
                    self.error(member.place, message, "write `placement: header` or `placement: query`");
                    return None;
                }
            };
            let word = placement.as_str();
            if member.key != "placement" || written != word {
                let message = format!("`{}: {}` taken for `placement: {word}`", plain(&member.key), plain(&written));
                self.repair_renamed(RepairKind::ApikeyShape, "placement", &member, message);
            }
            if !matches!(placement, Placement::Header | Placement::Query) {
                let message = format!("an apikey travels in the {word}, which the specification does not have; kept");
                self.keep(RepairKind::ApikeyPlace, member.place, message);
            }
            return Some(placement);
        }
        let named = match named {
            Some("header" | "headername") => Some(Placement::Header),
            Some("query" | "queryparam" | "queryparameter") => Some(Placement::Query),
            Some("cookie") => Some(Placement::Cookie),
            _ => None,
        };
        let placement = kind.or(named).unwrap_or(Placement::Header);
        let taken = match placement {
            Placement::Header => "a header",
            Placement::Cookie => "a cookie",
            _ => "a query parameter",
        };
        let message = format!("apikey without placement, taken as {taken}");
        self.repair_member(RepairKind::ApikeyPlacement, "placement", at, message);
        Some(placement)
    }

    /// A text of an authentication, whatever its key is called.
    fn credential(&mut self, words: &mut Words, key: &'static str, keys: &[&str], what: &str) -> Option<String> {
        let Some(member) = words.take(keys) else {
            let help = match key {
                "key" => "write `key: NAME`, the name of the header or of the query parameter",
                "username" => "write `username: \"{{env.NAME}}\"`",
                _ => "write it as a variable, `\"{{env.NAME}}\"`, and never as it is",
            };
            self.error(words.place, format!("{what} has no `{key}`"), help);
            return None;
        };
        if member.key != key {
            let kind = match key {
                "key" | "value" => RepairKind::ApikeyShape,
                _ => RepairKind::KeySpelling,
            };
            let message = format!("`{}` taken for `{key}`", plain(&member.key));
            self.repair_renamed(kind, key, &member, message);
        }
        let place = member.node.place;
        self.member(key, member, |reader, node| {
            let text = reader.text(key, node)?;
            if key == "key" {
                return Some(text);
            }
            let text = match variable(&text) {
                Some(variable) => {
                    let message = format!("`{}` taken for `{}`", plain(&text), plain(&variable));
                    reader.repair(RepairKind::VariableSpelling, place, message);
                    variable
                }
                None => text,
            };
            reader.uses(&text, place, Where::Credential);
            Some(text)
        })
    }
}

/// `{{NAME}}` for `${NAME}`, `${{ env.NAME }}`, `$NAME`, `{NAME}` and `<NAME>`.
fn variable(text: &str) -> Option<String> {
    let inside = text.trim();
    let name = inside
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .or_else(|| inside.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')))
        .or_else(|| inside.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')))
        .or_else(|| inside.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')))
        .or_else(|| inside.strip_prefix('$'))?
        .trim();
    let bare = name.split_once('.').map_or(name, |(_, bare)| bare);
    let is_name = bare.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && bare.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_');
    is_name.then(|| format!("{{{{{name}}}}}"))
}

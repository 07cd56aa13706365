//! Reads `authentication` of a consumed API or of an adapter, in all of its spellings.

use super::keys::{folded, listed};
use super::lists::text_member;
use super::messages::describe;
use super::reader::Reader;
use super::tree::{Member, Node, Position, Tree};
use super::variables::TemplateContext;
use crate::diagnostic::{RepairKind, plain};
use crate::model::{Authentication, Placement, Scheme, SchemeKey};
use serde_json::{Map, Value};

/// The keys of an authentication that are not yet read.
struct RemainingKeys {
    place: Position,
    members: Vec<Member>,
}

/// The meaning of the `type` of an authentication.
#[derive(Clone, Copy)]
enum TypeName {
    /// A scheme, and where its key is sent if the name implies it.
    Scheme(&'static Scheme, Option<Placement>),
    /// No authentication.
    None,
    /// A scheme that is not supported.
    Other,
}

impl RemainingKeys {
    /// Returns the member for the first of these keys that is present; `keys` are folded.
    fn peek(&self, keys: &[&str]) -> Option<&Member> {
        keys.iter().find_map(|key| self.members.iter().find(|member| folded(&member.key) == *key))
    }

    /// Removes the member that [`peek`](Self::peek) returns.
    fn take(&mut self, keys: &[&str]) -> Option<Member> {
        let key = &self.peek(keys)?.key;
        let at = self.members.iter().position(|member| member.key == *key)?;
        Some(self.members.remove(at))
    }

    fn text(&self, keys: &[&str]) -> Option<&str> {
        self.peek(keys)?.node.text()
    }

    /// Returns the meaning of the `type`, and the `type` as written.
    fn kind(&self) -> Option<(TypeName, String)> {
        let word = self.text(&["type", "kind", "scheme", "method"])?;
        let (name, http) = (folded(word.trim()), self.text(&["scheme"]).map(folded).unwrap_or_default());
        let kind = match name.as_str() {
            "header" | "headers" | "customheader" | "apikeyheader" | "headerapikey" => {
                TypeName::Scheme(Scheme::APIKEY, Some(Placement::Header))
            }
            "query" | "queryparam" | "queryparameter" | "apikeyquery" => {
                TypeName::Scheme(Scheme::APIKEY, Some(Placement::Query))
            }
            "cookie" => TypeName::Scheme(Scheme::APIKEY, Some(Placement::Cookie)),
            "none" | "noauth" | "public" | "anonymous" => TypeName::None,
            "custom" | "token" | "key" | "secret" | "accesstoken"
                if self.peek(&["header", "headername", "name", "in", "placement"]).is_some() =>
            {
                TypeName::Scheme(Scheme::APIKEY, None)
            }
            name => Scheme::named(if name == "http" { &http } else { name })
                .map_or(TypeName::Other, |scheme| TypeName::Scheme(scheme, None)),
        };
        Some((kind, word.to_owned()))
    }

    /// Returns the scheme that follows from the other keys.
    fn guess(&self) -> Option<&'static Scheme> {
        let (value, has) = (Scheme::APIKEY.aliases_of("value"), |keys: &[&str]| self.peek(keys).is_some());
        if has(Scheme::BASIC.aliases_of("username")) {
            Some(Scheme::BASIC)
        } else if has(Scheme::APIKEY.aliases_of("placement"))
            || has(Scheme::APIKEY.aliases_of("key"))
            || has(&["key"]) && has(value)
        {
            Some(Scheme::APIKEY)
        } else {
            has(&["token", "accesstoken", "bearertoken", "bearer"]).then_some(Scheme::BEARER)
        }
    }
}

impl Reader {
    /// Reads the authentication of a consumed API or of an adapter; `None` for `type: none`, and after an error.
    pub(super) fn authentication(&mut self, node: Node) -> Option<Authentication> {
        let place = node.place;
        let mut remaining = self.remaining_keys(node)?;
        let guess = || remaining.guess().map(|scheme| (TypeName::Scheme(scheme, None), String::new()));
        let Some((kind, word)) = remaining.kind().or_else(guess) else {
            let help = "write `type: bearer`, `apikey`, `basic`, `digest` or `oauth2`";
            self.error(place, "an authentication has no `type`", help);
            return None;
        };
        let (scheme, placement) = match kind {
            // An `oauth2` that has only a token is a bearer token.
            TypeName::Scheme(Scheme { word: "oauth2", .. }, _)
                if remaining.peek(&["token", "accesstoken"]).is_some() && remaining.members.len() == 2 =>
            {
                (Scheme::BEARER, None)
            }
            TypeName::Scheme(scheme, placement) => (scheme, placement),
            TypeName::None => {
                let message = format!("an authentication of type `{}`, read as no authentication", plain(&word));
                self.repair(RepairKind::AuthenticationKind, place, message);
                return None;
            }
            TypeName::Other => return Some(Authentication::Other(self.as_written(remaining))),
        };
        let written = scheme.word;
        if word != written {
            let what =
                if word.is_empty() { "without a type".to_owned() } else { format!("of type `{}`", plain(&word)) };
            let message = format!("an authentication {what}, read as `{written}`");
            self.repair_member(RepairKind::AuthenticationKind, "type", place, message);
        }
        if scheme.keys.is_empty() {
            remaining.take(&["type", "kind"]);
            return Some(Authentication::Oauth2(self.as_written(remaining)));
        }
        // These names can also mean other signature schemes, which have other keys.
        let is_missing = |key: &SchemeKey| !key.optional && remaining.peek(key.aliases).is_none();
        if [Scheme::HMAC.word, Scheme::AWS_SIG_V4.word, Scheme::OAUTH1.word].contains(&written)
            && scheme.keys.iter().any(is_missing)
        {
            return Some(Authentication::Other(self.as_written(remaining)));
        }
        remaining.take(&["type"]);
        remaining.take(&["scheme"]);
        let authentication = if written == Scheme::APIKEY.word {
            self.apikey(&mut remaining, placement)
        } else {
            self.credentials(&mut remaining, scheme)
        }?;
        for member in remaining.members {
            self.report_leftover(&authentication, member);
        }
        Some(authentication)
    }

    /// Reports a key that this authentication does not use: as an error if it could change the request, otherwise as a repair.
    fn report_leftover(&mut self, authentication: &Authentication, member: Member) {
        let (shown, kind) = (plain(&member.key), authentication.word());
        let value = member.node.text().unwrap_or_default().trim().to_lowercase();
        let sent_in = match authentication.key() {
            Some((placement, _)) => placement.as_str(),
            None => "header",
        };
        let mut texts = authentication.texts().into_iter().map(|(_, text)| text).chain([kind, sent_in]);
        let key = folded(&member.key);
        let mut known = Scheme::ALL.iter().flat_map(|scheme| scheme.keys).flat_map(|key| key.aliases);
        let may_change_request = known.any(|alias| *alias == key) || key == "prefix";
        if may_change_request && !texts.any(|text| text.eq_ignore_ascii_case(&value)) {
            let own = Scheme::named(kind).map_or(&[][..], |scheme| scheme.keys);
            let (message, help) = if let Some(twin) = own.iter().find(|known| known.aliases.contains(&key.as_str())) {
                let message = format!("`{shown}` means the same as `{}`, but has another value", twin.key);
                (message, format!("keep one of them, as `{}`", twin.key))
            } else {
                let keys: Vec<&str> = own.iter().map(|known| known.key).collect();
                let message = format!("`{kind}` does not use `{shown}`, which could change the request");
                (message, format!("remove it; `{kind}` uses {}", listed(&keys)))
            };
            self.error(member.place, message, &help);
            return;
        }
        self.ignore_key(member, &format!("`{kind}`"));
    }

    /// Returns the keys of an authentication, from any of its forms.
    fn remaining_keys(&mut self, node: Node) -> Option<RemainingKeys> {
        let (place, kind) = (node.place, node.kind());
        match node.tree {
            Tree::Map(mut members, _) => {
                // `bearer: {token: …}`.
                if members.len() == 1
                    && let Some(member) = members.pop_if(|member| {
                        let scheme = Scheme::named(&folded(&member.key));
                        scheme.is_some_and(|scheme| !scheme.keys.is_empty())
                            && matches!(member.node.tree, Tree::Map(..))
                    })
                {
                    let message = format!("`{}: …` read as an authentication of that type", plain(&member.key));
                    self.repair(RepairKind::AuthenticationKind, member.place, message);
                    let word = folded(&member.key);
                    let word = Scheme::named(&word).map_or(word, |scheme| scheme.word.to_owned());
                    members.push(text_member("type", word, member.place));
                    if let Tree::Map(inner, _) = member.node.tree {
                        members.extend(inner);
                    }
                }
                let (empty, members) = members.into_iter().partition::<Vec<_>, _>(|member| member.node.is_null());
                for member in empty {
                    self.empty(member);
                }
                Some(RemainingKeys { place, members })
            }
            Tree::Text(text) => {
                self.repair(RepairKind::AuthenticationKind, place, format!("`{}` read as the type", plain(&text)));
                Some(RemainingKeys { place, members: vec![text_member("type", text, place)] })
            }
            Tree::List(mut list) if list.len() == 1 => {
                self.repair(
                    RepairKind::ListShape,
                    place,
                    "a list with one authentication, read as that authentication",
                );
                self.remaining_keys(list.pop()?)
            }
            _ => {
                let message = format!("expected an object for an authentication, found {kind}");
                self.error(place, message, "write `authentication: {type: bearer, token: \"{{env.TOKEN}}\"}`");
                None
            }
        }
    }

    /// Returns the keys unchanged, for OAuth 2.0 and for unsupported types.
    fn as_written(&mut self, remaining: RemainingKeys) -> Map<String, Value> {
        let mut map = Map::new();
        for member in remaining.members {
            let value = self.enter(member.key.clone(), member.place, |reader| reader.verbatim(member.node));
            if let Value::String(text) = &value {
                self.record_variables(text, member.place, TemplateContext::Credential);
            }
            map.insert(member.key, value);
        }
        map
    }

    /// Refuses a bearer token in a header other than `Authorization`.
    fn only_authorization(&mut self, remaining: &mut RemainingKeys) -> Option<()> {
        let has_placement = remaining.peek(Scheme::APIKEY.aliases_of("placement")).is_some();
        let header = if has_placement {
            remaining.peek(&["header", "headername", "name"])
        } else {
            remaining.peek(&["header", "headername"])
        };
        if let Some(header) = header
            && !header.node.text().is_some_and(|name| name.eq_ignore_ascii_case("authorization"))
        {
            let found = describe(&header.node);
            let message = format!("a bearer token is sent in `Authorization`, but found the header {found}");
            self.error(header.place, message, "write `type: apikey` with `key`, `value` and `placement: header`");
            return None;
        }
        // A key that only names this header is redundant.
        for key in ["header", "headername", "name"] {
            if let Some(member) = remaining.take(&[key]) {
                self.ignore_key(member, "`bearer`");
            }
        }
        Some(())
    }

    /// Reads a scheme whose keys are strings.
    fn credentials(&mut self, remaining: &mut RemainingKeys, scheme: &'static Scheme) -> Option<Authentication> {
        if scheme.word == Scheme::BEARER.word {
            self.only_authorization(remaining)?;
        }
        let what = format!("a {} authentication", scheme.word);
        let mut texts = Vec::new();
        for SchemeKey { key, aliases, optional, .. } in scheme.keys {
            if *optional && remaining.peek(aliases).is_none() {
                continue;
            }
            let text = if *key == "password" && remaining.peek(aliases).is_none() {
                let message = format!("{what} without a password, read as an empty password");
                self.repair_member(RepairKind::BasicPassword, "password", remaining.place, message);
                String::new()
            } else {
                self.credential(remaining, key, aliases, &what)?
            };
            texts.push((*key, text));
        }
        Some(Authentication::of(scheme, texts))
    }

    /// Reads an API key; `by_type` is the placement that its type implies.
    fn apikey(&mut self, remaining: &mut RemainingKeys, by_type: Option<Placement>) -> Option<Authentication> {
        let is_template = |member: Option<&Member>| {
            member.and_then(|member| member.node.text()).is_some_and(|text| text.contains("{{") || text.contains("${"))
        };
        // `header: X-Key, key: "{{KEY}}"`: here, `key` contains the value. The specification has `key: X-Key, value: "{{KEY}}"`.
        let (names, values) = (Scheme::APIKEY.aliases_of("key"), Scheme::APIKEY.aliases_of("value"));
        let alias = remaining.peek(names).map(|member| folded(&member.key));
        let key_is_value = is_template(remaining.peek(&["key"])) && alias.is_some() && remaining.peek(values).is_none();
        let key_is_name = remaining.peek(&["key"]).is_some() && !is_template(remaining.peek(&["key"]));
        let what = "an API key";
        let placement = self.placement(remaining, by_type, alias.as_deref())?;
        let value = if key_is_value {
            self.credential(remaining, "value", &["key"], what)?
        } else {
            self.credential(remaining, "value", values, what)?
        };
        let key = if key_is_name {
            self.credential(remaining, "key", &["key"], what)?
        } else {
            self.credential(remaining, "key", names, what)?
        };
        // `prefix: Bearer` is written before the value.
        let value = match remaining.take(&["prefix", "valueprefix"]) {
            Some(prefix) if prefix.node.text().is_some_and(|text| !text.trim().is_empty()) => {
                let word = prefix.node.text().unwrap_or_default().trim().to_owned();
                let message = format!("`{}` read as the beginning of the value", plain(&word));
                self.repair_renamed(RepairKind::ApikeyShape, "value", &prefix, message);
                format!("{word} {value}")
            }
            _ => value,
        };
        Some(Authentication::Apikey { key, value, placement })
    }

    /// Returns where an API key is sent: as specified, or as implied by its type (`by_type`) or by the key that contains its name
    /// (`name_key`: `cookie` in `cookie: session`), or else in a header.
    fn placement(
        &mut self,
        remaining: &mut RemainingKeys,
        by_type: Option<Placement>,
        name_key: Option<&str>,
    ) -> Option<Placement> {
        let at = remaining.place;
        if let Some(member) = remaining.take(Scheme::APIKEY.aliases_of("placement")) {
            let written = member.node.text().unwrap_or_default().to_owned();
            let placement = match folded(written.trim()).as_str() {
                "header" | "headers" | "httpheader" => Placement::Header,
                "query" | "queryparam" | "queryparameter" | "querystring" | "params" => Placement::Query,
                "path" | "url" | "uri" => Placement::Path,
                "body" | "form" | "json" => Placement::Body,
                "cookie" | "cookies" => Placement::Cookie,
                _ => {
                    let message = format!("`{}` is not a placement of an API key", plain(&written));
                    self.error(member.place, message, "write `placement: header` or `placement: query`");
                    return None;
                }
            };
            let word = placement.as_str();
            if member.key != "placement" || written != word {
                let message = format!("`{}: {}` read as `placement: {word}`", plain(&member.key), plain(&written));
                self.repair_renamed(RepairKind::ApikeyShape, "placement", &member, message);
            }
            if !matches!(placement, Placement::Header | Placement::Query) {
                let message = format!("an API key is sent in the {word}, which is not in the specification; kept");
                self.keep(RepairKind::NonstandardPlacement, member.place, message);
            }
            return Some(placement);
        }
        let by_name_key = match name_key {
            Some("header" | "headername") => Some(Placement::Header),
            Some("query" | "queryparam" | "queryparameter") => Some(Placement::Query),
            Some("cookie") => Some(Placement::Cookie),
            _ => None,
        };
        let placement = by_type.or(by_name_key).unwrap_or(Placement::Header);
        let shown = match placement {
            Placement::Header => "a header",
            Placement::Cookie => "a cookie",
            _ => "a query parameter",
        };
        let message = format!("an API key without `placement`, sent as {shown}");
        self.repair_member(RepairKind::MissingPlacement, "placement", at, message);
        Some(placement)
    }

    /// Reads a string of an authentication, and reports a missing key. `key` is the standard key, `keys` are its spellings in folded
    /// form, and `what` names the authentication in messages.
    fn credential(
        &mut self,
        remaining: &mut RemainingKeys,
        key: &'static str,
        keys: &[&str],
        what: &str,
    ) -> Option<String> {
        let Some(member) = remaining.take(keys) else {
            let help = match key {
                "key" => "write `key: NAME`, the name of the header or of the query parameter".to_owned(),
                _ => format!("write `{key}: \"{{{{env.NAME}}}}\"`, with a variable that `binds` declares"),
            };
            self.error(remaining.place, format!("{what} has no `{key}`"), &help);
            return None;
        };
        if member.key != key {
            let kind = match key {
                "key" | "value" => RepairKind::ApikeyShape,
                _ => RepairKind::KeySpelling,
            };
            let message = format!("`{}` read as `{key}`", plain(&member.key));
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
                    let message = format!("`{}` read as `{}`", plain(&text), plain(&variable));
                    reader.repair(RepairKind::VariableSpelling, place, message);
                    variable
                }
                None => text,
            };
            reader.record_variables(&text, place, TemplateContext::Credential);
            Some(text)
        })
    }
}

/// Returns `{{NAME}}` for `${NAME}`, `${{ NAME }}`, `$NAME`, `{NAME}` and `<NAME>`. A namespace is kept: `{{env.NAME}}`.
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

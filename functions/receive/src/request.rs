//! A request as a function URL hands it over (payload 2.0). Of its many fields, those that are used are read.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::refused::Refused;

/// The largest body that is taken, in bytes: 6 MiB, which is all that a function URL lets through.
///
/// GitHub sends up to 25 MB; of a push that large the sweep learns without us.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) const MAX_BODY: usize = 6 * 1024 * 1024;

/// A request.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    pub(crate) headers: Headers,
    #[serde(rename = "requestContext")]
    context: Context,
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    http: Http,
    time_epoch: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Http {
    method: String,
}

/// The headers that are used. Their names may come in any case.
#[derive(Default)]
pub(crate) struct Headers {
    pub(crate) content_type: Option<String>,
    pub(crate) delivery: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) hook: Option<String>,
    pub(crate) signature: Option<String>,
    pub(crate) old_signature: Option<String>,
}

impl Request {
    /// The time at which AWS took the request, in milliseconds since 1970; now, when it does not say.
    pub(crate) fn received_at(&self) -> i64 {
        let now = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        };
        self.context.time_epoch.unwrap_or_else(now)
    }

    /// Takes the body out, as the bytes that came, when method and size let it in.
    ///
    /// # Errors
    /// [`Refused`] for another method, for too many bytes, and for broken base64.
    pub(crate) fn body(&mut self) -> Result<Vec<u8>, Refused> {
        if !self.context.http.method.eq_ignore_ascii_case("POST") {
            return Err(Refused::Method);
        }
        let text = self.body.take().unwrap_or_default();
        let most = if self.is_base64_encoded { text.len() / 4 * 3 } else { text.len() };
        // Padding stands for at most two bytes that are none.
        if most > MAX_BODY + 2 {
            return Err(Refused::Large);
        }
        let bytes = if self.is_base64_encoded {
            STANDARD.decode(&text).map_err(|_| Refused::Base64)?
        } else {
            text.into_bytes()
        };
        if bytes.len() > MAX_BODY { Err(Refused::Large) } else { Ok(bytes) }
    }
}

impl Headers {
    /// The signature that counts. Without one, the old scheme's: it is refused, but told apart from none at all.
    pub(crate) fn signature(&self) -> Option<&str> {
        self.signature.as_deref().or(self.old_signature.as_deref())
    }

    /// A header that becomes part of a name: letters, digits, `-` and `_`, at most a hundred of them.
    ///
    /// # Errors
    /// [`Refused::Header`] when it is missing or something else.
    pub(crate) fn word<'a>(value: Option<&'a String>, name: &'static str) -> Result<&'a str, Refused> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let proper = |value: &&String| (1..=100).contains(&value.len()) && value.bytes().all(plain);
        value.filter(proper).map(String::as_str).ok_or(Refused::Header(name))
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name.to_ascii_lowercase().as_str() {
            "content-type" => &mut self.content_type,
            "x-github-delivery" => &mut self.delivery,
            "x-github-event" => &mut self.event,
            "x-github-hook-id" => &mut self.hook,
            "x-hub-signature" => &mut self.old_signature,
            "x-hub-signature-256" => &mut self.signature,
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(All)
    }
}

/// Looks at every header, and keeps those that have a place.
struct All;

impl<'de> Visitor<'de> for All {
    type Value = Headers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some(name) = map.next_key::<String>()? {
            match headers.place(&name) {
                Some(place) => *place = map.next_value()?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(headers)
    }
}

//! Bodies of webhooks whose content type is a form: one field, `payload`, holds the JSON.

use std::borrow::Cow;

/// The JSON of a body, which is the body itself unless `content_type` says that it is a form.
///
/// The signature is over the body as it came, so this comes after [`crate::verify`].
/// `None` for bytes that are no UTF-8, and for a form without `payload`.
pub fn payload<'a>(content_type: Option<&str>, body: &'a [u8]) -> Option<Cow<'a, str>> {
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return form_urlencoded::parse(body).find(|(name, _)| name == "payload").map(|(_, json)| json);
    }
    std::str::from_utf8(body).ok().map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Option<&str> = Some("application/x-www-form-urlencoded; charset=utf-8");

    #[test]
    fn json_is_the_body_itself() {
        for kind in [None, Some("application/json"), Some("text/plain")] {
            assert!(matches!(payload(kind, b"{\"a\": \"%2B\"}"), Some(Cow::Borrowed("{\"a\": \"%2B\"}"))));
        }
    }

    #[test]
    fn a_form_is_decoded() {
        let body = b"a=1&payload=%7B%22zen%22%3A+%22a%2Bb+%C3%A9%22%7D";
        assert_eq!(payload(FORM, body).as_deref(), Some(r#"{"zen": "a+b é"}"#));
    }

    #[test]
    fn a_form_without_payload_and_foreign_bytes_are_nothing() {
        assert_eq!(payload(FORM, b"{}"), None);
        assert_eq!(payload(None, b"\xff{}"), None);
    }
}

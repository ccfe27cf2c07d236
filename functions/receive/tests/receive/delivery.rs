//! Deliveries as GitHub makes them and a function URL hands them over.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use trunkline_receive::{Patience, Receiver, Settings, settings};

/// The webhook's secret, unless a test says otherwise.
pub(crate) const SECRET: &str = "It's a Secret to Everybody";

/// A delivery on its way to us.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) method: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) base64: bool,
}

impl Delivery {
    pub(crate) fn new(id: &str, event: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = [
            ("content-type", "application/json"),
            ("user-agent", "GitHub-Hookshot/1"),
            ("x-github-delivery", id),
            ("x-github-event", event),
            ("x-github-hook-id", "17"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { method: "POST", headers, body: body.into(), base64: false }.signed(SECRET)
    }

    /// With a header, or with another value of it.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// Signed with a secret, over the body as it is.
    pub(crate) fn signed(self, secret: &str) -> Self {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(&self.body);
        let mut header = "sha256=".to_owned();
        mac.finalize().into_bytes().iter().for_each(|byte| write!(header, "{byte:02x}").unwrap());
        self.with("x-hub-signature-256", &header)
    }

    /// The event that Lambda makes of it.
    pub(crate) fn event(&self) -> Value {
        let headers: Value = self.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let body =
            if self.base64 { STANDARD.encode(&self.body) } else { String::from_utf8(self.body.clone()).unwrap() };
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": headers,
            "requestContext": {
                "accountId": "anonymous", "domainName": "x.lambda-url.us-east-1.on.aws", "requestId": "r", "stage": "$default",
                "http": {"method": self.method, "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
                "time": "09/Oct/2025:08:53:20 +0000", "timeEpoch": 1_760_000_000_000_i64,
            },
            "body": body, "isBase64Encoded": self.base64,
        })
    }
}

/// The body of a push of one commit to `main`.
pub(crate) fn push() -> Value {
    json!({
        "ref": "refs/heads/main", "before": "a".repeat(40), "after": "b".repeat(40), "created": false, "deleted": false,
        "forced": false, "head_commit": {"id": "b".repeat(40), "message": "say \"hello\" — in two\nlines"},
        "repository": {"id": 7, "full_name": "acme/shop"}, "installation": {"id": 5},
    })
}

/// A push whose body has about so many bytes.
pub(crate) fn large_push(bytes: usize) -> String {
    let mut body = push();
    body["commits"] = json!([{"id": "c", "message": "x".repeat(bytes)}]);
    body.to_string()
}

/// The settings of a receiver whose AWS is at `endpoint`, with an end to every wait that a test can wait for.
pub(crate) fn settings(endpoint: &str, more: &[(&str, &str)]) -> Settings {
    let base = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_ENDPOINT_URL", endpoint),
        (settings::BUS, "bus"),
        (settings::SECRET, SECRET),
    ];
    let all: Vec<(&str, &str)> = more.iter().chain(&base).copied().collect();
    let value = |name: &str| all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let mut settings = Settings::read(value).unwrap();
    settings.log = |line| LINES.with_borrow_mut(|lines| lines.push(line.to_owned()));
    settings
}

/// A receiver that gives up soon.
pub(crate) fn hasty(mut settings: Settings) -> Receiver {
    settings.patience = Patience {
        answer: Duration::from_secs(1),
        hand_over: Duration::from_millis(2500),
        pause: Duration::from_millis(1),
        ..Patience::default()
    };
    Receiver::new(settings)
}

thread_local! {
    /// What was logged: a test and its receiver share a thread.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What was logged since this was asked last.
pub(crate) fn logged() -> Vec<Value> {
    LINES.take().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The only place that calls the receiver: the status, and the first line of what is said.
pub(crate) async fn answer(receiver: &Receiver, delivery: &Delivery) -> String {
    let answer = receiver.answer(serde_json::from_value(delivery.event()).unwrap()).await;
    format!("{} {}", answer.status_code, answer.body.lines().next().unwrap())
}

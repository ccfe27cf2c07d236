//! AWS's services over HTTP: one client, signed requests, whole answers.
//!
//! There is no SDK here: it would be most of the program, and of the time it takes to start.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

use crate::fault::Fault;
use crate::settings::Unset;

/// The most bytes of an answer that are read: 1 MiB. Those we ask for are a few hundred.
const MAX_ANSWER: usize = 1 << 20;

/// A service: what it is called in addresses and in signatures.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    host: &'static str,
    name: &'static str,
}

impl Service {
    /// A service by its name in addresses, and by its name in signatures.
    pub const fn new(host: &'static str, name: &'static str) -> Self {
        Self { host, name }
    }

    /// `EventBridge`.
    pub const EVENTS: Self = Self::new("events", "events");
    /// S3.
    pub const S3: Self = Self::new("s3", "s3");
    /// Secrets Manager.
    pub const SECRETS: Self = Self::new("secretsmanager", "secretsmanager");
}

/// The client, and who we are.
pub struct Aws {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    region: String,
    endpoint: Option<String>,
    credentials: Credentials,
}

impl Aws {
    /// Reads the variables that Lambda sets: `AWS_REGION`, and the role's keys. With `AWS_ENDPOINT_URL`, every service is there.
    ///
    /// # Errors
    /// [`Unset`] for one that is missing.
    pub fn read(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, Unset> {
        let set = |name| variable(name).ok_or(Unset::Missing(name, "Lambda sets it; elsewhere, set it yourself"));
        let credentials = Credentials::new(
            set("AWS_ACCESS_KEY_ID")?,
            set("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let endpoint = variable("AWS_ENDPOINT_URL").map(|endpoint| endpoint.trim_end_matches('/').to_owned());
        Ok(Self { http: client(), region: set("AWS_REGION")?, endpoint, credentials })
    }

    /// Calls an operation of a service that speaks JSON; `operation` is the header `X-Amz-Target`.
    ///
    /// # Errors
    /// [`Fault`], with the service's code and message when it refused.
    pub async fn call(&self, service: Service, operation: &str, body: impl Into<Bytes>) -> Result<Bytes, Fault> {
        let request = Request::post(format!("{}/", self.address(service)))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", operation);
        self.send(service, request, body.into()).await
    }

    /// Puts an object. The same again changes nothing.
    ///
    /// # Errors
    /// [`Fault`], with S3's code when it refused.
    pub async fn put_object(&self, bucket: &str, key: &str, body: Bytes) -> Result<(), Fault> {
        let address = format!("{}/{bucket}/{key}", self.address(Service::S3));
        let request = Request::builder().method(Method::PUT).uri(address).header("content-type", "application/json");
        self.send(Service::S3, request, body).await.map(drop)
    }

    fn address(&self, service: Service) -> String {
        if let Some(endpoint) = &self.endpoint {
            return endpoint.clone();
        }
        let end = if self.region.starts_with("cn-") { ".cn" } else { "" };
        format!("https://{}.{}.amazonaws.com{end}", service.host, self.region)
    }

    /// One request, signed, and its whole answer. Whoever calls sets the time that it may take.
    async fn send(&self, service: Service, request: http::request::Builder, body: Bytes) -> Result<Bytes, Fault> {
        let mut request =
            request.body(Full::new(body.clone())).map_err(|error| Fault::lasting(format!("no address: {error}")))?;
        self.sign(service, &mut request, &body)?;
        let answer = self.http.request(request).await.map_err(|error| Fault::passing(reasons(&error)))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| Fault::passing(reasons(&*error)))?.to_bytes();
        if status.is_success() { Ok(body) } else { Err(refusal(service, status, &body)) }
    }

    fn sign(&self, service: Service, request: &mut Request<Full<Bytes>>, body: &[u8]) -> Result<(), Fault> {
        let mut settings = SigningSettings::default();
        if service.name == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
        }
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service.name)
            .time(SystemTime::now())
            .settings(settings);
        let unsigned = |error: &dyn std::error::Error| Fault::lasting(format!("cannot sign: {}", reasons(error)));
        let parameters = parameters.build().map_err(|error| unsigned(&error))?.into();
        let (method, uri) = (request.method().to_string(), request.uri().to_string());
        let headers: Vec<(String, String)> = request.headers().iter().map(text).collect();
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let signable = SignableRequest::new(&method, &uri, headers, SignableBody::Bytes(body));
        let signed =
            sign(signable.map_err(|error| unsigned(&error))?, &parameters).map_err(|error| unsigned(&error))?;
        signed.into_parts().0.apply_to_request_http1x(request);
        Ok(())
    }
}

fn text((name, value): (&http::HeaderName, &http::HeaderValue)) -> (String, String) {
    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The client: Mozilla's roots, compiled in, since reading the system's takes longer than all else at the start; one
/// connection for each service, kept.
fn client() -> Client<HttpsConnector<HttpConnector>, Full<Bytes>> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = rustls::crypto::ring::default_provider().into();
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = versions.expect("ring has TLS 1.2 and 1.3");
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_secs(1)));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls.with_root_certificates(roots).with_no_client_auth())
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_max_idle_per_host(1).build(connector)
}

/// How services tell why they refuse. S3 says it in XML, of which only the code is taken.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default, rename = "__type")]
    code: String,
    #[serde(default, alias = "Message")]
    message: String,
}

/// A refusal as a fault: what is throttled or broken passes, what is not allowed does not.
fn refusal(service: Service, status: StatusCode, body: &[u8]) -> Fault {
    let told = serde_json::from_slice(body).unwrap_or_else(|_| Refusal { code: xml_code(body), ..Refusal::default() });
    let code = told.code.rsplit('#').next().unwrap_or_default();
    let said = format!("{}: {} {code} {}", service.name, status.as_u16(), told.message).trim_end().to_owned();
    let throttled = code.contains("Throttl") || code == "SlowDown" || code == "RequestTimeout";
    let again = throttled || status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    Fault { said, again }
}

fn xml_code(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map(|(code, _)| code.to_owned()).unwrap_or_default()
}

/// An error with what caused it.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(reason) = cause {
        said = format!("{said}: {reason}");
        cause = reason.source();
    }
    said
}

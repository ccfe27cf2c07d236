//! Moto, which stands for AWS: `scripts/testbench` installs it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trunkline_receive::{Aws, Service};

use crate::http;

const QUEUES: Service = Service::new("sqs", "sqs");

/// Where `scripts/testbench` installs.
pub(crate) fn testbench() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("testbench")
}

/// A process that listens on a port of its own, and ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    /// Starts what `command` makes of a port, and waits until it listens.
    pub(crate) fn start(command: impl FnOnce(u16) -> Command) -> Self {
        // It cannot choose a port by itself.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = command(address.port());
        let started = command.stdin(Stdio::null()).spawn();
        let child = started.unwrap_or_else(|error| panic!("{command:?}: {error}; scripts/testbench installs it"));
        let server = Self { child, address: address.to_string() };
        let deadline = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// AWS, with the bus `bus`, and a queue behind it that gets what is put there.
pub(crate) struct Moto {
    server: Server,
    aws: Aws,
    queue: String,
}

impl Moto {
    pub(crate) async fn start() -> Self {
        let server = Server::start(|port| {
            let mut moto = Command::new(testbench().join("python/bin/moto_server"));
            moto.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
            moto
        });
        let endpoint = format!("http://{}", server.address);
        let variable = |name: &str| match name {
            "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
            "AWS_REGION" => Some("us-east-1".to_owned()),
            "AWS_SESSION_TOKEN" => None,
            _ => Some("test".to_owned()),
        };
        let aws = Aws::read(&variable).unwrap();
        let mut moto = Self { server, aws, queue: String::new() };
        moto.events("CreateEventBus", &json!({"Name": "bus"})).await;
        let made = moto.call(QUEUES, "AmazonSQS.CreateQueue", &json!({"QueueName": "q"})).await;
        moto.queue = made["QueueUrl"].as_str().unwrap().to_owned();
        let rule = json!({"Name": "r", "EventBusName": "bus", "EventPattern": r#"{"source": ["github.com"]}"#});
        moto.events("PutRule", &rule).await;
        let target = json!({"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"});
        moto.events("PutTargets", &json!({"Rule": "r", "EventBusName": "bus", "Targets": [target]})).await;
        moto
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub(crate) async fn call(&self, service: Service, operation: &str, body: &Value) -> Value {
        let answer = self.aws.call(service, operation, body.to_string()).await.unwrap();
        serde_json::from_slice(&answer).unwrap_or(Value::Null)
    }

    async fn events(&self, operation: &str, body: &Value) -> Value {
        self.call(Service::EVENTS, &format!("AWSEvents.{operation}"), body).await
    }

    pub(crate) async fn secret(&self, operation: &str, body: &Value) -> Value {
        self.call(Service::SECRETS, &format!("secretsmanager.{operation}"), body).await
    }

    pub(crate) async fn bucket(&self, name: &str) {
        let (status, _) = http::send(::http::Method::PUT, &format!("{}/{name}", self.endpoint()), "").await;
        assert_eq!(status, 200);
    }

    /// The bytes of an object.
    pub(crate) async fn object(&self, path: &str) -> Vec<u8> {
        // Moto looks whether a request is signed, not how.
        let address = format!("{}/{path}?X-Amz-Signature=any", self.endpoint());
        let (status, body) = http::send(::http::Method::GET, &address, "").await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        body
    }

    /// The events that came to the queue and were not looked at yet, in no order.
    pub(crate) async fn events_on_the_bus(&self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let wanted = json!({"QueueUrl": self.queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 600});
            let got = self.call(QUEUES, "AmazonSQS.ReceiveMessage", &wanted).await;
            let Some(messages) = got["Messages"].as_array().filter(|messages| !messages.is_empty()) else {
                return events;
            };
            let bodies = messages.iter().map(|message| message["Body"].as_str().unwrap());
            events.extend(bodies.map(|body| serde_json::from_str::<Value>(body).unwrap()));
        }
    }
}

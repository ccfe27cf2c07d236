//! The program itself, as Lambda runs it: under AWS's runtime interface emulator, over real HTTP.

use std::fs::File;
use std::process::Command;

use serde_json::{Value, json};

use crate::delivery::{Delivery, SECRET, push};
use crate::http;
use crate::moto::{Moto, Server, testbench};

/// Starts the emulator, which starts the program; what both say goes to `log`.
fn start(endpoint: &str, log: &File) -> Server {
    // The port on which the program asks for work.
    let inner = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    Server::start(|port| {
        let mut emulator = Command::new(testbench().join("aws-lambda-rie"));
        emulator
            .args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")])
            .args(["--runtime-api-address", &inner.to_string(), env!("CARGO_BIN_EXE_receive")])
            .envs([("AWS_LAMBDA_FUNCTION_NAME", "receive"), ("AWS_LAMBDA_FUNCTION_TIMEOUT", "10")])
            .envs([("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
            .envs([("AWS_ENDPOINT_URL", endpoint), ("TRUNKLINE_BUS", "bus"), ("TRUNKLINE_WEBHOOK_SECRET", SECRET)])
            .stdout(log.try_clone().unwrap())
            .stderr(log.try_clone().unwrap());
        emulator
    })
}

/// Delivers as a function URL does: the request becomes an event, the function's answer the answer.
async fn deliver(emulator: &Server, delivery: &Delivery) -> (u64, Value) {
    let address = format!("http://{}/2015-03-31/functions/function/invocations", emulator.address);
    let (_, answer) = http::send(::http::Method::POST, &address, delivery.event().to_string()).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    (answer["statusCode"].as_u64().unwrap_or_else(|| panic!("{answer}")), answer)
}

/// An example of every delivery, as GitHub's libraries publish them.
fn examples() -> Vec<(String, String)> {
    let list = testbench().join("node_modules/@octokit/webhooks-examples/api.github.com/index.json");
    let list = std::fs::read_to_string(list).expect("the examples are not here: scripts/testbench installs them");
    let list: Vec<Value> = serde_json::from_str(&list).unwrap();
    let of = |event: &Value| {
        let name = event["name"].as_str().unwrap().to_owned();
        let bodies = event["examples"].as_array().unwrap().clone();
        bodies.into_iter().map(move |body| (name.clone(), body.to_string())).collect::<Vec<_>>()
    };
    list.iter().flat_map(of).collect()
}

#[tokio::test]
async fn every_published_example_is_accepted_when_it_is_signed() {
    let moto = Moto::start().await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let emulator = start(&moto.endpoint(), &File::create(&log).unwrap());

    let examples = examples();
    assert!(examples.len() > 300);
    for (number, (event, body)) in examples.iter().enumerate() {
        let delivery = Delivery::new(&format!("guid-{number}"), event, body.clone());
        let (status, answer) = deliver(&emulator, &delivery).await;
        assert_eq!(status, 202, "{event}: {answer}\n{body}");
    }
    // Seven pushes, which are different ones, and 30 conclusions of checks, workflows, deployments and statuses.
    let mut events: Vec<String> = Vec::new();
    for event in moto.events_on_the_bus().await {
        events.push(event["detail-type"].as_str().unwrap().to_owned());
    }
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!((count("push"), count("status"), count("ping")), (7, 4, 0), "{events:?}");

    let printed = std::fs::read_to_string(&log).unwrap();
    let lines = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told = lines.filter(|line| line["status"] == 202 && line["_aws"].is_object()).count();
    assert_eq!(told, examples.len(), "one line for each delivery");
    assert!(!printed.contains(SECRET));
}

#[tokio::test]
async fn the_program_answers_what_it_refuses() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody is there to take it.
    let emulator = start("http://127.0.0.1:9", &File::create(folder.path().join("log")).unwrap());
    let delivery = Delivery::new("1", "push", push().to_string());
    for (delivery, status) in [
        (delivery.clone().signed("another"), 401),
        (Delivery { method: "GET", ..delivery.clone() }, 405),
        (Delivery::new("1", "push", "no json"), 400),
        (delivery, 503),
    ] {
        let (said, answer) = deliver(&emulator, &delivery).await;
        assert_eq!(said, status, "{answer}");
    }
    let refused = deliver(&emulator, &Delivery::new("1", "ping", "{}").without("x-hub-signature-256")).await.1;
    assert_eq!(refused["headers"]["content-type"], json!("text/plain; charset=utf-8"));
    assert!(refused["body"].as_str().unwrap().contains("\nhelp: "));
}

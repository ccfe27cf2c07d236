//! Our side of `receive`, in a process of its own: the whole receiver, and its hashing and reading alone.

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::Value;
use trunkline_receive::{Receiver, Request, Settings};
use trunkline_webhook::{Secret, read, verify};

use crate::Outcome;
use crate::receive::SECRET;

/// Answers an event so many times. The first is handed over to a bus that takes everything, and those that follow are
/// repeats.
pub(crate) async fn receive(event: &[u8], times: usize) -> Outcome {
    let bus = bus()?;
    let variable = |name: &str| match name {
        "AWS_ENDPOINT_URL" => Some(bus.clone()),
        "TRUNKLINE_WEBHOOK_SECRET" => Some(SECRET.to_owned()),
        "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "TRUNKLINE_BUS" => Some("x".to_owned()),
        _ => None,
    };
    let mut settings = Settings::read(variable)?;
    settings.log = |line| {
        black_box(line);
    };
    let receiver = Receiver::new(settings);
    for _ in 0..=times {
        let request: Request = serde_json::from_slice(event)?;
        let answer = receiver.answer(request).await;
        if answer.status_code != 202 {
            return Err(format!("{}: {}", answer.status_code, answer.body).into());
        }
        black_box(serde_json::to_vec(&answer)?);
    }
    Ok(())
}

/// Hashes and reads an event's body so many times.
pub(crate) fn webhook(event: &[u8], times: usize) -> Outcome {
    let event: Value = serde_json::from_slice(event)?;
    let body = event["body"].as_str().ok_or("an event has a body")?;
    let signature = event["headers"]["x-hub-signature-256"].as_str();
    let secrets = [Secret::new(SECRET)?];
    for _ in 0..times {
        verify(body.as_bytes(), signature, &secrets)?;
        black_box(read("push", black_box(body))?);
    }
    Ok(())
}

/// A bus that takes everything: one answer for each connection. It ends with the program.
fn bus() -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || listener.incoming().flatten().try_for_each(|stream| take(&stream)));
    Ok(address)
}

fn take(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    // What is put on the bus ends in these, and they are nowhere before.
    while !request.ends_with(b"}]}") {
        let length = stream.read(&mut part)?;
        if length == 0 {
            return Ok(());
        }
        request.extend_from_slice(&part[..length]);
    }
    let body = r#"{"FailedEntryCount":0}"#;
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

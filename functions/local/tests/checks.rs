//! Checks: what an address answers is compared, and what differs is said in words.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use trunkline_core::policy::HttpCheck;
use trunkline_core::refusal::Code;
use trunkline_local::checks::Http;
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::Checks;

/// A server that answers each path with what `answer` says; gives its address.
fn server(answer: fn(&str) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || respond(stream.unwrap(), answer));
        }
    });
    address
}

fn respond(mut stream: TcpStream, answer: fn(&str) -> String) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let request = lines.next().unwrap().unwrap();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    let path = request.split(' ').nth(1).unwrap();
    // A client that has seen enough hangs up.
    stream.write_all(format!("HTTP/1.1 {}", answer(path)).as_bytes()).ok();
}

fn page(path: &str) -> String {
    match path {
        "/down" => "503 Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "/long" => format!("200 OK\r\nConnection: close\r\n\r\n{}version 7", "x".repeat(2 << 20)),
        "/cut" => "200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\nver".to_owned(),
        "/away" => "302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n".to_owned(),
        path if path.starts_with("/hop") => match path[4..].parse::<u32>().unwrap() {
            0 => "302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".to_owned(),
            hops => format!("302 Found\r\nLocation: /hop{}\r\nContent-Length: 0\r\n\r\n", hops - 1),
        },
        _ => "200 OK\r\nContent-Length: 15\r\n\r\nversion 7\u{1b}[2Jok".to_owned(),
    }
}

async fn check(url: String, status: u16, body: Option<&str>) -> Result<Result<(), String>, Failure> {
    Http::new().unwrap().http(&HttpCheck { url, status, body: body.map(str::to_owned) }).await
}

#[track_caller]
fn words(result: Result<Result<(), String>, Failure>) -> String {
    result.unwrap().expect_err("it should not have matched")
}

#[tokio::test]
async fn status_and_body_both_count() {
    let address = server(page);
    assert_eq!(check(address.clone(), 200, None).await, Ok(Ok(())));
    assert_eq!(check(address.clone(), 200, Some("version 7")).await, Ok(Ok(())));
    assert_eq!(check(format!("{address}/down"), 503, None).await, Ok(Ok(())));
    assert_eq!(words(check(format!("{address}/down"), 200, None).await), "it answers with status 503, not 200");
    assert_eq!(
        words(check(address, 200, Some("version 8")).await),
        r"its body does not hold `version 8`; it begins with `version 7\u{1b}[2Jok`"
    );
}

#[tokio::test]
async fn a_body_is_looked_at_up_to_a_bound() {
    let address = server(page);
    assert!(words(check(format!("{address}/long"), 200, Some("version 7")).await).contains("does not hold"));
    assert_eq!(check(format!("{address}/long"), 200, Some("xxxx")).await, Ok(Ok(())));
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let address = server(page);
    assert_eq!(check(format!("{address}/hop2"), 200, Some("version 7")).await, Ok(Ok(())));
    assert_eq!(words(check(format!("{address}/hop3"), 200, None).await), "it redirects more than 3 times");
    assert_eq!(check(format!("{address}/hop0"), 302, None).await, Ok(Ok(())), "one that is asked for is not followed");
    assert!(words(check(format!("{address}/away"), 200, None).await).contains("not followed"));
}

#[tokio::test]
async fn an_address_that_cannot_be_reached_does_not_match() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(words(check(address, 200, None).await).starts_with("it cannot be reached: "));
    let address = server(page);
    assert!(words(check(format!("{address}/cut"), 200, Some("version")).await).starts_with("it cannot be reached: "));
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    for url in ["", "example.com/health", "ftp://example.com", "file:///etc/passwd", "http://"] {
        let Err(Failure::Refused(refusal)) = check(url.to_owned(), 200, None).await else { panic!("{url} was asked") };
        assert_eq!(refusal.code, Code::PolicyInvalid);
    }
}

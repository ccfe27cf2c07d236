//! How long programs take from their start to their first request for work, and how much memory they hold then.

use std::fmt;
use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Outcome;
use crate::measure::median;
use crate::table::seconds;

/// What one of them took: medians.
pub(crate) struct Started {
    /// Seconds to the first request.
    pub(crate) wall: f64,
    /// Memory then, in MB.
    memory: f64,
}

impl fmt::Display for Started {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {:.1} MB", seconds(self.wall), self.memory)
    }
}

/// Starts each in turn, with a Lambda's environment. The first round warms up and does not count.
pub(crate) fn race(rounds: usize, programs: &[&dyn Fn() -> Command]) -> Outcome<Vec<Started>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut taken = vec![(Vec::new(), Vec::new()); programs.len()];
    for round in 0..=rounds {
        for (program, taken) in programs.iter().zip(&mut taken) {
            let (wall, memory) = start(&listener, &mut program())?;
            if round > 0 {
                taken.0.push(wall);
                taken.1.push(memory);
            }
        }
    }
    Ok(taken.into_iter().map(|(walls, sizes)| Started { wall: median(walls), memory: median(sizes) }).collect())
}

fn start(listener: &TcpListener, command: &mut Command) -> Outcome<(f64, f64)> {
    command
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
        .envs([("AWS_LAMBDA_FUNCTION_NAME", "f"), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
        .envs([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"), ("AWS_REGION", "us-east-1")])
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
        .envs([("TRUNKLINE_BUS", "bus"), ("TRUNKLINE_WEBHOOK_SECRET", "secret")])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn()?;
    let (mut stream, _) = listener.accept()?;
    let mut request = [0; 512];
    let length = stream.read(&mut request)?;
    let wall = began.elapsed().as_secs_f64();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    child.kill()?;
    child.wait()?;
    let asked = String::from_utf8_lossy(&request[..length]).starts_with("GET /2018-06-01/runtime/invocation/next ");
    if !asked {
        return Err("a program asked for something else than work".into());
    }
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no memory is told")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok((wall, kilobytes / 1024.0))
}

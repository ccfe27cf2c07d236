//! A function under AWS's runtime interface emulator, which starts the program and hands it one event after another.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http;

/// A running function.
pub(crate) struct Function {
    child: Child,
    host: String,
    log: PathBuf,
}

impl Function {
    /// Starts the program that has this function in it; what it says goes to a file in `logs`.
    pub(crate) fn start(name: &str, variables: &[(&str, String)], logs: &Path) -> Self {
        let (outer, inner) = (free(), free());
        let log = logs.join(format!("{name}.log"));
        let file = File::create(&log).unwrap();
        let worker = PathBuf::from(env!("CARGO_BIN_EXE_worker"));
        let program = if name == "receive" { worker.with_file_name("receive") } else { worker };
        assert!(program.exists(), "{} is not built: cargo build --bin receive", program.display());
        let mut command = Command::new(testbench().join("aws-lambda-rie"));
        command
            .args(["--runtime-interface-emulator-address", &outer, "--runtime-api-address", &inner])
            .arg(program)
            .arg(name);
        command.env_clear().envs([("PATH", "/usr/bin:/bin"), ("_HANDLER", name)]);
        command.envs([("AWS_LAMBDA_FUNCTION_NAME", name), ("AWS_LAMBDA_FUNCTION_TIMEOUT", "60")]);
        command.envs([("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().expect("the emulator is not here: scripts/testbench up installs it");
        let deadline = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(&outer).is_err() {
            assert!(Instant::now() < deadline, "the emulator does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { child, host: outer, log }
    }

    /// Hands it an event, and gives its answer.
    pub(crate) fn invoke(&self, event: &Value) -> Value {
        let answer =
            http::send(&self.host, "POST", "/2015-03-31/functions/function/invocations", &[], &event.to_string());
        serde_json::from_str(&answer.body).unwrap_or(Value::Null)
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens on: the emulator cannot choose one by itself.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Where `scripts/testbench` installs.
fn testbench() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("testbench")
}

//! Commands: what they write is shown as it is written, and nothing of them outlives the wish for them.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use tokio::sync::Notify;
use trunkline_core::refusal::Code;
use trunkline_local::commands::Shell;
use trunkline_ports::artifacts::{Progress, Watcher};
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Commands, Invocation};

#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Progress for Seen {
    fn line(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
    fn amount(&self, _done: u64, _total: u64) {}
}

fn invocation(line: &str) -> Invocation {
    let environment = BTreeMap::from([("TRUNKLINE_NAME".to_owned(), "a \"b\" $c".to_owned())]);
    Invocation { line: line.to_owned(), folder: None, environment }
}

/// What was shown of a command that runs in an empty folder, and how it ended.
async fn run(line: &str) -> (Vec<String>, Result<(), Failure>) {
    let folder = tempfile::tempdir().unwrap();
    let seen = Arc::new(Seen::default());
    let watcher: Watcher = seen.clone();
    let ended = Shell::new(folder.path().to_owned()).run(&invocation(line), &watcher).await;
    let lines = seen.0.lock().unwrap().clone();
    (lines, ended)
}

#[tokio::test]
async fn both_outputs_are_shown_in_the_order_they_were_written() {
    let (lines, ended) = run("echo one; echo two >&2; echo three; printf four").await;
    assert_eq!((lines.join(" "), ended), ("one two three four".to_owned(), Ok(())));
}

#[tokio::test]
async fn the_environment_is_the_only_way_in() {
    let (lines, _) = run("printf '%s\\n' \"$TRUNKLINE_NAME\"; cat; ls -A").await;
    assert_eq!(lines, ["a \"b\" $c"], "nothing on standard input, nothing in the folder");
}

#[tokio::test]
async fn what_is_shown_cannot_move_the_cursor_and_has_an_end() {
    let (lines, _) =
        run(r"printf '\033[2Jred\tblue\r\n10%%\r20%%\n\377\n'; head -c 1000000 /dev/zero | tr '\0' x").await;
    assert_eq!(lines[..3], [r"\u{1b}[2Jred	blue", "20%", "\u{fffd}"]);
    assert_eq!((lines.len(), lines[3].len()), (4, 4096));
}

#[tokio::test]
async fn a_failure_tells_the_exit_code_and_the_last_lines() {
    let (lines, ended) = run("seq 1 30; exit 3").await;
    let Err(Failure::Refused(refusal)) = ended else { panic!("{ended:?}") };
    assert_eq!((refusal.code, lines.len()), (Code::CommandFailed, 30));
    let shown: Vec<&str> = refusal.message.lines().collect();
    assert_eq!(
        (shown[0], shown[1], shown[20]),
        ("the command `seq 1 30; exit 3` ended with exit code 3", "  11", "  30")
    );
}

#[tokio::test]
async fn a_program_that_is_missing_is_said_to_be() {
    let (_, ended) = run("no-such-program-anywhere 2>/dev/null").await;
    assert_snapshot!(ended.unwrap_err(), @r"
    the command `no-such-program-anywhere 2>/dev/null` ended with exit code 127
    help: the shell did not find a program: install it, or say where it is
    ");
}

#[tokio::test]
async fn a_killed_command_says_by_which_signal() {
    let (_, ended) = run("kill -9 $$").await;
    assert!(ended.unwrap_err().to_string().contains("ended by signal 9"));
}

#[tokio::test]
async fn a_folder_that_is_missing_is_a_fault() {
    let watcher: Watcher = Arc::new(Seen::default());
    let ended = Shell::new("/no/such/folder".into()).run(&invocation("true"), &watcher).await;
    assert!(matches!(ended, Err(Failure::Fault(_))), "{ended:?}");
}

#[tokio::test]
async fn what_a_command_leaves_in_the_background_does_not_hold_it_up() {
    let (lines, ended) = run("sleep 30 & echo done; exit 0").await;
    assert_eq!((lines.join(""), ended), ("done".to_owned(), Ok(())));
}

/// Tells when the first line was written.
#[derive(Default)]
struct Up(Notify);

impl Progress for Up {
    fn line(&self, _text: &str) {
        self.0.notify_one();
    }
    fn amount(&self, _done: u64, _total: u64) {}
}

/// All processes of the group share a locked file, so the lock is free when the last of them is gone.
#[tokio::test]
async fn a_command_that_nobody_waits_for_any_more_is_killed_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell::new(folder.path().to_owned());
    let up = Arc::new(Up::default());
    let watcher: Watcher = up.clone();
    let command = invocation("(flock 9; echo up; sleep 600 & sleep 600) 9>held");
    tokio::select! {
        ended = shell.run(&command, &watcher) => panic!("{ended:?}"),
        () = up.0.notified() => {}
    }
    let held = File::open(folder.path().join("held")).unwrap();
    tokio::task::spawn_blocking(move || held.lock()).await.unwrap().unwrap();
}

//! Plays seeds of the simulator: `simulate FROM COUNT`.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(from)), Some(Ok(count))) = (numbers.next(), numbers.next()) else {
        println!("give the first seed and how many: `simulate 0 10000`");
        return ExitCode::from(3);
    };
    let (mut entries, mut deployments) = (0, 0);
    for seed in from..from.saturating_add(count) {
        match trunkline_tests::simulator::simulate(seed) {
            Ok(counts) => (entries, deployments) = (entries + counts.entries, deployments + counts.deployments),
            Err(failed) => {
                println!("{failed}");
                return ExitCode::from(1);
            }
        }
    }
    println!("{count} seeds from {from}: {entries} entries, {deployments} deployments, no rule broken");
    ExitCode::SUCCESS
}

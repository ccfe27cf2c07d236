//! The simulator, played: two thousand seeds, and the same observations in any order.

use trunkline_tests::simulator::{order, simulate};

/// Plays the seeds of one part of the test run.
#[track_caller]
fn play(seeds: std::ops::Range<u64>) {
    let mut deployments = 0;
    for seed in seeds.clone() {
        match simulate(seed) {
            Ok(counts) => deployments += counts.deployments,
            Err(failed) => panic!("{failed}"),
        }
    }
    let seeds = seeds.count();
    assert!(deployments > seeds, "{deployments} deployments in {seeds} seeds: hardly anything was tried");
}

#[test]
fn no_rule_is_broken_whatever_goes_wrong_1() {
    play(0..500);
}

#[test]
fn no_rule_is_broken_whatever_goes_wrong_2() {
    play(500..1000);
}

#[test]
fn no_rule_is_broken_whatever_goes_wrong_3() {
    play(1000..1500);
}

#[test]
fn no_rule_is_broken_whatever_goes_wrong_4() {
    play(1500..2000);
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for seed in 0..5 {
        assert_eq!(simulate(seed).unwrap(), simulate(seed).unwrap());
    }
}

#[test]
fn the_same_observations_in_any_order_end_in_the_same_places() {
    for seed in 0..100 {
        if let Err(difference) = order::shuffled(seed) {
            panic!("{difference}");
        }
    }
}

//! What is deployed in tests of targets.

use trunkline_core::deployment::{Bytes, Mark, Piece};
use trunkline_core::ids::{Commit, Digest};
use trunkline_core::policy::Kind;

/// A commit that is deployed.
pub fn commit() -> Commit {
    "c".repeat(40).parse().unwrap()
}

/// A digest that a number stands for.
pub fn digest(number: u8) -> Digest {
    format!("sha256:{}", format!("{number:02x}").repeat(32)).parse().unwrap()
}

/// An image of `shop/<artifact>` at a target, which is written as JSON.
pub fn piece(artifact: &str, target: &str, number: u8) -> Piece {
    let repository = Some(format!("shop/{artifact}"));
    let tag = Some(format!("tag{number}").parse().unwrap());
    let bytes = Bytes { kind: Kind::Image, digest: digest(number), repository, tag };
    Piece { artifact: artifact.parse().unwrap(), target: serde_json::from_str(target).unwrap(), bytes, previous: None }
}

/// The mark of an effect with a number. One of the commits that it ships tries to look like another effect.
pub fn mark(number: u64) -> Mark {
    Mark {
        project: "shop".parse().unwrap(),
        number,
        environment: "stage".parse().unwrap(),
        commit: commit(),
        previous: Some("b".repeat(40).parse().unwrap()),
        shipped: vec!["bbbb Ada: one".to_owned(), "cccc Bob: Trunkline-Entry: 99\nTrunkline-Entry: 98".to_owned()],
    }
}

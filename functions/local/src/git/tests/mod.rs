//! The git adapter on real repositories.

mod look;

use trunkline_ports::failure::Failure;

use super::fixture::{Fixture, apart};
use super::{Git, GitRepository};

/// The adapter under test.
fn at(fixture: &Fixture) -> GitRepository {
    GitRepository { git: apart(Git::at(&fixture.path)) }
}

/// A refusal's code and message, or the fault, in one line.
fn said(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refusal) => format!("{}: {}", refusal.code, refusal.message),
        Failure::Fault(fault) => format!("fault: {}", fault.message),
    }
}

macro_rules! rules {
    ($($module:ident::$name:ident),*) => {
        $(
            #[tokio::test]
            async fn $name() {
                trunkline_contract::repository::$module::$name(at).await;
            }
        )*
    };
}

trunkline_contract::repository_rules!(rules);

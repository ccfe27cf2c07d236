//! What workers need of the world, as small traits that speak Trunkline's words and say what "again" means.
//!
//! Adapters implement them (`local`, `oci`, `packages`; later `aws`, `github`), `memory` implements all of them, and the
//! loop that acts is written against them only.
#![expect(async_fn_in_trait, reason = "callers are generic and single-threaded; nobody names these futures")]

pub mod artifacts;
pub mod clock;
pub mod credentials;
pub mod failure;
pub mod ledger;
pub mod links;
pub mod memory;
pub mod observe;
pub mod repository;
pub mod targets;
pub mod work;
pub mod world;

//! Images in ECR, against moto: a tag is the very same bytes under another name, and nothing goes that anybody needs.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod erasing;
mod finding;
mod login;
mod stage;
mod tagging;

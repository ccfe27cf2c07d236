//! A comment on a commit, made once: GitHub tells its author, who yanked it and why.
//!
//! Source: <https://docs.github.com/en/rest/commits/comments>

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use trunkline_core::ids::Commit;
use trunkline_ports::failure::Failure;

use super::{Told, cut};
use crate::client::Ask;

/// What the App must be let do.
const NEEDS: &str = "contents: write";

/// The longest comment, in characters; GitHub refuses more than 65,536.
const MAX_TEXT: usize = 65_000;

/// The most comments of a commit that are read to find an own one.
const READ: usize = 100;

#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    body: String,
}

impl Told {
    /// Comments on a commit, unless there is a comment already that was made for the same `cause` (a word without blanks).
    ///
    /// # Errors
    /// A refusal when the App may not comment, a fault when GitHub cannot be asked.
    pub async fn comment(&self, commit: &Commit, cause: &str, markdown: &str) -> Result<(), Failure> {
        let path = format!("/repos/{}/commits/{commit}/comments", self.name);
        let listed = self.client.send(Ask::get(&self.name, format!("{path}?per_page={READ}"))).await?;
        let there: Vec<Comment> = self.client.read(&listed, StatusCode::OK, "comments", "contents: read")?;
        let marker = marker(cause);
        if there.iter().any(|comment| comment.body.contains(&marker)) {
            return Ok(());
        }
        let body = json!({ "body": format!("{}\n\n{marker}", cut(markdown, MAX_TEXT)) });
        let answer = self.client.send(Ask::post(&self.name, path, &body)).await?;
        let _: serde::de::IgnoredAny = self.client.read(&answer, StatusCode::CREATED, "a comment", NEEDS)?;
        Ok(())
    }
}

/// What no reader sees and by which the comment is known.
fn marker(cause: &str) -> String {
    let plain: String = cause.chars().filter(|char| char.is_ascii_alphanumeric() || "-_.".contains(*char)).collect();
    format!("<!-- trunkline {plain} -->")
}

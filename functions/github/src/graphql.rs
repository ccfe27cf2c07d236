//! GraphQL: one question, typed answers, and errors that come inside a success.

use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::text::clean;
use trunkline_ports::failure::{Failure, Fault};

use crate::client::{Ask, Client};
use crate::failure;
use crate::limits::Quiet;
use crate::name::RepositoryName;

/// An answer: data, errors or both.
#[derive(Deserialize)]
pub(crate) struct Said<T> {
    pub(crate) data: Option<T>,
    #[serde(default)]
    pub(crate) errors: Vec<Wrong>,
}

/// An error inside an answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Wrong {
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) message: String,
    /// The fields that lead to it.
    #[serde(default)]
    path: Vec<Value>,
}

impl Wrong {
    /// Whether it is of a kind.
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// Whether it is about the field `name` of the root.
    pub(crate) fn is_at(&self, name: &str) -> bool {
        self.path.first().is_some_and(|first| first == name)
    }
}

/// A part of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    pub(crate) nodes: Vec<T>,
    #[serde(default)]
    pub(crate) page_info: Option<PageInfo>,
}

/// Where a list goes on.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Where the next page begins, if there is one.
    pub(crate) fn next(&self) -> Option<&str> {
        self.page_info.as_ref().filter(|info| info.has_next_page)?.end_cursor.as_deref()
    }
}

/// A text as a query has it: GraphQL's strings are JSON's.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// `repository(owner: …, name: …)`.
pub(crate) fn repository(name: &RepositoryName) -> String {
    format!("repository(owner: {}, name: {})", quoted(name.owner()), quoted(name.name()))
}

impl Client {
    /// Asks a question; again when its answer was lost.
    ///
    /// # Errors
    /// As [`send`](Self::send), and what the errors mean when there are any.
    pub(crate) async fn query<T: DeserializeOwned>(
        &self,
        name: &RepositoryName,
        query: &str,
        needs: &str,
    ) -> Result<T, Failure> {
        let said: Said<T> = self.say(name, query, &json!({}), true).await?;
        match (said.data, said.errors.first()) {
            (Some(data), None) => Ok(data),
            (_, Some(wrong)) => Err(self.wrong(name, wrong, needs)),
            (None, None) => Err(Fault::passing("GitHub's answer holds neither data nor errors").into()),
        }
    }

    /// Says something in GraphQL and gives what came back, errors and all.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub(crate) async fn say<T: DeserializeOwned>(
        &self,
        name: &RepositoryName,
        query: &str,
        variables: &Value,
        repeatable: bool,
    ) -> Result<Said<T>, Failure> {
        let body = json!({ "query": query, "variables": variables });
        let ask = Ask { repeatable, ..Ask::post(name, String::new(), &body) };
        let answer = self.send_to(&self.graphql_path(), &ask).await?;
        let said: Said<T> = match self.read(&answer, StatusCode::OK, "an answer to a query", "contents: read") {
            // A node that may not be null is, since errors took its place: then these are what counts.
            Err(unclear) => match serde_json::from_slice::<Said<Value>>(&answer.body) {
                Ok(said) if !said.errors.is_empty() => Said { data: None, errors: said.errors },
                _ => return Err(unclear),
            },
            Ok(said) => said,
        };
        if said.errors.iter().any(|wrong| wrong.is("RATE_LIMITED") || wrong.is("RATE_LIMIT")) {
            let now = Timestamp::now();
            return Err(self.keep_quiet(Quiet::told(&answer.headers, now)).fault(now).into());
        }
        Ok(said)
    }

    /// What an error inside an answer means.
    pub(crate) fn wrong(&self, name: &RepositoryName, wrong: &Wrong, needs: &str) -> Failure {
        let words = clean(&wrong.message, 300);
        match wrong.kind.as_deref() {
            Some("NOT_FOUND") => failure::unseen(&self.who(), name, needs).into(),
            Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => {
                let message = format!("GitHub does not let {} do that to `{name}`: {words}", self.who());
                Refusal::new(Code::RepositoryUnusable, message)
                    .help(format!("give {} the permission `{needs}`", self.who()))
                    .into()
            }
            Some("UNPROCESSABLE") => Refusal::new(Code::RepositoryUnusable, format!("`{name}` refuses: {words}"))
                .help("its rules decide: let this App past them, or use pull requests")
                .into(),
            Some("MAX_NODE_LIMIT_EXCEEDED") => {
                Fault::lasting(format!("GitHub finds the question too large: {words}")).into()
            }
            // Time-outs have no type.
            _ => Fault::passing(format!("GitHub could not answer: {words}")).into(),
        }
    }
}

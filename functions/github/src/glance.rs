//! A glance at many repositories at once: which of them have anything new, in one question for all.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::json;
use trunkline_core::ids::Commit;
use trunkline_core::policy::Patterns;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::repository::Ask;

use crate::chain::Source;
use crate::client::Client;
use crate::graphql::Said;
use crate::name::RepositoryName;
use crate::refs::{self, Lists, Refs};

/// How many repositories are in one question: a hundred of them, with a hundred tags each, are 20,000 of the 500,000 nodes allowed.
/// Source: <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#node-limit>
const TOGETHER: usize = 100;

/// A repository to glance at: where it is, and what is known of it.
#[derive(Clone, Debug)]
pub struct Known {
    /// Where.
    pub name: RepositoryName,
    /// What.
    pub ask: Ask,
}

impl Client {
    /// Which of `all` show anything that is not known: a branch or tag that is new, moved or gone. The answers are in their order.
    ///
    /// Those whose refs fit a page are told by one question for a hundred repositories; for each further page of some, one more.
    /// The owners must be one: an App's token is for one owner's repositories.
    ///
    /// # Errors
    /// For all, when GitHub cannot be asked; for one of them, when it is not shown.
    pub async fn glance(&self, all: &[Known]) -> Result<Vec<Result<bool, Failure>>, Failure> {
        let mut told = Vec::with_capacity(all.len());
        for some in all.chunks(TOGETHER) {
            told.extend(self.glance_at(some).await?);
        }
        Ok(told)
    }

    async fn glance_at(&self, some: &[Known]) -> Result<Vec<Result<bool, Failure>>, Failure> {
        #[derive(Deserialize)]
        struct Head {
            target: Option<crate::graph::Id>,
        }
        #[derive(Deserialize)]
        struct Shown {
            trunk: Option<Head>,
            #[serde(flatten)]
            lists: Lists,
        }
        let Some(first) = some.first() else { return Ok(Vec::new()) };
        let mut open: Vec<_> = some.iter().map(|known| refs::lists(&known.ask.release_branches)).collect();
        let mut found: Vec<Result<Refs, Failure>> = some.iter().map(|_| Ok(Refs::default())).collect();
        let mut asked = false;
        while open.iter().any(|lists| !lists.is_empty()) {
            let mut query = String::from("{ ");
            for (number, (known, lists)) in
                some.iter().zip(&open).enumerate().filter(|(_, (_, lists))| !lists.is_empty())
            {
                let trunk = crate::graphql::quoted(&format!("refs/heads/{}", known.ask.trunk));
                let trunk = if asked {
                    String::new()
                } else {
                    format!("trunk: ref(qualifiedName: {trunk}) {{ target {{ oid }} }} ")
                };
                let repository = crate::graphql::repository(&known.name);
                // Writing to a string cannot fail.
                let _ = write!(query, "r{number}: {repository} {{ {trunk}{}}} ", refs::fields(lists));
            }
            let query = format!("{query}}} {}", refs::TAGGED);
            let said: Said<BTreeMap<String, Option<Shown>>> = self.say(&first.name, &query, &json!({}), true).await?;
            let mut data = said.data.unwrap_or_default();
            for (number, known) in
                some.iter().enumerate().filter(|(number, _)| !open[*number].is_empty()).collect::<Vec<_>>()
            {
                let alias = format!("r{number}");
                let lists = std::mem::take(&mut open[number]);
                let Some(shown) = data.remove(&alias).flatten() else {
                    let wrong = said.errors.iter().find(|wrong| wrong.is_at(&alias));
                    let lost = || Fault::passing(format!("GitHub says nothing about `{}`", known.name)).into();
                    found[number] =
                        Err(wrong.map_or_else(lost, |wrong| self.wrong(&known.name, wrong, "contents: read")));
                    continue;
                };
                let Ok(refs) = &mut found[number] else { continue };
                let head = shown.trunk.and_then(|trunk| trunk.target).and_then(|target| target.oid.parse().ok());
                refs.heads.extend(head.map(|head: Commit| (known.ask.trunk.clone(), head)));
                let patterns = Patterns(known.ask.release_branches.clone());
                open[number] = refs.take(lists, shown.lists, &patterns)?;
            }
            asked = true;
        }
        let mut told = Vec::new();
        for (refs, known) in found.into_iter().zip(some) {
            told.push(match refs {
                Ok(refs) => Ok(self.differs(refs, known).await?),
                Err(failure) => Err(failure),
            });
        }
        Ok(told)
    }

    async fn differs(&self, mut refs: Refs, known: &Known) -> Result<bool, Failure> {
        refs.peel(Source { client: self, name: &known.name }).await?;
        let tags: BTreeMap<_, _> = refs.tags.into_iter().map(|(tag, tagged)| (tag, tagged.commit)).collect();
        Ok(refs.heads != known.ask.heads || tags != known.ask.tags)
    }
}

//! Which projects there are, and whose they are.
//!
//! ```text
//! s3://BUCKET/PREFIX/repositories/OWNER/NAME.json   {"project": "shop", "repository": "acme/shop", "trunk": "main"}
//! s3://BUCKET/PREFIX/projects/PROJECT.json          the same: whoever creates it has the name
//! ```
//!
//! A repository says in its policy what its project is called. The first repository with a name has it; another one with the same
//! name is refused, so that nobody takes over a ledger by naming it.

use serde::{Deserialize, Serialize};
use trunkline_aws::bucket::{Bucket, Condition};
use trunkline_core::ids::Name;
use trunkline_core::policy::{self, Policy, Store};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_github::name::RepositoryName;
use trunkline_github::repository::GitHubRepository;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::repository::Repository as _;

use crate::stack::Stack;

/// The longest record, in bytes.
const LONGEST: u64 = 4096;

/// What the records are.
const JSON: &str = "application/json";

/// A project that this stack carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its name: its ledger's name.
    pub project: Name,
    /// Its repository, `owner/name`.
    pub repository: String,
    /// The trunk's name while no policy says it.
    pub trunk: String,
}

impl Project {
    /// Its repository's name.
    ///
    /// # Errors
    /// A lasting fault when the record holds none.
    pub fn repository(&self) -> Result<RepositoryName, Fault> {
        let odd = || Fault::lasting(format!("`{}` is no repository's name", self.repository.escape_debug()));
        RepositoryName::read(&self.repository).ok_or_else(odd)
    }
}

/// The projects of a stack.
pub struct Projects<'a> {
    stack: &'a Stack,
}

impl<'a> Projects<'a> {
    /// The projects of `stack`.
    pub fn new(stack: &'a Stack) -> Self {
        Self { stack }
    }

    /// All projects: one request for the list and one for each.
    ///
    /// # Errors
    /// As S3 answers; a lasting fault when a record cannot be read.
    pub async fn all(&self) -> Result<Vec<Project>, Failure> {
        let folder = self.stack.store.below("projects");
        let listed = folder.versions(None).await?;
        let mut projects = Vec::new();
        for version in listed.versions.iter().filter(|version| version.latest && version.kept.is_some()) {
            projects.extend(read(&folder, &version.name).await?);
        }
        Ok(projects)
    }

    /// The project of a repository: one request when it is known. One that is seen for the first time and has a policy that names this
    /// stack's store is entered. Nothing: the repository has no project here.
    ///
    /// # Errors
    /// A refusal when its policy cannot be read, or its name is another repository's.
    pub async fn of(&self, repository: &RepositoryName) -> Result<Option<Project>, Failure> {
        let folder = self.stack.store.below("repositories").below(repository.owner());
        let file = format!("{}.json", repository.name());
        if let Some(known) = read(&folder, &file).await? {
            return Ok(Some(known));
        }
        let Some(project) = self.discover(repository).await? else { return Ok(None) };
        self.take(&project).await?;
        folder.put(&file, text(&project)?, JSON, &Condition::Absent).await?;
        Ok(Some(project))
    }

    /// What the repository says of itself, on its default branch.
    async fn discover(&self, name: &RepositoryName) -> Result<Option<Project>, Failure> {
        let repository = GitHubRepository::new(self.stack.github.clone(), name.clone());
        let head = repository.resolve("HEAD").await?;
        let Some(text) = repository.file(&head, policy::FILE, policy::MAX_BYTES).await? else { return Ok(None) };
        let policy = Policy::parse(&text)?;
        let (bucket, prefix) = self.stack.settings.store.clone();
        if policy.store != (Store::Bucket { name: bucket, prefix }) {
            return Ok(None);
        }
        Ok(Some(Project { project: policy.project, repository: name.to_string(), trunk: policy.trunk }))
    }

    /// Gives the project's name to its repository, unless another one has it.
    async fn take(&self, project: &Project) -> Result<(), Failure> {
        let (folder, file) = (self.stack.store.below("projects"), format!("{}.json", project.project));
        if folder.put(&file, text(project)?, JSON, &Condition::Absent).await?.is_some() {
            return Ok(());
        }
        match read(&folder, &file).await? {
            Some(other) if other.repository != project.repository => {
                let message = format!("the project `{}` is `{}`'s", project.project, other.repository);
                let help = "choose another name for `project:` in `trunkline.yaml`";
                Err(Refusal::new(Code::PolicyInvalid, message).help(help).into())
            }
            _ => Ok(()),
        }
    }
}

async fn read(folder: &Bucket, file: &str) -> Result<Option<Project>, Failure> {
    let Some(object) = folder.get(file, LONGEST).await? else { return Ok(None) };
    let odd = |error| Fault::lasting(format!("`{}` is no record of a project: {error}", folder.shown(file)));
    Ok(Some(serde_json::from_slice(&object.bytes).map_err(odd)?))
}

fn text(project: &Project) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(project)
        .map_err(|error| Fault::lasting(format!("a project's record cannot be written: {error}")))
}

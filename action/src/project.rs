//! Which project this is: its folder, its policy, and where it keeps things.

use std::path::{Path, PathBuf};

use trunkline_core::policy::{self, Policy};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_local::git::GitRepository;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::repository::Repository;

use crate::arguments::Common;

/// How many commits back a policy that can be read is looked for, when trunk's head and the work tree have none.
const BACK: usize = 32;

/// A project on this machine.
#[derive(Debug)]
pub(crate) struct Project {
    /// The policy file's folder: the repository's root.
    pub(crate) root: PathBuf,
    /// The policy that says what it is called and where its store is: trunk's, else the work tree's, else an earlier one.
    pub(crate) policy: Policy,
}

impl Project {
    /// Finds the project that `common` names, or the one around the current folder.
    ///
    /// # Errors
    /// [`Code::PolicyMissing`] when there is none, what is wrong with its policy when no earlier one can be read either,
    /// and as git answers.
    pub(crate) async fn find(common: &Common) -> Result<Self, Failure> {
        let root = root(common)?;
        let repository = GitRepository::new(&root);
        let here = read(&root);
        let trunk = here.as_ref().map_or("main", |policy| &policy.trunk);
        let head = match repository.resolve(&format!("refs/heads/{trunk}")).await {
            Ok(head) => Some(head),
            Err(Failure::Refused(refusal)) if refusal.code == Code::UnknownRevision => None,
            Err(failure) => return Err(failure),
        };
        let Some(head) = head else { return Ok(Self { root, policy: here? }) };
        let refused = match at(&repository, head.as_str()).await? {
            Ok(policy) => return Ok(Self { root, policy }),
            Err(refusal) => refusal,
        };
        if let Ok(policy) = here {
            return Ok(Self { root, policy });
        }
        for back in 1..=BACK {
            let earlier = match repository.resolve(&format!("{head}~{back}")).await {
                Ok(commit) => at(&repository, commit.as_str()).await?,
                Err(Failure::Refused(_)) => break,
                Err(fault) => return Err(fault),
            };
            if let Ok(policy) = earlier {
                return Ok(Self { root, policy });
            }
        }
        Err(refused.into())
    }
}

/// The policy of a commit, or why there is none.
async fn at(repository: &GitRepository, commit: &str) -> Result<Result<Policy, Refusal>, Failure> {
    let commit = commit.parse().map_err(Failure::Refused)?;
    match repository.file(&commit, policy::FILE, policy::MAX_BYTES).await {
        Ok(Some(text)) => Ok(Policy::parse(&text)),
        Ok(None) => Ok(Err(Refusal::new(Code::PolicyMissing, format!("trunk has no `{}`", policy::FILE))
            .help("`trunkline init` writes one; commit it to trunk"))),
        Err(Failure::Refused(refusal)) => Ok(Err(refusal)),
        Err(fault) => Err(fault),
    }
}

/// The policy of the work tree, or why there is none.
fn read(root: &Path) -> Result<Policy, Refusal> {
    let path = root.join(policy::FILE);
    let missing = || {
        Refusal::new(Code::PolicyMissing, format!("there is no `{}` in `{}`", policy::FILE, root.display()))
            .help("`trunkline init` writes one; commit it to trunk")
    };
    let text = text(&path).map_err(|_| missing())?;
    Policy::parse(&text)
}

/// A file's text, not more of it than a policy may have.
///
/// # Errors
/// A refusal when it is not there, too long, or no text.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    use std::io::Read;
    let shown = path.display();
    let mut bytes = Vec::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(policy::MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Refusal::new(Code::PolicyMissing, format!("there is no file `{shown}`"))
                .help("`trunkline init` writes a policy; give its path")
                .into());
        }
        Err(error) => return Err(Fault::from_io(format_args!("reading `{shown}`"), &error).into()),
    }
    String::from_utf8(bytes)
        .map_err(|_| Refusal::new(Code::PolicyInvalid, format!("`{shown}` is no text")).help("save it as UTF-8").into())
}

/// The folder of the policy file, or of the repository when there is no such file.
pub(crate) fn root(common: &Common) -> Result<PathBuf, Failure> {
    let start = common.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    if let Some(file) = &common.policy {
        let file = start.join(file);
        if file.file_name().is_none_or(|name| name != policy::FILE) {
            let message = format!("the policy is read from commits as `{}`, so no other name will do", policy::FILE);
            return Err(Refusal::new(Code::PolicyMissing, message)
                .help("`trunkline check FILE` checks any file")
                .into());
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return canonical(folder);
    }
    let start = canonical(&start)?;
    let is_root = |folder: &&Path| {
        folder.join(policy::FILE).is_file()
            || folder.join(".git").exists()
            || (folder.join("objects").is_dir() && folder.join("HEAD").is_file())
    };
    let found = start.ancestors().find(is_root);
    found.map(Path::to_owned).ok_or_else(|| {
        Refusal::new(
            Code::PolicyMissing,
            format!("there is no `{}` in `{}` or above it", policy::FILE, start.display()),
        )
        .help("go to the repository, or name it with `-C DIR`; `trunkline init` writes a policy")
        .into()
    })
}

fn canonical(folder: &Path) -> Result<PathBuf, Failure> {
    folder.canonicalize().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Refusal::new(Code::PolicyMissing, format!("there is no folder `{}`", folder.display()))
                .help("give the repository's folder")
                .into()
        }
        _ => Fault::from_io(format_args!("opening `{}`", folder.display()), &error).into(),
    })
}

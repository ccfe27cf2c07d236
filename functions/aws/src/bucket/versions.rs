//! Listing what is and what was there, and deleting all of it.
//!
//! Without versions in the bucket, every object has one version, `null`.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use trunkline_ports::failure::{Failure, Fault};

use super::{Bucket, request};

/// How many versions one request deletes.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
const AT_ONCE: usize = 1000;

/// A version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The object's name below the place that was listed.
    pub name: String,
    /// The version's id.
    pub id: String,
    /// Whether it is what a read of the object meets.
    pub latest: bool,
    /// What it holds; nothing when it says that the object was deleted.
    pub kept: Option<Kept>,
}

/// What a version holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What names the content among all that this key had.
    pub etag: String,
    /// Its length in bytes.
    pub size: u64,
}

impl Bucket {
    /// All versions of all objects of this place whose names come after `after`, without those in folders below it.
    ///
    /// What has the name `after` itself may be among them. One request for each thousand.
    ///
    /// # Errors
    /// As S3 answers.
    pub async fn versions(&self, after: Option<&str>) -> Result<Listed, Failure> {
        let mut listed = Listed::default();
        let (mut key, mut id) = (after.map(|after| self.key(after)), None);
        loop {
            let list = self.client.list_object_versions().bucket(&self.name).prefix(&self.prefix).delimiter("/");
            let answer = list.set_key_marker(key).set_version_id_marker(id).send().await;
            let shown = self.shown("");
            let answer = answer.map_err(|error| request("s3:ListBucketVersions", &shown).failed(&error))?;
            self.add(&answer, &mut listed);
            if !answer.is_truncated.unwrap_or_default() {
                return Ok(listed);
            }
            (key, id) = (answer.next_key_marker, answer.next_version_id_marker);
            if key.is_none() {
                return Err(Fault::passing(format!("listing `{shown}`: the answer ends without saying where")).into());
            }
        }
    }

    fn add(&self, answer: &ListObjectVersionsOutput, listed: &mut Listed) {
        let name = |key: Option<&str>| key.and_then(|key| key.strip_prefix(&self.prefix)).map(str::to_owned);
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        listed.versions.extend(answer.versions().iter().filter_map(|version| {
            let size = u64::try_from(version.size().unwrap_or_default()).unwrap_or_default();
            Some(Version {
                name: name(version.key())?,
                id: text(version.version_id()),
                latest: version.is_latest().unwrap_or_default(),
                kept: Some(Kept { etag: text(version.e_tag()), size }),
            })
        }));
        listed.versions.extend(answer.delete_markers().iter().filter_map(|marker| {
            let latest = marker.is_latest().unwrap_or_default();
            Some(Version { name: name(marker.key())?, id: text(marker.version_id()), latest, kept: None })
        }));
        listed.folders.extend(answer.common_prefixes().iter().filter_map(|folder| name(folder.prefix())));
    }

    /// Deletes these versions for good.
    ///
    /// # Errors
    /// As S3 answers, also for a single one of them.
    pub async fn delete(&self, versions: &[Version]) -> Result<(), Failure> {
        let shown = self.shown("");
        for some in versions.chunks(AT_ONCE) {
            let objects = some.iter().map(|version| {
                let object = ObjectIdentifier::builder().key(self.key(&version.name)).version_id(&version.id);
                object.build().map_err(|error| Fault::lasting(format!("deleting in `{shown}`: {error}")))
            });
            let delete = Delete::builder().set_objects(Some(objects.collect::<Result<_, _>>()?)).quiet(true).build();
            let delete = delete.map_err(|error| Fault::lasting(format!("deleting in `{shown}`: {error}")))?;
            let answer = self.client.delete_objects().bucket(&self.name).delete(delete).send().await;
            let answer = answer.map_err(|error| request("s3:DeleteObjectVersion", &shown).failed(&error))?;
            if let Some(error) = answer.errors().first() {
                let named = self.shown(error.key().unwrap_or_default().trim_start_matches(&*self.prefix));
                return Err(request("s3:DeleteObjectVersion", &named).told(error.code(), error.message()));
            }
        }
        Ok(())
    }
}

/// What was listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The versions.
    pub versions: Vec<Version>,
    /// The folders, each ending with `/`.
    pub folders: Vec<String>,
}

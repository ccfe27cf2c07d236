//! An image put together from folders of the export and a base, without a daemon.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use trunkline_core::ids::Digest;
use trunkline_core::policy::{Assembly, Compression, Platform};
use trunkline_ports::artifacts::{ImageOrder, Manifest, Watcher};
use trunkline_ports::failure::Failure;

use crate::annotations;
use crate::base::{Base, Source};
use crate::config::{Added, Config};
use crate::digest::digest_of;
use crate::document::{CONFIG, Descriptor, INDEX, Known, MANIFEST, NewIndex, NewManifest, PlatformEntry};
use crate::image::{Origin, Part, Parts};
use crate::layers::{self, Made, Wanted};
use crate::problem;
use crate::work;

/// How many layers are made at once; each uses several threads by itself.
const AT_ONCE: usize = 4;

/// The layers that were made, by what was wanted: platforms share those that do not name a platform.
type Layers = BTreeMap<Wanted, Made>;

/// Assembles an image. Nothing is sent; layers are files in `staging`.
pub(crate) async fn assemble(
    order: &ImageOrder<'_>,
    assembly: &Assembly,
    base: Option<(Source, Digest)>,
    staging: &Path,
    watcher: &Watcher,
) -> Result<Parts, Failure> {
    let bases = match &base {
        None => assembly
            .platforms
            .iter()
            .map(|platform| Base { config: Config::scratch(platform), layers: Vec::new() })
            .collect(),
        Some((source, digest)) => source.open(digest, &assembly.platforms).await?,
    };
    let below = if base.is_none() { layers::Base::Scratch } else { layers::Base::Image };
    let layers = make_layers(order.export, assembly, below, staging, watcher).await?;

    let annotations = annotations::of(order);
    let mut blobs = BTreeMap::new();
    let mut children = Vec::new();
    for (platform, base) in assembly.platforms.iter().zip(bases) {
        children.push(manifest(order, assembly, platform, base, &layers, &annotations, &mut blobs)?);
    }
    for made in layers.into_values() {
        let descriptor = descriptor(&made, assembly.compression);
        blobs
            .entry(made.digest.clone())
            .or_insert(Part { descriptor, origin: Origin::Made(made.file.into_temp_path()) });
    }
    let blobs = blobs.into_values().collect();
    let index = if children.len() == 1 { None } else { Some(index(&assembly.platforms, &children, &annotations)?) };
    let (image, children) = match (index, children.pop()) {
        (None, Some(only)) => (only, Vec::new()),
        (Some(index), Some(last)) => (index, children.into_iter().chain([last]).collect()),
        (_, None) => {
            return Err(problem::unbuildable(
                "the image is for no platform",
                "name one under `platforms`, or leave it out",
            ));
        }
    };
    Ok(Parts { blobs, children, image })
}

async fn make_layers(
    export: &Path,
    assembly: &Assembly,
    base: layers::Base,
    staging: &Path,
    watcher: &Watcher,
) -> Result<Layers, Failure> {
    let wanted: BTreeSet<Wanted> = assembly.platforms.iter().flat_map(|platform| wanted(assembly, platform)).collect();
    let made = stream::iter(wanted).map(async |wanted| {
        let (export, staging, watcher) = (export.to_owned(), staging.to_owned(), Arc::clone(watcher));
        let (compression, order) = (assembly.compression, wanted.clone());
        watcher.line(&format!("layer {} from {}", wanted.to, if wanted.from.is_empty() { "." } else { &wanted.from }));
        let made = work::blocking(move || layers::make(&export, &order, base, compression, &staging, &watcher)).await?;
        Ok::<_, Failure>((wanted, made))
    });
    made.buffer_unordered(AT_ONCE).try_collect().await
}

/// The recipe's layers for a platform.
fn wanted<'a>(assembly: &'a Assembly, platform: &'a Platform) -> impl Iterator<Item = Wanted> + 'a {
    assembly.layers.iter().map(|layer| {
        let from = layer.from.as_str().replace("{os}", &platform.os).replace("{architecture}", &platform.architecture);
        let from = from.replace("{variant}", platform.variant.as_deref().unwrap_or_default());
        Wanted { from, to: layer.to.clone() }
    })
}

/// Writes the configuration and manifest of one platform, and notes the blobs they need.
fn manifest(
    order: &ImageOrder<'_>,
    assembly: &Assembly,
    platform: &Platform,
    base: Base,
    layers: &Layers,
    annotations: &BTreeMap<String, String>,
    blobs: &mut BTreeMap<Digest, Part>,
) -> Result<Known, Failure> {
    let made: Vec<(Wanted, &Made)> =
        wanted(assembly, platform).filter_map(|wanted| layers.get(&wanted).map(|made| (wanted, made))).collect();
    let added: Vec<Added<'_>> =
        made.iter().map(|(wanted, made)| Added { diff: &made.diff, from: &wanted.from, to: &wanted.to }).collect();
    let config = json(&base.config.extend(assembly, &order.created.to_string(), annotations, &added))?;
    let config_descriptor = Descriptor::new(CONFIG, digest_of(config.as_bytes()), config.len() as u64);

    let below = base.layers.iter().map(|part| part.descriptor.clone());
    let above = made.iter().map(|(_, made)| descriptor(made, assembly.compression));
    let layers = below.chain(above).collect();
    let manifest =
        NewManifest { schema_version: 2, media_type: MANIFEST, config: config_descriptor.clone(), layers, annotations };
    let known = written(MANIFEST, json(&manifest)?)?;

    let config = Part { descriptor: config_descriptor, origin: Origin::Bytes(config.into_bytes()) };
    let kept = base.layers.into_iter().filter(|part| !part.descriptor.is_foreign());
    for part in kept.chain([config]) {
        blobs.entry(part.descriptor.digest.clone()).or_insert(part);
    }
    Ok(known)
}

/// The index of an image for several platforms, in their order.
pub(crate) fn index(
    platforms: &[Platform],
    children: &[Known],
    annotations: &BTreeMap<String, String>,
) -> Result<Known, Failure> {
    let entry = |(platform, child): (&Platform, &Known)| Descriptor {
        platform: Some(PlatformEntry::from(platform)),
        ..child.descriptor()
    };
    let manifests = platforms.iter().zip(children).map(entry).collect();
    written(INDEX, json(&NewIndex { schema_version: 2, media_type: INDEX, manifests, annotations })?)
}

fn descriptor(made: &Made, compression: Compression) -> Descriptor {
    let media_type = match compression {
        Compression::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
        Compression::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
    };
    Descriptor::new(media_type, made.digest.clone(), made.size)
}

/// A document that was written here, as if it had been read.
fn written(media_type: &str, text: String) -> Result<Known, Failure> {
    let references = crate::document::References::read(&text)?;
    Ok(Known {
        digest: digest_of(text.as_bytes()),
        manifest: Manifest { media_type: media_type.to_owned(), text },
        references,
    })
}

fn json(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(document).map_err(|error| problem::unreadable("the image's document", &error))
}

//! What an image says about where it came from.
//!
//! Source: <https://github.com/opencontainers/image-spec/blob/main/annotations.md>

use std::collections::BTreeMap;

use trunkline_ports::artifacts::ImageOrder;

/// The annotations of its manifest and index, which are the labels of its configuration too.
pub(crate) fn of(order: &ImageOrder<'_>) -> BTreeMap<String, String> {
    let known = [
        ("revision", Some(order.commit.to_string())),
        ("source", order.source.map(str::to_owned)),
        ("created", Some(order.created.to_string())),
        ("version", Some(order.version.to_owned())),
    ];
    let named =
        known.into_iter().filter_map(|(name, value)| Some((format!("org.opencontainers.image.{name}"), value?)));
    named.collect()
}

//! The crate from outside: real layout folders, a real `docker-registry`, `skopeo` and `buildah`, and servers that misbehave.

mod suite;
mod support;

//! The crate from outside: real layout folders, a real `docker-registry`, `skopeo` and `buildah`, and servers that misbehave.

#[cfg(test)]
mod suite;
#[cfg(test)]
mod support;

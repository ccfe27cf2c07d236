//! The rules, by subject.

mod bases;
mod dockerfiles;
mod erasing;
mod faults;
mod layers;
mod layouts;
mod logins;
mod registries;

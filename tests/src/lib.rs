//! What tests of the whole need: the simulator. Stories and contracts between files are in `tests/`.

pub mod simulator;

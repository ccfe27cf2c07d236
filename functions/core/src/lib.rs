//! The rules of Trunkline: pure, total, without I/O, without a clock, without randomness.
//!
//! Facts go in, a plan comes out: the ledger's entries are folded into a [`State`](state::State), and
//! [`decide`](mod@decide) returns everything that is outstanding. This page is the rule book; each rule is a test of its own
//! name in `tests/rules`.
//!
//! # Which artifact
//! - An artifact is built from the files it watches at a commit, and from its recipe: its [`key`]. The first `Built` of a key
//!   wins; every later commit with that key has the same bytes by record. So each commit of a line is promotable, and most
//!   commits build little.
//! - An image is pushed by digest and recorded; then it gets its commit's short id as a tag. Other commits with the same image
//!   get tags when they are promoted. A tag names one image for ever: one that is on another image is refused.
//! - An image that something else builds is adopted by a person's record, once and for all.
//!
//! # Which commit
//! - The commits of a line are its first parents since adoption. Tags from before adoption bring nothing.
//! - A tag means the commit it points to. One that is on no line is refused with the nearest commit that is. A tag names one commit
//!   for ever: moved, it is refused; deleted, it withdraws what waits.
//! - A line that was rewritten counts only as far as both courses agree, until a person accepts the new one.
//! - A commit is of one line: of trunk if trunk has it, else of the release branch that had it first. A branch that begins on another
//!   comes after it.
//!
//! # Order
//! - An environment never moves to an ancestor of what it runs, or of what is on its way there, unless a person, a yank or a
//!   failed deployment asks, whatever order events come in.
//! - What runs and was left behind by a rewrite that a person accepted stands where its line was continued: it stays until something newer comes.
//! - A push brings its head: commits pushed together with one that is still being built do not come before it.
//! - The newest commit that may come, comes; older ones that waited are passed over with it. A commit that ran once does not come again
//!   by itself: after a rollback and a release, only what is newer moves the environment.
//! - Commits on lines that diverged are ordered by the versions in their tags, else by a person.
//!
//! # Before
//! - `after` is about bytes: exactly this set of digests was verified there, whichever commit brought it (or ran there, when
//!   nothing is verified there), and ran there for `soak` without a break.
//! - What can still come is waited for. When nothing can, it is refused, with what would help.
//!
//! # Written, running, verified
//! - What was written is running when it is observed to. Verification and soak start then. Nobody is asked for longer than the environment
//!   would wait.
//! - The environment stays on a commit until its verdict or until `within` is over. Silence means unverified, never failed. Bytes that
//!   were verified there before need no second verdict.
//! - A check that fails yanks the commit, holds the environment, or is only recorded. Automation never yanks bytes that were verified: it holds.
//!
//! # One thing at a time
//! - A lane has one claim, which stays until an outcome; a claim has one worker at a time, by a lease that ends.
//! - All artifacts of a commit move together. If one cannot, those that moved go back; if that fails too, the environment is torn: held, and both sets kept.
//! - A deployment that failed is not tried again by itself.
//!
//! # Yank
//! - A yank bars a commit and what it brought: the keys and digests that the newest set verified before it does not have. A commit that carries
//!   all of them is barred too; one that carries only some is the way forward.
//! - What runs barred bytes goes back to its last good commit, held or not; a deployment under way is undone.
//! - Bytes are condemned when nothing that is free has them and no environment runs them, and erased a day later. Needed again before
//!   that, they are spared. What is erased stays barred: its tombstone outlives it.

pub mod decide;
pub mod deployment;
pub mod fact;
pub mod ids;
pub mod key;
pub mod orders;
pub mod pattern;
pub mod plan;
pub mod policy;
pub mod refusal;
pub mod state;
pub mod text;
pub mod view;

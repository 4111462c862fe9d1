//! URLs as a person uses them: real processes against an S3 server on loopback, with faults and kills.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]
#![allow(unreachable_pub, reason = "a test has no outside that could reach its items")]

mod faults;
mod kit;
mod runs;
mod sources;
mod web;

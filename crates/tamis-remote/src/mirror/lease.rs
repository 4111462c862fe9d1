//! Leases: who works on which share of a run, said by objects that are written only if nobody else was first.
//!
//! A lease is renewed while its process lives and runs out when it does not. A process that cannot renew it in time
//! stops committing, so that two never commit to one share.

use std::io::{self, ErrorKind};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tamis_engine::Shard;

use super::bucket::{Bucket, Mode, Tagged};
use super::owner::Owner;

/// How long a lease lasts; `TAMIS_LEASE_SECONDS` says otherwise.
fn term() -> Duration {
    let asked = std::env::var("TAMIS_LEASE_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(asked.unwrap_or(60).clamp(2, 3600))
}

/// What a lease says.
#[derive(Debug, Serialize, Deserialize)]
struct Said {
    owner: Owner,
    /// seconds since 1970, by the owner's clock
    until: u64,
    /// how long it lasts from its last renewal, in seconds
    term: u64,
}

/// A lease that this process holds.
#[derive(Debug)]
pub(super) struct Lease {
    bucket: Bucket,
    name: String,
    term: Duration,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    tag: String,
    /// by this machine's own clock, which nobody sets
    until: Instant,
    lost: Option<String>,
}

impl Lease {
    /// Takes the lease of a share; one that ran out, or whose process has ended, is taken over. One that looks alive is
    /// watched for as long as it lasts, because its process may have died elsewhere.
    pub(super) fn take(bucket: &Bucket, shard: &Shard) -> io::Result<Lease> {
        let name = name_of(shard);
        let lease = Lease::take_named(bucket, &name)?;
        // The whole and a share of it exclude each other; each writes before it looks, so that one of two sees the other.
        for found in bucket.list("leases")?.into_iter().filter(|found| found.name != name) {
            let excludes = shard.of == 1 || found.name == name_of(&Shard::WHOLE);
            if excludes && let Err(error) = wait_for_its_end(bucket, &found.name) {
                let _ = bucket.remove(&name);
                return Err(error);
            }
        }
        Ok(lease)
    }

    fn take_named(bucket: &Bucket, name: &str) -> io::Result<Lease> {
        let term = term();
        loop {
            let before = Instant::now();
            let mode = match bucket.get(name)? {
                None => Mode::New,
                Some(found) => Mode::Instead(outlive(bucket, name, found)?),
            };
            match bucket.put(name, say(term)?, mode) {
                Ok(tag) => {
                    let held = Mutex::new(Held { tag, until: before + term, lost: None });
                    return Ok(Lease { bucket: bucket.clone(), name: name.to_string(), term, held });
                }
                // Somebody else was quicker: look again.
                Err(e) if is_race(&e) => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// How long to wait between two renewals.
    pub(super) fn pause(&self) -> Duration {
        self.term / 4
    }

    /// Makes it last for its whole term again.
    pub(super) fn renew(&self) -> io::Result<()> {
        let tag = self.lock().tag.clone();
        let before = Instant::now();
        let renewed = self.bucket.put(&self.name, say(self.term)?, Mode::Instead(tag));
        let mut held = self.lock();
        match renewed {
            Ok(tag) => (held.tag, held.until) = (tag, before + self.term),
            Err(e) if matches!(e.kind(), ErrorKind::StaleNetworkFileHandle | ErrorKind::NotFound) => {
                // A renewal that was answered with an error may have been done all the same.
                match self.bucket.get(&self.name) {
                    Ok(Some(found)) if is_mine(&found) => (held.tag, held.until) = (found.tag, before + self.term),
                    Ok(_) => held.lost = Some("another process has taken this share of the run over".to_string()),
                    Err(e) => return Err(e),
                }
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }

    /// An error if this process may no longer commit. One that is late, because the server did not answer for a while,
    /// may if nobody else took over meanwhile.
    pub(super) fn check(&self) -> io::Result<()> {
        let late = self.lock().until < Instant::now();
        if late {
            self.renew()?;
        }
        let lost = self.lock().lost.clone();
        lost.map_or(Ok(()), |why| Err(io::Error::other(format!("{}: {why}; resume", self.bucket.url()))))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.check().is_ok() {
            let _ = self.bucket.remove(&self.name);
        }
    }
}

fn name_of(shard: &Shard) -> String {
    format!("leases/{}.json", shard.name())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs())
}

fn say(term: Duration) -> io::Result<Vec<u8>> {
    let said = Said { owner: Owner::me(), until: now() + term.as_secs(), term: term.as_secs() };
    Ok(serde_json::to_vec(&said)?)
}

fn is_mine(found: &Tagged) -> bool {
    serde_json::from_slice::<Said>(&found.bytes).is_ok_and(|said| said.owner == Owner::me())
}

/// Waits until a lease that another holds has run out; its tag then. An error once it was renewed meanwhile.
fn outlive(bucket: &Bucket, name: &str, found: Tagged) -> io::Result<String> {
    let Ok(said) = serde_json::from_slice::<Said>(&found.bytes) else { return Ok(found.tag) };
    if said.owner.has_ended() || is_mine(&found) {
        return Ok(found.tag);
    }
    // Clocks differ, so what counts is that it was not renewed for a whole term while this process watched.
    let whole = Duration::from_secs(said.term.min(3600));
    let host = &said.owner.host;
    eprintln!("a process on {host} holds this run; if it has died, its lease runs out within {} s", whole.as_secs());
    let began = Instant::now();
    while began.elapsed() < whole {
        std::thread::sleep(Duration::from_millis(500).min(whole));
        match bucket.get(name)? {
            Some(later) if later.tag == found.tag => {}
            Some(_) => {
                let message = format!("a process on {host} (number {}) works on this run", said.owner.process);
                return Err(io::Error::new(ErrorKind::WouldBlock, message));
            }
            // Given back; the next write finds out whether somebody else was quicker.
            None => return Ok(found.tag),
        }
    }
    Ok(found.tag)
}

fn wait_for_its_end(bucket: &Bucket, name: &str) -> io::Result<()> {
    match bucket.get(name)? {
        Some(found) => outlive(bucket, name, found).map(|_| ()),
        None => Ok(()),
    }
}

/// Whether somebody else wrote or removed the lease in between; that the bucket is there was seen just before.
fn is_race(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::StaleNetworkFileHandle | ErrorKind::NotFound)
}

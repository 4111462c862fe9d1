//! Who holds a lease: a process of a machine, so that one that died here is known to be dead at once.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    /// host, boot and process namespace
    pub machine: String,
    /// the host's name, for people
    pub host: String,
    /// the number of the process
    pub process: u32,
    /// when it began, in ticks since the boot: numbers are used again
    pub began: u64,
}

impl Owner {
    /// This process.
    pub(super) fn me() -> Owner {
        let process = std::process::id();
        Owner { machine: machine(), host: host(), process, began: began(process).unwrap_or(0) }
    }

    /// Whether it is known to have ended: only a process of this machine can be known to.
    pub(super) fn has_ended(&self) -> bool {
        !self.machine.is_empty() && self.machine == machine() && began(self.process) != Some(self.began)
    }
}

/// What tells this machine, and what is seen of its processes, from all others; empty where that is not known.
pub(super) fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = fs::read_link("/proc/self/ns/pid").map(|link| link.display().to_string()).unwrap_or_default();
    if boot.is_empty() || space.is_empty() { String::new() } else { format!("{} {} {space}", host(), boot.trim()) }
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_string()
}

/// When a process began; none if there is none.
fn began(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may hold anything; the 22nd field is the 20th after it.
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
    // One that was killed and not yet waited for works on nothing.
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_one_that_is_not_there_has_ended() {
        let me = Owner::me();
        assert!(!me.has_ended());
        assert!(Owner { process: u32::MAX - 1, ..me.clone() }.has_ended());
        assert!(Owner { began: me.began + 1, ..me.clone() }.has_ended());
        assert!(!Owner { machine: "elsewhere".to_string(), process: u32::MAX - 1, ..me }.has_ended());
    }
}

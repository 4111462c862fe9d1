//! What goes wrong on the way: drawn from the seed, the request and how often it came before, so that a second try of
//! the same request may succeed, and two runs meet the same faults.

use tamis_core::RecordId;
use tamis_core::rng::Rng;

use super::server::Options;

/// What becomes of a request that was let in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    Answer,
    /// status 500
    Error,
    /// the first half of the answer's JSON
    Malformed,
    /// a web page, status 200
    Page,
    /// no answer at all
    Stall,
    /// an answer without choices
    Empty,
}

/// Draws the fate of the `time`th arrival (from 0) of this request.
pub(super) fn fate(options: &Options, digest: [u8; 16], time: u32) -> Fate {
    let mut rng = Rng::keyed(options.seed, RecordId(digest), "simulated fault", &[time]);
    let shares = [
        (options.error_share, Fate::Error),
        (options.malformed_share, Fate::Malformed),
        (options.html_share, Fate::Page),
        (options.stall_share, Fate::Stall),
        (options.empty_share, Fate::Empty),
    ];
    let mut left = rng.unit();
    for (share, fate) in shares {
        left -= share;
        if left < 0.0 {
            return fate;
        }
    }
    Fate::Answer
}

/// How long this answer takes, in milliseconds.
pub(super) fn latency(options: &Options, digest: [u8; 16]) -> f64 {
    let mut rng = Rng::keyed(options.seed, RecordId(digest), "simulated latency", &[]);
    let spread = options.latency_jitter.clamp(0.0, 1.0);
    options.latency_ms * (1.0 + spread * rng.range(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_in_their_shares_and_a_second_try_draws_again() {
        let options = Options { error_share: 0.2, empty_share: 0.1, ..Options::default() };
        let digest = |i: u32| {
            let mut digest = [0; 16];
            digest[..4].copy_from_slice(&i.to_le_bytes());
            digest
        };
        let first: Vec<_> = (0..1000).map(|i| fate(&options, digest(i), 0)).collect();
        let count = |fate| first.iter().filter(|f| **f == fate).count();
        assert!((150..250).contains(&count(Fate::Error)) && (60..140).contains(&count(Fate::Empty)));
        assert_eq!(first, (0..1000).map(|i| fate(&options, digest(i), 0)).collect::<Vec<_>>());
        assert_ne!(first, (0..1000).map(|i| fate(&options, digest(i), 1)).collect::<Vec<_>>());
    }
}

//! Work on all cores with an answer that does not depend on their number.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tamis_core::StepError;

/// Does the jobs on all cores, each worker with a state of its own, and gives the results in the order of the jobs.
/// Which worker does a job is left to chance, so a result must not depend on what the state was used for before.
pub(crate) fn in_order<S, T: Send>(
    jobs: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> Result<T, StepError> + Sync,
) -> Result<Vec<T>, StepError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, broken) = (AtomicUsize::new(0), AtomicBool::new(false));
    let worker = || {
        let (mut state, mut done) = (state(), Vec::new());
        while !broken.load(Ordering::Relaxed) {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                break;
            }
            let result = work(&mut state, job);
            broken.fetch_or(result.is_err(), Ordering::Relaxed);
            done.push((job, result));
        }
        done
    };
    let mut results: Vec<(usize, Result<T, StepError>)> = std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..cores.min(jobs)).map(|_| scope.spawn(worker)).collect();
        let mut results = worker();
        for helper in helpers {
            match helper.join() {
                Ok(done) => results.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(job, _)| *job);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_jobs_and_an_error_ends_the_work() {
        let squares = in_order(1000, || (), |(), job| Ok(job * job)).unwrap();
        assert!(squares.iter().enumerate().all(|(i, square)| *square == i * i));
        let error = in_order(1000, || (), |(), job| if job == 3 { Err(StepError::failed("three")) } else { Ok(job) });
        assert_eq!(error.unwrap_err().to_string(), "three");
        assert_eq!(in_order(0, || (), |(), job| Ok(job)).unwrap().len(), 0);
    }
}

//! How the gate opens and closes.

use super::*;

async fn sent(gate: &Arc<Gate>) -> Permit {
    let mut permit = gate.enter(false).await;
    drop(permit.on_send());
    permit
}

fn gate(ceiling: usize) -> Arc<Gate> {
    Gate::new(ceiling, Arc::new(Meter::default()))
}

#[tokio::test(start_paused = true)]
async fn the_ceiling_is_reached_within_forty_milliseconds() {
    let gate = gate(64);
    let start = Instant::now();
    let mut held = Vec::new();
    for _ in 0..64 {
        held.push(sent(&gate).await);
    }
    assert!(start.elapsed() < Duration::from_millis(40), "{:?}", start.elapsed());
    let late = tokio::time::timeout(Duration::from_secs(1), gate.enter(false)).await;
    assert!(late.is_err(), "a 65th request got in");
}

#[tokio::test(start_paused = true)]
async fn while_requests_are_not_on_their_way_few_others_start() {
    let gate = gate(64);
    let start = Instant::now();
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(gate.enter(false).await);
    }
    assert!(start.elapsed() > Duration::from_millis(35), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_sets_the_limit_to_what_was_accepted() {
    let gate = gate(64);
    let mut held = Vec::new();
    for _ in 0..18 {
        held.push(sent(&gate).await);
    }
    for refused in held.split_off(16) {
        refused.leave(Outcome::Refused(None));
    }
    assert_eq!(gate.limit(), 16);
}

#[tokio::test(start_paused = true)]
async fn whoever_was_refused_goes_first_when_a_place_is_free() {
    let gate = gate(1);
    let held = gate.enter(false).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let ask = |name: &'static str, urgent| {
        let (gate, order) = (gate.clone(), order.clone());
        tokio::spawn(async move {
            let permit = gate.enter(urgent).await;
            order.lock().unwrap().push(name);
            permit.leave(Outcome::Answered);
        })
    };
    let patient = ask("patient", false);
    tokio::task::yield_now().await;
    let urgent = ask("urgent", true);
    tokio::task::yield_now().await;
    held.leave(Outcome::Answered);
    patient.await.unwrap();
    urgent.await.unwrap();
    assert_eq!(*order.lock().unwrap(), ["urgent", "patient"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_counts_by_the_minute_is_left_alone_until_it_takes_requests_again() {
    let gate = gate(8);
    for _ in 0..20 {
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(sent(&gate).await);
        }
        held.into_iter().for_each(|permit| permit.leave(Outcome::Answered));
    }
    for _ in 0..3 {
        gate.enter(false).await.leave(Outcome::Refused(Some(Duration::from_secs(5))));
    }
    let start = Instant::now();
    gate.enter(false).await.leave(Outcome::Answered);
    assert!(start.elapsed() >= Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_gives_up_leaves_its_place_to_the_next() {
    let gate = gate(1);
    let held = gate.enter(false).await;
    let gone = tokio::spawn({
        let gate = gate.clone();
        async move { gate.enter(false).await.level }
    });
    tokio::task::yield_now().await;
    gone.abort();
    let _ = gone.await;
    held.leave(Outcome::Answered);
    gate.enter(false).await.leave(Outcome::Answered);
}

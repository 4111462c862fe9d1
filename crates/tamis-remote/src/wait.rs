//! Waiting for what is asynchronous from code that is not.

use std::io;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

/// The threads that talk to servers; apart from those that run a recipe, so that neither starves the other.
fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    // Built inside, once: a second one that lost the race could not be dropped on a thread of a runtime.
    let build = || Builder::new_multi_thread().worker_threads(2).thread_name("remote").enable_all().build();
    RUNTIME.get_or_init(build).as_ref().map_err(|e| io::Error::new(e.kind(), format!("no threads for servers: {e}")))
}

/// Runs to the end and returns what came of it. The thread waits; on a thread of a runtime, another takes its work.
pub(crate) fn wait<T, F>(future: F) -> io::Result<T>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        let _ = sender.send(future.await);
    });
    let receive = move || receiver.recv().unwrap_or_else(|_| Err(io::Error::other("the request was lost")));
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => tokio::task::block_in_place(receive),
        _ => receive(),
    }
}

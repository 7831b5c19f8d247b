//! The threads that compute.

/// Makes the calling thread one of `threads` that compute together, by default one a core. They give
/// way to the editor and to Lean.
///
/// # Errors
/// When threads can't be started.
pub fn join_compute_threads(
    threads: Option<usize>,
) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    // The others inherit the priority.
    lower_priority();
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .use_current_thread()
        .thread_name(|at| format!("local prover {at}"))
        .build()
}

/// Lowers this thread's priority. Elsewhere than on Linux it would be the whole process's.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
}

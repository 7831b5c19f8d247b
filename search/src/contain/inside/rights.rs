//! Rights that a process has besides: limits that are too high, capabilities, open files.

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

use super::super::limits::{MAX_FILE_BYTES, MAX_THREADS};

/// Open files of a process. Some systems give no more than half of these to any program.
const MAX_OPEN_FILES: u64 = 512;

/// Signals and timers that wait for a process: they count against all that its user may have.
const MAX_PENDING: u64 = 256;

/// The version of Linux from which on processes are counted for each space of users alone.
const COUNTS_APART: (u32, u32) = (5, 14);

/// The memory that a process may reserve besides what it may use. Some reserve much that they never use, as
/// WebAssembly does; and one that fails at this limit could not be told that it was one.
const SLACK_BYTES: u64 = 8 << 30;

/// Lowers the limits of what a process may take, of which it may use so much memory, in bytes.
/// Who has `own_processes` has so many of them.
pub(super) fn lower_limits(memory: u64, own_processes: bool) {
    // What is reserved counts here, be it used or not; what is used the supervisor counts.
    limit(
        Resource::Data,
        memory.saturating_mul(2).saturating_add(SLACK_BYTES),
    );
    limit(Resource::Fsize, MAX_FILE_BYTES);
    limit(Resource::Core, 0);
    limit(Resource::Nofile, MAX_OPEN_FILES);
    limit(Resource::Msgqueue, 0);
    limit(Resource::Memlock, 0);
    limit(Resource::Sigpending, MAX_PENDING);
    // Nothing of it is ever to be served before others.
    limit(Resource::Rtprio, 0);
    limit(Resource::Nice, 0);
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    if own_processes && version(&release) >= Some(COUNTS_APART) {
        limit(Resource::Nproc, MAX_THREADS as u64);
    }
}

/// The version that a kernel's release begins with: `6.8` in `6.8.0-45-generic`.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next()?.parse().ok();
    Some((next()?, next()?))
}

/// Lowers a limit; one that is lower stays.
fn limit(resource: Resource, most: u64) {
    let now = rustix::process::getrlimit(resource);
    let least = |limit: Option<u64>| Some(limit.map_or(most, |limit| limit.min(most)));
    let _ = setrlimit(
        resource,
        Rlimit {
            current: least(now.current),
            maximum: least(now.maximum),
        },
    );
}

/// Gives up what root can do besides: make devices, for one. Reading stays as it is.
pub(super) fn give_up_capabilities() {
    let Ok(now) = capabilities(None) else { return };
    let kept = |set: CapabilitySet| set & CapabilitySet::DAC_READ_SEARCH;
    let _ = set_capabilities(
        None,
        CapabilitySets {
            effective: kept(now.effective),
            permitted: kept(now.permitted),
            inheritable: CapabilitySet::empty(),
        },
    );
}

/// Closes all open files but the first three.
pub(super) fn close_others() {
    // SAFETY: nobody here has opened anything yet.
    #[allow(unsafe_code)]
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0);
    }
}

/// Puts what says nothing in the place of the first three open files.
///
/// # Errors
/// When there is nothing such.
pub(super) fn close_first() -> std::io::Result<()> {
    let null = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let check = |release: &str, expected: Option<(u32, u32)>| {
            assert_eq!(version(release), expected, "{release}");
        };
        check("6.8.0-45-generic", Some((6, 8)));
        check("5.14", Some((5, 14)));
        check("5.10-rc1", Some((5, 10)));
        check("x", None);
        check("", None);
    }
}

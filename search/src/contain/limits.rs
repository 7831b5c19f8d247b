//! The bounds of a container on Linux that nobody can set.

/// The most processes at a time. Lean has one for each open document, and Lake a few.
pub const MAX_PROCESSES: usize = 64;

/// The most threads of all of them.
pub const MAX_THREADS: usize = 512;

/// The most open files of all of them.
pub const MAX_OPEN_FILES: usize = 2048;

/// The most files that all of them watch by `epoll`. What a user may watch in all is much more.
pub const MAX_WATCHES: usize = 2 * MAX_OPEN_FILES;

/// The most mappings of all of them. Lean has one for each compiled file that it imports, some ten thousand in
/// a process with Mathlib.
pub const MAX_MAPPINGS: usize = 250_000;

/// The largest file that can be written, in bytes.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// The most files and folders in the temporary folder.
pub const MAX_ENTRIES: usize = 10_000;

/// The most folders within one another there.
pub const MAX_DEPTH: usize = 100;

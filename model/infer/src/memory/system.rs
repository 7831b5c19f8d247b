//! The memory that the machine has.

use anyhow::Result;
use candle_core::Device;

/// Returns the free bytes of a device. An Apple GPU shares the main memory.
///
/// # Errors
/// When the device does not report it.
pub fn available(device: &Device) -> Result<u64> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(_) => {
            let (free, _) = candle_core::cuda_backend::cudarc::driver::result::mem_get_info()?;
            Ok(free as u64)
        }
        _ => Ok(available_main_memory()),
    }
}

/// Returns the bytes of main memory that this process can still allocate: what is free or easily freed,
/// within the limits of its control groups.
pub fn available_main_memory() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let available = system.available_memory();
    #[cfg(target_os = "linux")]
    let available = available.min(cgroup::free().unwrap_or(u64::MAX));
    available
}

/// Returns the resident bytes of this process now and at their peak, where the system reports them.
pub fn process_memory() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kilobytes << 10)
    };
    Some((field("VmRSS:")?, field("VmHWM:")?))
}

/// The limits of control groups, version 2: <https://docs.kernel.org/admin-guide/cgroup-v2.html>.
#[cfg(target_os = "linux")]
mod cgroup {
    use std::fs::read_to_string;
    use std::path::{Path, PathBuf};

    /// Returns the bytes that the tightest limit of this process's groups leaves.
    pub fn free() -> Option<u64> {
        let groups = read_to_string("/proc/self/cgroup").ok()?;
        let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
        let root = Path::new("/sys/fs/cgroup");
        let group = root.join(own);
        let within = group.ancestors().take_while(|dir| dir.starts_with(root));
        within.filter_map(|dir| free_in(dir.to_owned())).min()
    }

    /// Returns what the limit of one group leaves. The page cache counts as free.
    fn free_in(group: PathBuf) -> Option<u64> {
        let read = |name: &str| read_to_string(group.join(name)).ok();
        let limit: u64 = read("memory.max")?.trim().parse().ok()?;
        let used: u64 = read("memory.current")?.trim().parse().ok()?;
        let stat = read("memory.stat")?;
        let files: u64 = stat
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter(|(name, _)| matches!(*name, "active_file" | "inactive_file"))
            .filter_map(|(_, bytes)| bytes.parse::<u64>().ok())
            .sum();
        Some(limit.saturating_sub(used.saturating_sub(files)))
    }

    #[cfg(test)]
    #[test]
    fn a_limit_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("written");
        };
        assert_eq!(free_in(folder.path().to_owned()), None);
        write("memory.max", "max\n");
        write("memory.current", "700\n");
        write(
            "memory.stat",
            "anon 100\nactive_file 200\ninactive_file 50\n",
        );
        assert_eq!(free_in(folder.path().to_owned()), None);
        write("memory.max", "1000\n");
        assert_eq!(free_in(folder.path().to_owned()), Some(550));
    }
}

#[cfg(test)]
#[test]
fn this_machine_has_memory() {
    assert!(available_main_memory() > 1 << 20);
    #[cfg(target_os = "linux")]
    assert!(process_memory().is_some_and(|(now, peak)| now > 1 << 20 && peak >= now));
}

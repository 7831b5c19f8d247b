//! A control group of our own, where one can be had: the kernel counts in it whatever takes memory, in
//! whichever way, and whatever runs.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::limits::MAX_THREADS;

/// Where the groups are.
const ROOT: &str = "/sys/fs/cgroup";

/// The beginning of its name. Whatever is called so and is empty may be removed.
const PREFIX: &str = "unsorry-contained-";

/// The least that a group is given: the kernel ends what it can't make room for.
const LEAST_BYTES: u64 = 16 << 20;

/// A group, which is removed when this is dropped.
#[derive(Debug)]
pub struct Group {
    folder: PathBuf,
    /// Locked as long as we live: that tells it from one that was left behind.
    _lock: File,
}

impl Group {
    /// Makes a group whose processes may take so much `memory`, in bytes, beside our own group or further up.
    /// None where the system lets us have none: a login session by systemd does, most containers don't.
    pub fn new(memory: u64) -> Option<Group> {
        let own = std::fs::read_to_string("/proc/self/cgroup").ok()?;
        Group::in_root(Path::new(ROOT), own_path(&own)?, memory)
    }

    fn in_root(root: &Path, own: &Path, memory: u64) -> Option<Group> {
        // A group that has processes can have no groups with limits in it, so it is not our own.
        for above in own.ancestors().skip(1) {
            let parent = root.join(above);
            sweep(&parent);
            let folder = parent.join(format!("{PREFIX}{}", std::process::id()));
            if std::fs::create_dir(&folder).is_err() {
                continue;
            }
            match limited(&folder, memory) {
                Ok(lock) => {
                    let _lock = lock;
                    return Some(Group { folder, _lock });
                }
                Err(_) => drop(std::fs::remove_dir(&folder)),
            }
        }
        None
    }

    /// The folder by which it is entered.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Whether something in it was ended for the memory that it took.
    pub fn was_exhausted(&self) -> bool {
        let events = std::fs::read_to_string(self.folder.join("memory.events"));
        has_killed(&events.unwrap_or_default())
    }

    /// Kills all that is in it.
    pub fn end(&self) {
        let _ = std::fs::write(self.folder.join("cgroup.kill"), "1");
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// Sets the limits of a new group.
fn limited(folder: &Path, memory: u64) -> io::Result<File> {
    let lock = File::open(folder)?;
    lock.try_lock()?;
    // Only a group that has a controller has its files, and nobody can make others there.
    let set = |name: &str, value: &str| {
        let mut file = File::options().write(true).open(folder.join(name))?;
        io::Write::write_all(&mut file, value.as_bytes())
    };
    set("memory.max", &memory.max(LEAST_BYTES).to_string())?;
    set("pids.max", &MAX_THREADS.to_string())?;
    // A system without swap does not have it.
    let _ = set("memory.swap.max", "0");
    let _ = set("memory.oom.group", "1");
    Ok(lock)
}

/// Removes the groups in a folder whose supervisors were killed, as far as nothing is in them.
fn sweep(parent: &Path) {
    for entry in parent.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        if let Ok(lock) = File::open(entry.path())
            && lock.try_lock().is_ok()
        {
            let _ = std::fs::remove_dir(entry.path());
        }
    }
}

/// Whether this process is in such a group.
pub fn is_inside() -> bool {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let name = own_path(&own).and_then(Path::file_name);
    name.is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
}

/// The path of our own group, as `/proc/self/cgroup` tells it: `a/b` in a line `0::/a/b`.
fn own_path(told: &str) -> Option<&Path> {
    let path = told.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let path = Path::new(path);
    let is_below = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (is_below && path != Path::new("")).then_some(path)
}

fn has_killed(events: &str) -> bool {
    let kills = events
        .lines()
        .filter_map(|line| line.strip_prefix("oom_kill "));
    kills
        .filter_map(|count| count.trim().parse::<u64>().ok())
        .any(|count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_group() {
        let check = |told: &str, expected: Option<&str>| {
            assert_eq!(own_path(told), expected.map(Path::new), "{told}");
        };
        check("0::/user.slice/a b.scope\n", Some("user.slice/a b.scope"));
        check("4:memory:/x\n0::/user.slice\n", Some("user.slice"));
        check("0::/\n", None);
        check("0::/../sibling\n", None);
        check("4:memory:/x\n", None);
    }

    #[test]
    fn what_the_kernel_has_killed() {
        assert!(has_killed(
            "low 0\nmax 7\noom 1\noom_kill 1\noom_group_kill 1\n"
        ));
        assert!(!has_killed("low 0\nmax 7\noom 0\noom_kill 0\n"));
        assert!(!has_killed(""));
    }

    /// A folder that stands for a system without controllers: nothing is left there.
    #[test]
    fn without_controllers_there_is_none() {
        let root = tempfile::tempdir().expect("a folder");
        let parent = root.path().join("user");
        std::fs::create_dir_all(parent.join("own")).expect("folders");
        assert!(Group::in_root(root.path(), Path::new("user/own"), 1 << 30).is_none());
        let left = parent.read_dir().expect("there").count();
        assert_eq!(left, 1);
    }
}

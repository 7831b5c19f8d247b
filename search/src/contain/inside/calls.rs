//! The system calls that what is contained may not make.

/// Newer than the C library's list, and the same everywhere.
const SYS_FCHMODAT2: libc::c_long = 452;
const SYS_SETXATTRAT: libc::c_long = 463;
const SYS_REMOVEXATTRAT: libc::c_long = 466;
const SYS_OPEN_TREE_ATTR: libc::c_long = 467;
const SYS_FILE_SETATTR: libc::c_long = 469;

/// The `fcntl` command `F_SETOWN_EX`, which not every C library's list has.
const F_SETOWN_EX: libc::c_int = 15;

/// Calls that no Lean needs and that reach other processes, the network or more of the kernel.
pub const DENIED: &[libc::c_long] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_open_by_handle_at,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_fsconfig,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_name_to_handle_at,
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    // What is watched counts against all that its user may watch, and so do asynchronous reads.
    libc::SYS_inotify_init1,
    libc::SYS_fanotify_init,
    libc::SYS_io_setup,
    libc::SYS_io_submit,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_inotify_init,
    // A file on its way in a socket is open, and nobody sees where.
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    // It would make room for more in a socket than is counted.
    libc::SYS_setsockopt,
    // Rules take memory of the kernel's, as many as there are.
    libc::SYS_landlock_create_ruleset,
    libc::SYS_landlock_add_rule,
    libc::SYS_landlock_restrict_self,
    // It reads a file by its path.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
    // Landlock knows nothing of these, and before 6.2 not of the first.
    libc::SYS_truncate,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_utimensat,
    SYS_SETXATTRAT,
    SYS_REMOVEXATTRAT,
    SYS_OPEN_TREE_ATTR,
    SYS_FILE_SETATTR,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
];

/// Calls of which Landlock knows nothing either, and that are pretended: some programs set the mode of each
/// file that they make, or lock it, and give up where they can't. A lock of a file that is not theirs would
/// stop others, and so would writing what others have written.
pub const PRETENDED: &[libc::c_long] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    SYS_FCHMODAT2,
    libc::SYS_flock,
    // It would have all disks write, again and again.
    libc::SYS_sync,
    libc::SYS_syncfs,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
];

/// The `fcntl` commands that lock a file, which are pretended as well.
pub const LOCKS: [libc::c_int; 4] = [
    libc::F_SETLK,
    libc::F_SETLKW,
    libc::F_OFD_SETLK,
    libc::F_OFD_SETLKW,
];

/// Calls of which one says that there is no such call: whoever is told so takes another. The arguments of
/// these are out of a filter's sight.
pub const UNKNOWN: &[libc::c_long] = &[libc::SYS_clone3, libc::SYS_openat2];

/// Calls that leave pages of somebody else's in a pipe or a socket, large ones perhaps, where nobody counts
/// them. Whoever is told that these files can't do that reads and writes instead.
pub const UNFIT: &[libc::c_long] = &[
    libc::SYS_splice,
    libc::SYS_tee,
    libc::SYS_vmsplice,
    libc::SYS_sendfile,
];

/// The call that takes the whole of a disk at once. Whoever is told that a file system has none writes
/// instead.
pub const UNSUPPORTED: &[libc::c_long] = &[libc::SYS_fallocate];

/// Calls that reach other processes. Who has a space of processes of their own reaches none.
pub const OTHERS: &[libc::c_long] = &[
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_pidfd_send_signal,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_ioprio_set,
];

/// Calls that reach other processes where the argument of this number is not 0.
pub const OTHERS_BY_ARGUMENT: &[(libc::c_long, u8)] = &[
    (libc::SYS_prlimit64, 0),
    (libc::SYS_setpriority, 1),
    (libc::SYS_sched_setaffinity, 0),
    (libc::SYS_sched_setattr, 0),
    (libc::SYS_sched_setparam, 0),
    (libc::SYS_sched_setscheduler, 0),
];

/// Kinds of namespaces: making one would give back what was given up.
pub const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// The `fcntl` commands that are denied: setting a file's owner, as anybody may be told of its readiness, by
/// any signal; holding up whoever opens a file; being told of a folder's changes; and making room in a pipe.
pub const DENIED_FILE_COMMANDS: [libc::c_int; 5] = [
    libc::F_SETOWN,
    F_SETOWN_EX,
    libc::F_SETLEASE,
    libc::F_NOTIFY,
    libc::F_SETPIPE_SZ,
];

/// The `prctl` operations that are denied: what ends with its parent must go on doing so, what is watched
/// must be seen, and filters take memory of the kernel's.
pub const DENIED_PROCESS_COMMANDS: [libc::c_int; 3] = [
    libc::PR_SET_PDEATHSIG,
    libc::PR_SET_DUMPABLE,
    libc::PR_SET_SECCOMP,
];

/// Kinds of sockets that are no streams: from one of a pair anything can be sent to any socket that is a
/// file.
pub const NO_STREAMS: [libc::c_int; 3] = [libc::SOCK_DGRAM, libc::SOCK_RAW, libc::SOCK_SEQPACKET];

/// The `ioctl` requests that are allowed: whether a device is a terminal, how wide, how much there is to
/// read; and how a file is used here. Others change files that were opened to read, or type into a terminal.
#[allow(clippy::unnecessary_cast)] // Other C libraries have other types.
pub const IOCTLS: [u64; 7] = [
    libc::TCGETS as u64,
    0x802c_542a, // TCGETS2
    libc::TIOCGWINSZ as u64,
    libc::FIONREAD as u64,
    libc::FIONBIO as u64,
    libc::FIOCLEX as u64,
    libc::FIONCLEX as u64,
];

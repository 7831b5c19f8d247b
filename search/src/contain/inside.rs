//! `unsorry contained-inside`: gives up what Lean does not need, and becomes Lean.
#![allow(clippy::print_stdout)] // The probe's words.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ffi::OsString;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, anyhow};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};
use seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// The largest file that can be written, in bytes.
const LARGEST_FILE: u64 = 256 << 20;

/// Open files of a process.
const MAX_FILES: u64 = 4096;

/// What a process may reserve besides, in bytes. Some reserve much that they never use, as WebAssembly
/// does; and one that fails at this limit could not be told that it was one.
const SLACK: u64 = 8 << 30;

/// Newer than the C library's list, and the same everywhere.
const SYS_FCHMODAT2: libc::c_long = 452;
const SYS_SETXATTRAT: libc::c_long = 463;
const SYS_REMOVEXATTRAT: libc::c_long = 466;
const SYS_OPEN_TREE_ATTR: libc::c_long = 467;
const SYS_FILE_SETATTR: libc::c_long = 469;

/// Not in the C library's list everywhere.
const F_SETOWN_EX: libc::c_int = 15;

/// What is asked of Landlock; an older kernel gives what it has.
const LANDLOCK: ABI = ABI::V9;

/// What a device may be asked: whether it is a terminal, how wide, how much there is to read; and how a
/// file is used here. Others change files that were opened to read, or type into a terminal.
#[allow(clippy::unnecessary_cast)] // Other C libraries have other types.
const IOCTLS: [u64; 7] = [
    libc::TCGETS as u64,
    0x802c_542a, // TCGETS2
    libc::TIOCGWINSZ as u64,
    libc::FIONREAD as u64,
    libc::FIONBIO as u64,
    libc::FIOCLEX as u64,
    libc::FIONCLEX as u64,
];

/// What `unsorry contained-inside` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The only folder that can be written to
    #[arg(long)]
    scratch: PathBuf,
    /// The most memory, in bytes
    #[arg(long)]
    memory: u64,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Becomes the command.
///
/// # Errors
/// When it can't be started, or not be contained at all.
pub fn run(arguments: &Arguments) -> Result<Infallible> {
    let (program, args) = arguments.command.split_first().context("no command")?;
    // A clone is closed when Lean takes over: what Lean says there goes nowhere.
    let reason = std::io::stderr().as_fd().try_clone_to_owned()?;
    // The supervisor may be killed before it can end us.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have been before we asked for that. In a space of processes of our own its number says
    // nothing; but it alone reads our reasons.
    anyhow::ensure!(has_reader(&reason), "the supervisor has gone");
    // Without a terminal nobody can type into it.
    let _ = rustix::process::setsid();
    // Everything else on the machine goes first.
    let _ = rustix::process::setpriority_process(None, 10);
    // What is reserved counts here, be it used or not; what is used the supervisor counts.
    limit(
        Resource::Data,
        arguments.memory.saturating_mul(2).saturating_add(SLACK),
    );
    limit(Resource::Fsize, LARGEST_FILE);
    limit(Resource::Core, 0);
    limit(Resource::Nofile, MAX_FILES);
    limit(Resource::Msgqueue, 0);
    give_up_capabilities();
    // An editor may have left files open for whomever it starts.
    close_at_exec();
    write_only_to(&arguments.scratch).context("Landlock")?;
    deny_calls().context("seccomp")?;
    let error = Command::new(program)
        .args(args)
        .stderr(Stdio::null())
        .exec();
    let error = anyhow!(error).context(format!("can't start `{}`", program.display()));
    // Our own stderr has gone nowhere meanwhile.
    let _ = writeln!(std::fs::File::from(reason), "{error:#}");
    Err(error)
}

/// Whether somebody reads at the other end of a pipe.
fn has_reader(pipe: &impl AsFd) -> bool {
    let mut end = [PollFd::new(pipe, PollFlags::empty())];
    let _ = poll(&mut end, Some(&Timespec::default()));
    !end[0].revents().contains(PollFlags::ERR)
}

/// What root can do besides: make devices, for one. Reading stays as it is.
fn give_up_capabilities() {
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

/// Closes all open files but the first three, when another program takes over.
fn close_at_exec() {
    // SAFETY: it closes nothing now, and nothing of ours is to survive then.
    #[allow(unsafe_code)]
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        );
    }
}

/// Says, a line each, what is open to it that a container closes.
pub fn probe() -> ExitCode {
    let home = etcetera::home_dir().unwrap_or_else(|_| "/".into());
    let file = home.join(format!(".unsorry-probe-{}", std::process::id()));
    let writes = std::fs::write(&file, "").is_ok();
    let _ = std::fs::remove_file(&file);
    let listens = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
    let sends = std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
    let reaches = std::os::unix::net::UnixDatagram::pair().is_ok();
    // To what they are.
    let changes = std::fs::File::open(&home).and_then(|folder| {
        let times = std::fs::FileTimes::new().set_modified(folder.metadata()?.modified()?);
        folder.set_times(times)
    });
    let told = [
        (writes, "files outside its folder can be written"),
        (changes.is_ok(), "files' times can be changed"),
        (listens || sends, "the network can be reached"),
        (reaches, "other programs' sockets can be reached"),
    ];
    for (_, open) in told.iter().filter(|(is_open, _)| *is_open) {
        println!("{open}");
    }
    ExitCode::SUCCESS
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

/// Closes all files to writing but those in `scratch`, TCP, and whatever else Landlock knows to close.
fn write_only_to(scratch: &Path) -> Result<()> {
    let write = AccessFs::from_write(LANDLOCK);
    let into = |path: &Path, access| anyhow::Ok(PathBeneath::new(PathFd::new(path)?, access));
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(write)?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .add_rule(into(scratch, write)?)?
        .add_rule(into(
            Path::new("/dev/null"),
            AccessFs::WriteFile | AccessFs::Truncate,
        )?)?
        .restrict_self()?;
    Ok(())
}

/// Calls that no Lean needs and that reach other processes, the network or more of the kernel. They fail
/// as if they were forbidden to this user.
fn deny_calls() -> Result<()> {
    const DENIED: &[libc::c_long] = &[
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
        libc::SYS_fanotify_init,
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
        // Landlock knows nothing of these, before 6.2 not of the first either.
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
    // Nor of these. Some programs set the mode of each file that they make, and give up where they can't.
    const PRETENDED: &[libc::c_long] = &[
        libc::SYS_fchmod,
        libc::SYS_fchmodat,
        SYS_FCHMODAT2,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_chmod,
    ];
    // Who has a space of processes of their own reaches no other.
    const OTHERS: &[libc::c_long] = &[
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_tgkill,
        libc::SYS_pidfd_send_signal,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_rt_tgsigqueueinfo,
        libc::SYS_ioprio_set,
    ];
    // Calls that are for others where this argument is not 0.
    const OR_OTHERS: &[(libc::c_long, u8)] = &[
        (libc::SYS_prlimit64, 0),
        (libc::SYS_setpriority, 1),
        (libc::SYS_sched_setaffinity, 0),
        (libc::SYS_sched_setattr, 0),
        (libc::SYS_sched_setparam, 0),
        (libc::SYS_sched_setscheduler, 0),
    ];
    let (others, or_others) = match std::process::id() {
        1 => (&[][..], &[][..]),
        _ => (OTHERS, OR_OTHERS),
    };
    // On x86-64 each call has a second number, for programs with short pointers, and some a third.
    const SHORT: libc::c_long = 0x4000_0000;
    let both = |number: libc::c_long| {
        let second = cfg!(target_arch = "x86_64").then_some(number | SHORT);
        std::iter::once(number).chain(second)
    };
    let third = cfg!(target_arch = "x86_64").then_some(512..=547);
    let denied = DENIED.iter().chain(others).copied();
    let denied = denied.chain(third.into_iter().flatten()).flat_map(both);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        denied.map(|number| (number, Vec::new())).collect();
    for (call, ways) in denied_ways()? {
        let ways = ways.into_iter().map(SeccompRule::new);
        let ways = ways.collect::<Result<Vec<_>, _>>()?;
        rules.extend(both(call).map(|number| (number, ways.clone())));
    }
    for (call, whom) in or_others {
        let other = SeccompRule::new(vec![argument(*whom, SeccompCmpOp::Ne, 0)?])?;
        rules.extend(both(*call).map(|number| (number, vec![other.clone()])));
    }
    apply(rules, libc::EPERM)?;
    let pretended = PRETENDED.iter().copied().flat_map(both);
    apply(pretended.map(|number| (number, Vec::new())).collect(), 0)?;
    // Its flags are out of a filter's sight; whoever is told that there is no such call takes the other.
    let newer = both(libc::SYS_clone3).map(|number| (number, Vec::new()));
    apply(newer.collect(), libc::ENOSYS)
}

/// Calls that are denied where one of some conditions holds in full.
fn denied_ways() -> Result<Vec<(libc::c_long, Vec<Vec<SeccompCondition>>)>> {
    use SeccompCmpOp::{Eq, MaskedEq, Ne};
    let each = |conditions: Vec<(u8, SeccompCmpOp, u64)>| {
        let alone = |(number, is, value)| anyhow::Ok(vec![argument(number, is, value)?]);
        conditions
            .into_iter()
            .map(alone)
            .collect::<Result<Vec<_>>>()
    };
    // They would give back what was given up.
    let namespaces = [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWCGROUP,
    ];
    let namespaces = namespaces.map(|flag| (0, MaskedEq(flag as u64), flag as u64));
    // What ends with its parent must go on doing so.
    let deaths = (0, Eq, libc::PR_SET_PDEATHSIG as u64);
    // Who is told of a file's readiness may be anyone, and the signal any.
    let owners = [libc::F_SETOWN, F_SETOWN_EX].map(|call| (1, Eq, call as u64));
    // From one that is no stream anything can be sent to any socket that is a file.
    let kinds = [libc::SOCK_DGRAM, libc::SOCK_RAW, libc::SOCK_SEQPACKET];
    let kinds = kinds.map(|kind| (1, MaskedEq(0xf), kind as u64));
    let pairs = std::iter::once((0, Ne, libc::AF_UNIX as u64)).chain(kinds);
    let devices = IOCTLS.map(|call| argument(1, Ne, call));
    let devices = devices.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(vec![
        (libc::SYS_clone, each(namespaces.into())?),
        (libc::SYS_prctl, each(vec![deaths])?),
        (libc::SYS_fcntl, each(owners.into())?),
        (libc::SYS_socketpair, each(pairs.collect())?),
        (libc::SYS_ioctl, vec![devices]),
    ])
}

/// A condition on one of a call's arguments, all of which are no longer than this here.
fn argument(number: u8, is: SeccompCmpOp, value: u64) -> Result<SeccompCondition> {
    Ok(SeccompCondition::new(
        number,
        SeccompCmpArgLen::Dword,
        is,
        value,
    )?)
}

/// From here on these calls fail with this error; with 0 they do nothing, and say that it is done.
fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32) -> Result<()> {
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(error.unsigned_abs()),
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: seccompiler::BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

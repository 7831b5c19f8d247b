//! `unsorry contained-inside`: gives up what Lean does not need, and becomes Lean.
#![allow(clippy::print_stdout)] // The probe's words.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope,
};
use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// The largest file that can be written, in bytes.
const LARGEST_FILE: u64 = 256 << 20;

/// Open files of a process.
const MOST_FILES: u64 = 4096;

/// What a process may reserve besides, in bytes.
const SLACK: u64 = 2 << 30;

/// Newer than the C library's list.
const SYS_FCHMODAT2: libc::c_long = 452;

/// What is asked of Landlock; an older kernel gives what it has.
const LANDLOCK: ABI = ABI::V6;

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
    // The supervisor may be killed before it can end us.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
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
    limit(Resource::Nofile, MOST_FILES);
    limit(Resource::Msgqueue, 0);
    write_only_to(&arguments.scratch).context("Landlock")?;
    deny_calls().context("seccomp")?;
    let error = Command::new(program).args(args).exec();
    Err(error).with_context(|| format!("can't start {}", program.display()))
}

/// Says, a line each, what is open to it that a container closes.
pub fn probe() -> ExitCode {
    let home = etcetera::home_dir().unwrap_or_else(|_| "/".into());
    let file = home.join(format!(".unsorry-probe-{}", std::process::id()));
    let writes = std::fs::write(&file, "").is_ok();
    let _ = std::fs::remove_file(&file);
    let listens = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
    let sends = std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
    let told = [
        (writes, "files outside its folder can be written"),
        (listens || sends, "the network can be reached"),
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
        libc::SYS_msgget,
        libc::SYS_semget,
        // Landlock knows nothing of these.
        libc::SYS_fchown,
        libc::SYS_fchownat,
        libc::SYS_setxattr,
        libc::SYS_lsetxattr,
        libc::SYS_fsetxattr,
        libc::SYS_removexattr,
        libc::SYS_lremovexattr,
        libc::SYS_fremovexattr,
        libc::SYS_utimensat,
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
    const SIGNALS: &[libc::c_long] = &[
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_pidfd_send_signal,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_rt_tgsigqueueinfo,
    ];
    let signals = match std::process::id() {
        1 => &[],
        _ => SIGNALS,
    };
    // On x86-64 each call has a second number, for programs with short pointers.
    const SHORT: libc::c_long = 0x4000_0000;
    let both = |number: libc::c_long| {
        let second = cfg!(target_arch = "x86_64").then_some(number | SHORT);
        std::iter::once(number).chain(second)
    };
    let denied = DENIED
        .iter()
        .chain(signals)
        .flat_map(|number| both(*number));
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        denied.map(|number| (number, Vec::new())).collect();
    // Namespaces would give back what was given up; what ends with its parent must go on doing so.
    let namespaces = [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWCGROUP,
    ];
    let with = |bits: u64| {
        let masked = SeccompCmpOp::MaskedEq(bits);
        let condition = SeccompCondition::new(0, SeccompCmpArgLen::Qword, masked, bits)?;
        SeccompRule::new(vec![condition])
    };
    let flags = namespaces.iter().map(|flag| with(*flag as u64));
    let flags = flags.collect::<Result<Vec<_>, _>>()?;
    let deaths = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::Eq,
        libc::PR_SET_PDEATHSIG as u64,
    )?;
    let deaths = vec![SeccompRule::new(vec![deaths])?];
    rules.extend(both(libc::SYS_clone).map(|number| (number, flags.clone())));
    rules.extend(both(libc::SYS_prctl).map(|number| (number, deaths.clone())));
    apply(rules, libc::EPERM)?;
    let pretended = PRETENDED.iter().flat_map(|number| both(*number));
    apply(pretended.map(|number| (number, Vec::new())).collect(), 0)?;
    // Its flags are out of a filter's sight; whoever is told that there is no such call takes the other.
    let newer = both(libc::SYS_clone3).map(|number| (number, Vec::new()));
    apply(newer.collect(), libc::ENOSYS)
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

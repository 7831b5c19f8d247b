//! System calls, closed by seccomp. They fail as if they were forbidden to this user.

use std::collections::BTreeMap;

use anyhow::Result;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::calls::{
    DENIED, DENIED_FILE_COMMANDS, DENIED_PROCESS_COMMANDS, IOCTLS, LOCKS, NAMESPACES, NO_STREAMS,
    OTHERS, OTHERS_BY_ARGUMENT, PRETENDED, UNFIT, UNKNOWN, UNSUPPORTED,
};

/// The calls that a filter answers, each where one of its rules holds, or always where it has none.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// The filters that deny what `calls` lists, to be applied in this order. Who has `own_processes`, a space of
/// processes of their own, reaches no other.
///
/// # Errors
/// When a filter can't be made.
pub(super) fn filters(own_processes: bool) -> Result<Vec<BpfProgram>> {
    use SeccompCmpOp::{Eq, Ne};
    let (others, others_by_argument) = match own_processes {
        true => (&[][..], &[][..]),
        false => (OTHERS, OTHERS_BY_ARGUMENT),
    };
    let mut rules = always(DENIED.iter().chain(others).copied());
    for (call, ways) in denied_ways()? {
        let ways = ways.into_iter().map(SeccompRule::new);
        rules.insert(call, ways.collect::<Result<Vec<_>, _>>()?);
    }
    for (call, whom) in others_by_argument {
        let other = SeccompRule::new(vec![argument(*whom, Ne, 0)?]);
        rules.insert(*call, vec![other?]);
    }
    let mut pretended = always(PRETENDED.iter().copied());
    let locks =
        LOCKS.map(|lock| anyhow::Ok(SeccompRule::new(vec![argument(1, Eq, lock as u64)?])?));
    let locks = locks.into_iter().collect::<Result<Vec<_>>>()?;
    pretended.insert(libc::SYS_fcntl, locks);
    // The last, since the others are applied by this call.
    let unknown = UNKNOWN.iter().copied().chain([libc::SYS_seccomp]);
    Ok(vec![
        filter(rules, libc::EPERM)?,
        filter(pretended, 0)?,
        filter(always(UNSUPPORTED.iter().copied()), libc::EOPNOTSUPP)?,
        filter(always(UNFIT.iter().copied()), libc::EINVAL)?,
        filter(always(unknown), libc::ENOSYS)?,
    ])
}

/// Rules by which these calls are answered, whatever they are for.
fn always(calls: impl IntoIterator<Item = libc::c_long>) -> Rules {
    calls.into_iter().map(|call| (call, Vec::new())).collect()
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
    let namespaces = NAMESPACES.map(|flag| (0, MaskedEq(flag as u64), flag as u64));
    let processes = DENIED_PROCESS_COMMANDS.map(|command| (0, Eq, command as u64));
    let files = DENIED_FILE_COMMANDS.map(|command| (1, Eq, command as u64));
    let kinds = NO_STREAMS.map(|kind| (1, MaskedEq(0xf), kind as u64));
    let pairs = std::iter::once((0, Ne, libc::AF_UNIX as u64)).chain(kinds);
    // Memory that is shared stays when it is in nobody's sight any more. Parts of files are files' own.
    let shared = (libc::MAP_SHARED | libc::MAP_ANONYMOUS) as u64;
    let shared = argument(3, MaskedEq(shared), shared)?;
    // Of large pages a machine has only so many, and nobody counts them.
    let huge = libc::MAP_HUGETLB as u64;
    let huge = argument(3, MaskedEq(huge), huge)?;
    let devices = IOCTLS.map(|call| argument(1, Ne, call));
    let devices = devices.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(vec![
        (libc::SYS_clone, each(namespaces.into())?),
        (libc::SYS_prctl, each(processes.into())?),
        (libc::SYS_fcntl, each(files.into())?),
        (libc::SYS_socketpair, each(pairs.collect())?),
        (libc::SYS_ioctl, vec![devices]),
        (libc::SYS_mmap, vec![vec![shared], vec![huge]]),
        (libc::SYS_openat, openings(2)?),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_open, openings(1)?),
    ])
}

/// Ways to open a file, by the flags in the argument of this `number`, of which Landlock knows nothing or
/// that nobody looks at: neither to read nor to write, and making what is only to be read.
fn openings(number: u8) -> Result<Vec<Vec<SeccompCondition>>> {
    use SeccompCmpOp::MaskedEq;
    let access = libc::O_ACCMODE as u64;
    let makes = libc::O_CREAT as u64;
    Ok(vec![
        vec![argument(number, MaskedEq(access), access)?],
        vec![argument(number, MaskedEq(access | makes), makes)?],
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

/// Makes these calls fail with this error; with 0 they do nothing, and say that it is done.
fn filter(rules: Rules, error: i32) -> Result<BpfProgram> {
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(error.unsigned_abs()),
        std::env::consts::ARCH.try_into()?,
    )?;
    Ok(filter.try_into()?)
}

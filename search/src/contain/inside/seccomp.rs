//! System calls, closed by seccomp. They fail as if they were forbidden to this user.

use std::collections::BTreeMap;

use anyhow::Result;
use seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::calls::{
    DENIED, FILE_OWNERS, IOCTLS, NAMESPACES, NO_STREAMS, OTHERS, OTHERS_BY_ARGUMENT, PRETENDED,
    SHORT_POINTERS, THIRD_NUMBERS,
};

const IS_X86_64: bool = cfg!(target_arch = "x86_64");

/// The calls that are denied, each where one of its rules holds, or always where it has none.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Denies what `calls` lists, for good.
pub(super) fn deny_calls() -> Result<()> {
    // The first in a space of processes reaches no other.
    let (others, others_by_argument) = match std::process::id() {
        1 => (&[][..], &[][..]),
        _ => (OTHERS, OTHERS_BY_ARGUMENT),
    };
    let denied = DENIED.iter().chain(others).copied();
    let third = IS_X86_64.then_some(THIRD_NUMBERS);
    let mut rules = always(denied.chain(third.into_iter().flatten()));
    for (call, ways) in denied_ways()? {
        let ways = ways.into_iter().map(SeccompRule::new);
        let ways = ways.collect::<Result<Vec<_>, _>>()?;
        rules.extend(numbers(call).map(|number| (number, ways.clone())));
    }
    for (call, whom) in others_by_argument {
        let other = SeccompRule::new(vec![argument(*whom, SeccompCmpOp::Ne, 0)?])?;
        rules.extend(numbers(*call).map(|number| (number, vec![other.clone()])));
    }
    apply(rules, libc::EPERM)?;
    apply(always(PRETENDED.iter().copied()), 0)?;
    // Its flags are out of a filter's sight; whoever is told that there is no such call takes the other.
    apply(always([libc::SYS_clone3]), libc::ENOSYS)
}

/// The numbers of a call.
fn numbers(call: libc::c_long) -> impl Iterator<Item = libc::c_long> {
    let second = IS_X86_64.then_some(call | SHORT_POINTERS);
    std::iter::once(call).chain(second)
}

/// Rules by which these calls are denied, whatever they are for.
fn always(calls: impl IntoIterator<Item = libc::c_long>) -> Rules {
    let numbers = calls.into_iter().flat_map(numbers);
    numbers.map(|number| (number, Vec::new())).collect()
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
    // What ends with its parent must go on doing so.
    let deaths = (0, Eq, libc::PR_SET_PDEATHSIG as u64);
    let owners = FILE_OWNERS.map(|call| (1, Eq, call as u64));
    let kinds = NO_STREAMS.map(|kind| (1, MaskedEq(0xf), kind as u64));
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

/// Makes these calls fail with this error from here on; with 0 they do nothing, and say that it is done.
fn apply(rules: Rules, error: i32) -> Result<()> {
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

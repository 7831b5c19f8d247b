//! The kernel's side of opening files: a filter that holds each call that would open a file to read, and
//! the listener that answers them.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// The first number of a system call that these tables do not know. On x86-64 the numbers behind it are
/// second ones of older calls, too.
const NEWEST: u32 = 470;

/// The flags by which a file is opened for more than being read, or for less.
const OTHER_OPENINGS: u32 = (libc::O_ACCMODE | libc::O_PATH | libc::O_DIRECTORY) as u32;

/// Answers the calls that are held.
#[derive(Debug)]
pub(super) struct Listener(OwnedFd);

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Makes calls that nobody knows fail, as if this kernel did not have them either.
///
/// # Errors
/// When the kernel has no filters.
pub(super) fn deny_unknown() -> io::Result<()> {
    let program = [
        load(0),
        jump(libc::BPF_JGE, NEWEST, 0, 1),
        answer(libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
        answer(libc::SECCOMP_RET_ALLOW),
    ];
    install(&program, 0).map(drop)
}

/// Holds each call of this process, and of all that come from it, that opens a file to read.
///
/// # Errors
/// When the kernel can't, or somebody else does so already.
pub(super) fn hold_openings() -> io::Result<OwnedFd> {
    // The number of the argument that holds the flags, by the call.
    let calls: &[(libc::c_long, u32)] = &[
        (libc::SYS_openat, 2),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_open, 1),
    ];
    let mut program = vec![load(0)];
    for (call, flags) in calls {
        program.extend([
            jump(libc::BPF_JEQ, *call as u32, 0, 5),
            // The lower half of an argument.
            load(16 + 8 * flags),
            step(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, OTHER_OPENINGS),
            jump(libc::BPF_JEQ, 0, 0, 1),
            answer(libc::SECCOMP_RET_USER_NOTIF),
            answer(libc::SECCOMP_RET_ALLOW),
        ]);
    }
    program.push(answer(libc::SECCOMP_RET_ALLOW));
    let listens = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // A signal would have the call begin again, where the kernel can't wait with it.
    let waits = listens | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    let listener = install(&program, waits).or_else(|_| install(&program, listens))?;
    // SAFETY: the kernel has just opened it for us.
    #[allow(unsafe_code)]
    Ok(unsafe { OwnedFd::from_raw_fd(listener) })
}

fn step(code: u32, k: u32) -> libc::sock_filter {
    libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    }
}

/// Loads four bytes of what a call is.
fn load(offset: u32) -> libc::sock_filter {
    step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset)
}

/// Skips so many steps if what is loaded is, or is not, like `k`.
fn jump(like: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    let code = libc::BPF_JMP | like | libc::BPF_K;
    libc::sock_filter {
        jt,
        jf,
        ..step(code, k)
    }
}

fn answer(answer: u32) -> libc::sock_filter {
    step(libc::BPF_RET | libc::BPF_K, answer)
}

fn install(program: &[libc::sock_filter], flags: libc::c_ulong) -> io::Result<RawFd> {
    rustix::thread::set_no_new_privs(true)?;
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel copies the program, and changes nothing.
    #[allow(unsafe_code)]
    let done = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const program,
        )
    };
    match RawFd::try_from(done) {
        Ok(fd) if done >= 0 => Ok(fd),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sends a listener to whoever holds the other end.
///
/// # Errors
/// When nobody holds it.
pub(super) fn send(end: impl AsFd, listener: OwnedFd) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut message = SendAncillaryBuffer::new(&mut space);
    let sent = [listener.as_fd()];
    message.push(SendAncillaryMessage::ScmRights(&sent));
    let byte = [io::IoSlice::new(&[0])];
    sendmsg(end, &byte, &mut message, SendFlags::empty())?;
    Ok(())
}

/// Receives a listener; none where the other end was closed without.
///
/// # Errors
/// When nothing can be received.
pub(super) fn receive(end: impl AsFd) -> io::Result<Option<Listener>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut message = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut room = [io::IoSliceMut::new(&mut byte)];
    recvmsg(end, &mut room, &mut message, RecvFlags::CMSG_CLOEXEC)?;
    let mut received = message.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut sent) => sent.next(),
        _ => None,
    });
    Ok(received.next().map(Listener))
}

impl Listener {
    /// Takes the next call that is held; none where its caller has gone.
    pub(super) fn next(&self) -> Option<libc::seccomp_notif> {
        // SAFETY: it is plain numbers, and the kernel wants them to be zeros.
        #[allow(unsafe_code)]
        let mut call: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        self.ask(libc::SECCOMP_IOCTL_NOTIF_RECV, &mut call).ok()?;
        Some(call)
    }

    /// Ends a call with `file`, opened for its caller.
    ///
    /// # Errors
    /// When the caller has no room for it.
    pub(super) fn give(&self, call: u64, file: &OwnedFd, close_at_exec: bool) -> io::Result<()> {
        let close = close_at_exec.then_some(libc::O_CLOEXEC as u32);
        let mut given = libc::seccomp_notif_addfd {
            id: call,
            flags: libc::SECCOMP_ADDFD_FLAG_SEND as u32,
            srcfd: file.as_raw_fd() as u32,
            newfd: 0,
            newfd_flags: close.unwrap_or(0),
        };
        self.ask(libc::SECCOMP_IOCTL_NOTIF_ADDFD, &mut given)
    }

    /// Ends a call with an error.
    pub(super) fn refuse(&self, call: u64, error: i32) {
        let mut refused = libc::seccomp_notif_resp {
            id: call,
            val: 0,
            error: -error,
            flags: 0,
        };
        // Whoever has gone misses nothing.
        let _ = self.ask(libc::SECCOMP_IOCTL_NOTIF_SEND, &mut refused);
    }

    fn ask<T>(&self, what: libc::Ioctl, with: &mut T) -> io::Result<()> {
        // SAFETY: each caller passes what this request reads and writes.
        #[allow(unsafe_code)]
        let done = unsafe { libc::ioctl(self.0.as_raw_fd(), what, std::ptr::from_mut(with)) };
        match done {
            0.. => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

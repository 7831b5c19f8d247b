//! What there is on Windows: a job, which bounds memory and processes, keeps them from the desktop, and ends
//! with us. It closes neither files nor the network: that takes a token of an AppContainer, with which
//! processes can't be started by the standard library. It has been tried on no Windows yet.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle, RawHandle};
use std::ptr::null;

use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
    JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_JOB_MEMORY,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOB_OBJECT_UILIMIT_DESKTOP,
    JOB_OBJECT_UILIMIT_DISPLAYSETTINGS, JOB_OBJECT_UILIMIT_EXITWINDOWS,
    JOB_OBJECT_UILIMIT_GLOBALATOMS, JOB_OBJECT_UILIMIT_HANDLES, JOB_OBJECT_UILIMIT_READCLIPBOARD,
    JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS, JOB_OBJECT_UILIMIT_WRITECLIPBOARD,
    JOBOBJECT_BASIC_UI_RESTRICTIONS, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECTINFOCLASS,
    JobObjectBasicUIRestrictions, JobObjectExtendedLimitInformation, SetInformationJobObject,
};

/// The most processes at a time.
const MAX_PROCESSES: u32 = 64;

/// What a job may not touch: windows of others, the clipboard, the desktop, the session.
const DESKTOP: u32 = JOB_OBJECT_UILIMIT_DESKTOP
    | JOB_OBJECT_UILIMIT_DISPLAYSETTINGS
    | JOB_OBJECT_UILIMIT_EXITWINDOWS
    | JOB_OBJECT_UILIMIT_GLOBALATOMS
    | JOB_OBJECT_UILIMIT_HANDLES
    | JOB_OBJECT_UILIMIT_READCLIPBOARD
    | JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS
    | JOB_OBJECT_UILIMIT_WRITECLIPBOARD;

/// A job, which ends all that is in it when this is dropped, be it by our death.
#[derive(Debug)]
pub(super) struct Job(OwnedHandle);

impl Job {
    /// A job whose processes may take so much `memory` together, in bytes.
    ///
    /// # Errors
    /// When the system has none.
    pub(super) fn new(memory: u64) -> io::Result<Job> {
        // SAFETY: a job without a name and with default rights.
        #[allow(unsafe_code)]
        let handle = unsafe { CreateJobObjectW(null(), null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was made for us just now.
        #[allow(unsafe_code)]
        let job = Job(unsafe { OwnedHandle::from_raw_handle(handle) });
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS
            | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION
            | JOB_OBJECT_LIMIT_JOB_MEMORY
            | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        limits.BasicLimitInformation.ActiveProcessLimit = MAX_PROCESSES;
        limits.JobMemoryLimit = usize::try_from(memory).unwrap_or(usize::MAX);
        job.set(JobObjectExtendedLimitInformation, &limits)?;
        let desktop = JOBOBJECT_BASIC_UI_RESTRICTIONS {
            UIRestrictionsClass: DESKTOP,
        };
        job.set(JobObjectBasicUIRestrictions, &desktop)?;
        Ok(job)
    }

    /// Takes in a process, and whatever it starts from then on. It has heard nothing of a candidate yet.
    ///
    /// # Errors
    /// When it has ended, or is in a job that lets it into no other.
    pub(super) fn hold(&self, process: RawHandle) -> io::Result<()> {
        // SAFETY: both are open.
        #[allow(unsafe_code)]
        let done = unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process) };
        done_or_error(done)
    }

    fn set<T>(&self, class: JOBOBJECTINFOCLASS, to: &T) -> io::Result<()> {
        let size = size_of::<T>() as u32;
        // SAFETY: each caller passes what this class is set to.
        #[allow(unsafe_code)]
        let done = unsafe {
            SetInformationJobObject(
                self.0.as_raw_handle(),
                class,
                std::ptr::from_ref(to).cast(),
                size,
            )
        };
        done_or_error(done)
    }
}

fn done_or_error(done: i32) -> io::Result<()> {
    match done {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

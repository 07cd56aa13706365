//! The limits of the tasks of one caller.

/// The limits for the tasks of one caller.
#[derive(Debug, Clone, Copy)]
pub(super) struct TaskLimits {
    /// The maximum number of running tasks.
    pub(super) running: usize,
    /// The maximum number of ended tasks; 0 counts as 1.
    pub(super) ended: usize,
    /// The maximum total size of the results of ended tasks, in bytes. The newest result is kept, whatever its size.
    pub(super) bytes: usize,
}

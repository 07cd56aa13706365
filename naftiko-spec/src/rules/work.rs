//! Counts work that must not grow with the square of a document. Only tests count.

/// Counts a unit of work.
#[cfg(not(test))]
pub(super) fn count_work() {}

#[cfg(test)]
pub(super) use counted::{count_work, work_of};

#[cfg(test)]
mod counted {
    use std::cell::Cell;

    thread_local! {
        static WORK: Cell<usize> = const { Cell::new(0) };
    }

    pub(in crate::rules) fn count_work() {
        WORK.set(WORK.get() + 1);
    }

    /// Returns the counted work of a function.
    pub(in crate::rules) fn work_of(run: impl FnOnce()) -> usize {
        let before = WORK.get();
        run();
        WORK.get() - before
    }
}

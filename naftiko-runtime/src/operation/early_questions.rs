//! Early questions: those that a method asks before it waits for anything else. An adapter asks them before the call
//! becomes a task; the method then runs again with the answers.

use super::Question;
use pin_project_lite::pin_project;
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use tokio::sync::watch;

thread_local! {
    /// Whether a request was sent to an API since the last reset. A method is polled by one thread at a time.
    static HAS_SENT: Cell<bool> = const { Cell::new(false) };
}

/// Notes that a request is sent to an API: a method that has sent one before it asks must not run again.
#[cfg(feature = "client")]
pub(crate) fn note_request() {
    HAS_SENT.set(true);
}

/// The state of one call until it is known whether its method waits only for answers, or also for something else.
pub(crate) struct EarlyQuestions {
    phase: watch::Sender<Phase>,
    /// Whether the method has been polled.
    polled: AtomicBool,
    asked: Mutex<Asked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The method has not been polled, or is being polled for the first time.
    Beginning,
    /// The method waits only for answers to its questions.
    Asks,
    /// The method waits for something else or has ended, so its later questions are not early.
    Begun,
}

#[derive(Default)]
struct Asked {
    next: usize,
    /// The questions that the method has not dropped, each with its number and the waker of the future that asked.
    questions: Vec<(usize, Question, Waker)>,
    /// The questions of a method that waits only for answers. They remain after the method's future is dropped.
    early: Vec<Question>,
}

/// An early question that a method waits for.
struct EarlyQuestion<'a> {
    early: &'a EarlyQuestions,
    number: Option<usize>,
}

/// The waker of the first poll. A future that keeps a clone of it is waiting for something.
struct FirstWaker {
    outer: Waker,
    is_woken: AtomicBool,
}

impl Wake for FirstWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::SeqCst);
        self.outer.wake_by_ref();
    }
}

impl Drop for EarlyQuestion<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.early.asked().questions.retain(|(own, ..)| *own != number);
        }
    }
}

impl EarlyQuestions {
    pub(crate) fn new() -> Arc<Self> {
        let phase = watch::Sender::new(Phase::Beginning);
        Arc::new(Self { phase, polled: AtomicBool::new(false), asked: Mutex::default() })
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave_beginning(&self, next: Phase) -> bool {
        self.phase.send_if_modified(|phase| {
            let is_beginning = *phase == Phase::Beginning;
            if is_beginning {
                *phase = next;
            }
            is_beginning
        })
    }

    /// Marks the call as begun: its later questions are not early. Returns `false` if its beginning had already ended.
    pub(crate) fn begin(&self) -> bool {
        let has_begun = self.leave_beginning(Phase::Begun);
        if has_begun {
            // The futures of the waiting questions now return, and their callers ask the questions in another way.
            let wakers: Vec<Waker> = self.asked().questions.iter().map(|(.., waker)| waker.clone()).collect();
            wakers.into_iter().for_each(Waker::wake);
        }
        has_begun
    }

    /// Waits until the method waits for something other than answers, or has ended. Never returns if the method waits
    /// only for answers.
    pub(crate) async fn begun(&self) {
        // This cannot fail: `self` owns the sender.
        let _ = self.phase.subscribe().wait_for(|phase| *phase == Phase::Begun).await;
    }

    /// Waits until it is certain that the method waits only for answers.
    pub(crate) async fn asks(&self) {
        let _ = self.phase.subscribe().wait_for(|phase| *phase == Phase::Asks).await;
    }

    /// Returns the questions of a method that waits only for answers; `None` for any other method.
    pub(crate) fn take(&self) -> Option<Vec<Question>> {
        let asks = *self.phase.borrow() == Phase::Asks;
        asks.then(|| std::mem::take(&mut self.asked().early))
    }

    /// Asks a question early. Returns if the question turns out not to be early: the caller then has to ask it in another way.
    pub(crate) async fn ask(&self, question: &Question) {
        let mut own = EarlyQuestion { early: self, number: None };
        poll_fn(|cx| {
            let mut asked = self.asked();
            // Checked while the questions are locked: a `begin` from now on finds this question, and wakes its future.
            if *self.phase.borrow() == Phase::Begun {
                return Poll::Ready(());
            }
            match own.number {
                None => {
                    let number = asked.next;
                    asked.next += 1;
                    own.number = Some(number);
                    asked.questions.push((number, question.clone(), cx.waker().clone()));
                }
                Some(number) => {
                    if let Some((.., waker)) = asked.questions.iter_mut().find(|(own, ..)| *own == number) {
                        waker.clone_from(cx.waker());
                    }
                }
            }
            Poll::Pending
        })
        .await;
    }

    /// Polls a method for the first time, and decides whether its questions are early.
    fn first_poll<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>, cx: &mut Context<'_>) -> Poll<T> {
        let first = Arc::new(FirstWaker { outer: cx.waker().clone(), is_woken: AtomicBool::new(false) });
        let waker = Waker::from(first.clone());
        HAS_SENT.set(false);
        let polled = poll(&mut Context::from_waker(&waker));
        let asking = self.asked().questions.iter().filter(|(.., own)| own.will_wake(&waker)).count();
        let kept = Arc::strong_count(&first);
        // Another thread may have woken the method with a clone, and then dropped the clone. If this thread sees the drop, the fence makes
        // sure that it also sees the wake.
        fence(Ordering::Acquire);
        // `first` and `waker` are two of the references, and the waker of each question is another one.
        let waits_otherwise = kept > asking + 2 || first.is_woken.load(Ordering::SeqCst);
        if asking == 0 || polled.is_ready() || waits_otherwise || HAS_SENT.get() {
            self.begin();
        } else {
            let mut asked = self.asked();
            asked.early = asked.questions.iter().map(|(_, question, _)| question.clone()).collect();
            self.leave_beginning(Phase::Asks);
        }
        polled
    }
}

pin_project! {
    /// The work of a method whose first poll is watched, if its questions can be early.
    pub(super) struct Watched<F> {
        #[pin]
        work: F,
        early: Option<Arc<EarlyQuestions>>,
    }
}

/// Watches the work of a method.
pub(super) fn watched<F: Future>(work: F, early: Option<Arc<EarlyQuestions>>) -> Watched<F> {
    // The work of another operation that this one calls is not the beginning of the call.
    let early = early.filter(|early| !early.polled.swap(true, Ordering::SeqCst));
    Watched { work, early }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.early.take() {
            Some(early) => early.first_poll(|cx| this.work.poll(cx), cx),
            None => this.work.poll(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::operation::QuestionKind;
    use futures_util::future::{join, join_all, ready, select};
    use std::pin::pin;
    use std::time::Duration;
    use tokio::task::yield_now;
    use tokio::time::timeout;

    fn question(name: &str) -> Question {
        Question { name: Some(name.to_owned()), wanted: QuestionKind::Reply, params: serde_json::Value::Null }
    }

    /// Returns the names of the early questions of a method; `None` if it has begun.
    async fn early<F: Future<Output = ()>>(method: impl FnOnce(Arc<EarlyQuestions>) -> F) -> Option<Vec<String>> {
        let early = EarlyQuestions::new();
        let mut work = Box::pin(watched(method(early.clone()), Some(early.clone())));
        poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await.is_pending().then_some(())?;
        drop(work);
        Some(early.take()?.into_iter().map(|question| question.name.unwrap()).collect())
    }

    #[tokio::test]
    async fn only_what_a_method_asks_before_it_waits_is_early() {
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let one = early(async |early| early.ask(&question("one")).await).await;
        assert_eq!(one, names(&["one"]));
        let (first, second) = (question("one"), question("two"));
        let two = early(async |early| _ = join(early.ask(&first), early.ask(&second)).await).await;
        assert_eq!(two, names(&["one", "two"]));
        let dropped = early(async |early| {
            select(pin!(early.ask(&first)), ready(())).await;
            early.ask(&second).await;
        });
        assert_eq!(dropped.await, names(&["two"]));
        let late = early(async |early| {
            yield_now().await;
            early.ask(&question("one")).await;
        });
        assert_eq!(late.await, None);
        assert_eq!(early(async |_| {}).await, None);
        assert_eq!(early(async |_| std::future::pending().await).await, None);
    }

    #[tokio::test]
    async fn a_method_that_waits_for_something_else_too_is_not_run_again() {
        let asked = question("one");
        let slept = early(async |early| _ = timeout(Duration::from_secs(60), early.ask(&asked)).await).await;
        assert_eq!(slept, None);
        let joined = early(async |early| _ = join(early.ask(&asked), yield_now()).await).await;
        assert_eq!(joined, None);
        let reported = early(async |early| _ = join(early.ask(&asked), early.begun()).await).await;
        assert_eq!(reported, None);
    }

    #[cfg(feature = "client")]
    #[tokio::test]
    async fn a_method_that_has_sent_a_request_is_not_run_again() {
        let sent = early(async |early| {
            note_request();
            early.ask(&question("one")).await;
        });
        assert_eq!(sent.await, None);
    }

    #[tokio::test]
    async fn a_question_that_is_not_early_is_asked_elsewhere() {
        let early = EarlyQuestions::new();
        let (one, other) = (question("one"), question("two"));
        let (reached, gate) = (Arc::new(AtomicBool::new(false)), tokio::sync::Notify::new());
        // More futures than `join_all` polls at once, so that it polls only those that are woken.
        let waiting = (0..40).map(|_| async { early.ask(&one).await });
        let work = async {
            join(join_all(waiting), gate.notified()).await;
            early.ask(&other).await;
            reached.store(true, Ordering::SeqCst);
        };
        let work = pin!(watched(work, Some(early.clone())));
        let opened = async {
            early.begun().await;
            gate.notify_one();
        };
        join(work, opened).await;
        assert!(reached.load(Ordering::SeqCst) && early.take().is_none() && !early.begin());
    }

    #[test]
    fn a_question_that_is_asked_while_the_call_begins_is_not_lost() {
        let (early, question, is_asking) = (EarlyQuestions::new(), question("one"), AtomicBool::new(false));
        // Simulates a call that begins while another thread asks: `begin` locks the questions to read their wakers.
        let asked = early.asked();
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let asking = pin!(early.ask(&question));
                is_asking.store(true, Ordering::SeqCst);
                asking.poll(&mut Context::from_waker(Waker::noop())).is_ready()
            });
            // The other thread then runs until it waits for the lock.
            while !is_asking.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            (0..10_000).for_each(|_| std::thread::yield_now());
            early.leave_beginning(Phase::Begun);
            drop(asked);
            assert!(asking.join().unwrap());
        });
    }
}

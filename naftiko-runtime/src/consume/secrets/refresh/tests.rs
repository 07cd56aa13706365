//! Tests that secrets are read again when they are due, and how a source that hangs or fails is treated.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::consume::layers::user::BoxError;
use crate::consume::secrets::{SecretSource, SecretValue};
use naftiko_spec::model::Bind;
use std::cell::Cell;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

fn bind(namespace: &str) -> Bind {
    serde_json::from_value(serde_json::json!({ "namespace": namespace, "keys": { "KEY": "key" } })).unwrap()
}

/// A source that hangs when it is asked again, or answers with another value.
struct SlowSource {
    asked: AtomicUsize,
    /// The number of reads in progress.
    waiting: Arc<AtomicUsize>,
    hangs: bool,
}

struct WaitingGuard(Arc<AtomicUsize>);

impl Drop for WaitingGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl SecretSource for SlowSource {
    async fn get(&self, _: &str) -> Result<Option<SecretValue>, BoxError> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = WaitingGuard(self.waiting.clone());
        if asked > 0 && self.hangs {
            std::future::pending::<()>().await;
        }
        Ok(Some(SecretValue::new(format!("value-{asked}"))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_holds_up_no_other_and_is_asked_once_at_a_time() {
    let source = |hangs| Arc::new(SlowSource { asked: AtomicUsize::new(0), waiting: Arc::default(), hangs });
    let (slow, fast) = (source(true), source(false));
    let sources: Vec<(String, Arc<dyn DynSecretSource>)> =
        vec![("slow".to_owned(), Arc::new(slow.clone())), ("fast".to_owned(), Arc::new(fast.clone()))];
    let store = Arc::new(SecretStore::new(None, false, sources));
    let value = |namespace: &str| store.value(&bind(namespace), "key").unwrap().unwrap();
    assert_eq!((value("slow").expose_secret(), value("fast").expose_secret()), ("value-0", "value-0"));
    let begun = tokio::time::Instant::now();
    let due = || {
        lock(&store.readings).iter_mut().for_each(|reading| reading.due = Some(Instant::now()));
        let (store, needed) = (store.clone(), store.needed_reads(None));
        tokio::spawn(async move { store.refresh(needed).await })
    };
    let first = due();
    while value("fast").expose_secret() != "value-1" {
        tokio::task::yield_now().await;
    }
    // The next checks find the slow source busy.
    while value("fast").expose_secret() != "value-2" {
        due().await.unwrap();
    }
    assert_eq!(slow.waiting.load(Ordering::SeqCst), 1);
    assert_eq!((begun.elapsed(), slow.asked.load(Ordering::SeqCst)), (Duration::ZERO, 2));
    first.await.unwrap();
    assert!(begun.elapsed() >= READ_LIMIT);
    assert_eq!(slow.waiting.load(Ordering::SeqCst), 0);
    assert_eq!(value("slow").expose_secret(), "value-0");
}

/// A source that takes most of the time limit of a read when it is asked again.
struct RemoteSource(AtomicUsize);

impl SecretSource for RemoteSource {
    async fn get(&self, key: &str) -> Result<Option<SecretValue>, BoxError> {
        let asked = self.0.fetch_add(1, Ordering::SeqCst);
        if asked >= 3 {
            tokio::time::sleep(READ_LIMIT * 9 / 10).await;
        }
        Ok(Some(SecretValue::new(format!("{key}-{asked}"))))
    }
}

#[tokio::test(start_paused = true)]
async fn each_key_of_a_source_has_its_own_time_limit() {
    let source: Arc<dyn DynSecretSource> = Arc::new(RemoteSource(AtomicUsize::new(0)));
    let store = Arc::new(SecretStore::new(None, false, vec![("remote".to_owned(), source)]));
    let keys = ["a", "b", "c"];
    let values = || keys.map(|key| store.value(&bind("remote"), key).unwrap().unwrap().expose_secret().to_owned());
    assert_eq!(values(), ["a-0", "b-1", "c-2"]);
    lock(&store.readings).iter_mut().for_each(|reading| reading.due = Some(Instant::now()));
    store.refresh(store.needed_reads(None)).await;
    assert_eq!(lock(&store.readings)[0].problem, None);
    assert!(
        keys.iter()
            .zip(values())
            .all(|(key, value)| ["3", "4", "5"].iter().any(|asked| value == format!("{key}-{asked}")))
    );
}

#[test]
fn a_text_that_is_being_written_is_not_accepted() {
    let folder = std::env::temp_dir().join(format!("naftiko-half-written-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (name, parts) in
        [("text", ["n3w-", "n3w-s3", "n3w-s3cret"]), ("app.env", ["key=n3w-", "key=n3w-s3", "key=n3w-s3cret"])]
    {
        let path = folder.join(name);
        fs::write(&path, parts[0]).unwrap();
        let waited = Cell::new(0);
        // Somebody writes the next part while the first ones are read.
        let wait = |_| {
            waited.set(waited.get() + 1);
            if let Some(part) = parts.get(waited.get()) {
                fs::write(&path, part).unwrap();
            }
        };
        let files = || Locations::below(Some(&folder), false);
        let read = read_files(files, name, &["key".to_owned()], None, wait).unwrap().unwrap();
        assert_eq!((read.values["key"].expose_secret(), waited.get()), ("n3w-s3cret", 3));
        // If the writer never finishes, the read fails.
        let long = Cell::new(0);
        let wait = |_| {
            long.set(long.get() + 1);
            fs::write(&path, format!("{}{}", parts[2], "x".repeat(long.get()))).unwrap();
        };
        let read = read_files(files, name, &["key".to_owned()], None, wait);
        assert_eq!(read.map(drop).unwrap_err(), format!("{name} is being written"));
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// Each read of leased values creates a new lease, and a key that stays wrong must not create many.
#[test]
fn repeated_refusals_cause_fewer_and_fewer_reads() {
    let origin = Origin::Vault("vault:///database/creds/app".to_owned());
    let store = SecretStore::new(None, false, Vec::new());
    let values = |text: &str, is_leased| {
        let values = HashMap::from([("key".to_owned(), SecretString::from(text))]);
        ReadValues { values, is_leased, ..ReadValues::default() }
    };
    store.keep(origin.clone(), "key", values("first", true));
    let may = |after: Duration| lock(&store.readings)[0].may_be_read(Instant::now() + after);
    assert!(!may(Duration::from_secs(29)) && may(MIN_LEASE_AGE));
    let again = |text: &str, is_leased| {
        lock(&store.readings)[0].demanded = Some(Instant::now());
        store.record(&origin, Ok(Some(values(text, is_leased))), true)
    };
    assert!(again("same", false));
    for _ in 0..6 {
        assert!(!again("same", false));
    }
    assert!(!may(Duration::from_secs(59)) && may(MAX_PAUSE));
    assert!(again("another", false));
    assert!(may(MIN_PAUSE));
    for number in 0..6 {
        assert!(again(&format!("lease-{number}"), true));
    }
    assert!(!may(Duration::from_secs(59)) && may(MAX_PAUSE));
}

/// All keys of a path in Vault are kept, and those that are used must not disappear.
#[test]
fn a_key_of_vault_that_is_missing_leaves_the_old_values_in_use() {
    let origin = Origin::Vault("vault:///secret/data/app".to_owned());
    let store = SecretStore::new(None, false, Vec::new());
    let values = |pairs: &[(&str, &str)]| {
        let values = pairs.iter().map(|(key, text)| ((*key).to_owned(), SecretString::from(*text)));
        ReadValues { values: values.collect(), ..ReadValues::default() }
    };
    store.keep(origin.clone(), "key", values(&[("key", "old"), ("unused", "old")]));
    let record = |pairs: &[(&str, &str)]| store.record(&origin, Ok(Some(values(pairs))), false);
    let problem = || lock(&store.readings)[0].problem.clone();
    assert!(!record(&[("unused", "old")]));
    assert_eq!(problem().unwrap(), "`key` of vault:///secret/data/app is not set");
    let others = HashMap::from([("key".to_owned(), "an array")]);
    assert!(!store.record(&origin, Ok(Some(ReadValues { others, ..ReadValues::default() })), false));
    assert_eq!(problem().unwrap(), "`key` of vault:///secret/data/app: expected a string, found an array");
    assert!(!record(&[("key", "old")]) && problem().is_none());
    assert!(!record(&[("key", "old"), ("unused", "new")]));
    assert!(record(&[("key", "new"), ("unused", "new")]));
}

//! A ledger in a folder of its own, with a clock that the test moves.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use docket_core::clock::Clock;
use docket_core::domain::http::HttpRequest;
use docket_core::domain::order::Summary;
use docket_core::domain::{
    AccountId, AccountIdentity, AttemptEnd, AttemptOutcome, BootId, BoundBy, Change, CredentialDigest, DispatchId,
    Fingerprint, LogDraft, LogKind, OrderNo, OrderPayload, Platform, Progress, Reference, RemoteId, Settings, Stamp,
    State,
};
use docket_core::ledger::{Armed, Arming, ImportRow, Ledger, NewAccountRow, OrderRow, Reservation};
use serde_json::json;

/// A clock that stands still until it is moved.
pub struct StillClock(AtomicI64);

impl StillClock {
    pub fn forward(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Stamp {
        let ms = self.0.load(Ordering::Relaxed);
        Stamp { wall_ms: 1_700_000_000_000 + ms, boot_ms: ms, awake_ms: ms, boot_id: BootId::from("boot") }
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.forward(ms as i64);
        Box::pin(tokio::task::yield_now())
    }
}

pub struct House {
    pub folder: tempfile::TempDir,
    pub clock: Arc<StillClock>,
    pub ledger: Ledger,
    pub account: AccountId,
}

pub const IDENTITY: &str = "pathao:test:m1";

pub fn new_account(name: &str, identity: &str, credential: &str) -> NewAccountRow {
    NewAccountRow {
        name: name.into(),
        platform: Platform::Pathao,
        test: !identity.contains(":live:"),
        identity: AccountIdentity::from(identity),
        base_url: "http://127.0.0.1:1".into(),
        practice: true,
        secrets: "keystore".into(),
        credential: CredentialDigest::of(credential),
        settings: Settings::default(),
        confirmed: true,
    }
}

pub fn row(line: u32, order_no: &str, recipient: &str) -> ImportRow {
    let fields = BTreeMap::from([
        ("recipient_name".to_owned(), recipient.to_owned()),
        ("recipient_address".to_owned(), format!("House {line}, Road 4, Dhanmondi, Dhaka")),
    ]);
    ImportRow {
        line: Some(line),
        order_no: OrderNo::from(order_no),
        payload: OrderPayload(fields),
        summary: Summary { recipient: recipient.into(), what: "parcel".into() },
        fingerprint: Fingerprint::from(recipient),
    }
}

impl House {
    pub async fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(StillClock(AtomicI64::new(0)));
        let ledger = Ledger::open(&folder.path().join("ledger.db"), clock.clone()).await.unwrap();
        let account = ledger.add_account(new_account("main", IDENTITY, "key-1")).await.unwrap();
        House { folder, clock, ledger, account }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    pub async fn reopen(self) -> House {
        self.ledger.close().await;
        let ledger = Ledger::open(&self.path(), self.clock.clone()).await.unwrap();
        House { ledger, ..self }
    }

    pub async fn order(&self, order_no: &str) -> OrderRow {
        self.ledger.order(&OrderNo::from(order_no), None).await.unwrap()
    }

    pub async fn import(&self, numbers: &[&str]) {
        let rows = numbers.iter().enumerate().map(|(i, no)| row(i as u32 + 2, no, &format!("R. Das {no}"))).collect();
        self.ledger.import_batch(self.account, rows, false).await.unwrap();
    }

    pub fn reservation(&self, order: &OrderRow) -> Reservation {
        let generation = order.generation + 1;
        let reference = Reference::mint(&AccountIdentity::from(IDENTITY), &order.order_no, generation);
        Reservation {
            order_id: order.id,
            order_version: order.version,
            account_id: order.account_id,
            generation,
            key: Some(reference.idempotency_key()),
            request: HttpRequest::post_json("/v1/business/order/create", &json!({"merchant_order_id": reference.0})),
            reference,
            fingerprint: order.fingerprint.clone(),
            serialised: false,
            came_from: order.state,
            progress: Progress::default(),
            log: vec![LogDraft::new(LogKind::Reserved, State::Queued, json!({"generation": generation}))],
            despite: Vec::new(),
            command: None,
        }
    }

    pub async fn reserve(&self, order_no: &str, serialised: bool) -> DispatchId {
        let order = self.order(order_no).await;
        let reservation = Reservation { serialised, ..self.reservation(&order) };
        self.ledger.reserve(vec![reservation]).await.unwrap().remove(0).unwrap().dispatch_id
    }

    pub fn arming(&self, id: DispatchId, version: i64, n: u32) -> Arming {
        let stamp = self.clock.now();
        Arming {
            dispatch_id: id,
            version,
            attempt_n: n,
            send_before_boot_ms: stamp.boot_ms + 10_000,
            stamp,
            server_ms: None,
            credential: CredentialDigest::of("key-1"),
            before_set: Some(vec![RemoteId::from("old")]),
            progress: Progress::default(),
            log: vec![LogDraft::new(LogKind::SendStarted, State::Sending, json!({"n": n}))],
        }
    }

    pub async fn arm(&self, id: DispatchId) -> Armed {
        let d = self.ledger.dispatch(id).await.unwrap();
        self.ledger.arm(self.arming(id, d.version, d.attempts.len() as u32 + 1)).await.unwrap()
    }

    pub fn end(&self, outcome: AttemptOutcome) -> AttemptEnd {
        AttemptEnd { at: self.clock.now(), quiet_from: self.clock.now(), outcome, failure: None }
    }

    /// Reserves, arms and binds an order.
    pub async fn dispatched(&self, order_no: &str, remote: &str) -> DispatchId {
        let id = self.reserve(order_no, false).await;
        let armed = self.arm(id).await;
        let (change, log) = self.bound(1, remote);
        self.ledger.commit(id, armed.version(), &change, log, None).await.unwrap();
        id
    }

    pub fn bound(&self, n: u32, remote: &str) -> (Change, Vec<LogDraft>) {
        let change = Change {
            bind: Some((RemoteId::from(remote), BoundBy::Response)),
            end: Some((n, self.end(AttemptOutcome::Created))),
            ..plain(State::Dispatched)
        };
        let log = vec![
            LogDraft::new(LogKind::SendFinished, State::Sending, json!({"outcome": "created"}))
                .with_private(json!({"body": "R. Das, House 4"})),
            LogDraft::new(LogKind::Bound, State::Dispatched, json!({"platform_order_id": remote})),
        ];
        (change, log)
    }

    pub fn in_doubt(&self, n: u32) -> (Change, Vec<LogDraft>) {
        let change = Change { end: Some((n, self.end(AttemptOutcome::Unknown))), ..plain(State::InDoubt) };
        (change, vec![LogDraft::new(LogKind::SendFinished, State::InDoubt, json!({"outcome": "unknown"}))])
    }
}

pub fn plain(state: State) -> Change {
    Change { state, progress: Progress::default(), bind: None, remote: None, end: None, quiet_anew: None }
}

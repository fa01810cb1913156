//! Sealing what a platform delivered, before the change that brings it is committed.
//!
//! An order settles whether its codes can be sealed or not. Codes that cannot be are not kept in memory: the platform
//! has them, and the dispatch is marked so that they are fetched again. Not here: the cipher (`crate::codes`).

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::codes::keys::{self, KeyError};
use crate::codes::{CodesKey, Place, seal};
use crate::domain::{Change, Dispatch, RemoteOrder};
use crate::ledger::{CodesChange, Ledger, LedgerError};

use super::Driver;
use super::lane::Lane;

/// How long a commit waits for the key. A key store that is locked asks its owner, who may think for long.
const KEY_WAIT_MS: u64 = 1_000;

/// A key with its name.
type Named = (String, Arc<CodesKey>);

/// The account's key, once it was had; or the question for it, which is asked once and not again while it waits.
#[derive(Default)]
pub(super) struct KeyInHand {
    key: Option<Named>,
    asked: Option<JoinHandle<Result<Named, NoKey>>>,
}

/// Why nothing can be sealed.
#[derive(Debug, thiserror::Error)]
enum NoKey {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the key store has not answered yet; is it locked?")]
    Waits,
    #[error("stopped while the key was read")]
    Stopped,
}

impl Driver {
    /// What is written of the codes that come with a change. `None`: the change says nothing of codes.
    pub(super) async fn codes(&self, lane: &Lane, d: &Dispatch, change: &Change) -> Option<CodesChange> {
        let remote = change.remote.as_ref().filter(|_| lane.adapter.delivers_codes())?;
        let bound = change.bind.as_ref().map(|(id, _)| id).or(d.remote_id.as_ref());
        if bound != Some(&remote.id) {
            return None;
        }
        if remote.codes.is_empty() {
            return (remote.succeeded == Some(true)).then_some(CodesChange::NotShown);
        }
        match self.codes_key(lane).await {
            Ok((key_id, key)) => Some(sealed(lane, remote, key_id, &key)),
            Err(error) => {
                tracing::warn!(account = %lane.name, order = %d.order_no, %error,
                    "delivered codes could not be stored; they are at the platform and are fetched again");
                Some(CodesChange::Unsealed)
            }
        }
    }

    async fn codes_key(&self, lane: &Lane) -> Result<Named, NoKey> {
        let mut hand = lane.codes_key.lock().await;
        if let Some(named) = &hand.key {
            return Ok(named.clone());
        }
        let waits_already = hand.asked.as_ref().is_some_and(|asked| !asked.is_finished());
        if waits_already {
            return Err(NoKey::Waits);
        }
        let mut asked = match hand.asked.take() {
            Some(asked) => asked,
            None => tokio::spawn(find_or_make(self.ledger.clone(), lane.account_id, lane.secrets.clone())),
        };
        let found = tokio::select! {
            found = &mut asked => found.unwrap_or(Err(NoKey::Stopped)),
            () = self.clock.sleep(KEY_WAIT_MS) => Err(NoKey::Waits),
            () = self.stop.cancelled() => Err(NoKey::Stopped),
        };
        match found {
            Ok(named) => Ok(hand.key.insert(named).clone()),
            Err(NoKey::Waits) => {
                hand.asked = Some(asked);
                Err(NoKey::Waits)
            }
            Err(error) => Err(error),
        }
    }
}

/// The account's newest key. Where there is none, or it is lost, another is made: in its store first, then its name in
/// the ledger, then used.
async fn find_or_make(ledger: Ledger, account: crate::domain::AccountId, kept: String) -> Result<Named, NoKey> {
    let store = crate::secrets::SecretStore::kept(&kept);
    if let Some(id) = ledger.reader().codes_key(account, &kept).await? {
        match ledger.beside(keys::read(&store, &id)).await {
            Ok(key) => return Ok((id, Arc::new(key))),
            Err(KeyError::Lost) => tracing::warn!("a key of delivered codes is lost; what it sealed is fetched again"),
            Err(error) => return Err(error.into()),
        }
    }
    let id = crate::ids::random_id();
    let key = ledger.beside(keys::make(&store, &id)).await?;
    ledger.add_codes_key(id.clone(), account, kept).await?;
    Ok((id, Arc::new(key)))
}

fn sealed(lane: &Lane, remote: &RemoteOrder, key_id: String, key: &CodesKey) -> CodesChange {
    let rows = remote.codes.0.iter().map(|item| {
        let place = Place { identity: &lane.identity, remote: &remote.id, item: item.item };
        seal(key, &place, item, crate::ids::nonce())
    });
    CodesChange::Sealed { rows: rows.collect(), key_id }
}

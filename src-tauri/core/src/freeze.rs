//! From an order to the exact bytes that will be sent for it, and the reference that is minted for them.
//!
//! Nothing is written here: `ledger` stores what comes out, before anything leaves.

use crate::adapters::{Adapter, BuildError};
use crate::domain::http::HttpRequest;
use crate::domain::{AccountIdentity, Fence, Fingerprint, IdempotencyKey, OrderNo, OrderPayload, Reference};

/// One generation of an order, ready to be reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// Its number.
    pub generation: u32,
    /// Minted from account identity, order number and generation.
    pub reference: Reference,
    /// Where the platform takes one.
    pub key: Option<IdempotencyKey>,
    /// What makes it look like another.
    pub fingerprint: Fingerprint,
    /// Whether look-alikes must not be under way beside it: the platform has no fence.
    pub serialised: bool,
    /// The exact request, without authorisation.
    pub request: HttpRequest,
}

/// Freezes one generation of an order.
pub fn freeze(
    adapter: &dyn Adapter,
    identity: &AccountIdentity,
    test: bool,
    order_no: &OrderNo,
    payload: &OrderPayload,
    generation: u32,
) -> Result<Frozen, BuildError> {
    let reference = Reference::mint(identity, order_no, generation);
    let fence = adapter.contract().fence;
    let key = match fence {
        Fence::Key { .. } => Some(reference.idempotency_key()),
        Fence::None | Fence::Reference { .. } => None,
    };
    let request = adapter.create_request(payload, &reference, key.as_ref(), test)?;
    let serialised = fence == Fence::None;
    Ok(Frozen { generation, fingerprint: adapter.fingerprint(payload), serialised, reference, key, request })
}

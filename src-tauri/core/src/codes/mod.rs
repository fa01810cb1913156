//! Sealing delivered codes, so that they stand in the ledger as ciphertext only.
//!
//! XChaCha20-Poly1305 under a random key of 256 bits that only the key store has (`keys`), with a random nonce for each
//! item. What is sealed is bound to the account's identity, the platform order and the item: a row that is moved
//! elsewhere does not open. Not here: the rows (`ledger::codes`), when they are written (`driver::codes`), and who may
//! see what is in them (`api::codes`).

pub mod keys;
#[cfg(test)]
mod tests;

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::domain::codes::{Code, ItemCodes};
use crate::domain::{AccountIdentity, RemoteId};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce. Long enough to be drawn at random for ever.
pub const NONCE_BYTES: usize = 24;
/// Says what is sealed, and in which form.
const FORM: &[u8] = b"docket delivered codes 1";

/// A key. Overwritten when it is dropped; `Debug` shows nothing of it.
#[derive(Clone)]
pub struct CodesKey(Zeroizing<[u8; KEY_BYTES]>);

impl CodesKey {
    /// Wraps the bytes of a key.
    pub fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> CodesKey {
        CodesKey(bytes)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl fmt::Debug for CodesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodesKey(..)")
    }
}

/// Where codes belong. Sealed for one place, they open nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The account's identity.
    pub identity: &'a AccountIdentity,
    /// The platform order.
    pub remote: &'a RemoteId,
    /// The item's place in it, from 0.
    pub item: u32,
}

impl Place<'_> {
    /// The bytes that are authenticated beside the ciphertext. Lengths stand before texts, so that no two places have
    /// the same bytes.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = FORM.to_vec();
        for text in [self.identity.0.as_bytes(), self.remote.as_str().as_bytes()] {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text);
        }
        bytes.extend(self.item.to_be_bytes());
        bytes
    }
}

/// The codes of one item as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCodes {
    /// The item's place in the platform order, from 0.
    pub item: u32,
    /// How many codes there are.
    pub count: u32,
    /// Drawn at random for this ciphertext.
    pub nonce: [u8; NONCE_BYTES],
    /// The codes as a JSON array of texts, encrypted, with the tag behind it.
    pub ciphertext: Vec<u8>,
}

/// Sealed codes that do not open: another key, another place, or changed bytes. Which of them, nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is stored does not open with the account's key: it was changed, or belongs to another order")]
pub struct Unopened;

/// Seals the codes of one item for one place, under a nonce that was never used before.
pub fn seal(key: &CodesKey, place: &Place<'_>, codes: &ItemCodes, nonce: [u8; NONCE_BYTES]) -> SealedCodes {
    let texts: Vec<&str> = codes.codes.iter().map(Code::expose).collect();
    // Large enough for every escape, so that no copy is left behind by growing.
    let most = texts.iter().map(|text| text.len() * 6 + 3).sum::<usize>() + 2;
    let mut plain = Zeroizing::new(Vec::with_capacity(most));
    serde_json::to_writer(&mut *plain, &texts).expect("a list of texts is always JSON");
    let payload = Payload { msg: &plain, aad: &place.bytes() };
    let ciphertext =
        key.cipher().encrypt(&XNonce::from(nonce), payload).expect("codes are far below the cipher's limit");
    SealedCodes { item: codes.item, count: texts.len() as u32, nonce, ciphertext }
}

/// Opens what was sealed for this place under this key.
pub fn open(key: &CodesKey, place: &Place<'_>, sealed: &SealedCodes) -> Result<Vec<Code>, Unopened> {
    let payload = Payload { msg: &sealed.ciphertext, aad: &place.bytes() };
    let plain = key.cipher().decrypt(&XNonce::from(sealed.nonce), payload).map_err(|_| Unopened)?;
    let plain = Zeroizing::new(plain);
    let texts: Vec<String> = serde_json::from_slice(&plain).map_err(|_| Unopened)?;
    Ok(texts.into_iter().map(Code::new).collect())
}

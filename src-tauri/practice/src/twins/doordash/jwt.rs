//! The signed token of each request, checked as the vendor's page on JWTs says: HS256 with a version of DoorDash's own
//! in the header, and a life of at most half an hour.

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::book::Merchant;

/// Longest life of a token, in seconds.
const LIFE_MAX: i64 = 1800;

/// Base64 for URLs, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether a token is signed by this merchant and good at `now`, in milliseconds since 1970.
pub(super) fn is_good(merchant: &Merchant, token: &str, now: i64) -> bool {
    read(merchant, token).is_some_and(|claims| holds(merchant, &claims, now.div_euclid(1000)))
}

/// The claims, if header and signature are right.
fn read(merchant: &Merchant, token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header: Value = serde_json::from_slice(&BASE64.decode(header).ok()?).ok()?;
    if header["alg"] != "HS256" || header["dd-ver"] != "DD-JWT-V1" {
        return None;
    }
    let secret = BASE64.decode(merchant.secret("signing_secret")).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).ok()?;
    mac.update(signed.as_bytes());
    mac.verify_slice(&BASE64.decode(signature).ok()?).ok()?;
    serde_json::from_slice(&BASE64.decode(claims).ok()?).ok()
}

fn holds(merchant: &Merchant, claims: &Value, now: i64) -> bool {
    let is = |name: &str, value: &str| claims[name] == value;
    let (Some(issued), Some(expires)) = (claims["iat"].as_i64(), claims["exp"].as_i64()) else { return false };
    is("aud", "doordash")
        && is("iss", merchant.secret("developer_id"))
        && is("kid", merchant.secret("key_id"))
        && issued <= now
        && now < expires
        && expires <= issued.saturating_add(LIFE_MAX)
}

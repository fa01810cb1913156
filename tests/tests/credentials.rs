//! Credentials that stop working, or are replaced, while orders are under way, at all six platforms.

#[path = "credentials/replaced.rs"]
mod replaced;
#[path = "credentials/revoked.rs"]
mod revoked;

//! How the values of options are read.

use docket_core::api::MaxFee;
use docket_core::domain::{Money, Platform, Settings, State};

pub(super) fn platform(text: &str) -> Result<Platform, String> {
    Platform::from_code(text).ok_or_else(|| {
        let known: Vec<_> = Platform::ALL.iter().map(|p| p.code()).collect();
        format!("there is no such platform; known are {}", known.join(", "))
    })
}

pub(super) fn state(text: &str) -> Result<State, String> {
    State::from_code(text).ok_or_else(|| {
        let known: Vec<_> = State::ALL.iter().map(|s| s.code()).collect();
        format!("there is no such state; known are {}", known.join(", "))
    })
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        Some(_) | None => Err("write it as KEY=VALUE".to_owned()),
    }
}

/// A setting that cannot be one is wrong usage, before anything is touched.
pub(super) fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = pair(text)?;
    Settings::default().set(&key, &value).map_err(|error| error.to_string())?;
    Ok((key, value))
}

pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| s.is_finite() && (0.0..=31_536_000.0).contains(s));
    seconds.ok_or_else(|| "give a number of seconds, such as 30".to_owned())
}

/// An amount in major units, with or without its currency.
pub(super) fn fee(text: &str) -> Result<MaxFee, String> {
    let wrong = || "write it like 120.00, or 120.00 BDT".to_owned();
    let (amount, currency) = match text.trim().split_once(' ') {
        Some((amount, code)) => (amount, Some(code.trim())),
        None => (text.trim(), None),
    };
    if currency.is_some_and(|code| code.len() != 3 || !code.bytes().all(|b| b.is_ascii_alphabetic())) {
        return Err(wrong());
    }
    let money =
        Money::parse(amount, currency.unwrap_or_default()).filter(|money| money.amount >= 0).ok_or_else(wrong)?;
    Ok(MaxFee { amount: money.amount, currency: currency.map(|_| money.currency) })
}

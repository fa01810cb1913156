//! Uber Direct's form: fields, checks, the small notation for items, and the rules of the time windows.
//!
//! Only what can be checked without a clock is checked here: that a window is not over yet, the platform says.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::super::values::{Checker, clean, decimal, limited, shown, whole};
use crate::domain::order::{Field, FieldKind};
use crate::domain::wrong::{
    MINUTES_AFTER, NO_ITEM, NONE_OF, NOT_AFTER, NOT_AMOUNT, NOT_BEFORE, NOT_ITEM, NOT_TIME, PHONE_WITH_CODE,
};
use crate::domain::{FieldError, Money, OrderPayload};

const NAME_MAX: usize = 100;
const ADDRESS_MAX: usize = 250;
/// The platform's own limit for each kind of note.
const NOTES_MAX: usize = 280;
const MOST_QUANTITY: i64 = 10_000;
const SIZES: [&str; 4] = ["small", "medium", "large", "xlarge"];
const DELIVERABLE: [&str; 2] = ["meet_at_door", "leave_at_door"];
const UNDELIVERABLE: [&str; 3] = ["return", "leave_at_door", "discard"];

const fn text(name: &'static str, label: &'static str, required: bool, example: &'static str) -> Field {
    Field::new(name, label, required, FieldKind::Text, example)
}

/// Times, tip and store have no example: what stands in a template's row is sent by somebody, some day.
pub(super) static FORM: [Field; 19] = [
    text("items", "Items (name*quantity*size; name*quantity)", true, "Box of candles*2*small; Candle holder*1"),
    text("pickup_name", "Pickup name", true, "Wick & Co"),
    text("pickup_address", "Pickup address", true, "12 Mint St, San Francisco, CA 94103"),
    Field::new("pickup_phone_number", "Pickup phone, with country code", true, FieldKind::Phone, "+14155550100"),
    text("pickup_notes", "Notes for the pickup", false, "Ring at the side door"),
    text("dropoff_name", "Recipient", true, "R. Diaz"),
    text("dropoff_address", "Delivery address", true, "90 Oak St, San Francisco, CA 94102"),
    Field::new("dropoff_phone_number", "Recipient's phone, with country code", true, FieldKind::Phone, "+14155550177"),
    text("dropoff_notes", "Notes for the delivery", false, "Second floor"),
    text("dropoff_seller_notes", "Your own notes for the courier", false, "Keep upright"),
    Field::new("manifest_total_value", "Value of the goods", false, FieldKind::Amount, "24.00"),
    Field::new("tip", "Tip for the courier", false, FieldKind::Amount, ""),
    text("pickup_ready_dt", "Pickup not before (2026-03-02T10:00:00Z)", false, ""),
    text("pickup_deadline_dt", "Pickup not after", false, ""),
    text("dropoff_ready_dt", "Delivery not before", false, ""),
    text("dropoff_deadline_dt", "Delivery not after", false, ""),
    text("deliverable_action", "At the door (meet_at_door or leave_at_door)", false, "meet_at_door"),
    text("undeliverable_action", "If nobody takes it (return, leave_at_door or discard)", false, "return"),
    text("external_store_id", "Your store's id at Uber", false, ""),
];

pub(super) fn check(values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
    let mut c = Checker::new(&FORM, values);
    c.field("items", |v| {
        let items = items(&limited(v, 4_000)?)?;
        Ok(items.iter().map(Item::written).collect::<Vec<_>>().join("; "))
    });
    for (name, max) in [
        ("pickup_name", NAME_MAX),
        ("pickup_address", ADDRESS_MAX),
        ("pickup_notes", NOTES_MAX),
        ("dropoff_name", NAME_MAX),
        ("dropoff_address", ADDRESS_MAX),
        ("dropoff_notes", NOTES_MAX),
        ("dropoff_seller_notes", NOTES_MAX),
        ("external_store_id", NAME_MAX),
    ] {
        c.text(name, max);
    }
    for name in ["pickup_phone_number", "dropoff_phone_number"] {
        c.field(name, phone);
    }
    for name in ["manifest_total_value", "tip"] {
        c.field(name, amount);
    }
    for name in ["pickup_ready_dt", "pickup_deadline_dt", "dropoff_ready_dt", "dropoff_deadline_dt"] {
        c.field(name, |v| time(v).map(|t| t.to_rfc3339_opts(SecondsFormat::Secs, true)));
    }
    c.field("deliverable_action", |v| one_of(v, "deliverable_action_", &DELIVERABLE));
    c.field("undeliverable_action", |v| one_of(v, "undeliverable_action_", &UNDELIVERABLE));
    windows(&mut c, values);
    c.finish()
}

/// A phone number as the platform takes it: a plus sign and digits.
fn phone(value: &str) -> Result<String, String> {
    let plain: String =
        value.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}')).collect();
    match plain.strip_prefix('+') {
        Some(digits) if (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(plain),
        _ => Err(PHONE_WITH_CODE.with(&[("value", &shown(value))])),
    }
}

fn amount(value: &str) -> Result<String, String> {
    let most = Decimal::from(1_000_000);
    let amount = decimal(value).ok().filter(|a| (Decimal::ZERO..=most).contains(a) && a.scale() <= 2);
    amount.map(|a| format!("{a:.2}")).ok_or_else(|| NOT_AMOUNT.with(&[("value", &shown(value)), ("example", &"24.00")]))
}

/// An amount of a checked order in cents.
pub(super) fn cents(value: &str) -> Option<i64> {
    Money::from_major(decimal(value).ok()?, "").map(|money| money.amount)
}

fn one_of(value: &str, prefix: &str, known: &[&str]) -> Result<String, String> {
    let word = value.to_ascii_lowercase().replace([' ', '-'], "_");
    let word = word.strip_prefix(prefix).unwrap_or(&word);
    match known.contains(&word) {
        true => Ok(word.to_owned()),
        false => Err(NONE_OF.with(&[("value", &shown(value)), ("known", &known.join(", "))])),
    }
}

fn time(value: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(value)
        .map(|t| t.with_timezone(&Utc))
        .map_err(|_| NOT_TIME.with(&[("value", &shown(value)), ("example", &"2026-03-02T10:00:00Z")]))
}

/// The platform's rules for windows, as far as they compare the order's own times. Times that are wrong by themselves
/// have been told already.
fn windows(c: &mut Checker<'_>, values: &BTreeMap<String, String>) {
    let at = |name: &str| values.get(name).and_then(|v| time(&clean(v)).ok());
    let (pickup_ready, pickup_deadline) = (at("pickup_ready_dt"), at("pickup_deadline_dt"));
    let (dropoff_ready, dropoff_deadline) = (at("dropoff_ready_dt"), at("dropoff_deadline_dt"));
    let narrow = |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>, minutes: i64| {
        from.zip(to).is_some_and(|(from, to)| to - from < TimeDelta::minutes(minutes))
    };
    if narrow(pickup_ready, pickup_deadline, 10) {
        c.wrong("pickup_deadline_dt", MINUTES_AFTER.with(&[("minutes", &10), ("other", &"pickup_ready_dt")]));
    }
    if narrow(dropoff_ready, dropoff_deadline, 20) {
        c.wrong("dropoff_deadline_dt", MINUTES_AFTER.with(&[("minutes", &20), ("other", &"dropoff_ready_dt")]));
    }
    if narrow(dropoff_ready, pickup_deadline, 0) {
        c.wrong("dropoff_ready_dt", NOT_AFTER.with(&[("other", &"pickup_deadline_dt")]));
    }
    if narrow(pickup_deadline, dropoff_deadline, 0) {
        c.wrong("dropoff_deadline_dt", NOT_BEFORE.with(&[("other", &"pickup_deadline_dt")]));
    }
}

/// One line of the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub name: String,
    pub quantity: i64,
    pub size: Option<&'static str>,
}

impl Item {
    pub(super) fn written(&self) -> String {
        let size = self.size.map(|size| format!("*{size}")).unwrap_or_default();
        format!("{}*{}{size}", self.name, self.quantity)
    }
}

/// Reads `name*quantity*size; name*quantity`. A quantity of one and the size may be left out.
pub(super) fn items(text: &str) -> Result<Vec<Item>, String> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let items = parts.map(item).collect::<Result<Vec<_>, _>>()?;
    if items.is_empty() { Err(NO_ITEM.plain()) } else { Ok(items) }
}

fn item(part: &str) -> Result<Item, String> {
    let wrong = || NOT_ITEM.with(&[("value", &shown(part))]);
    let mut pieces: Vec<&str> = part.split('*').map(str::trim).collect();
    let size = pieces.last().and_then(|last| SIZES.into_iter().find(|size| size.eq_ignore_ascii_case(last)));
    if size.is_some() && pieces.len() > 1 {
        pieces.pop();
    }
    let (name, quantity) = match pieces.as_slice() {
        [name] => (*name, 1),
        [name, quantity] => {
            let quantity = whole(quantity, 1, MOST_QUANTITY)?;
            (*name, quantity.parse().map_err(|_| wrong())?)
        }
        _ => return Err(wrong()),
    };
    let size = size.filter(|_| part.contains('*'));
    if name.is_empty() { Err(wrong()) } else { Ok(Item { name: limited(name, NAME_MAX)?, quantity, size }) }
}

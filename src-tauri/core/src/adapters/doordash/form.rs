//! DoorDash's form: fields, checks, the small notation for items, and what makes two orders look alike.

use std::collections::BTreeMap;

use phonenumber::country::Id;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::super::reading::{fingerprint, last_digits};
use super::super::values::{Checker, clean, decimal, limited, phone, shown, truth, whole};
use crate::domain::order::{Field, FieldKind};
use crate::domain::wrong::{
    BEFORE_PICKUP, ITEM_NAME, MANY_ITEMS, NAMELESS_ITEM, NO_NUMBER, NONE_OF, NOT_AMOUNT, NOT_TIME, PHONE_DOORDASH,
    TOO_MUCH,
};
use crate::domain::{FieldError, Fingerprint, OrderPayload};

/// Amounts travel in cents, in a number of 32 bits: DoorDash's own error sample shows its range.
const MOST_CENTS: i64 = 2_147_483_647;
/// No limit is published; a longer list is a mistake.
const MOST_ITEMS: usize = 100;

const fn field(
    name: &'static str,
    label: &'static str,
    required: bool,
    kind: FieldKind,
    example: &'static str,
) -> Field {
    Field::new(name, label, required, kind, example)
}

const fn text(name: &'static str, label: &'static str, required: bool, example: &'static str) -> Field {
    field(name, label, required, FieldKind::Text, example)
}

pub(super) static FORM: [Field; 17] = [
    text("pickup_address", "Pickup address", true, "12 Mint St, San Francisco, CA 94103"),
    field("pickup_phone_number", "Pickup phone", true, FieldKind::Phone, "+14155550100"),
    text("pickup_business_name", "Pickup business", false, "Wick & Co"),
    text("pickup_instructions", "Notes for the pickup", false, "Ring at the side door"),
    text("dropoff_address", "Delivery address", true, "90 Oak St, San Francisco, CA 94102"),
    field("dropoff_phone_number", "Recipient's phone", true, FieldKind::Phone, "+14155550177"),
    text("dropoff_contact_given_name", "Recipient's first name", false, "Rosa"),
    text("dropoff_contact_family_name", "Recipient's last name", false, "Diaz"),
    text("dropoff_business_name", "Recipient's business", false, "Diaz Books"),
    text("dropoff_instructions", "Notes for the delivery", false, "Second floor"),
    field("order_value", "Value of the goods", false, FieldKind::Amount, "24.00"),
    field("tip", "Tip for the courier", false, FieldKind::Amount, "3.00"),
    text("items", "Items (name*2; name*1)", false, "Box of candles*2; Card*1"),
    text("contactless_dropoff", "Leave at the door (true or false)", false, "false"),
    text(
        "action_if_undeliverable",
        "If it cannot be delivered (return_to_pickup or dispose)",
        false,
        "return_to_pickup",
    ),
    text("pickup_time", "Pickup time (with time zone; at once when empty)", false, "2026-03-02T10:30:00Z"),
    text("dropoff_time", "Delivery time (with time zone)", false, "2026-03-02T11:30:00Z"),
];

pub(super) fn check(values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
    let mut c = Checker::new(&FORM, values);
    for name in ["pickup_address", "dropoff_address"] {
        c.text(name, 250);
    }
    for name in ["pickup_phone_number", "dropoff_phone_number"] {
        c.field(name, e164);
    }
    for name in ["pickup_business_name", "dropoff_business_name"] {
        c.text(name, 100);
    }
    for name in ["dropoff_contact_given_name", "dropoff_contact_family_name"] {
        c.text(name, 100);
    }
    for name in ["pickup_instructions", "dropoff_instructions"] {
        c.text(name, 500);
    }
    for name in ["order_value", "tip"] {
        c.field(name, |v| amount(v).map(|amount| amount.to_string()));
    }
    c.field("items", |v| {
        let items = items(&limited(v, 4_000)?)?;
        Ok(items.iter().map(|(name, quantity)| format!("{name}*{quantity}")).collect::<Vec<_>>().join("; "))
    });
    c.field("contactless_dropoff", truth);
    c.field("action_if_undeliverable", |v| match v.to_ascii_lowercase().as_str() {
        action @ ("return_to_pickup" | "dispose") => Ok(action.to_owned()),
        _ => Err(NONE_OF.with(&[("value", &shown(v)), ("known", &"return_to_pickup, dispose")])),
    });
    for name in ["pickup_time", "dropoff_time"] {
        c.field(name, time);
    }
    let at = |name: &str| values.get(name).and_then(|v| time(&clean(v)).ok());
    if let (Some(pickup), Some(dropoff)) = (at("pickup_time"), at("dropoff_time"))
        && dropoff <= pickup
    {
        c.wrong("dropoff_time", BEFORE_PICKUP.with(&[("value", &shown(&dropoff))]));
    }
    c.finish()
}

/// A number of the countries DoorDash drives in, as E.164. Only its shape is checked: the numbers reserved for examples
/// must pass. Without a country code it is read as North American.
fn e164(value: &str) -> Result<String, String> {
    match phone(value, Id::US) {
        Some((1, n)) if n.len() == 10 && n.as_bytes()[0] >= b'2' && n.as_bytes()[3] >= b'2' => Ok(format!("+1{n}")),
        Some((61, n)) if n.len() == 9 => Ok(format!("+61{n}")),
        Some((64, n)) if (8..=10).contains(&n.len()) => Ok(format!("+64{n}")),
        _ => Err(PHONE_DOORDASH.with(&[("value", &shown(value))])),
    }
}

/// An amount in major units with two decimals.
fn amount(value: &str) -> Result<Decimal, String> {
    let wrong = || NOT_AMOUNT.with(&[("value", &shown(value)), ("example", &"24.00")]);
    let mut amount = decimal(value).map_err(|()| wrong())?;
    if amount.is_sign_negative() || amount.normalize().scale() > 2 {
        return Err(wrong());
    }
    amount.rescale(2);
    match cents_of(amount).filter(|cents| *cents <= MOST_CENTS) {
        Some(_) => Ok(amount),
        None => Err(TOO_MUCH.with(&[("value", &shown(value)), ("platform", &"DoorDash")])),
    }
}

fn cents_of(amount: Decimal) -> Option<i64> {
    amount.checked_mul(Decimal::ONE_HUNDRED)?.to_i64()
}

/// A checked amount in cents. `None` when there is none.
pub(super) fn cents(value: &str) -> Option<i64> {
    cents_of(value.parse().ok()?)
}

/// Cents as the form writes an amount.
pub(super) fn major(cents: i64) -> String {
    Decimal::new(cents, 2).to_string()
}

/// Reads `name*2; name*1`. A quantity may be left out when it is one.
pub(super) fn items(text: &str) -> Result<Vec<(String, i64)>, String> {
    let mut items = Vec::new();
    for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let (name, quantity) = part.rsplit_once('*').unwrap_or((part, "1"));
        let name = limited(name.trim(), 100).map_err(|why| ITEM_NAME.with(&[("why", &why)]))?;
        if name.is_empty() {
            return Err(NAMELESS_ITEM.with(&[("value", &shown(part))]));
        }
        let quantity = whole(quantity.trim(), 1, 100)?;
        items.push((name, quantity.parse().map_err(|_| NO_NUMBER.plain())?));
    }
    if items.len() > MOST_ITEMS {
        return Err(MANY_ITEMS.with(&[("count", &items.len()), ("most", &MOST_ITEMS)]));
    }
    Ok(items)
}

/// A time in UTC, to the second. A time without a zone could mean two hours of the day, and is not taken.
fn time(value: &str) -> Result<String, String> {
    chrono::DateTime::parse_from_rfc3339(value)
        .map(|t| t.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
        .map_err(|_| NOT_TIME.with(&[("value", &shown(value)), ("example", &"2026-03-02T10:30:00Z")]))
}

/// The phones are echoed; addresses are written anew, and amounts may be changed at the platform.
pub(super) fn look(pickup_phone: &str, dropoff_phone: &str) -> Fingerprint {
    fingerprint(&[&last_digits(pickup_phone, 8), &last_digits(dropoff_phone, 8)])
}

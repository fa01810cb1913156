//! Deliveries in Seattle. The phone numbers are 555-01xx, which is kept for fiction.

use super::{Dice, Fate, Sheet};

const HEADER: &[&str] = &[
    "order_no",
    "pickup_business_name",
    "pickup_address",
    "pickup_phone_number",
    "dropoff_contact_given_name",
    "dropoff_contact_family_name",
    "dropoff_address",
    "dropoff_phone_number",
    "dropoff_instructions",
    "items",
    "order_value",
    "tip",
    "contactless_dropoff",
    "action_if_undeliverable",
];

const FIRST: &[&str] = &[
    "Ingrid", "Jamal", "Keiko", "Leif", "Marisol", "Nolan", "Olga", "Pham", "Quinn", "Rashida", "Sven", "Tamsin",
    "Ulises", "Violet", "Wendell", "Ximena", "Yonas", "Zelda", "Chloë", "Bao",
];
const LAST: &[&str] = &[
    "Andersen",
    "Yamamoto",
    "Washington",
    "Bekele",
    "Hernández",
    "McAllister",
    "Tran",
    "Johansson",
    "Delgado",
    "Whitaker",
    "Kim",
    "Popov",
    "Sato",
    "Reyes",
    "Bauer",
    "Mohamud",
    "Lindgren",
    "D’Angelo",
];

/// Street and post code.
const STREETS: &[&(&str, &str)] = &[
    &("Ballard Ave NW", "98107"),
    &("Fremont Ave N", "98103"),
    &("E Pike St", "98122"),
    &("Rainier Ave S", "98118"),
    &("California Ave SW", "98116"),
    &("Phinney Ave N", "98103"),
    &("Queen Anne Ave N", "98109"),
    &("University Way NE", "98105"),
    &("15th Ave E", "98112"),
    &("Beacon Ave S", "98144"),
    &("Greenwood Ave N", "98133"),
    &("Eastlake Ave E", "98102"),
];

/// What is ordered, and its price in cents.
const GOODS: &[&(&str, usize)] = &[
    &("Dahlias, bunch*1", 2_400),
    &("Tulips, bunch*2", 3_600),
    &("Sympathy wreath*1", 8_900),
    &("Roses, a dozen*1; Card*1", 5_950),
    &("Potted fern*1", 3_200),
    &("Wedding centrepiece*4", 24_000),
    &("Succulents, tray of 6*1; Gift wrap*1", 4_100),
    &("Bouquet of the day*1", 4_500),
];
const NOTES: &[&str] = &[
    "",
    "",
    "",
    "Leave behind the planter",
    "Front desk signs for it",
    "Code for the gate is 0451",
    "Please ring, it is a surprise",
    "Back house, past the shed",
    "Keep upright and out of the sun",
];

fn row(index: usize, dice: &mut Dice) -> Vec<String> {
    let (street, code) = *dice.pick(STREETS);
    let unit = match dice.below(3) {
        0 => format!(", Unit {}", 101 + dice.below(500)),
        _ => String::new(),
    };
    let (goods, cents) = *dice.pick(GOODS);
    let tip = ["", "", "3.00", "5.00", "7.50"][dice.below(5)];
    let text = |s: &str| s.to_owned();
    vec![
        format!("SEA-{}", 60_801 + index),
        text("Fern & Foxglove"),
        text("1912 NW Market St, Seattle, WA 98107"),
        text("+12065550100"),
        text(dice.pick(FIRST)),
        text(dice.pick(LAST)),
        format!("{} {street}{unit}, Seattle, WA {code}", 300 + dice.below(7_400)),
        format!("+120655501{:02}", 1 + dice.below(99)),
        text(dice.pick(NOTES)),
        text(goods),
        format!("{}.{:02}", cents / 100, cents % 100),
        text(tip),
        text(dice.pick(&["", "true", "false"])),
        text(dice.pick(&["", "return_to_pickup"])),
    ]
}

/// The file.
pub(super) fn sheet() -> Sheet {
    let mut dice = Dice(0xD0_98107);
    let mut sheet = Sheet::new("doordash-seattle.csv", HEADER, |index| row(index, &mut dice));
    sheet.plant(12, "dropoff_phone_number", "206-555-O118", Fate::Wrong, "a letter O among the digits");
    sheet.plant(24, "dropoff_phone_number", "206-555-014", Fate::Wrong, "one digit short");
    sheet.plant(38, "dropoff_phone_number", "+44 20 7946 0018", Fate::Wrong, "a number in London");
    sheet.plant(53, "dropoff_address", "", Fate::Wrong, "no address");
    sheet.plant(69, "order_value", "about 40", Fate::Wrong, "a guess where an amount belongs");
    sheet.plant(82, "tip", "-3.00", Fate::Wrong, "a tip less than nothing");
    sheet.plant(99, "contactless_dropoff", "maybe", Fate::Wrong, "neither true nor false");
    sheet.plant(115, "action_if_undeliverable", "throw away", Fate::Wrong, "the word is dispose");
    sheet.plant(160, "items", "Tulips, bunch*0", Fate::Wrong, "none of something");
    sheet.repeat(
        131,
        125,
        Some(("dropoff_address", "2020 E Madison St, Seattle, WA 98122")),
        "the number of line 127 again, with another address",
    );
    sheet.repeat(143, 142, None, "line 144 again, pasted twice");
    sheet.plant(6, "dropoff_phone_number", "(206) 555-0123", Fate::Forgiven, "no country code: read as North American");
    sheet.plant(47, "contactless_dropoff", "Yes", Fate::Forgiven, "a word; kept as true");
    sheet.plant(90, "order_value", "45", Fate::Forgiven, "no cents; kept as 45.00");
    sheet.plant(151, "dropoff_instructions", "It is “urgent”", Fate::Forgiven, "smart quotes from a word processor");
    sheet.plant(177, "dropoff_contact_given_name", "  Violet ", Fate::Forgiven, "stray spaces");
    sheet
}

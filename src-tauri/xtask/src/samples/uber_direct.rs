//! Deliveries in New York. The phone numbers are 555-01xx, which is kept for fiction.

use super::{Dice, Fate, Sheet};

const HEADER: &[&str] = &[
    "order_no",
    "items",
    "pickup_name",
    "pickup_address",
    "pickup_phone_number",
    "dropoff_name",
    "dropoff_address",
    "dropoff_phone_number",
    "dropoff_notes",
    "manifest_total_value",
    "tip",
    "deliverable_action",
    "undeliverable_action",
];

const FIRST: &[&str] = &[
    "Imani", "Luca", "Rachel", "Dmitri", "Yuki", "Carmen", "Malik", "Orla", "Noah", "Shanice", "Pavel", "Mei", "Josué",
    "Talia", "Andre", "Zainab", "Theo", "Renée", "Hector", "Bronwyn",
];
const LAST: &[&str] = &[
    "Goldberg",
    "Rivera",
    "Kowalski",
    "Baptiste",
    "Park",
    "O’Connor",
    "Singh",
    "Morales",
    "Abdi",
    "Rossi",
    "Feldman",
    "Nguyen",
    "Campbell",
    "Ivanov",
    "Torres",
    "Mbeki",
    "Larsen",
    "Cohen",
];

/// Street, borough and post code.
const STREETS: &[&(&str, &str, &str)] = &[
    &("Court St", "Brooklyn", "11201"),
    &("Bedford Ave", "Brooklyn", "11249"),
    &("Vanderbilt Ave", "Brooklyn", "11238"),
    &("5th Ave", "Brooklyn", "11215"),
    &("Nostrand Ave", "Brooklyn", "11216"),
    &("Steinway St", "Queens", "11103"),
    &("Vernon Blvd", "Queens", "11101"),
    &("Bleecker St", "New York", "10014"),
    &("Orchard St", "New York", "10002"),
    &("Amsterdam Ave", "New York", "10024"),
    &("Avenue B", "New York", "10009"),
    &("Mulberry St", "New York", "10013"),
];

/// What is ordered, and its price in cents.
const GOODS: &[&(&str, usize)] = &[
    &("Rye loaf*1*small", 950),
    &("Sourdough*2*small", 1_900),
    &("Babka, chocolate*1*small", 1_650),
    &("Bagels, a dozen*1*medium", 2_200),
    &("Birthday cake, 8 in*1*large", 5_400),
    &("Cookies, box of 12*3*small", 5_700),
    &("Challah*2*small; Honey jar*1*small", 3_150),
    &("Party platter*2*xlarge; Napkins*1*small", 14_800),
    &("Croissants, box of 6*1*medium; Jam*2*small", 3_980),
];
const NOTES: &[&str] = &[
    "",
    "",
    "",
    "Buzzer 4B",
    "Doorman takes it",
    "Call from the corner, the bell is broken",
    "Side entrance on the alley",
    "Third floor walk-up, sorry",
    "Keep the cake level",
];

fn row(index: usize, dice: &mut Dice) -> Vec<String> {
    let (street, borough, code) = *dice.pick(STREETS);
    let flat = match dice.below(3) {
        0 => String::new(),
        _ => format!(", Apt {}{}", 1 + dice.below(12), dice.pick(&["A", "B", "C", "D", "F"])),
    };
    let (goods, cents) = *dice.pick(GOODS);
    let tip = [0, 0, 200, 300, 500][dice.below(5)];
    let tip = if tip == 0 { String::new() } else { format!("{}.00", tip / 100) };
    let text = |s: &str| s.to_owned();
    vec![
        format!("NYC-{}", 51_301 + index),
        text(goods),
        text("Crumb & Crown"),
        text("214 Smith St, Brooklyn, NY 11201"),
        text("+17185550100"),
        format!("{} {}", dice.pick(FIRST), dice.pick(LAST)),
        format!("{} {street}{flat}, {borough}, NY {code}", 11 + dice.below(680)),
        format!("+1{}55501{:02}", dice.pick(&["212", "718", "917", "347"]), 1 + dice.below(99)),
        text(dice.pick(NOTES)),
        format!("{}.{:02}", cents / 100, cents % 100),
        tip,
        text(dice.pick(&["", "meet_at_door", "leave_at_door"])),
        text(dice.pick(&["", "return"])),
    ]
}

/// The file.
pub(super) fn sheet() -> Sheet {
    let mut dice = Dice(0x0B_11201);
    let mut sheet = Sheet::new("uber-direct-new-york.csv", HEADER, |index| row(index, &mut dice));
    sheet.plant(8, "dropoff_phone_number", "718-555-0142", Fate::Wrong, "no country code");
    sheet.plant(22, "dropoff_phone_number", "+1 718 555 O177", Fate::Wrong, "a letter O among the digits");
    sheet.plant(36, "items", "Rye loaf*two", Fate::Wrong, "a word where a number belongs");
    sheet.plant(51, "items", "*2*small", Fate::Wrong, "two of what?");
    sheet.plant(67, "manifest_total_value", "$38.00", Fate::Wrong, "a currency sign in the amount");
    sheet.plant(83, "tip", "-2.00", Fate::Wrong, "a tip less than nothing");
    sheet.plant(98, "deliverable_action", "leave it", Fate::Wrong, "leave it where?");
    sheet.plant(114, "dropoff_address", "", Fate::Wrong, "no address");
    sheet.plant(165, "dropoff_name", " ", Fate::Wrong, "only a space where the name belongs");
    sheet.repeat(
        129,
        122,
        Some(("dropoff_address", "8 Pineapple St, Brooklyn, NY 11201")),
        "the number of line 124 again, with another address",
    );
    sheet.repeat(141, 140, None, "line 142 again, pasted twice");
    sheet.plant(5, "dropoff_phone_number", "+1 (917) 555-0123", Fate::Forgiven, "written with brackets and spaces");
    sheet.plant(31, "items", "Rye loaf", Fate::Forgiven, "no quantity: one");
    sheet.plant(75, "deliverable_action", "Leave at door", Fate::Forgiven, "written as a person says it");
    sheet.plant(152, "dropoff_notes", "The “blue” door", Fate::Forgiven, "smart quotes from a word processor");
    sheet.plant(188, "dropoff_name", "  Imani  Rivera ", Fate::Forgiven, "stray spaces");
    sheet
}

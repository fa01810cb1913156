//! Deliveries in San Francisco. The phone numbers are 555-01xx, which is kept for fiction.

use super::{Dice, Fate, Sheet};

const HEADER: &[&str] = &[
    "order_no",
    "manifest",
    "pickup_name",
    "pickup_address",
    "pickup_phone_number",
    "dropoff_name",
    "dropoff_address",
    "dropoff_phone_number",
    "dropoff_notes",
];

const FIRST: &[&str] = &[
    "Maya", "Daniel", "Priya", "Marcus", "Elena", "Kenji", "Rosa", "Tobias", "Amara", "Wei", "Lucia", "Omar", "Hannah",
    "Diego", "Naomi", "Felix", "Ines", "Caleb", "Soo-jin", "Patrick", "Zoë", "André",
];
const LAST: &[&str] = &[
    "Alvarez",
    "Chen",
    "Okafor",
    "Lindqvist",
    "Romero",
    "Tanaka",
    "O’Brien",
    "Novak",
    "Haddad",
    "Sullivan",
    "Petrov",
    "Diaz",
    "Nakamura",
    "Fischer",
    "Castillo",
    "Nguyen",
    "Moreau",
    "Washington",
];

/// Street and post code.
const STREETS: &[&(&str, &str)] = &[
    &("Valencia St", "94110"),
    &("Folsom St", "94103"),
    &("Hayes St", "94117"),
    &("Irving St", "94122"),
    &("Clement St", "94118"),
    &("Divisadero St", "94115"),
    &("Chestnut St", "94123"),
    &("Columbus Ave", "94133"),
    &("Polk St", "94109"),
    &("Cortland Ave", "94110"),
    &("Castro St", "94114"),
    &("Balboa St", "94121"),
    &("Third St", "94124"),
    &("Judah St", "94122"),
];

const GOODS: &[&str] = &[
    "2 beeswax candles, 1 matchbox",
    "1 box of 12 pillar candles",
    "3 jars, fig and cedar",
    "1 gift set, ribbon tied",
    "1 ceramic holder, fragile",
    "6 votives, 1 tray",
    "1 reed diffuser, 200 ml",
    "2 bars of oat soap, 1 linen spray",
    "4 taper candles, ivory",
    "1 hamper, \"With thanks\" card",
];
const NOTES: &[&str] = &[
    "",
    "",
    "",
    "Ring twice",
    "Leave with the doorman",
    "Gate code 4417#",
    "Buzzer is broken, please call",
    "Second floor, blue door",
    "Dog is friendly",
    "Before noon if you can",
];

fn row(index: usize, dice: &mut Dice) -> Vec<String> {
    let (street, code) = *dice.pick(STREETS);
    let flat = match dice.below(3) {
        0 => format!(" Apt {}", 1 + dice.below(40)),
        _ => String::new(),
    };
    let text = |s: &str| s.to_owned();
    vec![
        format!("SF-{}", 20_751 + index),
        text(dice.pick(GOODS)),
        text("Wick & Co"),
        text("1240 Mission St, San Francisco, CA 94103"),
        text("415-555-0100"),
        format!("{} {}", dice.pick(FIRST), dice.pick(LAST)),
        format!("{} {street}{flat}, San Francisco, CA {code}", 101 + dice.below(1800)),
        format!("415-555-01{:02}", 1 + dice.below(99)),
        text(dice.pick(NOTES)),
    ]
}

/// The file.
pub(super) fn sheet() -> Sheet {
    let mut dice = Dice(0x5F_94110);
    let mut sheet = Sheet::new("postmates-san-francisco.csv", HEADER, |index| row(index, &mut dice));
    sheet.plant(9, "dropoff_phone_number", "415-555-O142", Fate::Wrong, "a letter O among the digits");
    sheet.plant(21, "dropoff_phone_number", "415-555-014", Fate::Wrong, "one digit short");
    sheet.plant(40, "dropoff_phone_number", "", Fate::Wrong, "no phone number");
    sheet.plant(58, "dropoff_name", "", Fate::Wrong, "no name");
    sheet.plant(73, "dropoff_address", "", Fate::Wrong, "no address");
    sheet.plant(95, "manifest", "   ", Fate::Wrong, "only spaces where the goods belong");
    sheet.plant(112, "dropoff_phone_number", "ask at the door", Fate::Wrong, "a remark in the phone column");
    sheet.repeat(
        127,
        120,
        Some(("dropoff_address", "88 Oak St, San Francisco, CA 94102")),
        "the number of line 122 again, with another address",
    );
    sheet.plant(164, "pickup_phone_number", "555-0100", Fate::Wrong, "no area code");
    sheet.repeat(139, 138, None, "line 140 again, pasted twice");
    sheet.plant(4, "dropoff_phone_number", "(415) 555-0123", Fate::Forgiven, "written with brackets");
    sheet.plant(
        33,
        "dropoff_phone_number",
        " +1 415 555 0177 ",
        Fate::Forgiven,
        "written with the country code, and stray spaces",
    );
    sheet.plant(66, "manifest", "1 hamper, “Get well soon” card", Fate::Forgiven, "smart quotes from a word processor");
    sheet.plant(150, "dropoff_name", "  Maya Alvarez ", Fate::Forgiven, "stray spaces");
    sheet
}

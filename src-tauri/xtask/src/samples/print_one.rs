//! Cards to Amsterdam and around. The streets and their post codes go together; the house numbers are made up.

use super::{Dice, Fate, Sheet};

const HEADER: &[&str] = &[
    "order_no",
    "template_id",
    "recipient_name",
    "recipient_address",
    "recipient_address2",
    "recipient_postal_code",
    "recipient_city",
    "recipient_country",
    "finish",
    "merge_variables",
    "sender_name",
    "sender_address",
    "sender_postal_code",
    "sender_city",
    "sender_country",
    "send_date",
];

const FIRST: &[&str] = &[
    "Sanne", "Daan", "Lotte", "Bram", "Femke", "Sem", "Noor", "Thijs", "Maud", "Ruben", "Yara", "Jesse", "Fleur",
    "Milan", "Zoë", "Anouk", "Bilal", "Esmée", "Koen", "Soraya", "Tijn", "Roos",
];
const LAST: &[&str] = &[
    "de Vries",
    "Jansen",
    "van den Berg",
    "Bakker",
    "Visser",
    "Smit",
    "Meijer",
    "de Boer",
    "Mulder",
    "El Idrissi",
    "van Dijk",
    "Hoekstra",
    "Yılmaz",
    "Kuipers",
    "van der Meulen",
    "Postma",
    "Brouwer",
    "Soekhoe",
];

/// Street, post code, town, country.
const STREETS: &[&(&str, &str, &str, &str)] = &[
    &("Prinsengracht", "1016 GX", "Amsterdam", "NL"),
    &("Haarlemmerdijk", "1013 KD", "Amsterdam", "NL"),
    &("Javastraat", "1094 HH", "Amsterdam", "NL"),
    &("Ceintuurbaan", "1073 CV", "Amsterdam", "NL"),
    &("Overtoom", "1054 JN", "Amsterdam", "NL"),
    &("Czaar Peterstraat", "1018 NZ", "Amsterdam", "NL"),
    &("Van Woustraat", "1074 AJ", "Amsterdam", "NL"),
    &("Spaarndammerstraat", "1013 SX", "Amsterdam", "NL"),
    &("Middenweg", "1098 AH", "Amsterdam", "NL"),
    &("Jan van Galenstraat", "1056 BM", "Amsterdam", "NL"),
    &("Kleine Houtstraat", "2011 DH", "Haarlem", "NL"),
    &("Twijnstraat", "3511 ZK", "Utrecht", "NL"),
    &("Witte de Withstraat", "3012 BN", "Rotterdam", "NL"),
    &("Nationalestraat", "2000", "Antwerpen", "BE"),
    &("Kottbusser Damm", "10967", "Berlin", "DE"),
];

const CODES: &[&str] = &["HERFST25", "WELKOM10", "LANTAARN", "KAARS15"];
const WISHES: &[&str] = &["Gefeliciteerd!", "Van harte!", "Hieperdepiep hoera", "Fijne verjaardag"];

/// A template of the practice platform, and what it wants to be filled in.
fn template(name: &str, dice: &mut Dice) -> (&'static str, String) {
    match dice.below(8) {
        0..=2 => ("tmpl_welcome", format!("firstName={name}; code={}", dice.pick(CODES))),
        3..=4 => ("tmpl_thanks", format!("firstName={name}")),
        5..=6 => ("tmpl_plain", String::new()),
        _ => ("tmpl_birthday", format!("firstName={name}; message={}", dice.pick(WISHES))),
    }
}

fn row(index: usize, dice: &mut Dice) -> Vec<String> {
    let first = dice.pick(FIRST);
    let (template, variables) = template(first, dice);
    let (street, code, town, country) = *dice.pick(STREETS);
    let floor = match dice.below(6) {
        0 => format!("{} hoog", 1 + dice.below(4)),
        _ => String::new(),
    };
    let text = |s: &str| s.to_owned();
    vec![
        format!("CARD-{}", 40_101 + index),
        text(template),
        format!("{first} {}", dice.pick(LAST)),
        format!("{street} {}{}", 1 + dice.below(240), dice.pick(&["", "", "", "-1", "-2", "A"])),
        floor,
        text(code),
        text(town),
        text(country),
        text(dice.pick(&["", "GLOSSY", "MATTE"])),
        variables,
        text("Lantaarn & Lont"),
        text("Nieuwezijds Kolk 6"),
        text("1012 PV"),
        text("Amsterdam"),
        text("NL"),
        String::new(),
    ]
}

/// The file.
pub(super) fn sheet() -> Sheet {
    let mut dice = Dice(0xA3_1012);
    let mut sheet = Sheet::new("print-one-amsterdam.csv", HEADER, |index| row(index, &mut dice));
    sheet.plant(10, "recipient_country", "Holland", Fate::Wrong, "a name where two letters belong");
    sheet.plant(27, "recipient_postal_code", "", Fate::Wrong, "no postal code");
    sheet.plant(39, "finish", "shiny", Fate::Wrong, "there is no such finish");
    sheet.plant(54, "template_id", "Welcome card", Fate::Wrong, "the template's name in place of its id");
    sheet.plant(71, "merge_variables", "Sanne", Fate::Wrong, "a variable without `=`: which one is it?");
    sheet.plant(86, "recipient_country", "UK", Fate::Wrong, "the code is GB");
    sheet.plant(103, "send_date", "03-12-2026", Fate::Wrong, "March or December? A day is written 2026-12-03");
    sheet.plant(119, "sender_postal_code", "", Fate::Wrong, "a sender with everything but a postal code");
    sheet.plant(158, "recipient_name", "", Fate::Wrong, "no name");
    sheet.repeat(136, 130, Some(("recipient_city", "Amstelveen")), "the number of line 132 again, with another town");
    sheet.repeat(147, 146, None, "line 148 again, pasted twice");
    sheet.plant(3, "recipient_country", "nl", Fate::Forgiven, "small letters; kept as NL");
    sheet.plant(46, "finish", "Matt", Fate::Forgiven, "one t; kept as MATTE");
    sheet.plant(92, "recipient_name", "  Femke   Postma ", Fate::Forgiven, "stray spaces");
    *sheet.cell(173, "template_id") = "tmpl_plain".to_owned();
    *sheet.cell(173, "merge_variables") = String::new();
    sheet.plant(173, "recipient_address2", "t.a.v. “De Buren”", Fate::Forgiven, "smart quotes from a word processor");
    *sheet.cell(181, "template_id") = "tmpl_welcome".to_owned();
    let missing = "its template wants a code as well; Print.one refuses it when it is dispatched";
    sheet.plant(181, "merge_variables", "firstName=Roos", Fate::Forgiven, missing);
    sheet
}

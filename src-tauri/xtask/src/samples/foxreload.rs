//! Game top-ups. Many of them look alike on purpose: here nothing but the content tells two orders apart.

use super::{Dice, Fate, Sheet};

const HEADER: &[&str] = &["order_no", "recipient", "item_id", "quantity", "note", "more_items", "total_price"];

const FIRST: &[&str] = &[
    "Aarav", "Ishita", "Bilal", "Chandni", "Dev", "Esra", "Faisal", "Gita", "Hasan", "Ivana", "Jonas", "Kavya",
    "Leila", "Mikhail", "Nadia", "Oscar", "Pooja", "Rohan", "Selin", "Tariq", "Uma", "Viktor", "Yusuf", "Zara",
];
const LAST: &[&str] = &["A.", "B.", "D.", "F.", "H.", "K.", "M.", "N.", "P.", "R.", "S.", "T.", "V.", "Y."];

/// Item, price of one in cents, and which details its note asks for.
const ITEMS: &[&(&str, usize, &str)] = &[
    &("product_01j8q2pubg060uc", 99, "player"),
    &("product_01j8q2pubg325uc", 499, "player"),
    &("product_01j8q2pubg660uc", 999, "player"),
    &("product_01j8q3ffire100d", 95, "player"),
    &("product_01j8q3ffire520d", 475, "player"),
    &("product_01j8q4mlbb086dm", 159, "zone"),
    &("product_01j8q4mlbb514dm", 899, "zone"),
    &("product_01j8q5gensh060g", 99, "server"),
    &("product_01j8q5gensh980g", 1499, "server"),
    &("product_01j8q6steam10us", 1050, ""),
    &("product_01j8q6steam20us", 2080, ""),
    &("product_01j8q7rblx0800r", 999, ""),
];

fn note(wants: &str, dice: &mut Dice) -> String {
    let player = 500_000_000 + dice.below(90_000_000);
    match wants {
        "player" => format!("player_id={player}"),
        "zone" => format!("player_id={}; zone_id={}", player / 3, 2001 + dice.below(900)),
        "server" => format!("player_id={player}; server={}", dice.pick(&["asia", "europe", "america"])),
        _ => String::new(),
    }
}

fn row(index: usize, dice: &mut Dice) -> Vec<String> {
    let (item, cents, wants) = *dice.pick(ITEMS);
    let quantity = [1, 1, 1, 1, 2, 2, 3, 5][dice.below(8)];
    let total = cents * quantity;
    let price = if dice.below(3) == 0 { String::new() } else { format!("{}.{:02}", total / 100, total % 100) };
    let recipient = format!("{} {}", dice.pick(FIRST), dice.pick(LAST));
    let note = note(wants, dice);
    vec![
        format!("TOP-{}", 30_201 + index),
        recipient,
        item.to_owned(),
        quantity.to_string(),
        note,
        String::new(),
        price,
    ]
}

/// Rows that ask for exactly the same, each under its own number.
const ALIKE: &[&[usize]] = &[&[14, 15], &[20, 156], &[30, 31, 32], &[60, 77], &[100, 101, 102, 103], &[187, 188]];

fn make_alike(sheet: &mut Sheet) {
    let mut lines = Vec::new();
    for group in ALIKE {
        let same = sheet.rows[group[0]][2..].to_vec();
        for row in &group[1..] {
            sheet.rows[*row].truncate(2);
            sheet.rows[*row].extend(same.clone());
        }
        lines.push(group.iter().map(|row| (row + 2).to_string()).collect::<Vec<_>>().join(" = "));
    }
    sheet.remark = format!(
        "On purpose, these lines ask for the same item, quantity and note, and each is an order of its own:\n\
         {}.\n\
         Some others do so by chance, as in life.\n\n",
        lines.join(", ")
    );
}

/// The file.
pub(super) fn sheet() -> Sheet {
    let mut dice = Dice(0xF0_4E10AD);
    let mut sheet = Sheet::new("foxreload-topups.csv", HEADER, |index| row(index, &mut dice));
    make_alike(&mut sheet);
    sheet.plant(8, "quantity", "0", Fate::Wrong, "nothing is ordered");
    sheet.plant(25, "quantity", "two", Fate::Wrong, "a word where a number belongs");
    sheet.plant(42, "quantity", "-1", Fate::Wrong, "less than nothing is ordered");
    sheet.plant(55, "item_id", "", Fate::Wrong, "no item");
    sheet.plant(70, "note", "512345678", Fate::Wrong, "a note without `=`: whose number is it?");
    sheet.plant(88, "total_price", "18,40", Fate::Wrong, "a decimal comma");
    sheet.plant(109, "total_price", "$9.99", Fate::Wrong, "a currency sign in the amount");
    sheet.plant(121, "quantity", "1.5", Fate::Wrong, "half an item");
    sheet.repeat(134, 131, Some(("quantity", "4")), "the number of line 133 again, with another quantity");
    sheet.repeat(146, 145, None, "line 147 again, pasted twice");
    sheet.plant(5, "recipient", "  Kavya  R. ", Fate::Forgiven, "stray spaces");
    *sheet.cell(62, "item_id") = ITEMS[7].0.to_owned();
    let spaced = " player_id = 512345678 ;  server = asia ";
    sheet.plant(62, "note", spaced, Fate::Forgiven, "stray spaces around the names and values");
    sheet.plant(62, "total_price", "", Fate::Forgiven, "no price: today's price applies");
    sheet.plant(93, "quantity", " 2 ", Fate::Forgiven, "stray spaces");
    sheet.plant(93, "total_price", "", Fate::Forgiven, "no price: today's price applies");
    sheet.plant(167, "recipient", "Tariq “Foxy” M.", Fate::Forgiven, "smart quotes from a word processor");
    sheet
}

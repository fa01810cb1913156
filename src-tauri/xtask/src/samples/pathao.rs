//! Parcels in Dhaka. The points lie in the neighbourhoods they name; the phone numbers are in a block nobody has.

use super::{Dice, Fate, Sheet};

const HEADER: &[&str] = &[
    "order_no",
    "receiver_name",
    "receiver_phone",
    "delivery_latitude",
    "delivery_longitude",
    "receiver_address_text",
    "pickup_latitude",
    "pickup_longitude",
    "pickup_address_text",
    "parcel_type",
    "driver_type",
];

const FIRST: &[&str] = &[
    "Mahmuda", "Rafiqul", "Nusrat", "Tanvir", "Farhana", "Shahriar", "Sumaiya", "Imran", "Rumana", "Arif", "Sadia",
    "Kamrul", "Tasnim", "Habibur", "Ayesha", "Mizanur", "Jannatul", "Rezaul", "Sharmin", "Anik", "Priya", "Joy",
    "Moumita", "Sajib",
];
const LAST: &[&str] = &[
    "Akter",
    "Islam",
    "Rahman",
    "Hossain",
    "Chowdhury",
    "Begum",
    "Khan",
    "Sarker",
    "Das",
    "Ahmed",
    "Talukder",
    "Mia",
    "Karim",
    "Saha",
    "Bhuiyan",
    "Sultana",
    "Roy",
    "Haque",
    "Barua",
    "Uddin",
];
const BANGLA: &[&str] = &[
    "নুসরাত জাহান",
    "তানভীর হোসেন",
    "ফারহানা আক্তার",
    "রফিকুল ইসলাম",
    "শারমিন সুলতানা",
    "আরিফ চৌধুরী",
    "সুমাইয়া রহমান",
    "মিজানুর রহমান",
    "প্রিয়া সাহা",
    "জয় দাস",
    "আয়েশা বেগম",
    "কামরুল হাসান",
];

/// Name, post code, and the middle in ten-thousandths of a degree north and east.
const PLACES: &[&(&str, u32, u32, u32)] = &[
    &("Banani", 1213, 237_937, 904_066),
    &("Gulshan 1", 1212, 237_806, 904_162),
    &("Gulshan 2", 1212, 237_949, 904_143),
    &("Mohakhali", 1212, 237_778, 904_057),
    &("Badda", 1212, 237_805, 904_267),
    &("Dhanmondi", 1209, 237_465, 903_762),
    &("Mohammadpur", 1207, 237_658, 903_584),
    &("Shyamoli", 1207, 237_745, 903_657),
    &("Mirpur 10", 1216, 238_069, 903_687),
    &("Uttara Sector 7", 1230, 238_690, 903_990),
    &("Khilkhet", 1229, 238_311, 904_243),
    &("Bashundhara R/A", 1229, 238_193, 904_526),
    &("Rampura", 1219, 237_612, 904_208),
    &("Khilgaon", 1219, 237_510, 904_262),
    &("Malibagh", 1217, 237_500, 904_135),
    &("Farmgate", 1215, 237_575, 903_899),
    &("Motijheel", 1000, 237_330, 904_172),
    &("Wari", 1203, 237_189, 904_190),
    &("Lalbagh", 1211, 237_189, 903_881),
];

/// Where the shop packs: address, north, east.
const SHOPS: &[&(&str, &str, &str)] = &[
    &("Nokshi Ghor, House 54, Road 11, Banani, Dhaka 1213", "23.7937", "90.4066"),
    &("Nokshi Ghor store room, 2/A Road 27, Dhanmondi, Dhaka 1209", "23.7546", "90.3744"),
];

fn degrees(middle: u32, dice: &mut Dice) -> String {
    // Within about 250 m of the middle.
    let value = middle as usize * 10 + dice.below(50) - 25;
    format!("{}.{:05}", value / 100_000, value % 100_000)
}

fn row(index: usize, dice: &mut Dice) -> Vec<String> {
    let name = if dice.below(6) == 0 {
        dice.pick(BANGLA).to_owned()
    } else {
        format!("{} {}", dice.pick(FIRST), dice.pick(LAST))
    };
    let (place, code, north, east) = *dice.pick(PLACES);
    let (house, road) = (1 + dice.below(98), 1 + dice.below(30));
    let address = match dice.below(4) {
        0 => format!("House {house}, Road {road}, {place}, Dhaka {code}"),
        1 => format!(
            "Flat {}{}, House {house}, Road {road}, {place}, Dhaka {code}",
            1 + dice.below(9),
            dice.pick(&["A", "B", "C"])
        ),
        2 => format!("{house}/{} {place}, opposite the mosque, Dhaka {code}", 1 + dice.below(9)),
        _ => format!("Block {}, Road {road}, House {house}, {place}, Dhaka-{code}", dice.pick(&["A", "C", "F", "J"])),
    };
    let shop = dice.pick(SHOPS);
    let phone = format!("01{}000{:05}", 3 + dice.below(7), 10_000 + dice.below(90_000));
    let (north, east) = (degrees(north, dice), degrees(east, dice));
    let parcel = dice.pick(&["1", "2", "2", "2", "3", "3", "4"]);
    let text = |s: &str| s.to_owned();
    let order = format!("DHK-{}", 10_401 + index);
    vec![order, name, phone, north, east, address, text(shop.1), text(shop.2), text(shop.0), text(parcel), text("1")]
}

/// The file.
pub(super) fn sheet() -> Sheet {
    let mut dice = Dice(0x0D4A_CA17);
    let mut sheet = Sheet::new("pathao-dhaka.csv", HEADER, |index| row(index, &mut dice));
    sheet.plant(11, "receiver_phone", "017O0012345", Fate::Wrong, "a letter O among the digits");
    sheet.plant(23, "receiver_phone", "0190001234", Fate::Wrong, "one digit short");
    sheet.plant(37, "delivery_latitude", "90.37630", Fate::Wrong, "latitude and longitude swapped");
    *sheet.cell(37, "delivery_longitude") = "23.74651".to_owned();
    sheet.plant(
        52,
        "delivery_latitude",
        "22.35690",
        Fate::Wrong,
        "the point is in Chattogram, outside the Dhaka service area",
    );
    *sheet.cell(52, "delivery_longitude") = "91.78320".to_owned();
    sheet.plant(68, "receiver_name", "", Fate::Wrong, "no name");
    sheet.plant(81, "parcel_type", "big", Fate::Wrong, "a word where a number from 1 to 4 belongs");
    sheet.plant(97, "parcel_type", "5", Fate::Wrong, "there is no parcel type 5");
    sheet.plant(118, "delivery_longitude", "90,41430", Fate::Forgiven, "a decimal comma; kept as 90.41430");
    sheet.repeat(133, 129, Some(("receiver_phone", "01800055555")), "the number of line 131 again, with another phone");
    sheet.plant(171, "receiver_phone", "02-9882211", Fate::Wrong, "a land line, not a mobile");
    sheet.repeat(150, 149, None, "line 151 again, pasted twice");
    sheet.plant(
        5,
        "receiver_phone",
        "+8801700054321",
        Fate::Forgiven,
        "written with the country code; kept as 01700054321",
    );
    sheet.plant(44, "receiver_phone", " 01500-067890 ", Fate::Forgiven, "stray spaces and a dash; kept as 01500067890");
    sheet.plant(90, "receiver_name", "  Farhana  Akter ", Fate::Forgiven, "stray spaces");
    let smart = "“Shapla House”, Road 4, Dhanmondi, Dhaka 1209";
    sheet.plant(142, "receiver_address_text", smart, Fate::Forgiven, "smart quotes from a word processor");
    *sheet.cell(142, "delivery_latitude") = "23.74390".to_owned();
    *sheet.cell(142, "delivery_longitude") = "90.38230".to_owned();
    sheet
}

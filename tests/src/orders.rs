//! Orders by the thousand, as CSV files, for each practice platform.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use docket_practice::PracticePlatform;

/// A platform's word for an order that went well.
pub fn went_well(platform: PracticePlatform) -> &'static str {
    match platform {
        PracticePlatform::Pathao => "COMPLETED",
        PracticePlatform::Foxreload => "completed",
        PracticePlatform::PrintOne => "order_pdf_delivered",
        PracticePlatform::Postmates | PracticePlatform::UberDirect | PracticePlatform::Doordash => "delivered",
    }
}

/// Writes `n` valid orders for a platform, numbered from 1, and returns the file.
pub fn write(folder: &Path, platform: PracticePlatform, n: usize) -> PathBuf {
    write_some(folder, platform, 1..=n)
}

/// The same with other numbers. The file is called after the last.
pub fn write_some(folder: &Path, platform: PracticePlatform, numbers: RangeInclusive<usize>) -> PathBuf {
    let file = folder.join(format!("{}-{}.csv", platform.name(), numbers.end()));
    let mut text = String::from(match platform {
        PracticePlatform::Pathao => {
            "order_no,receiver_name,receiver_phone,delivery_latitude,delivery_longitude,pickup_latitude,pickup_longitude,parcel_type,driver_type\n"
        }
        PracticePlatform::Postmates => {
            "order_no,manifest,pickup_name,pickup_address,pickup_phone_number,dropoff_name,dropoff_address,dropoff_phone_number\n"
        }
        PracticePlatform::Foxreload => "order_no,recipient,item_id,quantity,note\n",
        PracticePlatform::PrintOne => {
            "order_no,template_id,recipient_name,recipient_address,recipient_postal_code,recipient_city,recipient_country,finish,merge_variables\n"
        }
        PracticePlatform::UberDirect => {
            "order_no,items,pickup_name,pickup_address,pickup_phone_number,dropoff_name,dropoff_address,dropoff_phone_number,tip\n"
        }
        PracticePlatform::Doordash => {
            "order_no,pickup_address,pickup_phone_number,dropoff_address,dropoff_phone_number,dropoff_contact_given_name,dropoff_contact_family_name,order_value,items\n"
        }
    });
    for i in numbers {
        let row = match platform {
            PracticePlatform::Pathao => {
                format!("SO-{i},R. Das {i},018{i:08},23.7{:03},90.3{:03},23.7937,90.4066,2,1", i % 1000, 700 + i % 300)
            }
            PracticePlatform::Postmates => format!(
                "SO-{i},{i} boxes of candles,Wick & Co,12 Mint St San Francisco CA,415-555-0100,R. Diaz {i},{i} Oak St San Francisco CA,415-555-01{:02}",
                i % 100
            ),
            // Every tenth order looks like the one before it.
            PracticePlatform::Foxreload => {
                let item = if i % 10 == 0 { i - 1 } else { i };
                format!("SO-{i},Player {i},product_{item:04},{},player_id={i}", 1 + item % 3)
            }
            PracticePlatform::PrintOne => format!(
                "SO-{i},tmpl_welcome,R. Diaz {i},Kade {i},{} AB,Amsterdam,NL,{},firstName=R. Diaz; code=X{i}",
                1000 + i % 9000,
                if i % 2 == 0 { "MATTE" } else { "" },
            ),
            PracticePlatform::UberDirect => format!(
                "SO-{i},{}*{}*small; Card,Wick & Co,12 Mint St San Francisco CA,+14155550100,R. Diaz {i},{i} Oak St San Francisco CA,+1415556{:04},1.50",
                "Box of candles",
                1 + i % 9,
                i % 10_000
            ),
            PracticePlatform::Doordash => format!(
                "SO-{i},12 Mint St San Francisco CA,+14155550100,{i} Oak St San Francisco CA,+1415556{:04},Rosa,Diaz {i},{}.50,Box of candles*2; Card",
                i % 10_000,
                20 + i % 70
            ),
        };
        writeln!(text, "{row}").expect("writing to a text");
    }
    std::fs::write(&file, text).expect("the file is written");
    file
}

/// What the `i`th of these orders has to carry at its platform, whatever else it carries: whom it goes to, and what it
/// is. JSON pointers into what was ordered, and the texts or numbers there.
pub fn carried(platform: PracticePlatform, i: usize) -> Vec<(&'static str, String)> {
    let name = format!("R. Diaz {i}");
    match platform {
        PracticePlatform::Pathao => {
            vec![("/receiver_name", format!("R. Das {i}")), ("/receiver_phone", format!("018{i:08}"))]
        }
        PracticePlatform::Postmates => vec![
            ("/dropoff_name", name),
            ("/dropoff_address", format!("{i} Oak St San Francisco CA")),
            ("/manifest", format!("{i} boxes of candles")),
        ],
        PracticePlatform::Foxreload => {
            let item = if i.is_multiple_of(10) { i - 1 } else { i };
            vec![
                ("/items/0/itemId", format!("product_{item:04}")),
                ("/items/0/quantity", (1 + item % 3).to_string()),
                ("/items/0/note/player_id", i.to_string()),
            ]
        }
        PracticePlatform::PrintOne => vec![
            ("/recipient/name", name),
            ("/recipient/address", format!("Kade {i}")),
            ("/recipient/postalCode", format!("{} AB", 1000 + i % 9000)),
            ("/templateId", "tmpl_welcome".to_owned()),
            ("/mergeVariables/code", format!("X{i}")),
        ],
        PracticePlatform::UberDirect => vec![
            ("/dropoff_name", name),
            ("/dropoff_phone_number", format!("+1415556{:04}", i % 10_000)),
            ("/manifest_items/0/quantity", (1 + i % 9).to_string()),
        ],
        PracticePlatform::Doordash => vec![
            ("/dropoff_contact_family_name", format!("Diaz {i}")),
            ("/dropoff_address", format!("{i} Oak St San Francisco CA")),
            ("/dropoff_phone_number", format!("+1415556{:04}", i % 10_000)),
            ("/order_value", format!("{}50", 20 + i % 70)),
        ],
    }
}

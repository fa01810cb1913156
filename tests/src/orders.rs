//! Orders by the thousand, as CSV files, for each practice platform.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use docket_practice::PracticePlatform;

/// Writes `n` valid orders for a platform, numbered from 1, and returns the file.
pub fn write(folder: &Path, platform: PracticePlatform, n: usize) -> PathBuf {
    let mut text = String::from(match platform {
        PracticePlatform::Pathao => {
            "order_no,receiver_name,receiver_phone,delivery_latitude,delivery_longitude,pickup_latitude,pickup_longitude,parcel_type,driver_type\n"
        }
        PracticePlatform::Postmates => {
            "order_no,manifest,pickup_name,pickup_address,pickup_phone_number,dropoff_name,dropoff_address,dropoff_phone_number\n"
        }
        PracticePlatform::Foxreload => "order_no,recipient,item_id,quantity,note\n",
        PracticePlatform::PrintOne | PracticePlatform::UberDirect | PracticePlatform::Doordash => {
            panic!("no orders are written for {platform} yet: it has no adapter")
        }
    });
    for i in 1..=n {
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
            PracticePlatform::PrintOne | PracticePlatform::UberDirect | PracticePlatform::Doordash => unreachable!(),
        };
        writeln!(text, "{row}").expect("writing to a text");
    }
    let file = folder.join(format!("{}-{n}.csv", platform.name()));
    std::fs::write(&file, text).expect("the file is written");
    file
}

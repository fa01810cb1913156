//! Times as a person gives them on the command line.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use docket_core::clock::{Clock as _, SystemClock};

/// A moment: given outright, or as long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Milliseconds since the epoch.
    At(i64),
    /// Milliseconds before now.
    Ago(i64),
}

impl Since {
    /// In milliseconds since the epoch.
    pub fn wall_ms(self) -> i64 {
        match self {
            Since::At(ms) => ms,
            Since::Ago(ms) => SystemClock::new().now().wall_ms.saturating_sub(ms),
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Since, String> {
        let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.timestamp_millis());
        let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
        let plain = || local.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
        let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
        let at = zoned.ok().or_else(|| plain().or_else(day).map(|at| at.and_utc().timestamp_millis()));
        at.map(Since::At).or_else(|| ago(text).map(Since::Ago)).ok_or_else(|| {
            "give a time such as 2026-03-02, 2026-03-02T10:00:00Z (UTC where no zone is given), or 15m, 2h, 3d"
                .to_owned()
        })
    }
}

fn ago(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().ok().filter(|n| *n >= 0)?;
    let ms = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    number.checked_mul(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let ten = 1_772_445_600_000;
        for text in ["2026-03-02T10:00:00Z", "2026-03-02T16:00:00+06:00", "2026-03-02 10:00", "2026-03-02T10:00:00.000"]
        {
            assert_eq!(text.parse(), Ok(Since::At(ten)), "{text}");
        }
        assert_eq!("2026-03-02".parse(), Ok(Since::At(ten - 36_000_000)));
        assert_eq!("15m".parse(), Ok(Since::Ago(900_000)));
        assert_eq!("2h".parse(), Ok(Since::Ago(7_200_000)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "soon", "m", "-5m", "5w", "2026-13-01", "10:00", "€"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}

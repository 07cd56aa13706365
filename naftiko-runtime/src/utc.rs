//! The calendar date and the time of day in UTC.

/// A time in UTC, in the Gregorian calendar.
pub(crate) struct Utc {
    pub(crate) year: u64,
    /// From 1 to 12.
    pub(crate) month: u64,
    /// From 1 to 31.
    pub(crate) day: u64,
    pub(crate) hour: u64,
    pub(crate) minute: u64,
    pub(crate) second: u64,
}

impl Utc {
    /// Converts the number of seconds since the beginning of 1970, without leap seconds.
    pub(crate) fn from_unix_seconds(seconds: u64) -> Self {
        let (days, of_day) = (seconds / 86_400, seconds % 86_400);
        // Years begin in March here, so that the leap day is the last day of a year.
        let days = days + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let (month_of_year, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self {
            year: era * 400 + year + next,
            month: month_of_year,
            day: of_year - (153 * month + 2) / 5 + 1,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Utc;

    #[test]
    fn seconds_are_converted_to_the_calendar() {
        for (seconds, expected) in [
            (0, [1970, 1, 1, 0, 0, 0]),
            (951_782_399, [2000, 2, 28, 23, 59, 59]),
            (951_782_400, [2000, 2, 29, 0, 0, 0]),
            (951_868_800, [2000, 3, 1, 0, 0, 0]),
            (1_735_689_599, [2024, 12, 31, 23, 59, 59]),
            (4_107_542_400, [2100, 3, 1, 0, 0, 0]),
        ] {
            let Utc { year, month, day, hour, minute, second } = Utc::from_unix_seconds(seconds);
            assert_eq!([year, month, day, hour, minute, second], expected, "{seconds}");
        }
    }
}

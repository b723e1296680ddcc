//! Money and serial dates: what people and spreadsheets write into fields.
//!
//! What is not plainly an amount is none: a wrong amount of bail would be worse than no amount.

use super::Scalar;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::sync::Arc;

/// More than all the money there is.
const DOLLARS_DIGITS_MAX: usize = 13;

/// `5000.00`. Nothing for what is negative, has fractions of a cent, or anything else beside the amount.
pub(super) fn money(scalar: Scalar<'_>, strip: &[Arc<str>], cents: bool) -> Option<String> {
    let text = match scalar {
        Scalar::Text(text) => text.trim().to_owned(),
        Scalar::Int(int) => int.to_string(),
        Scalar::Float(float) if float.is_finite() => float.to_string(),
        _ => return None,
    };
    let bare = without(&text, strip);
    let amount = bare.strip_prefix('$').map_or(bare, str::trim_start);
    let (dollars, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(fraction) || fraction.len() > 2 || (amount.contains('.') && fraction.is_empty()) {
        return None;
    }
    let dollars = thousands(dollars)?;
    if cents {
        let whole = fraction.bytes().all(|byte| byte == b'0').then(|| dollars.parse::<u64>().ok())??;
        return Some(format!("{}.{:02}", whole / 100, whole % 100));
    }
    Some(format!("{dollars}.{fraction:0<2}"))
}

/// Without the words after the amount, in any case and order.
fn without<'t>(text: &'t str, words: &[Arc<str>]) -> &'t str {
    let mut rest = text.trim_end();
    loop {
        let shorter = words.iter().filter(|word| !word.is_empty()).find_map(|word| {
            let (before, after) = rest.split_at_checked(rest.len().checked_sub(word.len())?)?;
            let apart = before.ends_with(|last: char| !last.is_alphanumeric() || last.is_ascii_digit());
            (after.eq_ignore_ascii_case(word) && apart).then(|| before.trim_end())
        });
        match shorter {
            Some(shorter) => rest = shorter,
            None => return rest,
        }
    }
}

/// Digits, with a comma or a space before each three of them or without: no leading zeros.
fn thousands(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split([',', ' ']).collect();
    let (first, others) = groups.split_first()?;
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let fits = digits(first)
        && others.iter().all(|group| digits(group) && group.len() == 3)
        && (others.is_empty() || first.len() <= 3);
    let all = groups.concat();
    let plain = all.trim_start_matches('0');
    let plain = if plain.is_empty() { "0" } else { plain };
    (fits && plain.len() <= DOLLARS_DIGITS_MAX).then(|| plain.to_owned())
}

/// The day of a serial number. Day 60, which spreadsheets have and 1900 had not, is none, and so are those before it: they are counted in
/// two ways. A time of day after the point is left out.
pub(super) fn serial_date(scalar: Scalar<'_>) -> Option<Date> {
    const FIRST: i32 = 61;
    const LAST: i32 = 2_958_465;
    let days = match scalar {
        Scalar::Int(int) => i32::try_from(int).ok()?,
        Scalar::Float(float) => whole(float)?,
        Scalar::Text(text) => whole(text.trim().parse().ok()?)?,
        _ => return None,
    };
    (FIRST..=LAST).contains(&days).then(|| date(1899, 12, 30).checked_add(days.days()).ok())?
}

fn whole(days: f64) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
    (days.is_finite() && (0.0..1e9).contains(&days)).then(|| days.trunc() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(scalar: Scalar<'_>, strip: &[&str], expect: Option<&str>) {
        let strip: Vec<Arc<str>> = strip.iter().map(|word| Arc::from(*word)).collect();
        assert_eq!(money(scalar, &strip, false).as_deref(), expect, "{scalar:?}");
    }

    #[test]
    fn amounts() {
        for (text, expect) in [
            ("5000", "5000.00"),
            ("5000.5", "5000.50"),
            (" $5,000.00 ", "5000.00"),
            ("$ 1 250 000", "1250000.00"),
            ("0", "0.00"),
            ("007", "7.00"),
        ] {
            check(Scalar::Text(text), &[], Some(expect));
        }
        check(Scalar::Int(5000), &[], Some("5000.00"));
        check(Scalar::Float(5000.5), &[], Some("5000.50"));
        check(Scalar::Float(0.1), &[], Some("0.10"));
        check(Scalar::Text("$5,000 C/S"), &["C/S", "CASH"], Some("5000.00"));
        check(Scalar::Text("5000.00 cash c/s"), &["C/S", "CASH"], Some("5000.00"));
        check(Scalar::Text("5000CASH"), &["CASH"], Some("5000.00"));
    }

    #[test]
    fn what_is_no_amount() {
        for text in [
            "",
            "$",
            "-5",
            "5000.",
            ".5",
            "5.005",
            "50,00",
            "1,0000",
            "5000 C/S",
            "5 000,00",
            "1e3",
            "NO BOND",
            "٥",
            "5000 to 7000",
            "99999999999999",
        ] {
            check(Scalar::Text(text), &[], None);
        }
        check(Scalar::Text("5000 NOCASH"), &["CASH"], None);
        check(Scalar::Float(5000.505), &[], None);
        check(Scalar::Float(f64::NAN), &[], None);
        check(Scalar::Int(-5), &[], None);
        check(Scalar::Bool(true), &[], None);
    }

    #[test]
    fn cents() {
        let of = |scalar| money(scalar, &[], true);
        assert_eq!(of(Scalar::Int(500_050)).as_deref(), Some("5000.50"));
        assert_eq!(of(Scalar::Text("7")).as_deref(), Some("0.07"));
        assert_eq!(of(Scalar::Float(1.0)).as_deref(), Some("0.01"));
        assert_eq!(of(Scalar::Float(1.5)), None);
        assert_eq!(of(Scalar::Int(-1)), None);
    }

    #[test]
    fn serial_dates() {
        let of = |scalar| serial_date(scalar).map(|date| date.to_string());
        assert_eq!(of(Scalar::Int(61)).as_deref(), Some("1900-03-01"));
        assert_eq!(of(Scalar::Int(46_348)).as_deref(), Some("2026-11-22"));
        assert_eq!(of(Scalar::Float(46_348.75)).as_deref(), Some("2026-11-22"));
        assert_eq!(of(Scalar::Text("46348")).as_deref(), Some("2026-11-22"));
        for bad in
            [Scalar::Int(60), Scalar::Int(0), Scalar::Int(-1), Scalar::Int(3_000_000), Scalar::Text("11/22/2026")]
        {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }
}

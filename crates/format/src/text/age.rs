//! Ages as kubectl writes them: `5m12s`, `3h2m`, `2y30d`. Must not know the time they count from.

/// Days of a year in an age (`k8s.io/apimachinery/pkg/util/duration`).
const DAYS_PER_YEAR: i64 = 365;

/// Returns the seconds of an age; of `5m (x3 over 10m)` those before the blank. `None` if it is not an age.
pub fn seconds(text: &str) -> Option<i64> {
    let mut rest = text.split(' ').next().filter(|age| !age.is_empty())?;
    let mut seconds = 0i64;
    while let Some(at) = rest.find(|c: char| !c.is_ascii_digit()) {
        let (number, unit) = rest.split_at(at);
        let factor = match unit.as_bytes().first()? {
            b's' => 1,
            b'm' => 60,
            b'h' => 3_600,
            b'd' => 86_400,
            b'y' => 86_400 * DAYS_PER_YEAR,
            _ => return None,
        };
        // an age of a few digits; more would be before any cluster
        let number: i64 = number.parse().ok().filter(|number| *number < 1_000_000)?;
        seconds += number * factor;
        rest = unit.get(1..)?;
    }
    rest.is_empty().then_some(seconds)
}

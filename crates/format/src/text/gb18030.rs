//! Lines in GB18030, GBK or GB2312, as Chinese programs on older systems write them. Must not know what a line is.

use encoding_rs::GB18030;

/// Decodes a line that is not UTF-8; `None` unless all of it is Chinese text in GB18030.
pub fn decode(bytes: &[u8]) -> Option<String> {
    // UTF-8 that was cut or damaged has more whole characters than broken ones; a cut at the end counts as neither
    let (mut whole, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    let is_cut = std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
    if broken <= whole || is_cut {
        return None;
    }
    let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes)?;
    // accents of Latin-1 take the ASCII letter after them for half of a character
    let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let chars = text.chars().filter(|c| !c.is_ascii()).count();
    (high * 4 >= chars * 7).then(|| text.into_owned())
}

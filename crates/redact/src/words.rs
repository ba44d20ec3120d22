//! Finds words in a text faster than it is parsed: of each word two pairs of bytes that logs have
//! little of are looked for in a table of all pairs, every second pair of the text is looked up, and
//! the rest of the word is compared where one stands.

/// Pairs of bytes that logs and prose are full of, the most frequent first.
const COMMON: &[u8] = concat!(
    "  \"::\"erstonme__esintae\"atlentteamreiosecenaorencoecetou\"_tideeapousapedt roacd\"ve\"s",
    "alnemp\"apapit\" sodut\"ccaheng\"rlle lon\"imnds s\"rstrchgespdathelbep\"omso \" t_\"ad_.",
    "\"nasaridhoits. csiemrc: \" anurauubri-amsctol\"k.i iayrttoe-.c ltsicnsexr malu\"usysh -ag",
    "og/vs/op akuysn \"p =crtdcldievd--so/d is//ra- laun.k\"mnornue::ui.plipl\"lpr ful o= r\"ep",
    " pfin.rrt.-c mfoki-g r/aairdssm:/cowd_dor_a\"_n /eft-\"vnc\"ecks=e.psxtqupe bz\"-ebj\"/gr",
    "goje er-giize:upnfgz d\"t w.gnueqil\"i/d_i",
)
.as_bytes();

/// Words to look for.
pub(super) struct Words {
    words: Vec<&'static str>,
    /// By pair of bytes the place in `tells`; mostly 0, which tells nothing.
    pairs: [u8; 1 << 16],
    /// Words by their places in the list, with the place of the pair in each.
    tells: Vec<Vec<(usize, usize)>>,
}

/// Returns how common a pair is; 0 for all that are not in the list.
fn weight(pair: &[u8]) -> usize {
    let pairs = COMMON.chunks_exact(2);
    let count = pairs.len();
    { pairs }.position(|common| common == pair).map_or(0, |at| count - at)
}

fn index_of(first: u8, second: u8) -> usize {
    usize::from(u16::from_le_bytes([first, second]))
}

impl Words {
    /// Prepares to look for words of three bytes or more, none of which begins another.
    pub(super) fn of(words: Vec<&'static str>) -> Self {
        let mut found = Self { words, pairs: [0; 1 << 16], tells: vec![Vec::new()] };
        for (at, word) in found.words.iter().enumerate() {
            for parity in [0, 1] {
                // wherever it stands, one of the two pairs is looked at
                let pairs = word.as_bytes().windows(2).enumerate().skip(parity).step_by(2);
                let Some((offset, [first, second])) = pairs.min_by_key(|(_, pair)| weight(pair)) else {
                    continue;
                };
                let slot = &mut found.pairs[index_of(*first, *second)];
                if *slot == 0 {
                    *slot = u8::try_from(found.tells.len()).unwrap_or(0);
                    found.tells.push(Vec::new());
                }
                if let Some(tells) = found.tells.get_mut(usize::from(*slot)) {
                    tells.push((at, offset));
                }
            }
        }
        found
    }

    /// Returns the first word at or after `at`: its place in the text and in the list.
    pub(super) fn find(&self, text: &[u8], at: usize) -> Option<(usize, usize)> {
        let slot_of = |first: u8, second: u8| self.pairs[index_of(first, second)];
        let mut from = at;
        loop {
            // eight bytes at a time: this loop is what redaction costs
            while let Some([a, b, c, d, e, f, g, h]) = text.get(from..from + 8) {
                if slot_of(*a, *b) | slot_of(*c, *d) | slot_of(*e, *f) | slot_of(*g, *h) != 0 {
                    break;
                }
                from += 8;
            }
            let Some([first, second]) = text.get(from..from + 2) else { return None };
            let slot = slot_of(*first, *second);
            if slot != 0
                && let Some(found) = self.word_at(text, from, slot).filter(|(start, _)| *start >= at)
            {
                return Some(found);
            }
            from += 2;
        }
    }

    /// Returns the word whose pair stands at `from`.
    fn word_at(&self, text: &[u8], from: usize, slot: u8) -> Option<(usize, usize)> {
        self.tells.get(usize::from(slot))?.iter().find_map(|(word, offset)| {
            let start = from.checked_sub(*offset)?;
            let letters = self.words.get(*word)?.as_bytes();
            let there = text.get(start..start + letters.len())?;
            letters.iter().zip(there).all(|(a, b)| a == b).then_some((start, *word))
        })
    }
}

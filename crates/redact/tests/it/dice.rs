//! Seeded random texts: the same seed makes the same secrets in every run.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A seeded stream of numbers (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    pub fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    pub fn text(&mut self, alphabet: &str, size: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..size).map(|_| letters[self.below(letters.len())]).collect()
    }

    pub fn alnum(&mut self, size: usize) -> String {
        // letters and digits, as in any long random text
        format!("{}7{}Q", self.text(ALNUM, size / 2), self.text(ALNUM, size - size / 2 - 2))
    }

    pub fn hex(&mut self, size: usize) -> String {
        self.text("0123456789abcdef", size)
    }

    pub fn digits(&mut self, size: usize) -> String {
        self.text("0123456789", size)
    }

    pub fn uuid(&mut self) -> String {
        let parts = [8, 4, 4, 4, 12].map(|size| self.hex(size));
        parts.join("-")
    }

    pub fn password(&mut self) -> String {
        let size = 6 + self.below(8);
        format!("{}{}9x", self.text("abcdefgXYZ2345", size), self.text("!#%^*_+~", 2))
    }

    pub fn base64(&mut self, bytes: usize) -> String {
        let bytes: Vec<u8> = (0..bytes).map(|_| self.below(256) as u8).collect();
        STANDARD.encode(bytes)
    }

    pub fn jwt(&mut self, claims: &str) -> String {
        let header = self.pick(&[
            r#"{"alg":"RS256","kid":"a1"}"#,
            r#"{"typ":"JWT","alg":"HS256"}"#,
            r#"{"kid":"Zk3","alg":"ES256"}"#,
        ]);
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(header), part(claims), self.text(&format!("{ALNUM}-_"), 86))
    }

    /// Returns a number with that beginning and length and Luhn's check digit.
    pub fn luhn(&mut self, lead: &str, size: usize) -> String {
        let body = format!("{lead}{}", self.digits(size - lead.len() - 1));
        let sum: u32 = body
            .chars()
            .rev()
            .enumerate()
            .map(|(at, c)| {
                let digit = c.to_digit(10).unwrap_or(0);
                if at % 2 == 1 {
                    digit
                } else if digit > 4 {
                    digit * 2 - 9
                } else {
                    digit * 2
                }
            })
            .sum();
        format!("{body}{}", (10 - sum % 10) % 10)
    }

    pub fn citizen(&mut self) -> String {
        let area = self.pick(&["110105", "310115", "440305", "510107", "330106"]);
        let born = format!("{}{:02}{:02}", 1950 + self.below(60), 1 + self.below(12), 1 + self.below(28));
        let body = format!("{area}{born}{}", self.digits(3));
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 =
            body.chars().zip(weights).map(|(c, weight)| c.to_digit(10).unwrap_or(0) * weight).sum();
        let check = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize];
        format!("{body}{check}")
    }
}

pub const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

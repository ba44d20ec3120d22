//! A small deterministic generator (xoshiro256++), so that a seed means the same day on every
//! machine and in every release of any crate. Must not be used for secrets.

/// The alphabet of generated name suffixes (k8s.io/apimachinery, `pkg/util/rand`).
const SUFFIX: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const HEX: &[u8] = b"0123456789abcdef";

/// A seeded stream of random values.
pub struct Rng([u64; 4]);

impl Rng {
    /// Starts the stream that `key` names.
    pub fn new(key: &str) -> Self {
        let hash = blake3::hash(key.as_bytes());
        let mut state = [0u64; 4];
        for (word, bytes) in state.iter_mut().zip(hash.as_bytes().chunks_exact(8)) {
            *word = bytes.iter().fold(0, |acc, byte| (acc << 8) | u64::from(*byte));
        }
        Self(state)
    }

    /// Returns the next 64 bits (Blackman & Vigna, xoshiro256++ 1.0).
    pub fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Returns a value in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// Returns a value in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as u64) as i64
    }

    /// Returns a value in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Returns an index into a list of `len`; 0 for an empty one.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// Returns a generated-name suffix of `len` characters.
    pub fn suffix(&mut self, len: usize) -> String {
        (0..len).map(|_| SUFFIX[self.index(SUFFIX.len())] as char).collect()
    }

    /// Appends `len` lower-case hexadecimal digits.
    pub fn hex(&mut self, len: usize, out: &mut Vec<u8>) {
        let mut bits = 0;
        for i in 0..len {
            if i % 16 == 0 {
                bits = self.next();
            }
            out.push(HEX[(bits & 15) as usize]);
            bits >>= 4;
        }
    }

    /// Appends a version 4 UUID.
    pub fn uuid_to(&mut self, out: &mut Vec<u8>) {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        for i in 0..32 {
            if matches!(i, 8 | 12 | 16 | 20) {
                out.push(b'-');
            }
            let digit = (bits >> (4 * i)) as usize & 15;
            out.push(
                HEX[match i {
                    12 => 4,
                    16 => 8 + digit % 4,
                    _ => digit,
                }],
            );
        }
    }

    /// Returns a version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let mut out = Vec::with_capacity(36);
        self.uuid_to(&mut out);
        out.iter().map(|byte| *byte as char).collect()
    }
}

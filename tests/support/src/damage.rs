//! Damage done to the bytes of a file, the same in every run.

use crate::Noise;

/// Bytes that readers of text and numbers look for.
const DELIMITERS: &[u8] = b"\0\n\r\t,;:.\"-9e\xFF\x80\x7F\x01<>";

/// Counts and lengths at the limits of 16, 24, 31 and 32 bits.
const LIMITS: [u32; 7] = [0, 1, 0xFFFF, 0x00FF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];

/// A copy of `bytes` with one to seven changes: a byte set at random or to a delimiter, a bit flipped, the end cut off, up to 60
/// bytes removed or repeated, a little-endian number put to a limit. May be empty, and now and then equals `bytes`.
#[must_use]
pub fn damage(bytes: &[u8], noise: &mut Noise) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    for _ in 0..=noise.below(6) {
        if damaged.is_empty() {
            break;
        }
        let at = noise.below(damaged.len());
        let piece = at..(at + 1 + noise.below(60)).min(damaged.len());
        match noise.below(7) {
            0 => damaged[at] = noise.below(256) as u8,
            1 => damaged[at] = DELIMITERS[noise.below(DELIMITERS.len())],
            2 => damaged[at] ^= 1 << noise.below(8),
            3 => damaged.truncate(at),
            4 => drop(damaged.drain(piece)),
            5 => {
                let number = LIMITS[noise.below(LIMITS.len())];
                for (byte, new) in damaged[at..].iter_mut().zip(number.to_le_bytes()) {
                    *byte = new;
                }
            }
            _ => {
                let repeated = damaged[piece].to_vec();
                damaged.splice(at..at, repeated);
            }
        }
    }
    damaged
}

/// Gives a reader every beginning of a file, and 3,000 damaged copies: it returns, whatever it is given, or the test fails.
pub fn survives_cuts_and_damage(file: &[u8], read: impl Fn(&[u8])) {
    (0..file.len()).for_each(|end| read(&file[..end]));
    let mut noise = Noise::new(0x2545_F491_4F6C_DD1D);
    (0..3000).for_each(|_| read(&damage(file, &mut noise)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_depends_on_the_seed_alone_and_changes_nearly_every_copy() {
        let bytes: Vec<u8> = (0..1000).map(|k| (k % 251) as u8).collect();
        let copies = |seed: u64| -> Vec<Vec<u8>> {
            let mut noise = Noise::new(seed);
            (0..200).map(|_| damage(&bytes, &mut noise)).collect()
        };
        assert_eq!(copies(5), copies(5));
        assert_ne!(copies(5), copies(6));
        assert!(copies(5).iter().filter(|copy| **copy == bytes).count() < 5);
        assert!(copies(5).iter().any(|copy| copy.len() < bytes.len() / 2));
        assert!(damage(&[], &mut Noise::new(1)).is_empty());
    }
}

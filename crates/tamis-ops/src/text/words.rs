//! Words: what the gates on texts count.

/// The words of a text in order: runs of letters and digits; each character of a script without spaces between words
/// (Chinese, Japanese, Thai and their neighbours) is a word of its own. Punctuation is no word.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(char::is_alphanumeric)?;
        rest = &rest[start..];
        let end = rest
            .char_indices()
            .find(|(i, c)| if *i == 0 { stands_alone(*c) } else { !in_word(*c) || stands_alone(*c) })
            .map_or(rest.len(), |(i, c)| if i == 0 { c.len_utf8() } else { i });
        let word = &rest[..end];
        rest = &rest[end..];
        Some(word)
    })
}

/// Letters, digits and what stands inside words: apostrophes.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '’' | '\u{300}'..='\u{36f}')
}

fn stands_alone(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A 64-bit hash of a text without regard to case, the same on every machine (FNV-1a with a finishing mix).
pub fn hash_without_case(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    if text.is_ascii() {
        text.bytes().for_each(|byte| add(byte.to_ascii_lowercase()));
    } else {
        let mut buffer = [0; 4];
        for c in text.chars().flat_map(char::to_lowercase) {
            c.encode_utf8(&mut buffer).bytes().for_each(&mut add);
        }
    }
    mix(hash)
}

/// Spreads every bit over all bits (the finisher of MurmurHash3).
pub fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_single_characters_of_scripts_without_spaces() {
        let found: Vec<&str> = words("It's 3 o’clock -- 图像里 has… 2 cats!").collect();
        assert_eq!(found, ["It's", "3", "o’clock", "图", "像", "里", "has", "2", "cats"]);
        assert_eq!(words("?!").count(), 0);
    }

    #[test]
    fn case_does_not_change_a_hash() {
        assert_eq!(hash_without_case("Straße"), hash_without_case("STRAßE"));
        assert_ne!(hash_without_case("ab"), hash_without_case("ba"));
    }
}

//! SimHash (Charikar 2002): 64 bits of a text such that alike texts have alike bits.

use crate::text::words::mix;

/// How many characters in a row are one feature.
const GRAM: usize = 4;

/// The SimHash of a text over its overlapping grams of 4 letters and digits, words separated by one space; case,
/// punctuation and white space do not count.
///
/// Two texts that share most grams differ in few bits: about `64 * acos(s) / pi` for a cosine likeness `s`. A letter
/// changed in sixty gives about 8 bits, so that small distances mean the same words for short texts and nearly the same
/// for long ones.
pub fn simhash(text: &str) -> u64 {
    let letters = normalised(text);
    let mut counts = [0i32; 64];
    for gram in letters.windows(GRAM) {
        let gram = gram.iter().enumerate().fold(0, |all, (i, letter)| all ^ (u64::from(*letter) << (16 * i)));
        let hash = mix(gram ^ 0x9e37_79b9_7f4a_7c15);
        for (bit, count) in counts.iter_mut().enumerate() {
            *count += ((hash >> bit & 1) as i32) * 2 - 1;
        }
    }
    counts.iter().enumerate().fold(0, |bits, (i, count)| bits | u64::from(*count > 0) << i)
}

/// Lower-case letters and digits with one space before, between and after words; the whole text where it has neither.
fn normalised(text: &str) -> Vec<u32> {
    let mut letters = vec![u32::from(' '); GRAM / 2];
    for c in text.chars() {
        if c.is_alphanumeric() {
            letters.extend(c.to_lowercase().map(u32::from));
        } else if letters.last() != Some(&u32::from(' ')) {
            letters.push(u32::from(' '));
        }
    }
    if letters.len() == GRAM / 2 {
        letters.extend(text.trim().chars().map(u32::from));
    }
    if letters.last() == Some(&u32::from(' ')) {
        letters.pop();
    }
    letters.extend([u32::from(' '); GRAM / 2]);
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(a: &str, b: &str) -> u32 {
        (simhash(a) ^ simhash(b)).count_ones()
    }

    #[test]
    fn case_punctuation_and_white_space_do_not_count() {
        assert_eq!(distance("What is -- in the image?", "  what is in THE image "), 0);
    }

    #[test]
    fn long_texts_with_one_word_changed_are_near_and_others_far() {
        let text = "The picture shows a small harbour at dusk with several fishing boats tied to a wooden pier while two \
                    people in yellow coats carry a crate of fish towards a white van that waits with its doors open and \
                    its lights on, and a dog follows them at some distance with its tail up.";
        let near = distance(text, &text.replace("yellow", "orange"));
        assert!(near <= 8, "{near}");
        assert!(distance(text, "How many chairs stand around the table in the second row of the chart?") > 16);
        assert!(distance("?", "!") > 3);
    }
}

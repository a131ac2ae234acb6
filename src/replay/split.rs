//! Cuts a text that is too long for one message at the ends of words. Pure.

/// The pieces of `text`, each of 1 to `most` characters, cut where a word
/// ends; the blanks at a cut go. A word that is longer than `most` is cut
/// inside. `most` must not be 0.
pub(super) fn at_words(text: &str, most: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while let Some((limit, _)) = rest.char_indices().nth(most) {
        // A blank right behind the limit lets the whole piece stand.
        let reach = rest[limit..].chars().next().map_or(limit, |c| limit + c.len_utf8());
        let cut = match rest[..reach].rfind(char::is_whitespace) {
            Some(blank) if blank > 0 => blank,
            _ => limit,
        };
        pieces.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::TEXT;

    #[test]
    fn a_short_text_stays_whole() {
        assert_eq!(at_words("one two", 7), ["one two"]);
        assert_eq!(at_words("", 7), Vec::<&str>::new());
    }

    #[test]
    fn a_long_text_is_cut_at_words() {
        assert_eq!(at_words("one two three", 7), ["one two", "three"]);
        assert_eq!(at_words("one two three", 6), ["one", "two", "three"]);
        assert_eq!(at_words("one  \n two", 4), ["one", "two"]);
    }

    #[test]
    fn a_word_without_end_is_cut_between_characters() {
        assert_eq!(at_words("ααααα", 2), ["αα", "αα", "α"]);
        assert_eq!(at_words("a ααααα b", 3), ["a", "ααα", "αα", "b"]);
    }

    #[test]
    fn nothing_but_blanks_gets_lost() {
        let text = "lorem ipsum dolor sit amet, consectetur ".repeat(500);
        let pieces = at_words(&text, TEXT);
        assert!(pieces.iter().all(|piece| piece.chars().count() <= TEXT));
        assert!(pieces.len() <= text.len() / (TEXT - 12) + 1, "pieces are filled");
        assert_eq!(pieces.join(" "), text.trim());
    }
}

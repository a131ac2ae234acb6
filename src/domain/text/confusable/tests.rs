//! Pairs of names that must, and must not, be told apart.

use super::*;

/// Names that must not be in one event together.
const ALIKE: &[(&str, &str)] = &[
    // ASCII: case, I l 1 |, O 0.
    ("ada", "ADA"),
    ("Paul", "PauI"),
    ("Paul", "pau1"),
    ("Paul", "pau|"),
    ("PAUL", "PAUI"),
    ("Will", "WiII"),
    ("Will", "Wi1|"),
    ("larry", "Iarry"),
    ("Larry", "1arry"),
    ("Ian", "ian"),
    ("Ian", "lan"),
    ("IanI", "ianl"),
    ("bob", "b0b"),
    ("BOB", "b0b"),
    ("Otto", "0tto"),
    // White space of every kind and length is one space.
    ("a b", "a  b"),
    ("a b", " A b "),
    ("a b", "a\u{a0}b"),
    ("a b", "a\u{3000}b"),
    ("a b", "a\u{2009}b"),
    ("ab", "a\u{200b}b"),
    ("a-b", "a\u{2010}b"),
    ("a-b", "a\u{2011}b"),
    ("Zoë B", "ZOE\u{308}  b"),
    // Cyrillic.
    ("Tom", "Тom"),
    ("Tom", "Тоm"),
    ("TOM", "ТОМ"),
    ("tom", "ТОМ"),
    ("ada", "аdа"),
    ("Peter", "Рeter"),
    ("scope", "ѕсоре"),
    ("Will", "WіII"),
    ("Анна", "АННА"),
    ("Анна", "Aннa"),
    // Greek.
    ("Nina", "Νina"),
    ("Olga", "Οlga"),
    ("ΑΝΝΑ", "ANNA"),
    ("Σοφία", "ΣΟΦΊΑ"),
    ("Γιώργος", "ΓΙΏΡΓΟΣ"),
    // Width, styles, ligatures.
    ("ada", "ａｄａ"),
    ("Ada", "ＡＤＡ"),
    ("ada", "𝐚𝐝𝐚"),
    ("ada", "𝒶𝒹𝒶"),
    ("ADA", "𝔸𝔻𝔸"),
    ("ada", "𝚊𝚍𝚊"),
    ("fin", "ﬁn"),
    ("ada", "ⓐⓓⓐ"),
    ("カタカナ", "ｶﾀｶﾅ"),
    // Turkish and German.
    ("Işık", "işik"),
    ("isil", "ısıl"),
    ("İlker", "ilker"),
    ("Straße", "STRASSE"),
    ("Straße", "straẞe"),
    ("i\u{307}da", "ida"),
    // Composed and decomposed marks.
    ("Zoë", "Zoe\u{308}"),
    ("ZOË", "zoe\u{308}"),
    ("Åsa", "A\u{30a}sa"),
    ("Åsa", "\u{212b}sa"),
    ("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
    // Invisible characters.
    ("ada", "a\u{200d}da"),
    ("ada", "ada\u{fe0f}"),
    ("علی\u{200c}رضا", "علیرضا"),
    ("❤", "❤\u{fe0f}"),
    ("👩\u{200d}🚀", "👩🚀"),
    // Other scripts against ASCII, where skeletons decide.
    ("torn", "tоm"),
    ("Ꮪam", "Sam"),
    ("օtto", "otto"),
];

/// Names of different people.
const APART: &[(&str, &str)] = &[
    ("torn", "tom"),
    ("modern", "modem"),
    ("burns", "bums"),
    ("vvill", "will"),
    ("savvy", "sawy"),
    ("clan", "dan"),
    ("cloe", "doe"),
    ("nn", "m"),
    ("ian", "lan"),
    ("mia", "mla"),
    ("Paul", "Paula"),
    ("paui", "paul"),
    ("ada", "adam"),
    ("bob", "bo"),
    ("s5", "ss"),
    ("z2", "zz"),
    ("8en", "Ben"),
    ("rob", "Rab"),
    ("ab", "a b"),
    ("ab", "a-b"),
    ("ab", "a_b"),
    ("ab", "a.b"),
    ("a b", "a-b"),
    ("a b", "a_b"),
    ("a b", "a.b"),
    ("a-b", "a_b"),
    ("a.b", "a,b"),
    ("ab c", "a bc"),
    ("ab", "a\u{a0}b"),
    ("Zoë B", "ZoëB"),
    ("李 雷", "李雷"),
    ("q", "g"),
    ("zoe", "zoë"),
    ("Zoë", "Zoé"),
    ("Åsa", "Äsa"),
    ("Jose", "José"),
    ("Müller", "Muller"),
    ("Müller", "Mueller"),
    ("Straße", "Strase"),
    ("Анна", "Инна"),
    ("Женя", "Geny"),
    ("Иван", "Ivan"),
    ("Ольга", "Olga"),
    ("Νίκος", "Nikos"),
    ("Σοφία", "Σοφια"),
    ("李雷", "李蕾"),
    ("パパ", "ハハ"),
    ("علی", "علا"),
    ("👩\u{200d}🚀", "👨\u{200d}🚀"),
    ("👍🏽", "👍🏿"),
    ("🇫🇷", "🇩🇪"),
    ("ada1", "ada2"),
];

#[test]
fn names_that_look_alike_are_alike_whichever_came_first() {
    for (one, other) in ALIKE {
        assert!(are_alike(one, other) && are_alike(other, one), "{one} and {other} must be alike");
    }
}

#[test]
fn other_names_are_not() {
    for (one, other) in APART {
        assert!(!are_alike(one, other) && !are_alike(other, one), "{one} and {other} must be apart");
    }
}

#[test]
fn every_name_is_like_itself() {
    for name in ALIKE.iter().chain(APART).flat_map(|(one, other)| [one, other]) {
        assert!(are_alike(name, name) && Looks::of(name).meet(&Looks::of(name)), "{name}");
    }
}

/// Without this a look-alike would not be found by its keys.
#[test]
fn names_that_are_alike_share_a_key() {
    let names: Vec<&str> = ALIKE.iter().chain(APART).flat_map(|(one, other)| [*one, *other]).collect();
    for one in &names {
        for other in names.iter().filter(|other| are_alike(one, other)) {
            assert!(Looks::of(one).meet(&Looks::of(other)), "{one} {other}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn random_names_that_are_alike_share_a_key(one in "[iIlL1|oO0mrnıİаоіІΟΙß]{1,3}", other in "[iIlL1|oO0mrnıİаоіІΟΙßsS]{1,4}") {
        if are_alike(&one, &other) {
            proptest::prop_assert!(Looks::of(&one).meet(&Looks::of(&other)));
        }
    }
}

#[test]
fn accounts_differ_by_more_than_case_and_width() {
    assert_eq!(fold_name("Ada"), fold_name("ＡＤＡ"));
    assert_eq!(fold_name("Straße"), fold_name("STRASSE"));
    assert_ne!(fold_name("Paul"), fold_name("PauI"));
    assert_eq!(fold_name("Ada L"), fold_name("ada\u{a0} l"));
    assert_ne!(fold_name("Ada L"), fold_name("adal"));
}

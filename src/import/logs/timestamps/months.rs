//! The names of the months, as programs write them in the languages of their users.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The names and abbreviations of each month, without accents, in English, German, French, Spanish, Italian, Portuguese,
/// Dutch, the Scandinavian languages, Polish, Czech, Finnish, Turkish, Hungarian, Russian, and Ukrainian.
const MONTHS: [&str; 12] = [
    "jan january januar janner januari janvier janv ene enero gen gennaio janeiro sty stycznia led ledna tammi tammikuuta oca ocak januari \
     янв янв. январь января січ січня",
    "feb february februar februari fevrier fev fevr febrero febbraio fevereiro lut lutego uno unora helmi helmikuuta sub subat febr \
     фев февр февраль февраля лют лютого",
    "mar march marz mrz maerz mar mars marzo marco maart mrt marts marca bre brezna maalis maaliskuuta mart marc marcius \
     мар марта март бер березня",
    "apr april avr avril abr abril aprile kwi kwietnia dub dubna huhti huhtikuuta nis nisan aprilis апр апрель апреля кві кві. квітня",
    "may mai mayo mag maggio maio mei maj maja kve kvetna touko toukokuuta mayis majus май мая тра травня",
    "jun june juni juin junio giu giugno junho cze czerwca cer cvn cervna kesa kesakuuta haz haziran junius июн июнь июня чер червня",
    "jul july juli juil juillet julio lug luglio julho lip lipca cvc cervence heina heinakuuta tem temmuz julius июл июль июля липня",
    "aug august aout ago agosto augusti augustus sie sierpnia srp srpna elo elokuuta agu agustos авг август августа сер серпня",
    "sep sept september septembre septiembre set settembre setembro wrz wrzesnia zar zari syys syyskuuta eyl eylul szept сен сент сентябрь сентября вер вересня",
    "oct october okt oktober octobre octubre ott ottobre out outubro paz pazdziernika rij rijna loka lokakuuta eki ekim окт октябрь октября жов жовтня",
    "nov november novembre noviembre novembro lis listopada listopadu marras marraskuuta kas kasim ноя нояб ноябрь ноября листопада",
    "dec december dez dezember decembre dic diciembre dicembre dezembro des desember gru grudnia pro prosince joulu joulukuuta ara aralik \
     дек декабрь декабря гру грудня",
];

const ENGLISH: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Returns the month (1 to 12) that a word names, `None` for any other word.
pub(in crate::import::logs) fn month(word: &str) -> Option<u32> {
    let word = word.trim_end_matches(['.', ',']);
    // Japanese, Chinese, and Korean number them.
    if let Some(digits) = word.strip_suffix(['月', '월']) {
        return digits.parse().ok().filter(|month| (1..=12).contains(month));
    }
    if !word.chars().next().is_some_and(char::is_alphabetic) || word.len() > 40 {
        return None;
    }
    // Most logs have these, some in each line.
    if let Some(index) = ENGLISH.iter().position(|name| name.eq_ignore_ascii_case(word)) {
        return u32::try_from(index + 1).ok();
    }
    let folded: String = word.to_lowercase().nfd().filter(|c| !is_combining_mark(*c)).collect();
    let known = |names: &str| names.split(' ').any(|name| name.nfd().filter(|c| !is_combining_mark(*c)).eq(folded.chars()));
    MONTHS.iter().position(|names| known(names)).and_then(|index| u32::try_from(index + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_known_in_many_languages() {
        for (word, number) in [
            ("Mar", 3),
            ("Mär", 3),
            ("März", 3),
            ("MÄRZ", 3),
            ("mars", 3),
            ("marzo", 3),
            ("мар", 3),
            ("марта", 3),
            ("3月", 3),
            ("12월", 12),
            ("févr.", 2),
            ("août", 8),
            ("ene", 1),
            ("мая", 5),
            ("Май", 5),
            ("Dez", 12),
            ("déc.", 12),
            ("Okt", 10),
            ("paź", 10),
            ("May", 5),
        ] {
            assert_eq!(month(word), Some(number), "{word}");
        }
        for word in ["", "Sa", "mardi", "13月", "Session", "ada", "07"] {
            assert_eq!(month(word), None, "{word}");
        }
    }
}

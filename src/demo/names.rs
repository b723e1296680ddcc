//! Names of people who do not exist.
//!
//! Surnames are put together from syllables and patterns, never taken from a list of persons. The patterns are those that trouble
//! real systems: several words with and without hyphens, `Mc` and `O'`, two surnames, suffixes.

use super::chance::Chance;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    pub given: String,
    pub middle: Option<String>,
    pub surname: String,
    pub suffix: Option<&'static str>,
}

impl Name {
    #[must_use]
    pub fn full(&self) -> String {
        let middle = self.middle.as_deref();
        let parts = [Some(self.given.as_str()), middle, Some(self.surname.as_str()), self.suffix];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

const GIVEN_FEMALE: [&str; 32] = [
    "Alma", "Bess", "Carla", "Dora", "Edna", "Faye", "Greta", "Hazel", "Ida", "June", "Kaya", "Lena", "Mabel", "Nora",
    "Opal", "Pearl", "Rhea", "Sadie", "Tessa", "Una", "Vera", "Wilma", "Yara", "Zelda", "Annika", "Brielle", "Corinne",
    "Delia", "Esme", "Freya", "Ingrid", "Marisol",
];
const GIVEN_MALE: [&str; 32] = [
    "Abel", "Boyd", "Clint", "Darrel", "Emmett", "Floyd", "Gus", "Hank", "Ivan", "Jasper", "Kip", "Leif", "Milo",
    "Ned", "Otis", "Percy", "Quinn", "Rufus", "Soren", "Thad", "Ulric", "Vern", "Wade", "Xavier", "Yancy", "Zeke",
    "Anders", "Bram", "Cyrus", "Desmond", "Elias", "Mateo",
];
const ONSETS: [&str; 24] = [
    "Bar", "Bel", "Bran", "Cal", "Cor", "Dal", "Dren", "El", "Far", "Gar", "Hal", "Har", "Jor", "Kel", "Lar", "Mar",
    "Nor", "Or", "Pel", "Ren", "Stol", "Tar", "Vel", "Wel",
];
const MIDDLES: [&str; 12] = ["", "", "", "ber", "de", "ga", "li", "mon", "ne", "vo", "win", "thor"];
const ENDINGS: [&str; 20] = [
    "bek", "by", "dahl", "den", "feld", "gard", "holt", "ik", "land", "ley", "mark", "mer", "nas", "quist", "rud",
    "sen", "stad", "ton", "vik", "wick",
];
const IBERIAN_ONSETS: [&str; 12] = ["Al", "Bar", "Cas", "Del", "Est", "Mon", "Muñ", "Pal", "Peñ", "Sal", "Tor", "Val"];
const IBERIAN_ENDINGS: [&str; 8] = ["anda", "avera", "dero", "ejo", "illano", "oria", "uela", "urriba"];
const FIRST_WORDS: [&str; 10] = ["Two", "Old", "Tall", "Far", "Many", "Blue", "Cold", "Wide", "New", "Three"];
const SECOND_WORDS: [&str; 10] =
    ["Trees", "Lodge", "Stones", "Ridge", "Rivers", "Cedars", "Springs", "Trails", "Meadow", "Valleys"];
const DEEDS: [&str; 6] = ["Walks", "Runs", "Rides", "Sings", "Stands", "Rests"];
const MANNERS: [&str; 6] = ["Above", "Far", "Ahead", "At Night", "At Dawn", "Upstream"];

/// Short forms of the given names that have one.
const SHORT: [(&str, &str); 20] = [
    ("Annika", "Annie"),
    ("Brielle", "Bri"),
    ("Corinne", "Cori"),
    ("Delia", "Dee"),
    ("Wilma", "Willie"),
    ("Marisol", "Mari"),
    ("Tessa", "Tess"),
    ("Ingrid", "Inga"),
    ("Edna", "Eddie"),
    ("Mabel", "Mae"),
    ("Darrel", "Dar"),
    ("Desmond", "Des"),
    ("Emmett", "Em"),
    ("Jasper", "Jas"),
    ("Percy", "Perce"),
    ("Rufus", "Rufe"),
    ("Xavier", "Xavi"),
    ("Vern", "Vernie"),
    ("Mateo", "Teo"),
    ("Elias", "Eli"),
];

/// What friends call somebody of that name, where they have a word for it.
#[must_use]
pub fn short(given: &str) -> Option<&'static str> {
    SHORT.iter().find(|(long, _)| *long == given).map(|(_, short)| *short)
}

/// A given name for somebody of the other sex.
pub fn chosen(chance: &mut Chance, female: bool) -> String {
    (*chance.pick(if female { &GIVEN_FEMALE } else { &GIVEN_MALE })).to_owned()
}

/// The name of a new person.
pub fn invent(chance: &mut Chance, female: bool) -> Name {
    let given = if female { &GIVEN_FEMALE } else { &GIVEN_MALE };
    let first = (*chance.pick(given)).to_owned();
    let second = *chance.pick(given);
    let middle = match chance.below(10) {
        0..=3 => None,
        4..=6 if second != first => Some(second.to_owned()),
        _ => second.get(..1).map(|initial| format!("{initial}.")),
    };
    let surname = surname(chance);
    let suffix = (!female && chance.permille(40)).then(|| *chance.pick(&["Jr", "Sr", "II", "III"]));
    Name { given: first, middle, surname, suffix }
}

pub fn surname(chance: &mut Chance) -> String {
    match chance.below(100) {
        0..=79 => plain(chance),
        80..=84 => format!("{}{}", chance.pick(&["Mc", "Mac", "O'", "St. "]), plain(chance)),
        85..=91 => several_words(chance),
        92..=94 => iberian(chance),
        95..=97 => format!("{} {}", iberian(chance), iberian(chance)),
        _ => format!("{}-{}", plain(chance), plain(chance)),
    }
}

fn plain(chance: &mut Chance) -> String {
    format!("{}{}{}", chance.pick(&ONSETS), chance.pick(&MIDDLES), chance.pick(&ENDINGS))
}

fn iberian(chance: &mut Chance) -> String {
    format!("{}{}", chance.pick(&IBERIAN_ONSETS), chance.pick(&IBERIAN_ENDINGS))
}

fn several_words(chance: &mut Chance) -> String {
    if chance.permille(500) {
        format!("{} {}", chance.pick(&FIRST_WORDS), chance.pick(&SECOND_WORDS))
    } else {
        format!("{} {}", chance.pick(&DEEDS), chance.pick(&MANNERS))
    }
}

/// The same name as another system wrote it: in capitals, hyphenated, run together, or with an initial for the given name.
pub fn drifted(chance: &mut Chance, name: &Name) -> Name {
    let mut other = name.clone();
    other.suffix = None;
    if name.surname.contains([' ', '-']) {
        other.surname = match chance.below(3) {
            0 => name.surname.replace(' ', "-").to_uppercase(),
            1 => name.surname.replace(['-', ' '], " ").to_uppercase(),
            _ => run_together(&name.surname),
        };
    } else if chance.permille(500) {
        other.surname = name.surname.to_uppercase();
        other.given = name.given.to_uppercase();
        other.middle = None;
    } else {
        other.middle = None;
        other.given = name.given.get(..1).map_or_else(|| name.given.clone(), |initial| format!("{initial}."));
    }
    other
}

/// `Runs Above` → `Runsabove`.
fn run_together(surname: &str) -> String {
    let (first, rest) = surname.split_at(surname.find([' ', '-']).unwrap_or(surname.len()));
    format!("{first}{}", rest.replace([' ', '-'], "").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_like_names() {
        let name =
            Name { given: "Hank".into(), middle: Some("O.".into()), surname: "Runs Above".into(), suffix: Some("Jr") };
        assert_eq!(name.full(), "Hank O. Runs Above Jr");
        assert_eq!(run_together("Rides At Night"), "Ridesatnight");
        assert_eq!(run_together("Halvik"), "Halvik");
    }

    #[test]
    fn a_drifted_name_differs() {
        for index in 0..500 {
            let mut chance = Chance::new(1, 0, index);
            let name = invent(&mut chance, index % 2 == 0);
            assert_ne!(drifted(&mut chance, &name).full(), name.full());
        }
    }
}

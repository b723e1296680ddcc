//! Places: Montana's counties, their seats and the courts that sit there. Public facts; nobody lives at an address of this world.

use super::chance::Chance;

#[derive(Debug, PartialEq, Eq)]
pub struct County {
    pub name: &'static str,
    /// Town where the courts sit.
    pub seat: &'static str,
    pub zip: &'static str,
    /// Inhabitants in hundreds, an estimate of 2024 to 2026.
    pub hundreds: u32,
    /// Judicial district.
    pub district: u8,
}

const fn county(name: &'static str, seat: &'static str, zip: &'static str, hundreds: u32, district: u8) -> County {
    County { name, seat, zip, hundreds, district }
}

/// In alphabetical order, so that the place in the list is the number in a court's case numbers: (FIPS + 1) / 2.
#[rustfmt::skip]
pub const COUNTIES: [County; 56] = [
    county("Beaverhead", "Dillon", "59725", 99, 5),
    county("Big Horn", "Hardin", "59034", 130, 22),
    county("Blaine", "Chinook", "59523", 70, 17),
    county("Broadwater", "Townsend", "59644", 80, 1),
    county("Carbon", "Red Lodge", "59068", 110, 22),
    county("Carter", "Ekalaka", "59324", 14, 16),
    county("Cascade", "Great Falls", "59401", 840, 8),
    county("Chouteau", "Fort Benton", "59442", 60, 12),
    county("Custer", "Miles City", "59301", 120, 16),
    county("Daniels", "Scobey", "59263", 16, 15),
    county("Dawson", "Glendive", "59330", 88, 7),
    county("Deer Lodge", "Anaconda", "59711", 96, 3),
    county("Fallon", "Baker", "59313", 30, 16),
    county("Fergus", "Lewistown", "59457", 118, 10),
    county("Flathead", "Kalispell", "59901", 1170, 11),
    county("Gallatin", "Bozeman", "59715", 1290, 18),
    county("Garfield", "Jordan", "59337", 12, 16),
    county("Glacier", "Cut Bank", "59427", 130, 9),
    county("Golden Valley", "Ryegate", "59074", 8, 14),
    county("Granite", "Philipsburg", "59858", 35, 3),
    county("Hill", "Havre", "59501", 160, 12),
    county("Jefferson", "Boulder", "59632", 140, 5),
    county("Judith Basin", "Stanford", "59479", 20, 10),
    county("Lake", "Polson", "59860", 340, 20),
    county("Lewis and Clark", "Helena", "59601", 760, 1),
    county("Liberty", "Chester", "59522", 19, 12),
    county("Lincoln", "Libby", "59923", 230, 19),
    county("McCone", "Circle", "59215", 17, 7),
    county("Madison", "Virginia City", "59755", 95, 5),
    county("Meagher", "White Sulphur Springs", "59645", 20, 14),
    county("Mineral", "Superior", "59872", 50, 4),
    county("Missoula", "Missoula", "59801", 1240, 4),
    county("Musselshell", "Roundup", "59072", 53, 14),
    county("Park", "Livingston", "59047", 180, 6),
    county("Petroleum", "Winnett", "59087", 5, 10),
    county("Phillips", "Malta", "59538", 42, 17),
    county("Pondera", "Conrad", "59425", 60, 9),
    county("Powder River", "Broadus", "59317", 17, 16),
    county("Powell", "Deer Lodge", "59722", 70, 3),
    county("Prairie", "Terry", "59349", 11, 7),
    county("Ravalli", "Hamilton", "59840", 490, 21),
    county("Richland", "Sidney", "59270", 110, 7),
    county("Roosevelt", "Wolf Point", "59201", 100, 15),
    county("Rosebud", "Forsyth", "59327", 80, 16),
    county("Sanders", "Thompson Falls", "59873", 135, 20),
    county("Sheridan", "Plentywood", "59254", 35, 15),
    county("Silver Bow", "Butte", "59701", 360, 2),
    county("Stillwater", "Columbus", "59019", 93, 22),
    county("Sweet Grass", "Big Timber", "59011", 38, 6),
    county("Teton", "Choteau", "59422", 64, 9),
    county("Toole", "Shelby", "59474", 50, 9),
    county("Treasure", "Hysham", "59038", 7, 16),
    county("Valley", "Glasgow", "59230", 75, 17),
    county("Wheatland", "Harlowton", "59036", 21, 14),
    county("Wibaux", "Wibaux", "59353", 9, 7),
    county("Yellowstone", "Billings", "59101", 1730, 13),
];

pub const GALLATIN: u8 = 16;
pub const YELLOWSTONE: u8 = 56;

const ORDINALS: [&str; 22] = [
    "First",
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Tenth",
    "Eleventh",
    "Twelfth",
    "Thirteenth",
    "Fourteenth",
    "Fifteenth",
    "Sixteenth",
    "Seventeenth",
    "Eighteenth",
    "Nineteenth",
    "Twentieth",
    "Twenty-First",
    "Twenty-Second",
];

/// Counties in which more happens than their people account for: a prison, a prerelease center, the border of a reservation.
const BUSY: [u8; 22] = [2, 3, 7, 8, 10, 15, 16, 18, 21, 24, 25, 32, 36, 37, 39, 43, 44, 45, 46, 47, 53, 56];

/// A tribal nation of Montana, as it spells itself, and the counties of its lands. The Little Shell have no reservation.
#[derive(Debug, PartialEq, Eq)]
pub struct Nation {
    pub name: &'static str,
    pub counties: &'static [u8],
}

pub const NATIONS: [Nation; 8] = [
    Nation { name: "Blackfeet Nation", counties: &[18, 37] },
    Nation { name: "Apsáalooke (Crow) Nation", counties: &[2, 56, 52] },
    Nation { name: "Confederated Salish and Kootenai Tribes", counties: &[24, 45, 32, 15] },
    Nation { name: "Aaniiih and Nakoda Nations (Fort Belknap)", counties: &[3, 36] },
    Nation { name: "Assiniboine and Sioux Tribes (Fort Peck)", counties: &[43, 53, 10, 46] },
    Nation { name: "Northern Cheyenne Nation", counties: &[44, 2] },
    Nation { name: "Chippewa Cree Tribe (Rocky Boy's)", counties: &[21, 8] },
    Nation { name: "Little Shell Tribe of Chippewa Indians", counties: &[7] },
];

/// Streets of this world; never with a house number, so that no address is anybody's.
pub const STREETS: [&str; 12] = [
    "Alder Street",
    "Bench Road",
    "Chokecherry Lane",
    "Depot Street",
    "East Fork Road",
    "Ferry Road",
    "Grain Elevator Road",
    "Homestead Avenue",
    "Larkspur Lane",
    "Mill Ditch Road",
    "Railroad Avenue",
    "Sagebrush Drive",
];

/// The county of a number from 1 to 56.
#[must_use]
pub fn county_of(number: u8) -> &'static County {
    COUNTIES.get(usize::from(number).saturating_sub(1)).unwrap_or(&COUNTIES[0])
}

/// How much happens in a county, against the others: its people, and half as much again where it is busy.
#[must_use]
pub fn bustle(number: u8) -> u32 {
    let people = county_of(number).hundreds;
    if BUSY.contains(&number) { people * 3 / 2 } else { people }
}

/// A county by how much happens there.
pub fn busy_county(chance: &mut Chance) -> u8 {
    let numbers: [u8; 56] = std::array::from_fn(|at| u8::try_from(at + 1).unwrap_or(1));
    *chance.weighed(&numbers, |number| bustle(*number))
}

/// Police of a county's seat, or its sheriff.
#[must_use]
pub fn police_ori(county: u8, city: bool) -> String {
    format!("MT0{county:02}0{}", if city { "100" } else { "000" })
}

#[must_use]
pub fn police_name(county: u8, city: bool) -> String {
    let county = county_of(county);
    if city { format!("{} Police Department", county.seat) } else { format!("{} County Sheriff", county.name) }
}

/// ORI of the court of a county where felonies are tried, or misdemeanors.
#[must_use]
pub fn court_ori(county: u8, felonies: bool) -> String {
    format!("MT0{county:02}0{}J", if felonies { 15 } else { 13 })
}

/// Where felonies are tried.
#[must_use]
pub fn district_court(county: &County) -> String {
    let ordinal = ORDINALS.get(usize::from(county.district).saturating_sub(1)).copied().unwrap_or_default();
    format!("Montana {ordinal} Judicial District Court, {} County", county.name)
}

/// Where misdemeanors are tried.
#[must_use]
pub fn justice_court(county: &County) -> String {
    format!("{} County Justice Court", county.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counties_stand_under_their_numbers() {
        for (number, name) in [
            (7, "Cascade"),
            (16, "Gallatin"),
            (25, "Lewis and Clark"),
            (35, "Petroleum"),
            (47, "Silver Bow"),
            (56, "Yellowstone"),
        ] {
            assert_eq!(county_of(number).name, name);
        }
        assert_eq!(
            district_court(county_of(YELLOWSTONE)),
            "Montana Thirteenth Judicial District Court, Yellowstone County"
        );
        assert_eq!(justice_court(county_of(GALLATIN)), "Gallatin County Justice Court");
    }

    #[test]
    fn every_district_has_a_county() {
        for district in 1..=22 {
            assert!(COUNTIES.iter().any(|county| county.district == district), "{district}");
        }
    }
}

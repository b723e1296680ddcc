//! Graphs that link.

use super::{JAIL, SCHEMA, STORE, check, linked};

#[test]
fn a_person_with_bookings() {
    check(
        &linked(SCHEMA, &[("jail", JAIL), ("store", STORE)]),
        r#"
        Person  key id
        Booking  key number  subject person
        Booking @ jail
          number = /no text or number
          person -> /inmate of JAIL
          bookedAt = /booked Format("%m/%d/%Y %H:%M") America/Denver
          state = /st codes IN=IN_CUSTODY else RELEASED
          by number 50 a call  Get /bookings?numbers={keys} records at ``
          by person many of JAIL 50 a call  Get /inmates?ids={keys} records at ``
        Person @ store
          id = id text or number
          name = name text
          by id 1000 a call  person (id)
        Query.person: Person  arguments id <- Person @ store by id
        Person.bookings: [Booking!]  parent id <- Booking @ jail by person
        Booking.person: Person  reference 1 <- Person @ store by id
        "#,
    );
}

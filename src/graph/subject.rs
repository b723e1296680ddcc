//! Subject: whose records are, by `@entity(subject:)`.

use super::{Entry, FieldId, Graph, KeyPart, LinkFeed, LinkKeys, Mapping, Role, TypeId};

impl Graph {
    /// The type of whom, or what, records of a type are: a person is their own subject. `None` where records are nobody's, or the subject
    /// has a key of several parts.
    #[must_use]
    pub fn subject_of(&self, on: TypeId) -> Option<TypeId> {
        if self.is_subject(on) {
            return Some(on);
        }
        let last = self.object(on)?.subject.last()?;
        Some(self.field(*last).ty.named).filter(|of| self.is_subject(*of))
    }

    /// Whether records of other types are those of this type's records.
    #[must_use]
    pub fn is_subject(&self, on: TypeId) -> bool {
        let leads = |path: &[FieldId]| path.last().is_some_and(|last| self.field(*last).ty.named == on);
        let one = matches!(self.object(on).map(|object| object.key.as_slice()), Some([KeyPart { part: None, .. }]));
        let mut types = (0..self.types.len()).filter_map(|n| self.object(TypeId(u32::try_from(n).ok()?)));
        one && types.any(|object| leads(&object.subject))
    }

    /// Whether the records that a link brings by this feed are those of whose the record above is: it leads back along the way to the
    /// subject, `Person.bookings` along `Booking.person`, `CourtCase.hearings` along `case.defendant`. Not where both ways go through a
    /// crosswalk: others may have the same number, and the record is theirs too.
    #[must_use]
    pub fn has_subject_above(&self, link: FieldId, feed: LinkFeed, on: TypeId) -> bool {
        let field = self.field(link);
        let Role::Link(link) = &field.role else { return false };
        let (LinkKeys::Parent(_), Entry::By(by)) = (&link.keys, feed.entry) else { return false };
        let Some([first, rest @ ..]) = self.object(on).map(|object| object.subject.as_slice()) else { return false };
        let back = self.field(*first);
        let binding = self.binding(feed.binding);
        let by = binding.by.get(usize::from(by));
        let crossed = |field: &FieldId| {
            matches!(binding.shape.mapping(*field), Some(Mapping::Reference { crosswalk: Some(_), .. }))
        };
        let above = match self.object(field.parent) {
            Some(object) if !self.is_subject(field.parent) => object.subject.as_slice(),
            _ => &[],
        };
        by.is_some_and(|by| by.name == back.name && !(by.crosswalk.is_some() && crossed(first)))
            && self.possible(back.ty.named).contains(&field.parent)
            && self.subject_of(field.parent).is_some()
            && rest == above
    }
}

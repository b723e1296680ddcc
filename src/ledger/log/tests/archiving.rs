//! Old segments in another place are a part of the ledger.

use super::*;
use crate::ledger::log::{Trust, archive, prove, segment, verify};

#[tokio::test]
async fn a_ledger_goes_on_over_what_was_moved_elsewhere() {
    let (case, elsewhere) = (Case::new(), tempfile::tempdir().unwrap());
    let place = elsewhere.path().join("archive");
    let (log, _) = case.open();
    for n in 0..9 {
        append(&log, n * 100..(n + 1) * 100).await;
    }
    log.close();
    let before = case.records();
    let count = segment::list(case.path()).unwrap().len();
    assert!(count > 3);
    let refused = archive(case.path(), case.path(), 0, &|_| ()).unwrap_err().to_string();
    assert!(refused.contains("another place"), "{refused}");
    // While it is written: the last one and another stay.
    let (log, _) = case.open();
    assert_eq!(archive(case.path(), &place, 1, &|_| ()).unwrap(), count - 2);
    append(&log, 900..901).await;
    log.close();
    assert_eq!(archive(case.path(), &place, 1, &|_| ()).unwrap(), 0);
    assert_eq!(segment::in_folder(case.path()).unwrap().len(), 2);
    assert_eq!(segment::in_folder(&place).unwrap().len(), count - 2);

    assert_eq!(case.records()[..900], before);
    let checked = verify(case.path(), &Trust::default(), &|_| ()).unwrap();
    assert_eq!((checked.records, checked.segments, checked.damages), (901, count, vec![]));
    assert!(prove(case.path(), 1).is_ok());
    let by_end = Settings { start_bytes_max: 0, ..case.settings() };
    for settings in [case.settings(), by_end.clone()] {
        let (log, opened) = case.open_with(settings).unwrap();
        assert_eq!(opened.records, 901);
        log.close();
    }
    // Damage there is damage; and without it nothing is whole.
    let first = segment::list(case.path()).unwrap().remove(0).path;
    assert!(first.starts_with(place.canonicalize().unwrap()), "{}", first.display());
    let mut bytes = std::fs::read(&first).unwrap();
    bytes[5_000] ^= 1;
    std::fs::write(&first, bytes).unwrap();
    assert_eq!(verify(case.path(), &Trust::default(), &|_| ()).unwrap().damages.len(), 1);
    let (log, _) = case.open_with(by_end).unwrap();
    until("it is not stopped", || !log.is_ready());
    log.close();
    std::fs::rename(&place, elsewhere.path().join("gone")).unwrap();
    assert!(case.open_with(case.settings()).is_err());
    assert!(verify(case.path(), &Trust::default(), &|_| ()).is_err());
}

//! Records whose media lie behind URLs: fetched many at a time, before anything is paid for their rows.

use std::path::Path;

use tamis_core::block::Failed;
use tamis_core::error::StopReason;
use tamis_core::media::{MediaError, MediaErrorKind};
use tamis_core::{Name, Record, place};

/// Whether any of the records has media behind a URL.
pub(crate) fn any(records: &[Record]) -> bool {
    let mut found = false;
    for (_, value) in records.iter().flat_map(|record| record.fields()) {
        if !found {
            value.each_media(&mut |media| {
                found |= media.known_hash().is_none() && media.place().is_some_and(place::is_url);
            });
        }
    }
    found
}

/// Fetches a record's media, as far as they are small; one whose media are not there has failed.
///
/// A bucket that does not answer stops the run, which can be taken up when it does; a web address that does not is the
/// row's own failure.
pub(crate) fn fetch(record: Record) -> Result<Result<Record, Failed>, StopReason> {
    let mut wrong: Option<(Name, MediaError)> = None;
    for (name, value) in record.fields() {
        value.each_media(&mut |media| {
            if wrong.is_none()
                && let Some(path) = media.place().filter(|path| place::is_url(path))
                && let Err(error) = place::warm(path)
            {
                wrong = Some((name.clone(), media.io_error(&error)));
            }
        });
    }
    match wrong {
        None => Ok(Ok(record)),
        Some((_, error)) if stops(&error) => Err(StopReason::Machine(error.to_string())),
        Some((name, error)) => {
            let error = error.message;
            Ok(Err(Failed { record, step: "input".into(), error, field: Some(name), attempts: 1 }))
        }
    }
}

/// Whether an error about media is none of the record's: others would meet it too.
pub(crate) fn stops(error: &MediaError) -> bool {
    let is_web = error
        .origin
        .rsplit(' ')
        .next()
        .is_some_and(|place| matches!(place::scheme(Path::new(place)), Some("http" | "https")));
    match error.kind {
        MediaErrorKind::DiskFull => true,
        MediaErrorKind::Network => !is_web,
        MediaErrorKind::NotFound | MediaErrorKind::Unreadable => false,
    }
}

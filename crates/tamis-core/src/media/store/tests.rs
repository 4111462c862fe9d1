use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::media::header::samples::{picture, png};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(dir: &Path) -> DiskStore {
    DiskStore::open(dir, "1-of-1").unwrap()
}

fn stored(hash: MediaHash) -> Media {
    Media::at(MediaKind::Image, Origin::Stored).with_facts(Some(hash), None, None)
}

fn file(dir: &Path, name: &str, bytes: &[u8]) -> Arc<Media> {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    Arc::new(Media::file(MediaKind::Image, path))
}

/// Runs the same law on both stores.
fn both(law: impl Fn(&dyn MediaStore, &Path)) {
    let dir = folder();
    law(&MemoryStore::new(), dir.path());
    law(&open(&dir.path().join("store")), dir.path());
}

#[test]
fn what_was_put_can_be_read_and_is_known() {
    both(|store, _| {
        let bytes = png(picture(7, 5), None);
        let media = store.put(MediaKind::Image, &bytes).unwrap();
        assert_eq!(media.known_hash(), Some(MediaHash::of(&bytes)));
        assert_eq!(media.known_bytes(), Some(bytes.len() as u64));
        assert_eq!(media.known_header().map(|h| (h.width, h.height)), Some((7, 5)));
        assert!(store.contains(MediaHash::of(&bytes)));
        assert_eq!(&*store.read(&media).unwrap(), bytes);
        let mut head = [0; 4];
        store.open(&media).unwrap().read_exact(&mut head).unwrap();
        assert_eq!(&head, b"\x89PNG");
    });
}

#[test]
fn a_picture_that_cannot_be_read_is_stored_and_says_why_it_is_none() {
    both(|store, _| {
        let media = store.put(MediaKind::Image, b"%PDF-1.7").unwrap();
        assert_eq!(&*store.read(&media).unwrap(), b"%PDF-1.7");
        let message = media.header(store).unwrap_err().message;
        assert!(message.contains("a PDF document"), "{message}");
        store.put(MediaKind::Audio, b"sound").unwrap();
        store.put(MediaKind::Image, b"").unwrap();
    });
}

#[test]
fn adopting_copies_the_origin_and_fills_the_handle() {
    both(|store, dir| {
        let bytes = png(picture(7, 5), None);
        let media = file(dir, "wrong-extension.jpg", &bytes);
        let hash = store.adopt(&media).unwrap();
        assert_eq!(media.known_hash(), Some(hash));
        assert_eq!(media.known_bytes(), Some(bytes.len() as u64));
        assert_eq!(media.known_header().map(|h| h.format), Some(crate::media::Format::Png));
        fs::remove_file(dir.join("wrong-extension.jpg")).unwrap();
        assert_eq!(&*store.read(&media).unwrap(), bytes);
        assert_eq!(store.adopt(&media).unwrap(), hash);
        let again = Arc::new(stored(hash));
        store.adopt(&again).unwrap();
        assert_eq!(again.known_header(), media.known_header());
    });
}

#[test]
fn a_range_is_read_as_media_of_its_own() {
    both(|store, dir| {
        let bytes = png(picture(7, 5), None);
        let path = dir.join("archive.tar");
        fs::write(&path, [b"before".as_slice(), &bytes, b"after"].concat()).unwrap();
        let range = |offset, length| {
            let origin = Origin::Range { path: path.clone(), offset, length, member: "a.png".to_string() };
            Media::at(MediaKind::Image, origin)
        };
        let media = range(6, bytes.len() as u64);
        assert_eq!(&*store.read(&media).unwrap(), bytes);
        assert_eq!(media.header(store).unwrap().width, 7);
        let mut all = Vec::new();
        store.open(&media).unwrap().read_to_end(&mut all).unwrap();
        assert_eq!(all, bytes, "the reader stops at the end of the range");
        for (offset, length) in [(6, 1 << 40), (u64::MAX, 2), (1 << 40, 0)] {
            let message = store.read(&range(offset, length)).unwrap_err().message;
            assert!(message.contains("were expected at byte"), "{message}");
        }
    });
}

#[test]
fn what_cannot_be_read_is_explained() {
    both(|store, dir| {
        let message = |media: &Media| store.read(media).unwrap_err().message;
        let at = |path: PathBuf| Media::file(MediaKind::Image, path);
        assert_eq!(message(&at(dir.join("missing.jpg"))), "no such file");
        assert_eq!(message(&at(dir.to_path_buf())), "this is a directory; a file was expected");
        assert!(message(&at("/dev/null".into())).contains("a regular file was expected"));
        assert!(message(&stored(MediaHash::of(b"never"))).starts_with("not in this media store"));
        let changed = file(dir, "changed", b"12345");
        let known = Media::file(MediaKind::Image, dir.join("changed")).with_facts(None, Some(4), None);
        assert_eq!(message(&known), "the file has changed: it had 4 bytes, now it has 5");
        let hash = Some(MediaHash::of(b"54321"));
        let other = Media::file(MediaKind::Image, dir.join("changed")).with_facts(hash, Some(5), None);
        assert!(store.adopt(&Arc::new(other)).unwrap_err().message.starts_with("the bytes have changed"));
        assert!(store.read(&changed).is_ok());
    });
}

#[test]
fn origins_over_the_limit_are_refused() {
    let dir = folder();
    let store = open(dir.path()).with_origin_limit(4);
    let media = file(dir.path(), "five", b"12345");
    assert_eq!(store.read(&media).unwrap_err().message, "5 bytes; at most 4 are read for one media");
}

#[test]
fn the_same_bytes_are_stored_once() {
    let dir = folder();
    let store = open(&dir.path().join("store"));
    let one = file(dir.path(), "one", b"same bytes");
    let two = file(dir.path(), "two", b"same bytes");
    assert_eq!(store.adopt(&one).unwrap(), store.adopt(&two).unwrap());
    store.put(MediaKind::Mask, b"same bytes").unwrap();
    assert_eq!(store.len(), 1);
    assert_eq!(fs::metadata(pack(&dir.path().join("store"), 0)).unwrap().len(), 10);
    assert_eq!(*one, *two);
}

#[test]
fn many_threads_store_the_same_bytes_once() {
    let dir = folder();
    let store = open(dir.path());
    std::thread::scope(|scope| {
        for thread in 0..8u32 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..200u32 {
                    let n = (n + thread * 7) % 200;
                    let media = store.put(MediaKind::Audio, &n.to_le_bytes()).unwrap();
                    assert_eq!(&*store.read(&media).unwrap(), n.to_le_bytes());
                }
            });
        }
    });
    assert_eq!(store.len(), 200);
    assert_eq!(fs::metadata(pack(dir.path(), 0)).unwrap().len(), 800);
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
}

fn pack(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("pack-1-of-1-{number}.pack"))
}

fn index(dir: &Path) -> PathBuf {
    dir.join("index-1-of-1.jsonl")
}

fn cut(path: &Path, length: u64) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

fn media_of(n: u8) -> Vec<u8> {
    vec![n; 10 + usize::from(n)]
}

/// Stores media `numbers` and ends without a sync, as after a kill.
fn put_all(store: &DiskStore, numbers: std::ops::Range<u8>) {
    for n in numbers {
        store.put(MediaKind::Audio, &media_of(n)).unwrap();
    }
}

fn readable(store: &DiskStore) -> Vec<u8> {
    let read = |n: &u8| {
        let bytes = media_of(*n);
        let media = stored(MediaHash::of(&bytes));
        let found = store.contains(MediaHash::of(&bytes));
        assert!(!found || *store.read(&media).unwrap() == *bytes);
        found
    };
    (0..20).filter(read).collect()
}

#[test]
fn everything_is_there_when_it_is_opened_again() {
    let dir = folder();
    let bytes = png(picture(7, 5), None);
    let hash = open(dir.path()).put(MediaKind::Image, &bytes).unwrap().known_hash().unwrap();
    put_all(&open(dir.path()), 0..5);
    let store = open(dir.path());
    assert_eq!(readable(&store), [0, 1, 2, 3, 4]);
    let media = Arc::new(stored(hash));
    store.adopt(&media).unwrap();
    assert_eq!(media.known_header().map(|h| (h.width, h.height)), Some((7, 5)));
    assert_eq!(length(&pack(dir.path(), 0)), bytes.len() as u64 + 60, "the pack was continued");
}

#[test]
fn entries_come_in_the_order_of_the_packs() {
    let dir = folder();
    let store = open(dir.path());
    put_all(&store, 0..3);
    let entries: Vec<Entry> = store.entries().collect();
    assert_eq!(entries.iter().map(|e| (e.offset, e.bytes)).collect::<Vec<_>>(), [(0, 10), (10, 11), (21, 12)]);
    assert_eq!(entries[1].pack, "pack-1-of-1-0.pack");
    assert_eq!(entries[1].hash, MediaHash::of(&media_of(1)));
}

#[test]
fn packs_begin_anew_at_the_limit() {
    let dir = folder();
    let store = open(dir.path());
    store.set_pack_limit(25);
    put_all(&store, 0..6);
    store.put(MediaKind::Audio, &[77; 100]).unwrap();
    store.sync().unwrap();
    assert!((0..4).all(|number| length(&pack(dir.path(), number)) <= 25));
    assert_eq!(length(&pack(dir.path(), 4)), 100, "one that is larger than a pack has its own");
    drop(store);
    let store = open(dir.path());
    assert_eq!(readable(&store), [0, 1, 2, 3, 4, 5]);
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn a_kill_at_any_byte_of_the_index_loses_the_last_line_only() {
    let dir = folder();
    put_all(&open(dir.path()), 0..3);
    let text = fs::read(index(dir.path())).unwrap();
    for end in 0..=text.len() {
        fs::write(index(dir.path()), &text[..end]).unwrap();
        let whole = text[..end].iter().filter(|b| **b == b'\n').count() as u8;
        let store = open(dir.path());
        assert_eq!(readable(&store), (0..whole).collect::<Vec<_>>());
        put_all(&store, 0..5);
        assert_eq!(readable(&store), [0, 1, 2, 3, 4]);
        assert_eq!(store.verify().unwrap(), Vec::<String>::new());
        drop(store);
        assert_eq!(readable(&open(dir.path())), [0, 1, 2, 3, 4]);
    }
}

#[test]
fn lines_that_lost_their_bytes_are_dropped_for_good() {
    let dir = folder();
    put_all(&open(dir.path()), 0..4);
    // Media 2 and 3 begin at 21 and 33.
    for end in [40, 33, 25, 0] {
        cut(&pack(dir.path(), 0), end);
        let store = open(dir.path());
        let kept: Vec<u8> = [(10, 0), (21, 1), (33, 2)].iter().filter(|(e, _)| *e <= end).map(|(_, n)| *n).collect();
        assert_eq!(readable(&store), kept);
        assert!(store.verify().unwrap().iter().any(|problem| problem.contains("points past the end")));
        drop(store);
        // What comes next must not make the dropped lines true again.
        let store = open(dir.path());
        assert_eq!(readable(&store), kept);
        assert_eq!(store.verify().unwrap(), Vec::<String>::new());
        store.put(MediaKind::Audio, &[200; 500]).unwrap();
        store.sync().unwrap();
        drop(store);
        assert_eq!(readable(&open(dir.path())), kept);
        let _ = fs::remove_file(pack(dir.path(), 1));
        fs::remove_file(index(dir.path())).unwrap();
        fs::remove_file(pack(dir.path(), 0)).unwrap();
        put_all(&open(dir.path()), 0..4);
    }
}

#[test]
fn bytes_that_a_power_cut_turned_to_zeros_are_noticed_if_they_were_not_synced() {
    let dir = folder();
    let store = open(dir.path());
    put_all(&store, 0..2);
    store.sync().unwrap();
    put_all(&store, 2..5);
    drop(store);
    let mut bytes = fs::read(pack(dir.path(), 0)).unwrap();
    bytes[33..46].fill(0);
    fs::write(pack(dir.path(), 0), bytes).unwrap();
    for _ in 0..2 {
        assert_eq!(readable(&DiskStore::read_only(dir.path()).unwrap()), [0, 1, 2]);
    }
    let store = open(dir.path());
    assert_eq!(readable(&store), [0, 1, 2]);
    put_all(&store, 3..5);
    store.sync().unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(readable(&store), [0, 1, 2, 3, 4]);
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn verify_finds_a_changed_byte() {
    let dir = folder();
    let store = open(dir.path());
    put_all(&store, 0..3);
    store.sync().unwrap();
    drop(store);
    let mut bytes = fs::read(pack(dir.path(), 0)).unwrap();
    bytes[15] ^= 1;
    fs::write(pack(dir.path(), 0), bytes).unwrap();
    let problems = open(dir.path()).verify().unwrap();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("the bytes in pack-1-of-1-0.pack (11 bytes at byte 10) have changed"), "{problems:?}");
}

#[test]
fn a_pack_that_is_gone_is_an_error_of_its_media_only() {
    let dir = folder();
    let store = open(dir.path());
    put_all(&store, 0..2);
    let media = stored(MediaHash::of(&media_of(1)));
    cut(&pack(dir.path(), 0), 12);
    let message = store.read(&media).unwrap_err().message;
    assert_eq!(message, "the pack is shorter than its index says");
    assert!(store.read(&stored(MediaHash::of(&media_of(0)))).is_ok());
}

#[test]
fn an_index_cannot_lead_out_of_the_directory() {
    let dir = folder();
    fs::write(dir.path().join("secret"), b"1234567890").unwrap();
    let inner = dir.path().join("store");
    fs::create_dir(&inner).unwrap();
    let hash = MediaHash::of(b"1234567890");
    let line = format!(
        "{{\"hash\":\"{hash}\",\"pack\":\"pack-/../../secret\",\"offset\":0,\"bytes\":10,\"kind\":\"image\"}}\n"
    );
    fs::write(inner.join("index-x.jsonl"), line + "no json\n\n").unwrap();
    assert!(DiskStore::read_only(&inner).unwrap().is_empty());
}

#[test]
fn writers_share_a_directory_and_each_name_is_taken_once() {
    let dir = folder();
    let one = DiskStore::open(dir.path(), "1-of-2").unwrap();
    put_all(&one, 0..3);
    let two = DiskStore::open(dir.path(), "2-of-2").unwrap();
    assert_eq!(readable(&two), [0, 1, 2]);
    put_all(&two, 0..5);
    assert_eq!(two.len(), 5);
    assert!(!dir.path().join("pack-2-of-2-1.pack").exists());
    assert_eq!(length(&dir.path().join("pack-2-of-2-0.pack")), 13 + 14, "what the other has is not stored again");
    let message = DiskStore::open(dir.path(), "1-of-2").unwrap_err().message;
    assert!(message.contains("another process writes here as `1-of-2`"), "{message}");
    assert_eq!(readable(&DiskStore::read_only(dir.path()).unwrap()), [0, 1, 2, 3, 4]);
    for bad in ["", "../x", "a b"] {
        assert!(DiskStore::open(dir.path(), bad).unwrap_err().message.contains("cannot name a writer"));
    }
}

#[test]
fn a_store_to_be_read_is_not_written() {
    let dir = folder();
    put_all(&open(dir.path()), 0..1);
    let names = |dir: &Path| fs::read_dir(dir).unwrap().count();
    let before = names(dir.path());
    let store = DiskStore::read_only(dir.path()).unwrap();
    assert!(store.put(MediaKind::Audio, b"new").unwrap_err().message.contains("opened to be read"));
    assert!(store.put(MediaKind::Audio, &media_of(0)).is_ok(), "nothing to write");
    store.sync().unwrap();
    assert_eq!(names(dir.path()), before);
    assert_eq!(DiskStore::read_only(&dir.path().join("none")).unwrap_err().message, "no such file");
}

/// A disk that takes half of what is written and is then full.
fn full_disk(file: &fs::File, bytes: &[u8], at: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    file.write_all_at(&bytes[..bytes.len() / 2], at)?;
    Err(io::ErrorKind::StorageFull.into())
}

/// A disk that is full when the index (whose lines begin with a brace) is written.
fn full_for_the_index(file: &fs::File, bytes: &[u8], at: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    if bytes.first() == Some(&b'{') { full_disk(file, bytes, at) } else { file.write_all_at(bytes, at) }
}

#[test]
fn a_full_disk_is_an_error_and_the_store_goes_on_when_there_is_space() {
    for full in [full_disk, full_for_the_index] {
        let dir = folder();
        let store = open(dir.path());
        put_all(&store, 0..2);
        let working = store.set_write(full);
        let error = store.put(MediaKind::Audio, &media_of(2)).unwrap_err();
        assert!(error.message.starts_with("the disk is full"), "{error}");
        assert_eq!(readable(&store), [0, 1]);
        assert_eq!(readable(&DiskStore::read_only(dir.path()).unwrap()), [0, 1], "as after a kill now");
        store.set_write(working);
        put_all(&store, 2..4);
        store.sync().unwrap();
        assert_eq!(readable(&store), [0, 1, 2, 3]);
        drop(store);
        let store = open(dir.path());
        assert_eq!(readable(&store), [0, 1, 2, 3]);
        assert_eq!(store.verify().unwrap(), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever was stored and synced survives any cut of what was written after it; what is found is never wrong.
    #[test]
    fn a_crash_keeps_what_was_synced_and_never_shows_wrong_bytes(
        synced in 0..6u8,
        later in 0..6u8,
        index_cut in any::<prop::sample::Index>(),
        pack_cut in any::<prop::sample::Index>(),
    ) {
        let dir = folder();
        let store = open(dir.path());
        store.set_pack_limit(40);
        put_all(&store, 0..synced);
        store.sync().unwrap();
        let safe = length(&index(dir.path()));
        let packs = |dir: &Path| (0..20).map(|n| pack(dir, n)).take_while(|path| path.exists()).collect::<Vec<_>>();
        let safe_packs: Vec<u64> = packs(dir.path()).iter().map(|path| length(path)).collect();
        put_all(&store, synced..synced + later);
        drop(store);
        let end = length(&index(dir.path()));
        cut(&index(dir.path()), safe + index_cut.index((end - safe) as usize + 1) as u64);
        if let Some((number, last)) = packs(dir.path()).iter().enumerate().next_back() {
            let safe = safe_packs.get(number).copied().unwrap_or(0);
            cut(last, safe + pack_cut.index((length(last) - safe) as usize + 1) as u64);
        }
        for _ in 0..2 {
            let store = open(dir.path());
            let found = readable(&store);
            prop_assert!((0..synced).all(|n| found.contains(&n)), "{found:?}");
            store.put(MediaKind::Audio, &[250; 60]).unwrap();
            store.sync().unwrap();
        }
        let store = open(dir.path());
        put_all(&store, 0..12);
        prop_assert_eq!(readable(&store), (0..12).collect::<Vec<_>>());
        prop_assert_eq!(store.verify().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_index_of_random_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let dir = folder();
        fs::write(index(dir.path()), bytes).unwrap();
        let store = open(dir.path());
        put_all(&store, 0..2);
        prop_assert_eq!(readable(&store), [0, 1]);
    }
}

fn leaving(dir: &Path) -> DiskStore {
    open(dir).leaving_files()
}

fn no_packs(dir: &Path) -> bool {
    fs::read_dir(dir).unwrap().all(|entry| !entry.unwrap().file_name().to_string_lossy().starts_with("pack-"))
}

#[test]
fn media_in_place_are_noted_not_copied_and_read_from_where_they_are() {
    let dir = folder();
    let place = dir.path().join("store");
    let bytes = png(picture(7, 5), None);
    let media = file(dir.path(), "a.png", &bytes);
    let hash = {
        let store = leaving(&place);
        let hash = store.adopt(&media).unwrap();
        store.adopt(&file(dir.path(), "same.png", &bytes)).unwrap();
        store.sync().unwrap();
        hash
    };
    assert_eq!(hash, MediaHash::of(&bytes));
    assert_eq!(media.known_header().map(|h| (h.width, h.height)), Some((7, 5)));
    assert!(no_packs(&place));
    assert_eq!(fs::read_to_string(place.join("in-place-1-of-1.jsonl")).unwrap().lines().count(), 1);
    let store = DiskStore::read_only(&place).unwrap();
    assert!(store.contains(hash) && store.is_empty());
    assert_eq!(&*store.read(&stored(hash)).unwrap(), bytes);
    let again = Arc::new(stored(hash));
    open(&dir.path().join("other")).adopt(&again).unwrap_err();
    store.adopt(&again).unwrap();
    assert_eq!(again.known_header(), media.known_header());
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn a_file_in_place_that_changed_or_is_gone_is_told() {
    let dir = folder();
    let place = dir.path().join("store");
    let store = leaving(&place);
    let hashes = ["gone", "longer", "other"].map(|name| {
        store.adopt(&file(dir.path(), name, name.as_bytes())).unwrap();
        MediaHash::of(name.as_bytes())
    });
    fs::remove_file(dir.path().join("gone")).unwrap();
    fs::write(dir.path().join("longer"), "longer now").unwrap();
    fs::write(dir.path().join("other"), "OTHER").unwrap();
    let problems = store.verify().unwrap();
    let expected = ["no such file", "it had 6 bytes, now it has 10", "the bytes have changed"];
    for ((problem, expected), hash) in problems.iter().zip(expected).zip(hashes) {
        assert!(problem.contains(expected) && problem.contains(&hash.to_string()), "{problem}");
        assert!(store.read(&stored(hash)).is_err());
    }
    assert_eq!(problems.len(), 3);
    assert_eq!(store.look_for_files().len(), 2, "without reading, other bytes of the same size do not show");
}

#[test]
fn what_cannot_stay_in_place_is_stored() {
    let dir = folder();
    let place = dir.path().join("store");
    let store = leaving(&place);
    store.put(MediaKind::Image, b"altered").unwrap();
    store.adopt(&Arc::new(Media::held(MediaKind::Image, Bytes::from(&b"held"[..]), "a.png"))).unwrap();
    assert_eq!(store.len(), 2);
    let archive = file(dir.path(), "archive.tar", b"beforemiddleafter");
    let origin = Origin::Range { path: archive.place().unwrap().into(), offset: 6, length: 6, member: "m".into() };
    let hash = store.adopt(&Arc::new(Media::at(MediaKind::Image, origin))).unwrap();
    assert_eq!(&*store.read(&stored(hash)).unwrap(), b"middle");
    assert_eq!(store.len(), 2, "a member of an archive stays in it");
}

#[test]
fn a_kill_at_any_byte_of_the_lines_in_place_loses_the_last_one_only() {
    let dir = folder();
    let place = dir.path().join("store");
    let files: Vec<Arc<Media>> = ["a", "b", "c"].map(|name| file(dir.path(), name, name.as_bytes())).to_vec();
    let adopt_all = |store: &DiskStore| {
        files.iter().for_each(|media| drop(store.adopt(&Arc::new(Media::at(media.kind(), media.origin().clone())))));
        store.sync().unwrap();
    };
    adopt_all(&leaving(&place));
    let lines = place.join("in-place-1-of-1.jsonl");
    let text = fs::read(&lines).unwrap();
    for end in 0..=text.len() {
        fs::write(&lines, &text[..end]).unwrap();
        let store = leaving(&place);
        adopt_all(&store);
        assert_eq!(store.verify().unwrap(), Vec::<String>::new());
        assert_eq!(fs::read_to_string(&lines).unwrap().lines().count(), 3, "killed at byte {end}");
    }
}

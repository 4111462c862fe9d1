//! The floor of a filter by size: reads the headers of a folder's pictures and counts those that are large enough.
//!
//! `headers FOLDER LEAST_WIDTH LEAST_HEIGHT`, with a thread for each core. Raced by `bench/filter.py`.

use std::error::Error;
use std::path::PathBuf;

use tamis_core::media::{Media, MediaKind, MemoryStore};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, width, height] = &arguments[..] else {
        return Err("expected FOLDER LEAST_WIDTH LEAST_HEIGHT".into());
    };
    let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
    let paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    let threads = std::thread::available_parallelism()?.get();
    let share = paths.len().div_ceil(threads).max(1);
    let store = MemoryStore::new();
    let large = |path: &PathBuf| {
        let media = Media::file(MediaKind::Image, path);
        media.header(&store).is_ok_and(|header| header.width >= width && header.height >= height)
    };
    let kept: usize = std::thread::scope(|scope| {
        let counts: Vec<_> =
            paths.chunks(share).map(|paths| scope.spawn(|| paths.iter().filter(|path| large(path)).count())).collect();
        counts.into_iter().map(|count| count.join().unwrap_or(0)).sum()
    });
    println!("{kept} of {}", paths.len());
    Ok(())
}

//! Work on long lists.

/// Does the same with parts of a list at the same time; what comes of them is in the order of the list.
pub(crate) fn on_all_cores<'a, T: Sync, R: Send>(list: &'a [T], part: impl Fn(&'a [T]) -> Vec<R> + Sync) -> Vec<R> {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let each = list.len().div_ceil(workers).max(1);
    std::thread::scope(|scope| {
        let part = &part;
        let running: Vec<_> = list.chunks(each).map(|chunk| scope.spawn(move || part(chunk))).collect();
        running
            .into_iter()
            .flat_map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

//! The folders that commands read and write.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("`xtask` is a folder of the repository")
}

/// The target folder of the workspace. Other workspaces of the repository use it too, so that `CARGO_TARGET_DIR`
/// applies to all of them.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Makes cargo compile the package of this source again.
pub(crate) fn touch(source: &Path) -> anyhow::Result<()> {
    let file = fs::File::options().append(true).open(source)?;
    Ok(file.set_modified(SystemTime::now())?)
}

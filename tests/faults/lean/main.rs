//! A Lean that says and does what chance wants.

#[cfg(unix)]
mod storm;

fn main() -> std::io::Result<()> {
    #[cfg(unix)]
    storm::run()?;
    Ok(())
}

//! Commands that are run after a round, with its report as JSON on their standard input.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Round;

/// A command that takes longer is ended.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs a command in the shell of the system.
///
/// # Errors
///
/// In words, if it cannot be started, fails or takes too long.
pub(crate) async fn run(command: &str, round: &Round) -> Result<(), String> {
    let input = serde_json::to_vec(round).map_err(|error| error.to_string())?;
    let command = command.to_owned();
    let ended = tokio::task::spawn_blocking(move || wait(&command, input)).await;
    ended.unwrap_or_else(|error| Err(error.to_string()))
}

fn wait(command: &str, input: Vec<u8>) -> Result<(), String> {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell)
        .args([option, command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start `{command}`: {error}"))?;
    // A command that does not read its input closes it, which is no error.
    let writing = child.stdin.take().map(|mut stdin| std::thread::spawn(move || stdin.write_all(&input).ok()));
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) if started.elapsed() > LONGEST => {
                child.kill().ok();
                child.wait().ok();
                break Err(format!("`{command}` was ended: it took longer than {} s", LONGEST.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => break Err(format!("`{command}`: {error}")),
        }
    };
    drop(writing);
    match status? {
        status if status.success() => Ok(()),
        status => Err(format!("`{command}` ended with {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gets_the_round_and_its_failure_is_told() {
        let folder = std::env::temp_dir().join(format!("aldb-hook-{}", std::process::id()));
        let round = Round { errors: vec!["a.mpt: x".to_owned()], ..Round::default() };
        let input = serde_json::to_vec(&round).unwrap();
        wait(&format!("cat > '{}'", folder.display()), input.clone()).unwrap();
        assert_eq!(std::fs::read(&folder).unwrap(), input);
        std::fs::remove_file(&folder).unwrap();
        assert_eq!(wait("exit 3", input).unwrap_err(), "`exit 3` ended with exit status: 3");
    }
}

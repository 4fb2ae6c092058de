//! What this process has cost the machine so far, as Linux tells it.

use anyhow::Context;
use std::time::Duration;

/// Clock ticks a second in `/proc`: fixed at 100 for programs on Linux.
const TICKS_PER_SECOND: u64 = 100;

/// Processor time of this process, in user and kernel mode.
pub(crate) fn cpu() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th fields behind it.
    let fields: Vec<&str> = stat.rsplit(')').next().context("no fields")?.split_whitespace().collect();
    let ticks = |index: usize| -> anyhow::Result<u64> { Ok(fields.get(index).context("too few fields")?.parse()?) };
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 1000 / TICKS_PER_SECOND))
}

/// Largest resident memory of this process so far, in bytes.
pub(crate) fn peak_memory() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_what_it_costs() {
        let before = cpu().unwrap();
        let sum: u64 = std::hint::black_box((0..20_000_000_u64).map(|n| n ^ 0x55).sum());
        assert!(sum > 0 && cpu().unwrap() >= before);
        assert!(peak_memory().unwrap() > 100_000);
    }
}

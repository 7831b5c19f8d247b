//! What a model needs, and what the machine has.

use anyhow::{Result, bail, ensure};
use candle_core::Device;

use super::config::LlamaConfig;
use super::weights::{TensorInfo, Weights};
use crate::cache::PAGE;
use crate::linear;

/// For what is computed on the way, and for the program itself.
pub const SCRATCH: u64 = 512 << 20;

/// With fewer there is no room for a theorem and its proof.
const LEAST_CONTEXT: usize = 1024;

/// The room that a caller wants for its sequences, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The longest sequence, where the caller insists on a length.
    pub context: Option<usize>,
    /// The longest sequence otherwise, where the model and the memory allow it.
    pub usual_context: usize,
    /// The longest answer, whatever the context.
    pub answer: usize,
    /// How many answers are decoded together; at least one.
    pub batch: usize,
}

impl Room {
    /// The longest sequence of a model that was made for `most` tokens.
    pub fn context(&self, most: usize) -> usize {
        self.context.unwrap_or(self.usual_context).min(most)
    }

    /// The longest answer within `context`: at most half of it.
    fn answer(&self, context: usize) -> usize {
        self.answer.min(context / 2).max(1)
    }

    /// Tokens that the cache of a model with this context has to hold: a prompt once, and an answer for
    /// each of a batch.
    pub fn positions(&self, context: usize) -> usize {
        let answer = self.answer(context) + 2 * PAGE;
        let answers = self.batch.saturating_sub(1).saturating_mul(answer);
        context.saturating_add(answers)
    }
}

/// What the memory is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Most positions of one sequence.
    pub context: usize,
    /// Positions in the cache, for all sequences together: at least [`Plan::context`].
    pub positions: usize,
    /// Bytes of the cache.
    pub kv_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// Bytes of a position in the cache: key and value in f16.
pub fn position_bytes(config: &LlamaConfig) -> u64 {
    let numbers = [2, config.layers, config.kv_heads, config.head_dim, 2];
    let product = |all: u64, &next: &usize| all.saturating_mul(next as u64);
    numbers.iter().fold(1, product)
}

/// Plans for a model on a device that has `available` bytes.
///
/// # Errors
/// When it does not fit, or more context is wanted than the model was made for. The message says what
/// would do.
pub fn plan(config: &LlamaConfig, weights_bytes: u64, available: u64, room: &Room) -> Result<Plan> {
    let each = position_bytes(config).max(1);
    let fixed = weights_bytes.saturating_add(SCRATCH);
    let fit = available.saturating_sub(fixed) / each;
    let fit = usize::try_from(fit).unwrap_or(usize::MAX);
    let least = room.context.unwrap_or(LEAST_CONTEXT).min(config.context);
    if fit < LEAST_CONTEXT.min(least) {
        bail!(
            "it needs {} for its weights, {} to compute with and {} for each 1000 positions of text, \
             but only {} of memory are free: end other programs, or take a file whose weights have at \
             most {}",
            size(weights_bytes),
            size(SCRATCH),
            size(each.saturating_mul(1000)),
            size(available),
            size(available.saturating_sub(SCRATCH + each.saturating_mul(LEAST_CONTEXT as u64)))
        );
    }
    if let Some(context) = room.context {
        ensure!(
            context <= config.context,
            "`context = {context}`, but the model was made for {} positions",
            config.context
        );
        ensure!(
            context <= fit,
            "`context = {context}` needs {} beside the weights' {}, but only {} of memory are free: \
             `context = {}` would fit",
            size(each.saturating_mul(context as u64)),
            size(fixed),
            size(available),
            round(fit)
        );
    }
    // What fits exactly now may not fit a moment later.
    let context = room.context(config.context);
    let context = if context < fit { context } else { round(fit) };
    let positions = room.positions(context).min(fit);
    let kv_bytes = each.saturating_mul(positions as u64);
    Ok(Plan {
        context,
        positions,
        kv_bytes,
        total_bytes: fixed.saturating_add(kv_bytes),
    })
}

fn round(positions: usize) -> usize {
    if positions < 512 {
        positions
    } else {
        positions / 256 * 256
    }
}

/// Plans for a model on `device` as it is now.
///
/// # Errors
/// As [`plan`].
pub fn plan_on(weights: &Weights, device: &Device, room: &Room) -> Result<Plan> {
    let available = available(device)?;
    let weights_bytes = resident_bytes(weights, device);
    plan(weights.config(), weights_bytes, available, room)
}

/// Bytes that a model's weights take on the processor.
pub fn resident_on_cpu(weights: &Weights) -> u64 {
    resident_bytes(weights, &Device::Cpu)
}

fn resident_bytes(weights: &Weights, device: &Device) -> u64 {
    const EMBEDDING: &str = "token_embd.weight";
    let multiplied = |info: &TensorInfo| linear::resident_bytes(info.dtype, info.bytes, device);
    let mut bytes: u64 = weights
        .tensors()
        .map(|(name, info)| match name {
            EMBEDDING => info.bytes,
            _ => multiplied(info),
        })
        .sum();
    // An embedding that is the output matrix as well is there for both.
    if weights.info("output.weight").is_none() {
        bytes += weights.info(EMBEDDING).map_or(0, multiplied);
    }
    bytes
}

/// Bytes that a device has free. An Apple GPU has the machine's.
///
/// # Errors
/// When the device does not say.
pub fn available(device: &Device) -> Result<u64> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(_) => {
            let (free, _) = candle_core::cuda_backend::cudarc::driver::result::mem_get_info()?;
            Ok(free as u64)
        }
        _ => Ok(of_machine()),
    }
}

/// Bytes of main memory that this process can have: what is free or easily freed, and within the
/// limits of its control group.
pub fn of_machine() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let available = system.available_memory();
    #[cfg(target_os = "linux")]
    let available = available.min(cgroup::free().unwrap_or(u64::MAX));
    available
}

/// What this process has of the main memory now, and the most it ever had, in bytes, where the system
/// says.
pub fn of_process() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kilobytes << 10)
    };
    Some((field("VmRSS:")?, field("VmHWM:")?))
}

/// Control groups, version 2: <https://docs.kernel.org/admin-guide/cgroup-v2.html>.
#[cfg(target_os = "linux")]
mod cgroup {
    use std::fs::read_to_string;
    use std::path::{Path, PathBuf};

    /// What the tightest limit of the groups that this process is in leaves.
    pub fn free() -> Option<u64> {
        let groups = read_to_string("/proc/self/cgroup").ok()?;
        let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
        let root = Path::new("/sys/fs/cgroup");
        let group = root.join(own);
        let within = group.ancestors().take_while(|dir| dir.starts_with(root));
        within.filter_map(|dir| free_in(dir.to_owned())).min()
    }

    /// Pages of files are given back when others need them.
    fn free_in(group: PathBuf) -> Option<u64> {
        let read = |name: &str| read_to_string(group.join(name)).ok();
        let most: u64 = read("memory.max")?.trim().parse().ok()?;
        let used: u64 = read("memory.current")?.trim().parse().ok()?;
        let stat = read("memory.stat")?;
        let files: u64 = stat
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter(|(name, _)| matches!(*name, "active_file" | "inactive_file"))
            .filter_map(|(_, bytes)| bytes.parse::<u64>().ok())
            .sum();
        Some(most.saturating_sub(used.saturating_sub(files)))
    }

    #[cfg(test)]
    #[test]
    fn a_limit_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("written");
        };
        assert_eq!(free_in(folder.path().to_owned()), None);
        write("memory.max", "max\n");
        write("memory.current", "700\n");
        write(
            "memory.stat",
            "anon 100\nactive_file 200\ninactive_file 50\n",
        );
        assert_eq!(free_in(folder.path().to_owned()), None);
        write("memory.max", "1000\n");
        assert_eq!(free_in(folder.path().to_owned()), Some(550));
    }
}

/// Bytes for people.
pub fn size(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        format!("{:.0} MB", bytes as f64 / 1e6)
    } else {
        format!("{:.2} GB", bytes as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Rope, RopePairs, RopeScaling};
    use expect_test::{Expect, expect};

    /// DeepSeek-Prover-V2-7B's shape.
    fn prover() -> LlamaConfig {
        LlamaConfig {
            vocab: 102_400,
            hidden: 4096,
            feed_forward: 11008,
            layers: 30,
            heads: 32,
            kv_heads: 32,
            head_dim: 128,
            rms_eps: 1e-6,
            context: 65536,
            rope: Rope {
                theta: 10_000.0,
                dims: 128,
                pairs: RopePairs::Interleaved,
                scaling: RopeScaling::None,
            },
        }
    }

    fn room(context: Option<usize>, batch: usize) -> Room {
        Room {
            context,
            usual_context: 5120,
            answer: 1024,
            batch,
        }
    }

    fn check(weights: u64, available: u64, wanted: (Option<usize>, usize), expected: Expect) {
        let room = room(wanted.0, wanted.1);
        let outcome = match plan(&prover(), weights, available, &room) {
            Ok(plan) => format!("{plan:?}"),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&outcome);
    }

    #[test]
    fn a_position_of_the_7b() {
        assert_eq!(position_bytes(&prover()), 491_520);
    }

    #[test]
    fn what_fits() {
        const GB: u64 = 1_000_000_000;
        check(
            4_220_000_000,
            64 * GB,
            (None, 1),
            expect![
                "Plan { context: 5120, positions: 5120, kv_bytes: 2516582400, total_bytes: 7273453312 }"
            ],
        );
        check(
            4_220_000_000,
            64 * GB,
            (None, 8),
            expect![
                "Plan { context: 5120, positions: 12736, kv_bytes: 6259998720, total_bytes: 11016869632 }"
            ],
        );
        check(
            4_220_000_000,
            8 * GB,
            (None, 8),
            expect![
                "Plan { context: 5120, positions: 6598, kv_bytes: 3243048960, total_bytes: 7999919872 }"
            ],
        );
        check(
            4_220_000_000,
            64 * GB,
            (Some(65536), 1),
            expect![
                "Plan { context: 65536, positions: 65536, kv_bytes: 32212254720, total_bytes: 36969125632 }"
            ],
        );
        check(
            4_220_000_000,
            64 * GB,
            (Some(512), 1),
            expect![
                "Plan { context: 512, positions: 512, kv_bytes: 251658240, total_bytes: 5008529152 }"
            ],
        );
        check(
            4_220_000_000,
            64 * GB,
            (Some(65537), 1),
            expect!["`context = 65537`, but the model was made for 65536 positions"],
        );
        check(
            4_220_000_000,
            8 * GB,
            (Some(8192), 1),
            expect![
                "`context = 8192` needs 4.03 GB beside the weights' 4.76 GB, but only 8.00 GB of memory are free: `context = 6400` would fit"
            ],
        );
        check(
            4_220_000_000,
            5 * GB,
            (None, 1),
            expect![
                "it needs 4.22 GB for its weights, 537 MB to compute with and 492 MB for each 1000 positions of text, but only 5.00 GB of memory are free: end other programs, or take a file whose weights have at most 3.96 GB"
            ],
        );
        check(
            13_800_000_000,
            8 * GB,
            (None, 1),
            expect![
                "it needs 13.80 GB for its weights, 537 MB to compute with and 492 MB for each 1000 positions of text, but only 8.00 GB of memory are free: end other programs, or take a file whose weights have at most 6.96 GB"
            ],
        );
        check(
            u64::MAX,
            u64::MAX,
            (None, 1000),
            expect![
                "it needs 18446744073.71 GB for its weights, 537 MB to compute with and 492 MB for each 1000 positions of text, but only 18446744073.71 GB of memory are free: end other programs, or take a file whose weights have at most 18446744072.67 GB"
            ],
        );
        check(
            0,
            u64::MAX,
            (None, 1000),
            expect![
                "Plan { context: 5120, positions: 1092032, kv_bytes: 536755568640, total_bytes: 537292439552 }"
            ],
        );
    }

    #[test]
    fn a_small_model_may_have_fewer_positions() {
        let config = LlamaConfig {
            context: 128,
            ..prover()
        };
        let plan = plan(&config, 0, 8 << 30, &room(None, 1)).expect("it fits");
        assert_eq!((plan.context, plan.positions), (128, 128));
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(of_machine() > 1 << 20);
        #[cfg(target_os = "linux")]
        assert!(of_process().is_some_and(|(now, most)| now > 1 << 20 && most >= now));
    }
}

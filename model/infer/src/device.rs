//! What a model runs on.

use anyhow::{Context, Result, bail};

use serde::Deserialize;

/// What a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// A GPU that this program was built for and that the machine has, else the CPU.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Metal,
}

/// The device that is `wanted`, and why it is that one, for the user to read.
///
/// # Errors
/// When it is not there, or this program was built without it.
pub fn device(wanted: Device) -> Result<(candle_core::Device, String)> {
    let cuda = || candle_core::Device::new_cuda(0);
    let metal = || candle_core::Device::new_metal(0);
    Ok(match wanted {
        Device::Cpu => (candle_core::Device::Cpu, "CPU, as configured".into()),
        Device::Cuda if !cfg!(feature = "cuda") => {
            bail!(
                "`device = \"cuda\"`, but this unsorry was built without CUDA: build it with `--features cuda`, or set `device = \"cpu\"`"
            )
        }
        Device::Metal if !cfg!(feature = "metal") => {
            bail!(
                "`device = \"metal\"`, but this unsorry was built without Metal: build it with `--features metal`, or set `device = \"cpu\"`"
            )
        }
        Device::Cuda => (
            cuda().context("`device = \"cuda\"`, but no CUDA GPU answers")?,
            "CUDA GPU 0, as configured".into(),
        ),
        Device::Metal => (
            metal().context("`device = \"metal\"`, but no Metal GPU answers")?,
            "Metal GPU, as configured".into(),
        ),
        Device::Auto if cfg!(feature = "cuda") => match cuda() {
            Ok(device) => (device, "CUDA GPU 0: the first there is".into()),
            Err(error) => (
                candle_core::Device::Cpu,
                format!("CPU: no CUDA GPU answers ({error})"),
            ),
        },
        Device::Auto if cfg!(feature = "metal") => match metal() {
            Ok(device) => (device, "Metal GPU".into()),
            Err(error) => (
                candle_core::Device::Cpu,
                format!("CPU: no Metal GPU answers ({error})"),
            ),
        },
        Device::Auto => (
            candle_core::Device::Cpu,
            "CPU: this unsorry was built without CUDA and Metal".into(),
        ),
    })
}

//! The device that a model runs on.

use anyhow::{Context, Result, bail};
use candle_core::Device;
use serde::Deserialize;

/// The device that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DevicePreference {
    /// A GPU if the program was built for one and the machine has it, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Metal,
}

/// Opens the preferred device. Returns it with the reason for the choice, for people to read.
///
/// # Errors
/// When there is no such device, or the program was built without support for it.
pub fn open(preference: DevicePreference) -> Result<(Device, String)> {
    let cuda = || Device::new_cuda(0);
    let metal = || Device::new_metal(0);
    Ok(match preference {
        DevicePreference::Cpu => (Device::Cpu, "CPU, as configured".into()),
        DevicePreference::Cuda if !cfg!(feature = "cuda") => {
            bail!(
                "`device = \"cuda\"`, but this program was built without CUDA: build it with `--features cuda`, or set `device = \"cpu\"`"
            )
        }
        DevicePreference::Metal if !cfg!(feature = "metal") => {
            bail!(
                "`device = \"metal\"`, but this program was built without Metal: build it with `--features metal`, or set `device = \"cpu\"`"
            )
        }
        DevicePreference::Cuda => (
            cuda().context("`device = \"cuda\"`, but no CUDA GPU answers")?,
            "CUDA GPU 0, as configured".into(),
        ),
        DevicePreference::Metal => (
            metal().context("`device = \"metal\"`, but no Metal GPU answers")?,
            "Metal GPU, as configured".into(),
        ),
        DevicePreference::Auto if cfg!(feature = "cuda") => match cuda() {
            Ok(device) => (device, "CUDA GPU 0: the first there is".into()),
            Err(error) => (Device::Cpu, format!("CPU: no CUDA GPU answers ({error})")),
        },
        DevicePreference::Auto if cfg!(feature = "metal") => match metal() {
            Ok(device) => (device, "Metal GPU".into()),
            Err(error) => (Device::Cpu, format!("CPU: no Metal GPU answers ({error})")),
        },
        DevicePreference::Auto => (
            Device::Cpu,
            "CPU: this program was built without CUDA and Metal".into(),
        ),
    })
}

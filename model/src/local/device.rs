//! What a model runs on.

use anyhow::{Context, Result, bail};

use super::settings::Device as Wanted;

/// The device that is `wanted`, and why it is that one, for the user to read.
///
/// # Errors
/// When it is not there, or this program was built without it.
pub fn device(wanted: Wanted) -> Result<(candle_core::Device, String)> {
    let cuda = || candle_core::Device::new_cuda(0);
    let metal = || candle_core::Device::new_metal(0);
    Ok(match wanted {
        Wanted::Cpu => (candle_core::Device::Cpu, "CPU, as configured".into()),
        Wanted::Cuda if !cfg!(feature = "cuda") => {
            bail!(
                "`device = \"cuda\"`, but this unsorry was built without CUDA: build it with `--features cuda`, or set `device = \"cpu\"`"
            )
        }
        Wanted::Metal if !cfg!(feature = "metal") => {
            bail!(
                "`device = \"metal\"`, but this unsorry was built without Metal: build it with `--features metal`, or set `device = \"cpu\"`"
            )
        }
        Wanted::Cuda => (
            cuda().context("`device = \"cuda\"`, but no CUDA GPU answers")?,
            "CUDA GPU 0, as configured".into(),
        ),
        Wanted::Metal => (
            metal().context("`device = \"metal\"`, but no Metal GPU answers")?,
            "Metal GPU, as configured".into(),
        ),
        Wanted::Auto if cfg!(feature = "cuda") => match cuda() {
            Ok(device) => (device, "CUDA GPU 0: the first there is".into()),
            Err(error) => (
                candle_core::Device::Cpu,
                format!("CPU: no CUDA GPU answers ({error})"),
            ),
        },
        Wanted::Auto if cfg!(feature = "metal") => match metal() {
            Ok(device) => (device, "Metal GPU".into()),
            Err(error) => (
                candle_core::Device::Cpu,
                format!("CPU: no Metal GPU answers ({error})"),
            ),
        },
        Wanted::Auto => (
            candle_core::Device::Cpu,
            "CPU: this unsorry was built without CUDA and Metal".into(),
        ),
    })
}

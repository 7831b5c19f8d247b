"""What Lean says to many small files at once. `lean` is to be on PATH."""

import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BATCH = 600


def accepted(texts, processes=2):
    """For each text, whether Lean takes it without an error and without `sorry`."""
    batches = [texts[at : at + BATCH] for at in range(0, len(texts), BATCH)]
    with ThreadPoolExecutor(processes) as pool:
        return [one for batch in pool.map(_batch, batches) for one in batch]


def _batch(texts):
    lines = ["set_option linter.all false", "set_option maxHeartbeats 20000"]
    starts = []
    for at, text in enumerate(texts):
        starts.append(len(lines) + 1)
        lines += [f"namespace T{at}", *text.rstrip("\n").split("\n"), f"end T{at}", ""]
    starts.append(len(lines) + 1)
    # A text after the last shows that Lean came to the end.
    lines += ["theorem last : False := by trivial"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.lean"
        path.write_text("\n".join(lines) + "\n")
        said = subprocess.run(["lean", "-DmaxErrors=1000000", str(path)], capture_output=True, text=True, timeout=600).stdout
    found = {int(line) for line in re.findall(r"^\S*batch\.lean:(\d+):\d+: (?:error|warning: declaration uses)", said, re.M)}
    if not any(line >= starts[-1] for line in found):
        raise RuntimeError(f"Lean did not come to the end of the batch:\n{said[-2000:]}")
    return [not any(start <= line < end for line in found) for start, end in zip(starts, starts[1:])]

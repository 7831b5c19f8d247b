"""leanclient's own way of trying candidates: a scratch document, one candidate at a time.

Reads {"lean", "folder", "texts", "warm", "rounds", "slots"}, where each round has another definition
before the text, and the first ones are only to warm up; writes {"rate", "verdicts"}.
"""

import asyncio
import json
import statistics
import sys
import time

from leanclient.aio import AsyncLeanLSPClient, ScratchPool


def proved(result):
    diagnostics = result.diagnostics
    sorry = any("declaration uses" in one["message"] for one in diagnostics.items)
    return not (diagnostics.has_errors or diagnostics.fatal_error or diagnostics.partial or sorry)


async def run(task):
    client = AsyncLeanLSPClient(
        task["folder"], check_version=False, server_command=task["lean"]
    )
    await client.start()
    pool = ScratchPool(client, "", size=task["slots"])
    await pool.warm()
    times = []
    for number in range(task["warm"] + task["rounds"]):
        texts = [f"def round{number} := {number}\n\n{text}" for text in task["texts"]]
        started = time.perf_counter()
        if task["slots"] == 1:
            results = [await pool.run(text) for text in texts]
        else:
            results = await pool.run_many(texts)
        times.append(time.perf_counter() - started)
    await client.close()
    rate = len(task["texts"]) / statistics.median(times[task["warm"] :])
    return {"rate": rate, "verdicts": [proved(result) for result in results]}


print(json.dumps(asyncio.run(run(json.load(sys.stdin)))))

#!/usr/bin/env bash
# DeepSeek-Prover-V2-671B on two machines of eight GPUs with 80 GB each.
#
#   PROVER_KEY=… two-nodes.sh vllm|sglang 0 10.0.0.1              on the first, which is 10.0.0.1
#   PROVER_KEY=… two-nodes.sh vllm|sglang 1 10.0.0.1 10.0.0.2     on the second, which is 10.0.0.2
#
# MODEL    the folder of the weights, the same on both, by default /models/DeepSeek-Prover-V2-671B
# BATCH    sequences at once, by default 64
# NIC      the network between them, such as eth1
# RDMA=1   InfiniBand or RoCE: without it NCCL uses plain TCP, which is far slower
#
# What goes between the two is neither encrypted nor asked for a key, and who can reach it can run code there: they
# need a network of their own. The prover itself listens on the first machine, for itself only; nginx.conf lets
# others in.
set -euo pipefail

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2
    exit 2
}

[ $# -ge 3 ] || usage
engine=$1 rank=$2 head=$3 own=${4:-$3}
case $rank in
    0) ;;
    1) [ "$own" != "$head" ] || usage ;;
    *) usage ;;
esac
: "${PROVER_KEY:?make one with: openssl rand -hex 32}"
model=${MODEL:-/models/DeepSeek-Prover-V2-671B}
batch=${BATCH:-64}

docker=(docker run --rm --name unsorry-prover
    --gpus all --network host --ipc host --ulimit memlock=-1
    --volume "$model:$model:ro")
if [ -n "${NIC:-}" ]; then
    docker+=(--env "NCCL_SOCKET_IFNAME=$NIC" --env "GLOO_SOCKET_IFNAME=$NIC")
fi
if [ "${RDMA:-0}" = 1 ]; then
    docker+=(--device /dev/infiniband --cap-add IPC_LOCK)
fi

case $engine in
    vllm)
        # Each machine has half of the layers, and its GPUs share each layer.
        export VLLM_API_KEY=$PROVER_KEY # by its name only, so that it is on no command line
        docker+=(--env VLLM_API_KEY --env VLLM_MAX_N_SEQUENCES=64 --env "VLLM_HOST_IP=$own"
            --entrypoint vllm vllm/vllm-openai:v0.30.0
            serve "$model" --served-model-name deepseek-ai/DeepSeek-Prover-V2-671B --trust-remote-code
            --tensor-parallel-size 8 --pipeline-parallel-size 2
            --nnodes 2 --node-rank "$rank" --master-addr "$head"
            --max-model-len 16384 --max-num-seqs "$batch" --generation-config vllm)
        if [ "$rank" = 0 ]; then
            docker+=(--host 127.0.0.1 --port 8000)
        else
            docker+=(--headless)
        fi
        ;;
    sglang)
        # All sixteen GPUs share each layer. The key is seen by whoever may list the processes.
        docker+=(--entrypoint python3 lmsysorg/sglang:v0.5.18
            -m sglang.launch_server --model-path "$model"
            --served-model-name deepseek-ai/DeepSeek-Prover-V2-671B --trust-remote-code
            --tp-size 16 --nnodes 2 --node-rank "$rank" --dist-init-addr "$head:20000"
            --context-length 16384 --max-running-requests "$batch"
            --api-key "$PROVER_KEY" --host 127.0.0.1 --port 30000)
        ;;
    *) usage ;;
esac

exec "${docker[@]}"

"""One rank of a distributed training, for test_torch_training.py: ROOT and where to tell."""

import json
import os
import pathlib
import sys

import torch
from digits import Training
from support import warned
from torch import distributed

import checkpoint_ledger as cl

rank = os.environ["RANK"]
distributed.init_process_group("gloo")
with warned() as texts:
    system = cl.get_checkpoint_system(sys.argv[1], 10)
    training = Training()
    plain = training.model
    training.model = torch.nn.parallel.DistributedDataParallel(plain)
    cl.register_model(plain, optimizer=training.optimizer, loader=training.loader)
    cl.register_config(training.config)
    cl.register_dataset(training.dataset)
    for step in range(1, 31):
        cl.log_metric(step, "loss", training.train_step())
        assert cl.checkpoint_on_step(step)
    recorded = system.manager is not None
    cl.close_checkpoint_system()
pathlib.Path(sys.argv[2], f"rank{rank}.json").write_text(
    json.dumps({"warnings": texts, "manager": recorded}))
distributed.destroy_process_group()

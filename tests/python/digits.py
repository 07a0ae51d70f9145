"""A real training for the tests: a small CNN on scikit-learn's digits, 1,797 images of 8 by 8."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, Sampler

import checkpoint_ledger as cl

torch.set_num_threads(1)


class Digits(Dataset):
    """By the guide's protocol; what is discarded is left out of the batches."""

    def __init__(self):
        images, self.labels = load_digits(return_X_y=True)
        self.images = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
        self.uids = [f"digit_{index:04d}" for index in range(len(self.labels))]
        self.places = {uid: index for index, uid in enumerate(self.uids)}
        self.discarded = set()
        self.tags = {}

    def is_discarded(self, uid):
        return uid in self.discarded

    def discard(self, uid):
        self.discarded.add(uid)

    def restore(self, uid):
        self.discarded.discard(uid)

    def add_tag(self, uid, tag):
        self.tags.setdefault(uid, []).append(tag)

    def active(self):
        return [uid for uid in self.uids if uid not in self.discarded]

    def __len__(self):
        return len(self.uids)

    def __getitem__(self, place):
        noise = torch.randn(1, 8, 8) * 0.01  # so that the order of random numbers matters
        return self.images[place] + noise, int(self.labels[place]), place


class ActiveSampler(Sampler):
    """Shuffles all, and passes over what is discarded by the time it would come."""

    def __init__(self, dataset, generator):
        self.dataset, self.generator = dataset, generator

    def __len__(self):
        return len(self.dataset.active())

    def __iter__(self):
        for place in torch.randperm(len(self.dataset), generator=self.generator).tolist():
            if not self.dataset.is_discarded(self.dataset.uids[place]):
                yield place


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, 16, 3, padding=1)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(16 * 4, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.norm(self.conv1(x))), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc(self.dropout(x.flatten(1)))


class Training:
    """A model, an optimizer, a loader: everything that a checkpoint must bring back."""

    def __init__(self, width=8, seed=1, workers=0, dataset=None):
        torch.manual_seed(seed)
        self.dataset = dataset or Digits()
        self.model = Net(width)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.003)
        order = torch.Generator()
        order.manual_seed(seed)
        self.loader = cl.ResumableLoader(DataLoader(
            self.dataset, batch_size=64, sampler=ActiveSampler(self.dataset, order),
            num_workers=workers))
        self.config = {"optimizer": {"name": "Adam", "lr": 0.003}, "batch_size": 64}
        self.batches = None

    def train_step(self):
        """One batch; returns the loss."""
        self.model.train()
        batch = next(self.batches, None) if self.batches is not None else None
        if batch is None:
            self.batches = iter(self.loader)
            batch = next(self.batches)
        images, labels, _ = batch
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(images), labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def sample_losses(self):
        """The loss of every active sample, by uid."""
        self.model.eval()
        active = self.dataset.active()
        places = [self.dataset.places[uid] for uid in active]
        with torch.no_grad():
            losses = nn.functional.cross_entropy(
                self.model(self.dataset.images[places]),
                torch.tensor([int(self.dataset.labels[place]) for place in places]),
                reduction="none")
        return dict(zip(active, losses.tolist()))

    def accuracy(self):
        self.model.eval()
        with torch.no_grad():
            guessed = self.model(self.dataset.images).argmax(1)
        return (guessed == torch.tensor(self.dataset.labels)).double().mean().item()

    def register(self):
        cl.register_model(self.model, optimizer=self.optimizer, loader=self.loader)
        cl.register_config(self.config)
        cl.register_dataset(self.dataset)

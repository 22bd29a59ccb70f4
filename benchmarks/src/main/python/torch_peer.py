#!/usr/bin/env python3
"""PyTorch's side of dev/gpu-bench.sh: the protocol of invar.benchmarks.gpu.GpuChild, in one file, with torch alone.

    python3 torch_peer.py --device cuda --folder OUT

Losses are written as PyTorch's users write them, with no pass over a large matrix that can be avoided. Forms:

    eager                  as it is
    eager-channels-last    convolutions and networks with tensors in the order (N, H, W, C)
    compile                torch.compile, its default mode; the network channels last
    compile-max            mode "max-autotune-no-cudagraphs": the fastest of many kernels for every product. Without
                           CUDA graphs for losses, because calls follow each other without a pause, so that launches
                           are hidden anyway, and graphs would keep memory; with them ("max-autotune") for the whole
                           training step, because ours is recorded too.

Precision: fp32 and tf32 are settings of float32 products (tf32: set_float32_matmul_precision('high') and
cudnn.allow_tf32); bf16 is autocast, and for single products and convolutions tensors that are in bfloat16 already.
"""
import argparse
import contextlib
import gc
import json
import os
import struct
import sys
import time
import traceback

try:
    import torch
    import torch.nn.functional as F
except ImportError as problem:
    print(f"absent this Python ({sys.executable}) has no PyTorch: {problem}", flush=True)
    sys.exit(0)

# ---------------------------------------------------------------- inputs: the numbers of invar.benchmarks.work.Inputs

GOLDEN = 0x9E3779B97F4A7C15


def signed(value):
    """A 64-bit word as Python's torch takes it."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >= 1 << 63 else value


def shifted(words, n):
    """A shift to the right that fills with zeros."""
    return (words >> n) & ((1 << (64 - n)) - 1)


def random_words(seed, n, device):
    """The first n words of java.util.SplittableRandom(seed)."""
    z = torch.arange(1, n + 1, dtype=torch.int64, device=device) * signed(GOLDEN) + seed
    z = (z ^ shifted(z, 30)) * signed(0xBF58476D1CE4E5B9)
    z = (z ^ shifted(z, 27)) * signed(0x94D049BB133111EB)
    return z ^ shifted(z, 31)


def normal(seed, *extents, device):
    """Numbers of mean 0 and variance 1: sums of four uniform ones."""
    n = 1
    for extent in extents:
        n *= extent
    out = torch.empty(n, dtype=torch.float32, device=device)
    step = 1 << 24                                            # at most so many words at a time
    for begin in range(0, n, step):
        count = min(step, n - begin)
        words = random_words(signed(seed + begin * GOLDEN), count, device)
        total = (words & 0xFFFF) + (shifted(words, 16) & 0xFFFF) + (shifted(words, 32) & 0xFFFF) + shifted(words, 48)
        out[begin:begin + count] = ((total.double() / 65535.0 - 2) * 1.7320508075688772).float()
    return out.view(*extents)


def unit_rows(seed, n, d, device):
    rows = normal(seed, n, d, device=device)
    return rows * (1 / rows.double().square().sum(1, keepdim=True).sqrt()).float()


def barlow_view(seed, n, d, device):
    return 0.5 * normal(seed, n, d, device=device) + normal(1, n, d, device=device)


def sampled(result):
    """At most 97 values, evenly spread."""
    flat = result.detach().reshape(-1)
    n = flat.numel()
    places = range(n) if n <= 97 else [i * (n - 1) // 96 for i in range(97)]
    return flat[torch.tensor(list(places), device=flat.device)].double().tolist()


# ---------------------------------------------------------------- cases


class Case:
    """One computation. `tensors` are its inputs; `function` maps them to results and is what torch.compile gets."""

    differentiated = ()                                       # which inputs the loss is differentiated for

    def __init__(self, sizes, peer, precision, channels_last):
        self.sizes, self.device, self.precision = sizes, peer.device, precision
        self.peer, self.channels_last = peer, channels_last
        self.tensors = []

    def compiled(self, mode):
        self.function = torch.compile(self.function, mode=mode, dynamic=False)

    def call(self):
        """Computes everything once; the results are a list."""
        if not self.differentiated:
            with torch.no_grad(), self.peer.autocast(self.precision):
                out = self.function(*self.tensors)
            return list(out) if isinstance(out, (list, tuple)) else [out]
        leaves = [t.detach().requires_grad_(i in self.differentiated) for i, t in enumerate(self.tensors)]
        with self.peer.autocast(self.precision):
            loss = self.function(*leaves)
        gradients = torch.autograd.grad(loss, [leaves[i] for i in self.differentiated])
        return [loss.detach(), *gradients]

    def sample(self):
        return [sampled(result) for result in self.call()]

    def reference(self):
        """The same in float64."""
        self.tensors = [t.double() if t.is_floating_point() else t for t in self.tensors]
        self.precision = "fp64"
        return self.sample()


class NtXent(Case):
    differentiated = (0,)
    temperature = 0.1

    def __init__(self, *arguments):
        super().__init__(*arguments)
        n, d = self.sizes
        self.tensors = [normal(1, 2 * n, d, device=self.device)]
        self.partner = (torch.arange(2 * n, device=self.device) + n) % (2 * n)

    def function(self, z):
        u = F.normalize(z, dim=1, eps=1e-12)
        s = (u * (1 / self.temperature)) @ u.T
        s = s.fill_diagonal_(float("-inf"))
        return F.cross_entropy(s, self.partner)

    def reference(self):
        """By rows, so that the largest one fits: with u the unit rows and s = u uᵀ / τ,
        duᵢ = 1/(2N τ) [Σ_k (e^(sᵢₖ − lseᵢ) + e^(sᵢₖ − lseₖ)) uₖ − 2 u_p(i)]."""
        z = self.tensors[0].double()
        inverse = 1 / z.norm(dim=1, keepdim=True).clamp_min(1e-12)
        u, rows = z * inverse, z.shape[0]
        step = max(1, (1 << 26) // rows)
        lse = torch.empty(rows, dtype=torch.float64, device=z.device)

        def logits(begin, end):
            s = u[begin:end] @ u.T / self.temperature
            index = torch.arange(begin, end, device=z.device)
            s[index - begin, index] = float("-inf")
            return s

        for begin in range(0, rows, step):
            lse[begin:begin + step] = logits(begin, min(begin + step, rows)).logsumexp(1)
        own = (u * u[self.partner]).sum(1) / self.temperature
        du = torch.empty_like(u)
        for begin in range(0, rows, step):
            end = min(begin + step, rows)
            s = logits(begin, end)
            weights = (s - lse[begin:end, None]).exp() + (s - lse[None, :]).exp()
            du[begin:end] = (weights @ u - 2 * u[self.partner[begin:end]]) / (rows * self.temperature)
        dz = inverse * (du - (du * u).sum(1, keepdim=True) * u)
        return [sampled((lse - own).mean().reshape(1)), sampled(dz)]


class Queue(Case):
    differentiated = (0,)
    temperature = 0.07

    def __init__(self, *arguments):
        super().__init__(*arguments)
        n, k, d = self.sizes
        self.tensors = [unit_rows(1, n, d, self.device), unit_rows(2, n, d, self.device),
                        unit_rows(3, k, d, self.device)]
        self.first = torch.zeros(n, dtype=torch.int64, device=self.device)

    def function(self, query, key, queue):
        own = (query * key).sum(1, keepdim=True)
        logits = torch.cat([own, query @ queue.T], 1) / self.temperature
        return F.cross_entropy(logits, self.first)


class Cosine(Case):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        n, d = self.sizes
        self.tensors = [normal(1, n, d, device=self.device), normal(2, n, d, device=self.device)]

    def function(self, a, b):
        return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T


class Barlow(Case):
    """As in the official code: through the (D, D) matrix, its diagonal apart."""

    differentiated = (0, 1)
    decay = 0.0051

    def __init__(self, *arguments):
        super().__init__(*arguments)
        n, d = self.sizes
        self.tensors = [barlow_view(2, n, d, self.device), barlow_view(3, n, d, self.device)]

    @staticmethod
    def standardized(x):
        return F.batch_norm(x, None, None, training=True, eps=1e-5)

    def function(self, a, b):
        c = self.standardized(a).T @ self.standardized(b) / a.shape[0]
        c = c.float() if c.dtype == torch.bfloat16 else c
        diagonal = torch.diagonal(c)
        off = c.square().sum() - diagonal.square().sum()
        return (diagonal - 1).square().sum() + self.decay * off


class Product(Case):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        n, = self.sizes
        self.tensors = [normal(1, n, n, device=self.device), normal(2, n, n, device=self.device)]
        if self.precision == "bf16":
            self.tensors = [t.bfloat16() for t in self.tensors]

    def function(self, a, b):
        return a @ b


class Convolution(Case):
    """Of tensors that are in bfloat16 already, where that is the precision."""

    wanted = None                                             # of the two gradients, or None for the forward pass

    def __init__(self, *arguments):
        super().__init__(*arguments)
        n, c, size, o, kernel, stride = self.sizes
        self.stride, self.padding = [stride, stride], [kernel // 2, kernel // 2]
        out = (size + 2 * (kernel // 2) - kernel) // stride + 1
        self.tensors = [normal(1, n, c, size, size, device=self.device),
                        normal(2, o, c, kernel, kernel, device=self.device),
                        normal(3, n, o, out, out, device=self.device)]
        if self.precision == "bf16":
            self.tensors = [t.bfloat16() for t in self.tensors]
        if self.channels_last:
            self.tensors = [t.contiguous(memory_format=torch.channels_last) for t in self.tensors]

    def function(self, x, w, dy):
        if self.wanted is None:
            return F.conv2d(x, w, None, self.stride, self.padding)
        mask = [self.wanted == 0, self.wanted == 1, False]
        return torch.ops.aten.convolution_backward(dy, x, w, None, self.stride, self.padding, [1, 1], False, [0, 0], 1,
                                                   mask)[self.wanted]


class InputGradient(Convolution):
    wanted = 0


class WeightGradient(Convolution):
    wanted = 1


class Normalize(Case):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        n, d = self.sizes
        self.tensors = [normal(1, n, d, device=self.device)]

    def function(self, x):
        return F.normalize(x, dim=1)


class Average(Case):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        n, = self.sizes
        self.tensors = [normal(1, n, device=self.device), normal(2, n, device=self.device)]

    def function(self, y, x):
        return y.lerp_(x, 1 - 0.99)


def fused(device, kind, parameters, settings):
    """The optimizer in one kernel, where this version and device offer it."""
    if device.type == "cuda":
        with contextlib.suppress(TypeError, RuntimeError):
            return kind(parameters, fused=True, **settings)
    return kind(parameters, **settings)


class Optimizer(Case):
    """A step of torch.optim, fused where that is offered."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        n, = self.sizes
        self.begin(normal(1, n, device=self.device), normal(2, n, device=self.device))

    def begin(self, p, g):
        self.p = torch.nn.Parameter(p)
        self.p.grad = g
        self.optimizer = fused(self.device, self.kind, [self.p], self.settings)

    def compiled(self, mode):
        self.optimizer = self.kind([self.p], **self.settings)     # what is compiled is the plain formula
        self.step = torch.compile(lambda: self.optimizer.step(), mode=mode)

    def step(self):
        self.optimizer.step()

    def call(self):
        self.step()
        return [self.p]

    def reference(self):
        self.begin(self.p.detach().double(), self.p.grad.double())
        return self.sample()


class SgdStep(Optimizer):
    kind, settings = torch.optim.SGD, dict(lr=1e-3, momentum=0.9, weight_decay=1e-4)


class AdamWStep(Optimizer):
    kind, settings = torch.optim.AdamW, dict(lr=1e-3, weight_decay=1e-2)


class Block(torch.nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(width)
        self.conv2 = torch.nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or channels != width:
            self.downsample = torch.nn.Sequential(torch.nn.Conv2d(channels, width, 1, stride, bias=False),
                                                  torch.nn.BatchNorm2d(width))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(torch.nn.Module):
    """With the CIFAR stem: one 3x3 convolution, no pooling."""

    def __init__(self, width):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(width)
        channels = width
        for stage in range(4):
            wide = width << stage
            blocks = [Block(channels, wide, 1 if stage == 0 else 2), Block(wide, wide, 1)]
            setattr(self, f"layer{stage + 1}", torch.nn.Sequential(*blocks))
            channels = wide

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x.mean((2, 3))


class SimClrNetwork(torch.nn.Module):
    def __init__(self, width, projection):
        super().__init__()
        features = width << 3
        self.encoder = ResNet18(width)
        self.projector = torch.nn.Sequential(
            torch.nn.Linear(features, features, bias=False), torch.nn.BatchNorm1d(features), torch.nn.ReLU(),
            torch.nn.Linear(features, projection, bias=False), torch.nn.BatchNorm1d(projection))
        self.projector[4].bias.requires_grad_(False)          # it has a scale and no shift

    def forward(self, x):
        return self.projector(self.encoder(x))


# Our names of the projection head's parameters; those of the encoder are torchvision's.
PROJECTOR = {"projector.layers.0.linear.weight": "projector.0.weight",
             "projector.layers.0.norm.weight": "projector.1.weight",
             "projector.layers.0.norm.bias": "projector.1.bias",
             "projector.layers.1.linear.weight": "projector.3.weight",
             "projector.layers.1.norm.weight": "projector.4.weight"}


def safetensors(path):
    """The float32 tensors of a file: a length, a JSON header, the bytes."""
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is of type {entry['dtype']}, not F32")
        tensors[name] = torch.frombuffer(body[begin:end], dtype=torch.float32).view(entry["shape"]).clone()
    return tensors


class SimClrStep(Case):
    """Two views through the network, NT-Xent, backward, SGD."""

    temperature = 0.5

    def __init__(self, *arguments):
        super().__init__(*arguments)
        batch, size, width = self.sizes
        name = "-".join(str(part) for part in ("simclr", batch, size, width))
        file = os.path.join(self.peer.folder, name + ".safetensors")
        self.network = SimClrNetwork(width, 128)
        own = {PROJECTOR.get(key, key): value for key, value in safetensors(file).items()}
        known = dict(self.network.named_parameters())
        known.pop("projector.4.bias")
        if set(own) != set(known):
            raise ValueError(f"{file} and this network differ in {sorted(set(own) ^ set(known))}")
        with torch.no_grad():
            for key, value in own.items():
                known[key].copy_(value)
        self.tensors = [normal(1, batch, 3, size, size, device=self.device),
                        normal(2, batch, 3, size, size, device=self.device)]
        self.partner = (torch.arange(2 * batch, device=self.device) + batch) % (2 * batch)
        self.begin()

    def begin(self):
        self.network.to(self.device)
        if self.channels_last:
            self.network.to(memory_format=torch.channels_last)
            self.tensors = [t.contiguous(memory_format=torch.channels_last) for t in self.tensors]
        parameters = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = fused(self.device, torch.optim.SGD, parameters,
                               dict(lr=0.05, momentum=0.9, weight_decay=5e-4))

    def function(self, first, second):
        z = self.network(torch.cat([first, second]))
        u = F.normalize(z, dim=1, eps=1e-12)
        s = (u * (1 / self.temperature)) @ u.T
        return F.cross_entropy(s.fill_diagonal_(float("-inf")), self.partner)

    def compiled(self, mode):
        super().compiled("max-autotune" if mode is not None and mode.startswith("max") else mode)

    def call(self):
        self.optimizer.zero_grad(set_to_none=True)
        with self.peer.autocast(self.precision):
            loss = self.function(*self.tensors)
        loss.backward()
        self.optimizer.step()
        return [loss.detach().reshape(1).clone()]

    def sample(self):
        return [sampled(self.call()[0]), sampled(self.call()[0])]

    def reference(self):
        self.network.double()
        self.tensors = [t.double() for t in self.tensors]
        self.precision = "fp64"
        self.begin()
        return self.sample()


CASES = {"ntxent": NtXent, "queue": Queue, "cosine": Cosine, "barlow": Barlow, "sgemm": Product,
         "conv-forward": Convolution, "conv-dx": InputGradient, "conv-dw": WeightGradient, "sgd": SgdStep,
         "adamw": AdamWStep, "ema": Average, "normalize": Normalize, "simclr": SimClrStep}


# ---------------------------------------------------------------- time


class Events:
    """Marks between calls, by the device's clock; nothing waits between two."""

    def __init__(self):
        self.marks = []

    def mark(self):
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        self.marks.append(event)

    def laps(self):
        self.marks[-1].synchronize()
        return [a.elapsed_time(b) * 1e-3 for a, b in zip(self.marks, self.marks[1:])]


class HostClock:
    def __init__(self):
        self.marks = []

    def mark(self):
        self.marks.append(time.perf_counter())

    def laps(self):
        return [b - a for a, b in zip(self.marks, self.marks[1:])]


def timed(call, warm, calls, device):
    for _ in range(warm):
        call()
    clock = Events() if device.type == "cuda" else HostClock()
    clock.mark()
    for _ in range(calls):
        call()
        clock.mark()
    return clock.laps()


def median(values):
    return sorted(values)[len(values) // 2]


# ---------------------------------------------------------------- the process


class Peer:
    def __init__(self, device, folder):
        self.device, self.folder = torch.device(device), folder
        self.jobs, self.memories = {}, {}
        if self.device.index is not None:
            torch.cuda.set_device(self.device)
        torch.backends.cudnn.benchmark = True                 # the fastest algorithm of several for each convolution

    def who(self):
        text = f"PyTorch {torch.__version__}"
        if self.device.type == "cuda":
            cudnn = torch.backends.cudnn.version()
            text += f", CUDA {torch.version.cuda}, cuDNN {cudnn}, {torch.cuda.get_device_name(self.device)}"
        return text

    def autocast(self, precision):
        if precision == "bf16":
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return contextlib.nullcontext()

    @staticmethod
    def products(precision):
        """How float32 products are made from here on."""
        exact = precision == "fp32"
        torch.set_float32_matmul_precision("highest" if exact else "high")
        torch.backends.cudnn.allow_tf32 = not exact

    def made(self, name, form, precision):
        what, *sizes = name.split("/")
        if what not in CASES:
            raise ValueError(f"no case is called {what}")
        last = form == "eager-channels-last" or (what == "simclr" and form.startswith("compile"))
        return CASES[what]([int(size) for size in sizes], self, precision, last)

    def prepare(self, name, form, precision):
        self.products(precision)
        self.collect()
        job = self.made(name, form, precision)
        if form.startswith("compile"):
            if not hasattr(torch, "compile"):
                raise ValueError(f"PyTorch {torch.__version__} has no torch.compile")
            torch._dynamo.reset()
            job.compiled("max-autotune-no-cudagraphs" if form == "compile-max" else None)
        sample = job.sample()
        self.jobs[(name, form, precision)] = job
        return precision + " " + text_of(sample)

    def collect(self):
        """Gives memory that nobody uses back to the device."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
            torch.cuda.empty_cache()

    def round(self, name, form, precision, warm, calls):
        self.products(precision)
        if (name, form, precision) not in self.jobs:
            raise ValueError(f"{name} {form} {precision} is not prepared, or was lost when the process ended")
        job = self.jobs[(name, form, precision)]
        if self.device.type == "cuda":                        # what compilation tried out is not counted
            torch.cuda.reset_peak_memory_stats()
            others = torch.cuda.memory_allocated() - self.held(name, form, precision)
        seconds = timed(job.call, int(warm), int(calls), self.device)
        if self.device.type == "cuda":
            peak = torch.cuda.max_memory_allocated() - others
            key = (name, form, precision)
            self.memories[key] = max(self.memories.get(key, 0), peak)
        return " ".join(repr(s) for s in seconds)

    def held(self, name, form, precision):
        """Bytes of a job's own tensors."""
        job = self.jobs[(name, form, precision)]
        tensors = list(job.tensors)
        network = getattr(job, "network", None)
        if network is not None:
            tensors += list(network.parameters()) + list(network.buffers())
            tensors += [p.grad for p in network.parameters() if p.grad is not None]
        if hasattr(job, "p"):
            tensors += [job.p.data, job.p.grad]
        optimizer = getattr(job, "optimizer", None)
        if optimizer is not None:
            for state in optimizer.state.values():
                tensors += [value for value in state.values() if torch.is_tensor(value)]
        return sum(t.numel() * t.element_size() for t in tensors)

    def memory(self, name, form, precision):
        value = self.memories.get((name, form, precision))
        return "" if value is None else str(value)

    def release(self, name, form, precision):
        self.jobs.pop((name, form, precision), None)
        self.memories.pop((name, form, precision), None)
        self.collect()
        return ""

    def reference(self, name):
        self.products("fp32")
        job = self.made(name, "eager", "fp32")
        sample = job.reference()
        del job
        self.collect()
        return text_of(sample)

    def ceiling(self, what, precision, size):
        self.products(precision)
        n, call, amount = int(size), None, None
        if what == "copy":
            source = normal(1, n // 4, device=self.device)
            target = torch.empty_like(source)
            call, amount = lambda: target.copy_(source), 2.0 * n
        elif what == "gemm":
            a, b = normal(1, n, n, device=self.device), normal(2, n, n, device=self.device)
            if precision == "bf16":
                a, b = a.bfloat16(), b.bfloat16()
            out = torch.empty_like(a)
            call, amount = lambda: torch.mm(a, b, out=out), 2.0 * n ** 3
        elif what == "exp":
            repeats = 256                                     # enough to hide the two passes over memory
            x = normal(1, n, device=self.device)
            call, amount = exponentials(x, repeats), float(n) * repeats
        else:
            raise ValueError(f"no ceiling is called {what}")
        rate = amount / median(timed(call, 3, 20, self.device))
        self.collect()
        return repr(rate)

    def answer(self, words):
        requests = {"prepare": self.prepare, "round": self.round, "memory": self.memory, "release": self.release,
                    "reference": self.reference, "ceiling": self.ceiling}
        try:
            if words[0] not in requests:
                raise ValueError(f"no request is called {words[0]}")
            return ("ok " + requests[words[0]](*words[1:])).strip()
        except Exception as problem:                          # a library may raise whatever it likes
            if not out_of_memory(problem):
                traceback.print_exc()
            reason = " ".join(f"{type(problem).__name__}: {problem}".split())[:300]
            return "fail " + ("out of memory" if out_of_memory(problem) else reason)
        finally:
            if self.device.type == "cuda":
                torch.cuda.empty_cache()


def exponentials(x, repeats):
    """e^(−x) again and again, in one kernel, by the fast instruction that fused losses use."""
    if x.device.type == "cuda":
        from torch.cuda import jiterator
        body = f"for (int i = 0; i < {repeats}; i++) x = __expf(-x); return x;"
        kernel = jiterator._create_jit_fn(f"template <typename T> T repeated(T x) {{ {body} }}")
        return lambda: kernel(x)

    def chain():
        y = x
        for _ in range(repeats):
            y = torch.exp(-y)
        return y
    return chain


def out_of_memory(problem):
    kind, text = getattr(torch.cuda, "OutOfMemoryError", None), str(problem)
    return (kind is not None and isinstance(problem, kind)) or "out of memory" in text.lower() \
        or "CUBLAS_STATUS_ALLOC_FAILED" in text


def text_of(sample):
    return " ; ".join(" ".join(repr(value) for value in result) for result in sample)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--folder", default=".", help="where the other side leaves initial weights")
    options = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)                                             # whatever a library prints is no answer
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        answers.write(f"absent PyTorch {torch.__version__} finds no GPU\n")
        return
    peer = Peer(options.device, options.folder)
    answers.write(f"here {peer.who()}\n")
    for line in sys.stdin:
        answers.write(peer.answer(line.split()) + "\n")


if __name__ == "__main__":
    main()

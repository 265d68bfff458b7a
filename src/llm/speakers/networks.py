"""Define the two networks in torch, to load their weights and convert them to OpenVINO.

Source: pyannote.audio, `models/segmentation/PyanNet.py` (MIT, CNRS), and 3D-Speaker,
`models/campplus/DTDNN.py` (Apache-2.0). The modules have the names that the weights have there.
"""

from collections import OrderedDict
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from contracts.audio import SAMPLE_RATE

N_SEGMENTATION_CLASSES = 7
"""Nobody, one of three speakers, or two of them."""

EMBEDDING_SIZE = 192


class SegmentationNetwork(nn.Module):
    """PyanNet: which of up to three speakers speak in each frame of a window."""

    def __init__(self) -> None:
        super().__init__()
        self.sincnet = _SincNet()
        self.lstm = nn.LSTM(60, 128, num_layers=4, bidirectional=True, batch_first=True)
        self.linear = nn.ModuleList([nn.Linear(256, 128), nn.Linear(128, 128)])
        self.classifier = nn.Linear(128, N_SEGMENTATION_CLASSES)

    def forward(self, samples: Tensor) -> Tensor:
        """Return logits, shape (windows, frames, classes), for samples (windows, n)."""
        frames = self.sincnet(samples[:, None]).transpose(1, 2)
        frames, _ = self.lstm(frames)
        for layer in self.linear:
            frames = functional.leaky_relu(layer(frames))
        return self.classifier(frames)


class _SincNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wav_norm1d = nn.InstanceNorm1d(1, affine=True)
        convolutions = [_SincFilters(), nn.Conv1d(80, 60, 5), nn.Conv1d(60, 60, 5)]
        self.conv1d = nn.ModuleList(convolutions)
        self.norm1d = nn.ModuleList([nn.InstanceNorm1d(n, affine=True) for n in (80, 60, 60)])

    def forward(self, samples: Tensor) -> Tensor:
        frames = self.wav_norm1d(samples)
        for index, (convolution, norm) in enumerate(zip(self.conv1d, self.norm1d, strict=True)):
            frames = convolution(frames)
            if index == 0:
                frames = frames.abs()
            frames = functional.leaky_relu(norm(functional.max_pool1d(frames, 3, 3)))
        return frames


class _SincFilters(nn.Module):
    """Band-pass filters given by their edges.

    Source: Ravanelli and Bengio, "Speaker Recognition from Raw Waveform with SincNet", 2018;
    asteroid-filterbanks, `ParamSincFB`.
    """

    _LENGTH = 251
    _STRIDE = 10
    _MIN_HZ = 50.0

    def __init__(self) -> None:
        super().__init__()
        self.filterbank = nn.Module()
        n_pairs, half = 40, self._LENGTH // 2
        self.filterbank.low_hz_ = nn.Parameter(torch.zeros(n_pairs, 1))
        self.filterbank.band_hz_ = nn.Parameter(torch.zeros(n_pairs, 1))
        self.filterbank.register_buffer("window_", torch.zeros(half))
        self.filterbank.register_buffer("n_", torch.zeros(1, half))

    def forward(self, samples: Tensor) -> Tensor:
        return functional.conv1d(samples, self._filters(), stride=self._STRIDE)

    def _filters(self) -> Tensor:
        bank = self.filterbank
        low_hz = cast("Tensor", bank.low_hz_)
        band_hz = cast("Tensor", bank.band_hz_)
        low = self._MIN_HZ + low_hz.abs()
        high = torch.clamp(low + self._MIN_HZ + band_hz.abs(), self._MIN_HZ, SAMPLE_RATE / 2)
        return torch.cat([self._cosines(low, high), self._sines(low, high)])[:, None]

    def _cosines(self, low: Tensor, high: Tensor) -> Tensor:
        times, window = self._times()
        left = (torch.sin(high @ times) - torch.sin(low @ times)) / (times / 2) * window
        centre = 2 * (high - low)
        return torch.cat([left, centre, left.flip(1)], dim=1) / centre

    def _sines(self, low: Tensor, high: Tensor) -> Tensor:
        times, window = self._times()
        left = (torch.cos(low @ times) - torch.cos(high @ times)) / (times / 2) * window
        centre = torch.zeros_like(low)
        return torch.cat([left, centre, -left.flip(1)], dim=1) / (2 * (high - low))

    def _times(self) -> tuple[Tensor, Tensor]:
        bank = self.filterbank
        return cast("Tensor", bank.n_), cast("Tensor", bank.window_)


class EmbeddingNetwork(nn.Module):
    """CAM++: a vector for the voice in a clip, of length 1."""

    _BLOCKS = ((12, 1), (24, 2), (16, 2))
    """Layers and dilation of each dense block."""

    def __init__(self) -> None:
        super().__init__()
        growth, channels = 32, 128
        self.head = _FrequencyConvolutions()
        layers: list[tuple[str, nn.Module]] = [
            ("tdnn", _Tdnn(self.head.n_channels, channels, kernel_size=5, stride=2))
        ]
        for number, (n_layers, dilation) in enumerate(self._BLOCKS, start=1):
            layers.append((f"block{number}", _DenseBlock(n_layers, channels, growth, dilation)))
            channels += n_layers * growth
            layers.append((f"transit{number}", _Transit(channels, channels // 2)))
            channels //= 2
        layers += [
            ("out_nonlinear", _batchnorm_relu(channels)),
            ("stats", _MeanAndDeviation()),
            ("dense", _Dense(2 * channels, EMBEDDING_SIZE)),
        ]
        self.xvector = nn.Sequential(OrderedDict(layers))

    def forward(self, features: Tensor) -> Tensor:
        """Return embeddings, shape (clips, 192), for features (clips, mels, frames)."""
        return functional.normalize(self.xvector(self.head(features)))


class FeatureNetwork(nn.Module):
    """The input of `EmbeddingNetwork`: Kaldi's log-mel filter bank, minus its mean over the clip.

    Everything before the power spectrum is linear, so one convolution does it all: remove the
    mean of a frame, pre-emphasise, apply the window, transform.

    There is no dither.

    Source: Kaldi, `feature-window.cc`, `feature-fbank.cc`, `mel-computations.cc`.
    """

    _LENGTH, _STEP, _N_FFT, _N_MELS = 400, 160, 512, 80
    _LOW_HZ = 20.0
    _PREEMPHASIS = 0.97
    _FULL_SCALE = 32_768.0

    def __init__(self) -> None:
        super().__init__()
        kernels = torch.from_numpy(self._kernels().astype(np.float32))
        mels = torch.from_numpy(self._mels().astype(np.float32))
        self.register_buffer("kernels", kernels[:, None], persistent=False)
        self.register_buffer("mels", mels, persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Return features, shape (clips, mels, frames), for samples (clips, n) in [-1, 1]."""
        kernels, mels = cast("Tensor", self.kernels), cast("Tensor", self.mels)
        scaled = samples[:, None] * self._FULL_SCALE
        spectrum = functional.conv1d(scaled, kernels, stride=self._STEP)
        real, imaginary = spectrum.chunk(2, dim=1)
        power = real * real + imaginary * imaginary
        logs = torch.matmul(mels, power).clamp(min=float(np.finfo(np.float32).eps)).log()
        return logs - logs.mean(dim=2, keepdim=True)

    def _kernels(self) -> NDArray[np.float64]:
        n = self._LENGTH
        without_mean = np.eye(n) - 1 / n
        emphasis = np.eye(n) - self._PREEMPHASIS * np.eye(n, k=-1)
        emphasis[0, 0] -= self._PREEMPHASIS
        window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / (n - 1))) ** 0.85
        prepare = window[:, None] * (emphasis @ without_mean)
        bins = np.arange(self._N_FFT // 2)[:, None]
        angles = 2 * np.pi * bins * np.arange(n) / self._N_FFT
        return np.concatenate([np.cos(angles), -np.sin(angles)]) @ prepare

    def _mels(self) -> NDArray[np.float64]:
        edges = np.linspace(_mel(self._LOW_HZ), _mel(SAMPLE_RATE / 2), self._N_MELS + 2)
        bins = _mel(np.arange(self._N_FFT // 2) * SAMPLE_RATE / self._N_FFT)
        left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
        rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
        return np.maximum(np.minimum(rising, falling), 0.0)


def _mel(hz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(np.asarray(hz) / 700.0)


class _FrequencyConvolutions(nn.Module):
    n_channels = 320

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.layer1 = nn.Sequential(_Residual(stride=2), _Residual(stride=1))
        self.layer2 = nn.Sequential(_Residual(stride=2), _Residual(stride=1))
        self.conv2 = nn.Conv2d(32, 32, 3, stride=(2, 1), padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)

    def forward(self, mels: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(mels[:, None])))
        out = self.layer2(self.layer1(out))
        return functional.relu(self.bn2(self.conv2(out))).flatten(1, 2)


class _Residual(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(32, 32, 3, stride=(stride, 1), padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.shortcut = nn.Sequential()
        if stride != 1:
            narrow = nn.Conv2d(32, 32, 1, stride=(stride, 1), bias=False)
            self.shortcut = nn.Sequential(narrow, nn.BatchNorm2d(32))

    def forward(self, x: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(out)) + self.shortcut(x))


class _Tdnn(nn.Module):
    def __init__(self, n_in: int, n_out: int, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(
            n_in, n_out, kernel_size, stride=stride, padding=kernel_size // 2, bias=False
        )
        self.nonlinear = _batchnorm_relu(n_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.nonlinear(self.linear(x))


class _DenseBlock(nn.ModuleDict):
    def __init__(self, n_layers: int, n_in: int, growth: int, dilation: int) -> None:
        super().__init__(
            {
                f"tdnnd{index + 1}": _DenseLayer(n_in + index * growth, growth, dilation)
                for index in range(n_layers)
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.values():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class _DenseLayer(nn.Module):
    def __init__(self, n_in: int, growth: int, dilation: int) -> None:
        super().__init__()
        width = 4 * growth
        self.nonlinear1 = _batchnorm_relu(n_in)
        self.linear1 = nn.Conv1d(n_in, width, 1, bias=False)
        self.nonlinear2 = _batchnorm_relu(width)
        self.cam_layer = _ContextMask(width, growth, dilation)

    def forward(self, x: Tensor) -> Tensor:
        return self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(x))))


class _ContextMask(nn.Module):
    """A convolution whose output is scaled by what the whole clip and each second sound like."""

    _SECOND = 100

    def __init__(self, n_in: int, n_out: int, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(
            n_in, n_out, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.linear1 = nn.Conv1d(n_in, n_in // 2, 1)
        self.linear2 = nn.Conv1d(n_in // 2, n_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        seconds = functional.avg_pool1d(x, self._SECOND, self._SECOND, ceil_mode=True)
        context = x.mean(dim=2, keepdim=True) + seconds
        masks = torch.sigmoid(self.linear2(functional.relu(self.linear1(context))))
        each = masks[..., None].expand(-1, -1, -1, self._SECOND).flatten(2)[..., : x.shape[2]]
        return self.linear_local(x) * each


class _Transit(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.nonlinear = _batchnorm_relu(n_in)
        self.linear = nn.Conv1d(n_in, n_out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.nonlinear(x))


class _MeanAndDeviation(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=2, keepdim=True)
        variance = ((x - mean) ** 2).sum(dim=2) / (x.shape[2] - 1)
        return torch.cat([mean[:, :, 0], variance.sqrt()], dim=1)


class _Dense(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(n_in, n_out, 1, bias=False)
        norm = nn.BatchNorm1d(n_out, affine=False)
        self.nonlinear = nn.Sequential(OrderedDict([("batchnorm", norm)]))

    def forward(self, x: Tensor) -> Tensor:
        return self.nonlinear(self.linear(x[:, :, None])[:, :, 0])


def _batchnorm_relu(n_channels: int) -> nn.Sequential:
    layers = [("batchnorm", nn.BatchNorm1d(n_channels)), ("relu", nn.ReLU())]
    return nn.Sequential(OrderedDict(layers))

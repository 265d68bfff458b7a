"""Cluster the voices of a recording into speakers.

A voice is a turn in a short window: a stretch without a pause, which one person says. Two that
overlap are of two people. Agglomerative clustering with average linkage finds the speakers, then
every voice goes to the nearest one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment

SAME_SPEAKER = 0.45
"""Mean cosine between two clusters of one speaker. Measured on clips
of 3 s of real speakers: the same person has 0.73 on average, another one 0.09."""

SURELY_SAME = 0.6
"""Clusters as alike as this are not split, even if more speakers are expected."""

RELIABLE_S = 1.0
"""Seconds; shorter voices have noisy embeddings, so they join clusters but form none."""

MIN_SPEAKER_S = 2.0
"""Shortest total speech of a speaker, in seconds; a cough or a noise is not a speaker."""

MAX_VOICES = 1000
"""Voices in one distance matrix, which then takes 4 MB however long the recording is."""

_FINE = 0.7
_ROUNDS = 2

Vectors = NDArray[np.float32]
Labels = NDArray[np.intp]


@dataclass(frozen=True)
class Voices:
    """The voices of all windows, in order.

    Attributes:
        embeddings: shape (n, size), each of length 1.
        seconds: how long each one speaks, shape (n,).
        overlaps: indices of two voices of one window that speak at once.
    """

    embeddings: Vectors
    seconds: NDArray[np.float32]
    overlaps: Sequence[tuple[int, int]] = ()


def cluster(voices: Voices, n_speakers: int | None = None) -> Labels:
    """Return the speaker of each voice, shape (n,), numbered from 0.

    Args:
        n_speakers: how many there are at most; None: unknown.
    """
    if not len(voices.seconds):
        return np.zeros(0, np.intp)
    centroids = _centroids(voices, n_speakers)
    labels = _assign(voices, centroids)
    for _ in range(_ROUNDS):
        centroids = _means(voices.embeddings, voices.seconds, labels, len(centroids), centroids)
        labels = _assign(voices, centroids)
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)


def _centroids(voices: Voices, n_speakers: int | None) -> Vectors:
    """Return one vector for each speaker."""
    reliable = voices.seconds >= RELIABLE_S
    if not reliable.any():
        reliable = voices.seconds >= voices.seconds.max()
    vectors, seconds = _reduce(voices.embeddings[reliable], voices.seconds[reliable])
    if len(vectors) == 1:
        return vectors
    tree = linkage(_distances(vectors), method="average")
    if n_speakers is None:
        labels = fcluster(tree, 1 - SAME_SPEAKER, criterion="distance") - 1
    else:
        labels = _cut(tree, seconds, n_speakers)
    totals = np.bincount(labels, weights=seconds)
    kept = np.flatnonzero(totals >= min(MIN_SPEAKER_S, totals.max()))
    kept = kept[np.argsort(-totals[kept])][:n_speakers]
    every = _means(vectors, seconds, labels, len(totals), np.zeros((len(totals), vectors.shape[1])))
    return every[kept]


def _cut(tree: NDArray[np.float64], seconds: NDArray[np.float32], n_speakers: int) -> Labels:
    """Return the coarsest clusters of which enough are speakers, or the finest allowed ones."""
    finest = fcluster(tree, 1 - SURELY_SAME, criterion="distance") - 1
    for n_clusters in range(n_speakers, finest.max() + 1):
        labels = fcluster(tree, n_clusters, criterion="maxclust") - 1
        totals = np.bincount(labels, weights=seconds)
        if (totals >= MIN_SPEAKER_S).sum() >= n_speakers:
            return labels
    if n_speakers > finest.max():
        return finest
    return fcluster(tree, n_speakers, criterion="maxclust") - 1


def _reduce(vectors: Vectors, seconds: NDArray[np.float32]) -> tuple[Vectors, NDArray[np.float32]]:
    """Merge the most similar vectors, block by block, until one matrix can hold all."""
    similarity = _FINE
    while len(vectors) > MAX_VOICES:
        parts = [
            _merge(
                vectors[first : first + MAX_VOICES], seconds[first : first + MAX_VOICES], similarity
            )
            for first in range(0, len(vectors), MAX_VOICES)
        ]
        merged = np.concatenate([part[0] for part in parts])
        if len(merged) > 0.9 * len(vectors):
            similarity -= 0.1
        vectors, seconds = merged, np.concatenate([part[1] for part in parts])
    return vectors, seconds


def _merge(
    vectors: Vectors, seconds: NDArray[np.float32], similarity: float
) -> tuple[Vectors, NDArray[np.float32]]:
    if len(vectors) < 2:
        return vectors, seconds
    tree = linkage(_distances(vectors), method="average")
    labels = fcluster(tree, 1 - similarity, criterion="distance") - 1
    totals = np.bincount(labels, weights=seconds).astype(np.float32)
    return _means(vectors, seconds, labels, len(totals), vectors[: len(totals)]), totals


def _distances(vectors: Vectors) -> NDArray[np.float32]:
    """Return cosine distances in the condensed form that `linkage` takes."""
    rows, columns = np.triu_indices(len(vectors), 1)
    return np.maximum(1 - (vectors @ vectors.T)[rows, columns], 0)


def _means(
    vectors: Vectors,
    seconds: NDArray[np.float32],
    labels: Labels,
    n_labels: int,
    empty: NDArray[np.floating],
) -> Vectors:
    """Return the mean vector of each label, of length 1; that of `empty` if it has none."""
    sums = np.zeros((n_labels, vectors.shape[1]), np.float32)
    np.add.at(sums, labels, vectors * np.minimum(seconds, 5.0)[:, None])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.where(lengths > 0, sums / np.maximum(lengths, 1e-9), empty).astype(np.float32)


def _assign(voices: Voices, centroids: Vectors) -> Labels:
    """Return the nearest speaker of each voice; voices that overlap get different ones."""
    similarity = voices.embeddings @ centroids.T
    labels = similarity.argmax(axis=1)
    for pair in map(list, voices.overlaps):
        if labels[pair[0]] == labels[pair[1]]:
            rows, columns = linear_sum_assignment(-similarity[pair])
            labels[np.array(pair)[rows]] = columns
    return labels

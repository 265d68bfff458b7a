"""If these fail, a voice changes its number between windows, and its turns are torn apart."""

import numpy as np
import pytest

from llm.speakers.tracks import join_windows

FRAMES, HOP, VOICES = 20, 10, 3


def windows_of(activity: np.ndarray, seed: int) -> np.ndarray:
    """Return the windows over an activity, with the voices of each one shuffled."""
    random = np.random.default_rng(seed)
    starts = range(0, len(activity) - FRAMES + 1, HOP)
    return np.stack(
        [activity[start : start + FRAMES][:, random.permutation(VOICES)] for start in starts]
    )


@pytest.mark.parametrize("seed", range(8))
def test_voices_keep_their_numbers_from_window_to_window(seed: int) -> None:
    spoken = [(0, 27), (24, 45), (40, 60)]
    activity = np.zeros((60, VOICES), np.float32)
    for voice, (first, last) in enumerate(spoken):
        activity[first:last, voice] = 1
    joined = join_windows(windows_of(activity, seed), HOP)
    # the third voice may have the number of the first one, which has ended
    edges = np.diff(joined.round(), axis=0, prepend=0, append=0)
    begins, ends = (np.argwhere(sign == edges.T)[:, 1] for sign in (1, -1))
    assert sorted(zip(begins.tolist(), ends.tolist(), strict=True)) == spoken


def test_a_frame_follows_the_window_in_whose_middle_it_is() -> None:
    """At its ends a window has no context."""
    first, second = np.zeros((2, FRAMES, VOICES), np.float32)
    first[:, 0], second[:12, 0] = 0.6, 0.6
    first[18:] = 0  # the first window loses the voice at its end
    joined = join_windows(np.stack([first, second]), HOP)
    assert (joined[:22, 0] > 0.4).all()
    assert (joined[22:] == 0).all()


def test_one_window_stays_as_it_is() -> None:
    window = np.random.default_rng(0).random((1, FRAMES, VOICES), np.float32)
    assert join_windows(window, HOP) == pytest.approx(window[0], abs=1e-6)

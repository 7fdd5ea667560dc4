"""Episodes as a learner meets them: what it is shown, and what it can't know."""

import subprocess
import sys
from dataclasses import fields
from functools import partial

import jax
import numpy as np
import pytest
from PIL import Image

from workbench.tasks import DatasetMissing, EpisodeSpec, make_episodes
from workbench.tasks.episode_data import drawings
from workbench.tasks.episode_features import encoded
from workbench.tasks.episodes import draw

SMALL = EpisodeSpec("digits", ways=3, shots=2, queries=4, features=8)


def drawn(source, count=64, seed=0, bias=0.0):
    """Many episodes at once, as NumPy arrays with the episode as the first axis."""
    keys = jax.random.split(jax.random.key(seed), count)
    return jax.tree.map(np.asarray, batch(source.spec, source.pools, keys, bias))


@partial(jax.jit, static_argnums=0)
def batch(spec, pools, keys, bias):
    return jax.vmap(partial(draw, spec, pools), (0, None))(keys, bias)


@pytest.fixture(scope="module")
def small():
    return drawn(make_episodes(SMALL))


@pytest.fixture(scope="module")
def delayed():
    spec = SMALL.but(labels="delayed", segments=2, cut=2)
    return spec, drawn(make_episodes(spec))


def rows(features):
    return {tuple(row) for row in np.asarray(features).reshape(-1, features.shape[-1])}


def test_importing_the_tasks_does_not_import_jax():
    code = (
        "import workbench.tasks, workbench.selfref.meta_spec, sys; print(*sys.modules)"
    )
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "workbench.tasks" in output.split()
    assert "jax" not in output.split()


def test_an_episode_has_the_sizes_of_its_spec(small):
    assert small.inputs.shape == (64, 6, 8 + 3 + 1)
    assert small.targets.shape == (64, 6)
    assert small.query_inputs.shape == (64, 4, SMALL.inputs)
    assert small.query_targets.shape == (64, 4)
    assert (SMALL.length, SMALL.outputs) == (6, 3)


def test_every_label_is_shown_equally_often_and_asked_about_evenly(small):
    for targets, asked in zip(small.targets, small.query_targets, strict=True):
        assert np.bincount(targets).tolist() == [2, 2, 2]
        assert sorted(np.bincount(asked, minlength=3)) == [1, 1, 2]
    # In rounds: after three examples each class was shown once.
    assert (np.sort(small.targets[:, :3]) == [0, 1, 2]).all()
    assert (small.shots == [0, 0, 0, 1, 1, 1]).all()


def test_a_query_says_nothing_of_its_label(small):
    assert (small.query_inputs[..., 8:] == [0, 0, 0, 1]).all()
    shown = small.inputs[..., 8:]
    assert (shown.argmax(-1) == small.targets).all()
    assert (shown.sum(-1) == 1).all()
    # Neither its place nor how often labels are asked for tells it.
    for place in range(4):
        counts = np.bincount(small.query_targets[:, place], minlength=3)
        assert counts.min() > 10
    twice = [np.bincount(asked).argmax() for asked in small.query_targets]
    assert set(twice) == {0, 1, 2}


def test_a_query_is_a_drawing_that_was_not_shown(small):
    for shown, asked in zip(small.inputs, small.query_inputs, strict=True):
        seen = rows(shown[:, :8]) | rows(asked[:, :8])
        assert len(seen) == 6 + 4


def test_the_classes_of_the_test_occur_in_no_other_split():
    spec = SMALL.but(held_out=("7", "8", "9"), valid=("2", "3", "4"))
    splits = {split: make_episodes(spec, split) for split in ("train", "valid", "test")}
    assert splits["train"].classes == (("0", "1", "5", "6"),)
    assert splits["valid"].classes == (("2", "3", "4"),)
    assert splits["test"].classes == (("7", "8", "9"),)
    shown = {split: rows(source.pools[0]) for split, source in splits.items()}
    assert not shown["test"] & (shown["train"] | shown["valid"])
    assert not shown["train"] & shown["valid"]


def test_without_classes_of_its_own_validation_has_drawings_of_its_own():
    train, valid = (make_episodes(SMALL, split) for split in ("train", "valid"))
    assert train.classes == valid.classes
    assert not rows(train.pools[0]) & rows(valid.pools[0])


def test_labels_are_permuted_anew_in_each_episode(small):
    source = make_episodes(SMALL)
    of_row = {
        tuple(row): number
        for number, drawings in enumerate(np.asarray(source.pools[0]))
        for row in drawings.reshape(-1, 8)
    }

    def pairs(episodes):
        features, labels = episodes.inputs[..., :8], episodes.targets
        classes = [of_row[tuple(row)] for row in features.reshape(-1, 8)]
        return set(zip(classes, labels.reshape(-1).tolist(), strict=True))

    assert pairs(small) == {(c, label) for c in range(5) for label in range(3)}
    # The crutch of the bootstrap laboratory: class c always has the label c mod ways.
    assert pairs(drawn(source, bias=1.0)) == {(c, c % 3) for c in range(3)}


def test_delayed_labels_come_one_step_late(delayed):
    _, episodes = delayed
    shown = episodes.inputs[..., 8:].argmax(-1)
    assert (shown[:, 0] == 3).all()  # the token "no label"
    assert (shown[:, 1:] == episodes.targets[:, :-1]).all()
    asked = episodes.query_inputs[..., 8:].argmax(-1)
    assert (asked == episodes.targets[:, -1:]).all()


def test_a_stream_switches_tasks_at_a_place_that_varies(delayed):
    spec, episodes = delayed
    assert spec.length == 6 + 6 - 2
    assert (np.diff(episodes.segments) >= 0).all()
    assert set((episodes.segments == 0).sum(axis=1)) == {4, 5, 6}
    for targets, segments, shots in zip(
        episodes.targets, episodes.segments, episodes.shots, strict=True
    ):
        for segment in (0, 1):
            within = targets[segments == segment]
            before = [(within[:i] == label).sum() for i, label in enumerate(within)]
            assert shots[segments == segment].tolist() == before


def test_the_same_key_gives_the_same_episode_alone_or_among_others(small):
    source = make_episodes(SMALL)
    alone = source.sample(jax.random.split(jax.random.key(0), 64)[7])
    for one, other in zip(alone, small, strict=True):
        assert np.array_equal(np.asarray(one), other[7])
    other = drawn(source, seed=1)
    assert not np.array_equal(other.inputs, small.inputs)


def test_a_random_projection_is_another_one_in_each_episode():
    source = make_episodes(SMALL.but(projection="random"))
    episodes = drawn(source)
    assert len(rows(episodes.inputs[..., :8])) == 64 * 6
    assert not rows(episodes.inputs[..., :8]) & rows(source.pools[0])


def test_a_sinusoid_is_one_curve_an_episode():
    episodes = drawn(make_episodes(EpisodeSpec("sinusoid", shots=9, queries=6)))
    assert episodes.inputs.shape == (64, 9, 3)
    assert (episodes.query_inputs[..., 1:] == [0, 1]).all()
    assert np.allclose(episodes.inputs[..., 1] * 5, episodes.targets, atol=1e-5)
    x = np.concatenate([episodes.inputs, episodes.query_inputs], axis=1)[..., 0] * 5
    y = np.concatenate([episodes.targets, episodes.query_targets], axis=1)
    for xs, ys in zip(x, y, strict=True):
        waves = np.stack([np.sin(xs), np.cos(xs)], axis=1)
        weights = np.linalg.lstsq(waves, ys, rcond=None)[0]
        assert np.allclose(waves @ weights, ys, atol=1e-4)
        assert 0.1 <= np.hypot(*weights) <= 5.0


def alphabets(folder, characters):
    """Drawings in folders as those of Omniglot: black on white, 4 of a character."""
    random = np.random.default_rng(0)
    for name, count in characters.items():
        for number in range(count):
            inner = folder / "images_background" / name / f"character{number:02}"
            inner.mkdir(parents=True)
            for drawing in range(4):
                ink = random.random((21, 21)) < 0.2
                image = Image.fromarray(~ink)
                image.save(inner / f"{drawing}.png")
    return str(folder)


LETTERS = {"Greek": 3, "Tagalog": 2, "Japanese_(katakana)": 1, "Early_Aramaic": 3}


def test_omniglot_holds_out_alphabets_and_turns_characters(tmp_path):
    files = (alphabets(tmp_path, LETTERS),)
    spec = EpisodeSpec(
        "omniglot", files, ways=3, queries=3, features=4, rotations=8, variants=2
    )
    train, valid, test = (
        make_episodes(spec, split) for split in ("train", "valid", "test")
    )
    assert {name.partition("/")[0] for name in train.classes[0]} == {"Greek"}
    assert {name.partition("/")[0] for name in valid.classes[0]} == {"Early_Aramaic"}
    assert {name.partition("/")[0] for name in test.classes[0]} == {
        "Tagalog",
        "Japanese_(katakana)",
    }
    # Mirror images and moved variants are for training alone.
    shapes = [source.pools[0].shape for source in (train, valid, test)]
    assert shapes == [(24, 4, 2, 4), (12, 4, 1, 4), (12, 4, 1, 4)]
    moved = np.asarray(train.pools[0])
    assert not np.allclose(moved[:, :, 0], moved[:, :, 1])
    # The components are fitted on the training drawings, where they have mean 0.
    plain = moved[:, :, 0].reshape(-1, 4)
    assert np.abs(plain.mean(axis=0)).max() < 1e-3
    assert np.isclose(np.square(plain).mean(), 1, rtol=0.05)


def test_blends_are_further_training_classes_and_leave_the_others_alone():
    plain, blended = SMALL.but(rotations=4), SMALL.but(rotations=4, blends=7)
    alone, both = make_episodes(plain), make_episodes(blended)
    assert both.classes[0][:20] == alone.classes[0]
    assert all("+" in name for name in both.classes[0][20:])
    assert len(both.classes[0]) == len(both.pools[0]) == 27
    assert np.array_equal(both.pools[0][:20], alone.pools[0])
    for split in ("valid", "test"):
        pools = (make_episodes(one, split).pools[0] for one in (plain, blended))
        assert np.array_equal(*pools)
    # A blend is as dark as the darker of the two, wherever one looks.
    looks = drawings(blended, "train").astype(int)
    names = both.classes[0]
    one, other = (looks[names.index(n)] for n in names[20].split("+"))
    assert (looks[20] >= one).all()
    assert np.isin(looks[20].sum((-2, -1)), one.sum((-2, -1))).mean() < 0.5
    assert looks[20].sum() > other.sum()


def test_directions_tell_a_stroke_from_one_across_it_more_than_from_one_beside_it():
    images = np.zeros((3, 28, 28), np.float32)
    images[0, 6:22, 13:15] = images[1, 6:22, 14:16] = images[2, 13:15, 6:22] = 1
    upright, beside, across = encoded(images, "directions")
    near, far = (np.abs(upright - one).sum() for one in (beside, across))
    assert upright.shape == (12 * 6 * 6,)
    assert far > 3 * near


def test_data_with_too_few_classes_or_drawings_are_refused(tmp_path):
    files = (alphabets(tmp_path, LETTERS),)
    spec = EpisodeSpec("omniglot", files, ways=4, features=4)
    with pytest.raises(ValueError, match=r"ways is 4, but omniglot has 3 classes"):
        make_episodes(spec)
    with pytest.raises(ValueError, match=r"takes 5 drawings .* has 4 .*fewer shots"):
        make_episodes(spec.but(ways=2, shots=3, queries=3))
    with pytest.raises(ValueError, match=r"held_out names 'Latin'.*accepted: Early"):
        make_episodes(spec.but(held_out=("Latin",)))
    with pytest.raises(ValueError, match=r"features is 4000; accepted: 1 to"):
        make_episodes(spec.but(ways=2, features=4000))
    with pytest.raises(DatasetMissing, match=r"there is no nowhere\.zip"):
        make_episodes(spec.but(files=("nowhere.zip",)))


def test_missing_omniglot_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    with pytest.raises(DatasetMissing, match=r"put images_background\.zip.*brenden"):
        make_episodes(EpisodeSpec("omniglot"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ways": 1}, r"EpisodeSpec.ways is 1; accepted: a whole number, 2 or more"),
        ({"shots": 0}, "EpisodeSpec.shots is 0"),
        ({"labels": "late"}, "labels is 'late'; accepted: 'synchronous', 'delayed'"),
        ({"rotations": 3}, r"rotations is 3; accepted: 1 \(upright\)"),
        ({"whiten": 1}, "whiten is 1; accepted: True or False"),
        ({"data": "../etc"}, "EpisodeSpec.data: the name of a data set"),
        ({"files": "a.zip"}, "files is 'a.zip'; accepted: a list of names"),
        ({"held_out": ("1",), "valid": ("1",)}, "both name 1"),
        ({"segments": 2, "cut": 5}, "cut is 5; accepted: less than the 5 examples"),
        ({"second": "digits"}, "second is 'digits' with one segment"),
    ],
)
def test_an_impossible_spec_is_refused_by_field_and_value(values, message):
    with pytest.raises(ValueError, match=message):
        EpisodeSpec(**values)


def test_another_split_or_field_is_refused():
    with pytest.raises(ValueError, match="split is 'eval'; accepted: 'train', 'valid'"):
        make_episodes(SMALL, "eval")
    with pytest.raises(ValueError, match="EpisodeSpec has no field 'way'"):
        EpisodeSpec.from_dict({"way": 5})


def test_a_spec_comes_back_from_its_stored_form():
    spec = EpisodeSpec("mnist-5k", ("a", "b"), held_out=("7",), whiten=True)
    values = spec.to_dict()
    assert EpisodeSpec.from_dict(values) == spec
    assert set(values) == {field.name for field in fields(spec)} | {"kind"}

import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypersearch.models.data import datasets, idx, named_sets
from hypersearch.models.data.dataset import Dataset, stratified_sample
from hypersearch.models.data.datasets import load_dataset
from hypersearch.models.data.download import Remote
from hypersearch.models.errors import UserError
from tests.models.written import numbered, save_npz, write_idx

PARTS = ("train", "val", "test")


@pytest.fixture(autouse=True, scope="module")
def no_downloads(tmp_path_factory):
    """An empty cache, and a download that fails the test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(
            named_sets.download,
            "fetch_all",
            lambda *args: pytest.fail("a test reached for the network"),
        )
        yield


def refusal(*args, **kwargs):
    with pytest.raises(UserError) as caught:
        load_dataset(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def number_of(x_nhw):
    return x_nhw[:, 0, 0].astype(int) * 256 + x_nhw[:, 0, 1]


# the split


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(2, 60), min_size=2, max_size=6).filter(
        lambda counts: sum(counts) >= 5 * len(counts) - 4
    ),
    st.integers(0, 2**32 - 1),
)
def test_the_split_is_disjoint_whole_stratified_and_repeatable(counts, seed):
    with tempfile.TemporaryDirectory() as folder:
        path = save_npz(folder, counts)
        data, again = load_dataset(path, seed=seed), load_dataset(path, seed=seed)
    total = sum(counts)
    assert sorted([*number_of(data.x_train), *number_of(data.x_val)]) == list(range(total))
    assert len(data.x_val) == -(-total // 5)
    fair = np.array(counts) * len(data.x_val) / total
    np.testing.assert_allclose(np.bincount(data.y_val, minlength=len(counts)), fair, rtol=0, atol=1)
    np.testing.assert_array_equal(number_of(data.x_test), np.arange(2 * len(counts)) + 60_000)
    for part in PARTS:
        x_nhw, y_n = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        assert (x_nhw.dtype, y_n.dtype) == (np.uint8, np.int64)
        assert x_nhw.flags.c_contiguous
        np.testing.assert_array_equal(x_nhw[:, 1, 0], y_n)  # images kept their labels
        np.testing.assert_array_equal(getattr(again, f"x_{part}"), x_nhw)
    assert again.digest == data.digest


def test_the_seed_moves_the_split_and_not_the_test_images():
    first, second = load_dataset("digits", seed=0), load_dataset("digits", seed=1)
    assert not np.array_equal(first.x_val, second.x_val)
    np.testing.assert_array_equal(first.x_test, second.x_test)
    assert first.digest != second.digest


@settings(max_examples=40, deadline=None)
@given(st.integers(11, 400), st.integers(0, 5))
def test_a_limit_keeps_the_proportions(limit, seed):
    y_n = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [200, 150, 50]))
    chosen = stratified_sample(y_n, limit, seed, "")
    assert len(set(chosen)) == limit
    np.testing.assert_allclose(
        np.bincount(y_n[chosen]), np.array([200, 150, 50]) * limit / 400, rtol=0, atol=1
    )
    larger = stratified_sample(y_n, min(limit + 7, 400), seed, "")
    assert set(chosen) <= set(larger)


def test_a_limit_counts_training_images_before_the_split():
    data = load_dataset("digits", limit=100)
    assert (len(data.x_train), len(data.x_val), len(data.x_test)) == (80, 20, 360)
    assert not np.array_equal(load_dataset("digits", limit=100, seed=1).x_train, data.x_train)
    assert load_dataset("digits", limit=1437).digest == load_dataset("digits").digest


@pytest.mark.parametrize("limit", [-1, 0, 45, 1438])
def test_a_limit_out_of_range(limit):
    assert (
        refusal("digits", limit=limit)
        == f"limit must be 46 to 1437 (the training images of digits), got {limit}"
    )


def test_what_cannot_be_stratified_is_refused(tmp_path):
    assert (
        refusal(save_npz(tmp_path, [9, 1]))
        == "data.npz: class '1' has 1 of the 10 training images used, at least 2 are needed to"
        " split them"
    )
    assert (
        refusal(save_npz(tmp_path, [200, 2]), limit=50)
        == "data.npz: class '1' has 0 of the 50 training images used, at least 2 are needed to"
        " split them"
    )
    assert (
        refusal(save_npz(tmp_path, [2, 2, 2]))
        == "data.npz: got 6 training images for 3 classes, at least 11 are needed to split them"
    )
    assert refusal(save_npz(tmp_path, [9])) == "data.npz: got 1 class, at least 2 are needed"
    assert refusal("digits", seed=-1) == "seed must be 0 to 4294967295, got -1"


# the record


def test_the_digest_depends_on_every_array():
    arrays = {f"x_{part}": np.zeros((2, 1, 6), np.uint8) for part in PARTS}
    arrays |= {f"y_{part}": np.zeros(2, np.int64) for part in PARTS}
    digests = {Dataset(**arrays, class_names=("a",), name="n").digest}
    for name, array in arrays.items():
        digests.add(Dataset(**arrays | {name: array + 1}, class_names=("a",), name="n").digest)
    digests.add(
        Dataset(
            **arrays | {"x_val": np.zeros((2, 2, 3), np.uint8)}, class_names=("a",), name="n"
        ).digest
    )
    assert len(digests) == 8
    assert all(len(digest) == 64 for digest in digests)
    assert Dataset(**arrays, class_names=("a",), name="n", digest="given").digest == "given"


def test_digits():
    data = load_dataset("digits")
    assert (data.name, data.n_classes, data.shape) == ("digits", 10, (8, 8))
    assert data.class_names == tuple("0123456789")
    assert len(data.x_train) + len(data.x_val) + len(data.x_test) == 1797
    assert set(np.unique(data.x_train)) == {round(level * 255 / 16) for level in range(17)}


# by path


def test_unknown_names():
    paths = "or the path of a folder of IDX or CSV files or of an .npz file"
    allowed = f"allowed: fashion-mnist, fashion-mnist-5, digits, {paths}"
    assert (
        refusal("fashon-mnist")
        == f"unknown dataset 'fashon-mnist', {allowed}; did you mean 'fashion-mnist'?"
    )
    assert refusal("/no/such") == f"unknown dataset '/no/such', {allowed}"
    assert refusal("") == f"unknown dataset '', {allowed}"
    assert refusal("two\nlines") == f"unknown dataset 'two\\nlines', {allowed}"
    assert refusal("x" * 5000).endswith("cannot be read (File name too long)")


def test_every_name_has_a_description():
    assert list(datasets.NAMES) == ["fashion-mnist", "fashion-mnist-5", "digits"]
    assert all(text and "\n" not in text for text in datasets.NAMES.values())


def test_labels_are_renumbered_in_order_and_kept_as_names(tmp_path):
    _, y_train = numbered([8, 6, 5])
    _, y_test = numbered([2, 2, 2])
    original = np.array([30, 4, 100])
    data = load_dataset(
        save_npz(tmp_path, [8, 6, 5], y_train=original[y_train], y_test=original[y_test])
    )
    assert data.class_names == ("4", "30", "100")
    assert data.name == "data.npz"
    place = np.array([1, 0, 2])
    for part in PARTS:
        np.testing.assert_array_equal(
            getattr(data, f"y_{part}"), place[getattr(data, f"x_{part}")[:, 1, 0]]
        )


def test_a_test_label_that_training_lacks(tmp_path):
    path = save_npz(tmp_path, [8, 8], y_test=np.array([0, 1, 7, 0]))
    assert refusal(path) == f"{path}: test label 7 does not occur among the training labels"


def test_images_of_different_size(tmp_path):
    path = save_npz(tmp_path, [8, 8], x_test=np.zeros((4, 2, 3), np.uint8))
    assert (
        refusal(path)
        == f"{path}: training images are 2 x 2 pixels and test images 2 x 3; they must be the same"
    )


def test_all_formats_give_the_same_data(tmp_path, monkeypatch):
    x_train, y_train = numbered([8, 9])
    x_test, y_test = numbered([2, 2])
    wide = [x_train.reshape(-1, 1, 4), y_train, x_test.reshape(-1, 1, 4), y_test]
    np.savez(
        tmp_path / "data.npz",
        **dict(zip(("x_train", "y_train", "x_test", "y_test"), wide, strict=True)),
    )
    write_idx(tmp_path / "packed", wide)
    write_idx(tmp_path / "plain", wide, end="")
    (tmp_path / "csv").mkdir()
    for part, x_nhw, y_n in (("train", wide[0], y_train), ("test", wide[2], y_test)):
        rows = np.column_stack([y_n, x_nhw.reshape(-1, 4)])
        np.savetxt(
            tmp_path / "csv" / f"{part}.csv",
            rows,
            delimiter=",",
            header="label,a,b,c,1x4",
            comments="",
        )
    monkeypatch.setenv("HOME", str(tmp_path))
    found = [load_dataset(tmp_path / name) for name in ("data.npz", "packed", "plain", "csv")] + [
        load_dataset("~/data.npz")
    ]
    assert {data.digest for data in found} == {found[0].digest}
    assert found[0].shape == (1, 4)


def test_a_folder_with_some_of_the_idx_files(tmp_path):
    (tmp_path / "t10k-labels-idx1-ubyte").touch()
    assert (
        refusal(tmp_path)
        == f"{tmp_path}: IDX files are missing: train-images-idx3-ubyte, train-labels-idx1-ubyte, "
        "t10k-images-idx3-ubyte (each plain or with .gz)"
    )


def test_a_file_that_is_no_npz(tmp_path):
    (tmp_path / "data.txt").write_text("hello")
    assert refusal(tmp_path / "data.txt").startswith(f"{tmp_path / 'data.txt'}: not an .npz file")


# by name: where the files are looked for


@pytest.fixture
def published(monkeypatch, tmp_path):
    """Small arrays that stand for Fashion-MNIST, an empty cache, and no shared folder."""
    arrays = [*numbered([12] * 10), *numbered([2] * 10)]
    remotes = [
        Remote(stem, 0, idx.sha256(array)) for stem, array in zip(idx.STEMS, arrays, strict=True)
    ]
    monkeypatch.setattr(named_sets.download, "FASHION_MNIST", tuple(remotes))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HYPERSEARCH_DATA", raising=False)
    return arrays


@pytest.mark.parametrize("place", ["given", "given/fashion-mnist", "shared/fashion-mnist", "cache"])
@pytest.mark.parametrize("name", ["fashion-mnist", "fashion-mnist-5"])
def test_the_files_are_found_in_each_place(published, tmp_path, monkeypatch, place, name):
    cache = named_sets.platformdirs.user_cache_path("hypersearch") / "fashion-mnist"
    monkeypatch.setenv("HYPERSEARCH_DATA", str(tmp_path / "shared"))
    (tmp_path / "given").mkdir()
    write_idx(cache if place == "cache" else tmp_path / place, published)
    data = load_dataset(name, data_dir=tmp_path / "given")
    assert (data.name, len(data.x_test)) == (name, 20)


def test_places_are_tried_in_order_and_incomplete_ones_passed_over(
    published, tmp_path, monkeypatch
):
    monkeypatch.setenv("HYPERSEARCH_DATA", str(tmp_path / "shared"))
    changed = [published[0] + 1, *published[1:]]
    write_idx(tmp_path / "shared" / "fashion-mnist", changed)
    write_idx(tmp_path / "given", published)
    load_dataset("fashion-mnist", data_dir=tmp_path / "given")
    (tmp_path / "given" / "train-labels-idx1-ubyte.gz").unlink()
    wrong = tmp_path / "shared" / "fashion-mnist"
    assert (
        refusal("fashion-mnist", data_dir=tmp_path / "given")
        == f"{wrong / 'train-images-idx3-ubyte.gz'}: not the published Fashion-MNIST file (its"
        f" SHA-256 differs); to use it all the same, give the path {wrong} as the dataset"
    )
    assert len(load_dataset(wrong).x_test) == 20


def test_a_truncated_file_has_the_error_of_its_reader(published, tmp_path):
    write_idx(tmp_path, published, end="")
    path = tmp_path / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    assert (
        refusal("fashion-mnist", data_dir=tmp_path)
        == f"{path}: truncated, 19 bytes of data; its header promises 20 bytes (20)"
    )


def test_files_found_nowhere_are_downloaded_into_the_cache(published, tmp_path, monkeypatch):
    asked = []

    def fetch_all(remotes, folder):
        asked.append(folder)
        write_idx(folder, published)
        return idx.locate(folder)

    monkeypatch.setattr(named_sets.download, "fetch_all", fetch_all)
    for _ in range(2):
        assert len(load_dataset("fashion-mnist", data_dir=tmp_path).x_test) == 20
    assert asked == [named_sets.platformdirs.user_cache_path("hypersearch") / "fashion-mnist"]


def test_the_five_classes(published, tmp_path):
    write_idx(tmp_path, published)
    ten, five = (
        load_dataset("fashion-mnist", data_dir=tmp_path),
        load_dataset("fashion-mnist-5", data_dir=tmp_path),
    )
    assert ten.class_names[0] == "T-shirt/top"
    assert five.class_names == (
        "T-shirt/top + Shirt", "Sandal", "Trouser + Pullover", "Dress + Bag",
        "Coat + Sneaker + Ankle boot",
    )  # fmt: skip
    assert ten.digest != five.digest
    np.testing.assert_array_equal(five.y_test, np.array([0, 2, 2, 3, 4, 1, 0, 4, 3, 4])[ten.y_test])


def test_the_whole_has_the_validation_images_among_the_training_images(digits):
    whole = digits.whole()
    n = len(digits.x_train)
    np.testing.assert_array_equal(whole.x_train[n:], digits.x_val)
    np.testing.assert_array_equal(whole.y_train, [*digits.y_train, *digits.y_val])
    np.testing.assert_array_equal(whole.x_val, digits.x_val)
    assert len(whole.position_n) == len(whole.x_train) + len(whole.x_val)
    np.testing.assert_array_equal(whole.position_n[: len(digits.position_n)], digits.position_n)
    assert whole.digest != digits.digest

"""What an exported network makes of images, beside what the network itself made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hypersearch.models.api import Options
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.errors import UserError
from hypersearch.models.evaluation.encoding import encoded
from hypersearch.models.families import cnn, linear_svm, vae
from hypersearch.models.networks.backend import predicted

VAE = {**vae.START, "latent": 3, "depth": 1, "nodes": 64}
CNN = {
    **cnn.START,
    "depth": 1,
    "filters": 16,
    "residual": False,
    "head": "flatten",
}  # asked about several views


def exported(module: Any, config: dict[str, Any], digits: Dataset, folder: Path) -> Any:
    run = module.FAMILY.start(config, module.FAMILY.prepare(digits, Options(limit=1)), 0)
    run.step()
    module.FAMILY.export(run, digits, folder)
    return run


def test_the_code_of_a_vae_is_its_mean(digits: Dataset, tmp_path: Path) -> None:
    run = exported(vae, VAE, digits, tmp_path)
    with run.trainer.averaged():
        mean_nd, _ = run.codes(digits.x_val)
    found_nd = encoded(tmp_path, "", digits.x_val)
    assert (found_nd.shape, found_nd.dtype) == ((len(digits.x_val), 3), np.float32)
    np.testing.assert_allclose(found_nd, mean_nd, rtol=1e-4, atol=1e-5)


def test_a_layer_of_a_cnn(digits: Dataset, tmp_path: Path) -> None:
    import keras

    run = exported(cnn, CNN, digits, tmp_path)
    model = run.trainer.model
    flatten = keras.Model(model.inputs, model.get_layer("flatten").output)
    with run.trainer.averaged():
        flat_nd = predicted(flatten, digits.x_val[..., None])
        last_nd = predicted(
            keras.Model(model.inputs, model.layers[-1].input), digits.x_val[..., None]
        )
    np.testing.assert_allclose(
        encoded(tmp_path, "flatten", digits.x_val), flat_nd, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(encoded(tmp_path, "", digits.x_val), last_nd, rtol=1e-4, atol=1e-5)
    with pytest.raises(UserError) as error:
        encoded(tmp_path, "flaten", digits.x_val)
    assert str(error.value).startswith("unknown layer 'flaten', allowed: ")
    assert f"flatten ({flat_nd.shape[1]:,})" in str(error.value)
    assert str(error.value).endswith("; did you mean 'flatten'?")
    with pytest.raises(UserError, match="^the model takes images of 8×8, got 4×8$"):
        encoded(tmp_path, "flatten", digits.x_val[:, :4])


def test_what_is_no_network(digits: Dataset, tmp_path: Path) -> None:
    baseline = linear_svm.FAMILY.baselines[0].config
    exported(linear_svm, dict(baseline), digits, tmp_path)
    with pytest.raises(
        UserError, match="holds no whole exported model: model.skops is no network$"
    ):
        encoded(tmp_path, "", digits.x_val)

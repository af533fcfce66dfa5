"""Report R2: a dense autoencoder beside a variational one. It prints no figures."""

from __future__ import annotations

from hypersearch.analysis.reproduced.schema import Best, Column, Row, Table

_SIZES = "the report gives no sizes: two dense layers, 512 and 256 nodes; fitted on {train}"
R2 = (
    Table(
        "Dense autoencoder and variational autoencoder, codes of two dimensions, on test images",
        "network",
        (
            Column("MSE", "test.mse"),
            Column("ELBO, nats", "test.elbo", "large"),
            Column("kNN in 2-D", "code_knn"),
            Column("drawn", "test.prior_recognised"),
            Column("between", "test.between_recognised"),
        ),
        (
            Row(
                "AE",
                "autoencoder",
                "R2",
                f"{_SIZES}; drawn, between: the share of such images that a CNN recognises",
                says="no figures; pictures over the epochs",
                best=Best(("autoencoder",), "mse", equal={"param.code": 2}),
            ),
            Row(
                "VAE",
                "vae",
                "R2",
                _SIZES,
                says=(
                    "no figures; by its pictures more continuous and complete than the"
                    " autoencoder's"
                ),
                best=Best(("vae",), "elbo", equal={"param.latent": 2}),
            ),
        ),
    ),
)

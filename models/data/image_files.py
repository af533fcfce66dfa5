"""Image files (PNG, JPEG and so on) as gray images, for a fitted model to look at."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from hypersearch.models.data.idx import Pixels
from hypersearch.models.errors import UserError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
DATA = ("train", "x_train", "t10k")  # what the files of a data set's folder begin with


def image_files(path: Path) -> list[Path]:
    """The image files that a path names: itself, or those in the folder, sorted by name.

    Empty if the path holds a data set. Raises a `UserError` for a folder that cannot be read, for a
    missing file, and for what is neither.
    """
    try:
        found = sorted(path.iterdir()) if path.is_dir() else [path]
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    images = [file for file in found if file.suffix.lower() in ENDINGS]
    if found == [path] and not path.is_file() and (images or path.suffix):
        raise UserError(f"there is no file {path}")
    if any(file.name.startswith(DATA) for file in found):
        return []
    if path.is_dir() and not images:
        raise UserError(f"{path} holds neither images ({', '.join(ENDINGS)}) nor a data set")
    if path.is_file() and not images and path.suffix != ".npz":
        raise UserError(f"{path} is neither an image ({', '.join(ENDINGS)}) nor a data set (.npz)")
    return images


def read_images(files: list[Path]) -> Pixels:
    """Image files of one size as gray, uint8 (n, h, w), 0 black.

    Colours are replaced by their luminance (ITU-R 601-2). Raises a `UserError` for a file that is
    no image, is gray with more than 8 bits a pixel or is partly transparent, and for differing
    sizes.
    """
    images = [_read(file) for file in files]
    usual = Counter(image.shape for image in images).most_common(1)[0][0]
    for file, image in zip(files, images, strict=True):
        if image.shape != usual:
            sizes = "{}×{}, not {}×{}".format(*image.shape, *usual)
            raise UserError(f"{file} is {sizes} as the others: all images must be of one size")
    return np.stack(images)


def _is_transparent(image: Image.Image) -> bool:
    if not image.has_transparency_data:
        return False
    opacity = image.convert("RGBA").getchannel("A")
    return opacity.getextrema() != (255, 255)


def _read(file: Path) -> Pixels:
    try:
        with Image.open(file) as image:
            if image.mode.startswith(("I", "F")):
                raise UserError(
                    f"{file} has more than 8 bits a pixel ({image.mode}); save it with 8"
                )
            if _is_transparent(image):
                raise UserError(f"{file} is partly transparent; save it on a background")
            return np.asarray(ImageOps.exif_transpose(image).convert("L"))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"cannot read {file}: {str(error) or type(error).__name__}") from error

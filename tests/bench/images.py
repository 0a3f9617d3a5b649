#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Adds the images that only benchmarks pull to a store that holds flint/debian: `images.py STORE`.

flint/debian-zstd: its layers in zstd. flint/sixty: 60 layers of 1 MiB. flint/zeros and flint/random:
one layer of 4 GiB.
"""

import gzip
import hashlib
import json
import os
import random
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support/images"))
from oci_store import CONFIG, LAYER, MANIFEST, Image, Store  # noqa: E402

ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"


def debian_layers(store, folder):
    link = folder / "docker/registry/v2/repositories/flint/debian/_manifests/tags/1/current/link"
    index = json.loads(store.path(link.read_text()).read_bytes())
    manifest = json.loads(store.path(index["manifests"][0]["digest"]).read_bytes())
    return [gzip.decompress(store.path(layer["digest"]).read_bytes()) for layer in manifest["layers"]]


def build_zstd(store, folder):
    image = Image()
    for layer in debian_layers(store, folder):
        image.add(layer, media_type=ZSTD,
                  pack=lambda tar: subprocess.run(["zstd", "-c", "-3"], input=tar, check=True,
                                                  capture_output=True).stdout)
    image.write(store, "flint/debian-zstd")


def build_sixty(store):
    image, source = Image(), random.Random(60)
    for number in range(60):
        out = BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            for part in range(16):
                entry = tarfile.TarInfo(f"layer{number}/file{part}")
                entry.size = 64 << 10
                archive.addfile(entry, BytesIO(source.randbytes(entry.size)))
        image.add(out.getvalue())
    image.write(store, "flint/sixty")


class Tee:
    """Hashes what is written, and writes it on."""

    def __init__(self, target):
        self.target, self.sha256 = target, hashlib.sha256()

    def write(self, data):
        self.sha256.update(data)
        return self.target.write(data)

    def digest(self):
        return "sha256:" + self.sha256.hexdigest()


def build_large(store, folder, name, piece):
    """A layer that fits in no memory: one file of 4 GiB, made and packed piece by piece."""
    target = folder / "large.partial"
    with open(target, "wb") as file:
        packed = Tee(file)
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as archive:
            tar = Tee(archive)
            entry = tarfile.TarInfo("large")
            entry.size = 4 << 30
            tar.write(entry.tobuf())
            for _ in range(entry.size >> 20):
                tar.write(piece())
            tar.write(bytes(1024))
    layer = store.adopt(name, target, packed.digest(), LAYER)
    config = store.blob(name, {"architecture": "amd64", "os": "linux", "config": {},
                               "rootfs": {"type": "layers", "diff_ids": [tar.digest()]}}, CONFIG)
    manifest = store.manifest(name, {"schemaVersion": 2, "mediaType": MANIFEST, "config": config,
                                     "layers": [layer]})
    store.tag(name, "1", manifest["digest"])


def main():
    folder = Path(sys.argv[1])
    made = folder / "bench-images"
    if made.exists():
        return
    store = Store(folder)
    build_zstd(store, folder)
    build_sixty(store)
    build_large(store, folder, "flint/zeros", lambda: bytes(1 << 20))
    build_large(store, folder, "flint/random", lambda: os.urandom(1 << 20))
    made.touch()


main()

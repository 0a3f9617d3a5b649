#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the images of the pull tests into a registry's data folder: `images.py STORE`.

test/rich:1    three layers with all kinds of members, whiteouts and replacements
test/shared:1  the lowest layer of rich, and another one
test/big:1     three layers of noise, 3 MiB each, so that a pull can be killed in the middle
test/zeros:1, test/random:1   one layer of 192 MiB of zeros, of 144 MiB of noise
test/kernel:1  20 MiB that compress well, and kernel and initrd in a layer over them
test/format-NAME:1   the layers of rich, in all formats of manifests and layers: see formats()
test/many:1, test/one:1, test/empty-layers:1   images of 127 layers, of one, and with layers of nothing
test/arms:1    for linux/amd64, linux/arm/v6 and linux/arm/v7: a file says which
test/foreign:1, test/encrypted:1   layers that are not for us
test/diff-id:1, test/digest:1, test/media-type:1, test/missing:1   bad in the way of their names
"""

import gzip
import io
import random
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

sys.dont_write_bytecode = True  # not into the source tree
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support/images"))
from oci_store import INDEX, LAYER, MANIFEST, Image, Store, digest  # noqa: E402


CAP_NET_RAW = "\x01\0\0\x02" + "\0\x20\0\0" + "\0" * 12  # struct vfs_cap_data, revision 2, effective


class Layer:
    """A tar, member after member, with times that differ."""

    def __init__(self):
        self._out = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._out, mode="w", format=tarfile.PAX_FORMAT)
        self._time = 1_000_000_000

    def add(self, name, kind=tarfile.REGTYPE, data=b"", mode=0o644, link="", owner=(0, 0), device=(0, 0),
            attributes=None):
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(data), link
        entry.uid, entry.gid = owner
        entry.devmajor, entry.devminor = device
        self._time += 1000
        entry.mtime = self._time
        entry.pax_headers = {"SCHILY.xattr." + key: value for key, value in (attributes or {}).items()}
        self._tar.addfile(entry, io.BytesIO(data))
        return self

    def folder(self, name, mode=0o755, **more):
        return self.add(name, tarfile.DIRTYPE, mode=mode, **more)

    def bytes(self):
        self._tar.close()
        return self._out.getvalue()


def rich():
    first = (Layer().folder("etc").add("etc/passwd", data=b"root\n").add("etc/gone", data=b"x")
             .folder("bin", 0o755).add("bin/su", data=b"\x7fELF", mode=0o4755, owner=(0, 5))
             .add("bin/link", tarfile.SYMTYPE, link="su", mode=0o777)
             .add("bin/hard", tarfile.LNKTYPE, link="bin/su")
             .folder("var/lib/deep", 0o700, owner=(1000, 100000)).add("var/lib/deep/file", data=b"1" * 5000)
             .folder("opaque").add("opaque/old", data=b"old").add("opaque/both", data=b"old")
             .folder("tmp", 0o1777).add("tmp/fifo", tarfile.FIFOTYPE, mode=0o600)
             .folder("dev").add("dev/null", tarfile.CHRTYPE, mode=0o666, device=(1, 3))
             .add("dev/loop0", tarfile.BLKTYPE, mode=0o660, device=(7, 0), owner=(0, 6))
             .add("lib", tarfile.SYMTYPE, link="var/lib", mode=0o777)
             .add("attributes", data=b"a", attributes={"user.colour": "blue"})
             .add("bin/ping", data=b"p", mode=0o755, attributes={"security.capability": CAP_NET_RAW})
             .add("n" * 120 + "/" + "m" * 150, data=b"long name").folder("becomes-file").add("becomes-file/x")
             .add("becomes-folder", data=b"f").folder("empty", 0o555))
    second = (Layer().add("etc/.wh.gone").add("opaque/.wh..wh..opq").add("opaque/both", data=b"new")
              .add("opaque/new", data=b"new").add("lib/through-link", data=b"t")
              .add("bin/hard2", tarfile.LNKTYPE, link="bin/su").add("becomes-file", data=b"now a file")
              .folder("becomes-folder").add("becomes-folder/inside", data=b"i")
              .folder("var/lib/deep", 0o755, owner=(7, 7)).add(".wh.empty"))
    third = (Layer().add("var/.wh.lib").folder("empty", 0o700).add("etc/passwd", data=b"root\nme\n", mode=0o600)
             .add("var/lib/again", data=b"again"))
    return [layer.bytes() for layer in (first, second, third)]


def noise(seed):
    return Layer().add(f"noise{seed}", data=random.Random(seed).randbytes(3 << 20)).bytes()


def as_zstd(tar):
    return subprocess.run(["zstd", "-q", "-c"], input=tar, stdout=subprocess.PIPE, check=True).stdout


def as_chunked_zstd(tar):
    """zstd with a table of contents for others in a frame to be skipped, as zstd:chunked has it."""
    table = b"not for us" * 10
    return as_zstd(tar[:1024]) + as_zstd(tar[1024:]) + struct.pack("<II", 0x184D2A50, len(table)) + table


def image_of(layers, media_type, pack=None):
    image = Image()
    for layer in layers:
        image.add(layer, media_type, pack=pack)
    return image


def formats(store, layers):
    oci = "application/vnd.oci.image.layer.v1.tar"
    docker = "application/vnd.docker.image.rootfs.diff.tar"
    plain = bytes
    for name, media_type, pack in (("zstd", oci + "+zstd", as_zstd), ("chunked", oci + "+zstd", as_chunked_zstd),
                                   ("plain", oci, plain), ("docker-plain", docker, plain)):
        image_of(layers, media_type, pack).write(store, "test/format-" + name)
    docker_types = {"manifest_type": "application/vnd.docker.distribution.manifest.v2+json",
                    "config_type": "application/vnd.docker.container.image.v1+json"}
    image_of(layers, docker + ".gzip").write(
        store, "test/format-docker", **docker_types,
        index_type="application/vnd.docker.distribution.manifest.list.v2+json")
    image_of(layers, docker + ".gzip").write(store, "test/format-docker-old", **{
        **docker_types, "config_type": "application/octet-stream"})

    name = "test/format-no-index"
    manifest, _ = image_of(layers, LAYER).write_manifest(store, name)
    store.tag(name, "1", manifest["digest"])

    name = "test/format-nested"
    manifest, _ = image_of(layers, LAYER).write_manifest(store, name)
    inner = store.manifest(name, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest]})
    outer = store.manifest(name, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [inner]})
    store.tag(name, "1", outer["digest"])

    name = "test/format-attested"
    manifest, _ = image_of(layers, LAYER).write_manifest(store, name)
    statement = store.blob(name, b"{}", "application/vnd.in-toto+json")
    attestation = store.manifest(name, {"schemaVersion": 2, "mediaType": MANIFEST, "config": statement,
                                        "layers": [statement]})
    attestation["platform"] = {"os": "unknown", "architecture": "unknown"}
    attestation["annotations"] = {"vnd.docker.reference.type": "attestation-manifest",
                                  "vnd.docker.reference.digest": manifest["digest"]}
    index = store.manifest(name, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [attestation, manifest]})
    store.tag(name, "1", index["digest"])


def counts(store):
    files = [Layer().add(f"file{number}", data=str(number).encode()).bytes() for number in range(127)]
    image_of(files, LAYER).write(store, "test/many")
    image_of(files[:1], LAYER).write(store, "test/one")
    nothing = Layer().bytes()
    image_of([nothing, files[0], nothing, files[1], nothing], LAYER).write(store, "test/empty-layers")
    for name, media_type in (("foreign", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
                             ("encrypted", LAYER + "+encrypted")):
        image_of(files[:1], media_type).write(store, "test/" + name)


class Repeated:
    """A tar of one file of `count` times the same MiB, and the same in gzip: a member for each piece,
    for compressing all of it takes seconds."""

    def __init__(self, name, piece, count, level):
        entry = tarfile.TarInfo(name)
        entry.size = len(piece) * count
        self._pieces = [entry.tobuf(), *[piece] * count, bytes(1024)]
        self._packed = {id(piece): gzip.compress(piece, level, mtime=0) for piece in self._pieces}

    def tar(self):
        return b"".join(self._pieces)

    def pack(self, _tar):
        return b"".join(self._packed[id(piece)] for piece in self._pieces)


def large(store):
    noise_piece = random.Random("large").randbytes(1 << 20)
    for name, layer in (("zeros", Repeated("zeros", bytes(1 << 20), 192, 1)),
                        ("random", Repeated("random", noise_piece, 144, 0))):
        image_of([layer.tar()], LAYER, layer.pack).write(store, "test/" + name)


def arms(store):
    name, manifests = "test/arms", []
    for architecture, variant in (("amd64", ""), ("arm", "v6"), ("arm", "v7")):
        layer = Layer().add("made-for", data=f"{architecture}{variant}".encode()).bytes()
        manifest, _ = Image(architecture).add(layer).write_manifest(store, name)
        if variant:
            manifest["platform"]["variant"] = variant
        manifests.append(manifest)
    index = store.manifest(name, {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    store.tag(name, "1", index["digest"])


def main():
    store = Store(sys.argv[1])
    layers = rich()
    image = Image()
    for layer in layers:
        image.add(layer)
    image.write(store, "test/rich")
    formats(store, layers)
    counts(store)
    arms(store)
    large(store)
    Image().add(layers[0]).add(Layer().add("other", data=b"o").bytes()).write(store, "test/shared")
    big = Image()
    for seed in range(3):
        big.add(noise(seed), level=1)
    big.write(store, "test/big")

    modules = Layer().folder("lib/modules").add("lib/modules/all", data=b"module " * (3 << 20))
    boot = (Layer().folder("boot").add("boot/vmlinuz", data=b"\x7fELF kernel").add("boot/initrd", data=b"initrd"))
    Image().add(modules.bytes()).add(boot.bytes()).write(store, "test/kernel")

    small = Layer().add("file", data=b"f").bytes()
    Image().add(small, claim=digest(b"other")).write(store, "test/diff-id")
    Image().add(small, media_type="application/vnd.example.layer").write(store, "test/media-type")
    wrong = Image().add(Layer().add("wrong", data=b"w").bytes()).write(store, "test/digest")[0]
    path = store.path(wrong["digest"])
    path.write_bytes(bytes([path.read_bytes()[0]]) + bytes(wrong["size"] - 1))
    missing = Image().add(Layer().add("missing", data=b"m").bytes()).write(store, "test/missing")[0]
    store.path(missing["digest"]).unlink()


if __name__ == "__main__":
    main()

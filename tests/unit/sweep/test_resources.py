import subprocess

import pytest

from spectral_exp.sweep import resources


@pytest.mark.parametrize(("visible", "found"), [("", []), ("-1", []), ("2, 5", ["2", "5"]), ("GPU-ab", ["GPU-ab"])])
def test_what_is_visible_is_shared_out(monkeypatch, visible, found):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert resources.find_devices() == found


def test_without_a_word_the_driver_is_asked(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(resources.shutil, "which", lambda _: None)
    assert resources.find_devices() == []
    listed = "GPU 0: A (UUID: GPU-1)\n  MIG 1g.10gb Device 0: (UUID: MIG-2)\nGPU 1: A (UUID: GPU-3)\n"
    monkeypatch.setattr(resources.shutil, "which", lambda _: "nvidia-smi")
    monkeypatch.setattr(resources.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, listed))
    assert resources.find_devices() == ["0", "1"]


def test_jobs_at_a_time_follow_devices_then_cores_then_memory(monkeypatch):
    monkeypatch.setattr(resources, "n_cores", lambda: 8)
    memory = {"SC_PHYS_PAGES": 64 * 2**18, "SC_PAGE_SIZE": 4096}  # 64 GiB
    monkeypatch.setattr(resources.os, "sysconf", memory.__getitem__)
    assert resources.default_n_jobs(["0", "1"]) == 2
    assert resources.default_n_jobs([]) == 8
    memory["SC_PHYS_PAGES"] = 5 * 2**18
    assert resources.default_n_jobs([]) == 2
    memory["SC_PHYS_PAGES"] = 2**18
    assert resources.default_n_jobs([]) == 1


def test_devices_go_where_fewest_jobs_are():
    assert resources.choose_devices(["0", "1"], used=["0"], n=1) == ["1"]
    assert resources.choose_devices(["0", "1"], used=["0", "1"], n=1) == ["0"]
    assert resources.choose_devices(["0", "1"], used=[], n=2) == ["0", "1"]
    assert resources.choose_devices(["0", "1"], used=[], n=0) == []


def test_threads_are_shared_unless_somebody_has_chosen(monkeypatch):
    monkeypatch.setattr(resources, "n_cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert resources.job_environment(3, [])["OMP_NUM_THREADS"] == "2"
    assert "OMP_NUM_THREADS" not in resources.job_environment(1, []), "as in a single run"
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert resources.job_environment(3, [])["OMP_NUM_THREADS"] == "5"

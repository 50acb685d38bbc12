"""Files that lmz pulls are found by huggingface_hub, and the reverse. By hand, from the root of the repository:

    python3 -m venv venv && venv/bin/pip install huggingface_hub
    venv/bin/python internal/hub/testdata/interop/check.py
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

work = pathlib.Path(tempfile.mkdtemp())
os.environ["HF_HOME"] = str(work / "home")
subprocess.check_call(["go", "build", "-o", work / "lmz", "./cmd/lmz"])
subprocess.check_call(["go", "build", "-o", work / "serve", "./internal/hub/testdata/interop"])
server = subprocess.Popen([work / "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
os.environ["HF_ENDPOINT"] = server.stdout.readline().strip()

import huggingface_hub  # noqa: E402  reads the environment

NAMES = ["config.json", "tokenizer.json", "model.safetensors"]


def lmz(*args, cache, offline=False):
    env = dict(os.environ, HF_HUB_CACHE=str(cache), HF_HUB_OFFLINE=str(int(offline)))
    return subprocess.run([work / "lmz", "models", *args], env=env, check=True, capture_output=True, text=True).stdout


def tree(cache):
    """What a cache has, the locks and tags of huggingface_hub aside: contents, and where links lead."""
    found = {}
    for p in sorted((cache / "models--org--tiny").rglob("*")):
        if p.is_symlink():
            found[str(p.relative_to(cache))] = os.readlink(p)
        elif p.is_file() and p.parent.name != "trees":
            found[str(p.relative_to(cache))] = p.read_bytes()
    return found


# lmz pulls, huggingface_hub finds.
ours = work / "ours"
paths = {r: lmz("pull", f"org/tiny@{r}", cache=ours).strip() for r in ["main", "step8"]}
for revision, path in paths.items():
    for name in NAMES:
        found = huggingface_hub.try_to_load_from_cache("org/tiny", name, cache_dir=ours, revision=revision)
        assert found == f"{path}/{name}", (found, path)
        again = huggingface_hub.hf_hub_download("org/tiny", name, cache_dir=ours, revision=revision)
        assert again == found, again
    assert huggingface_hub.snapshot_download("org/tiny", revision=revision, cache_dir=ours, local_files_only=True) == path
report = huggingface_hub.scan_cache_dir(ours)
assert not report.warnings, report.warnings
assert {next(iter(r.refs)) for repo in report.repos for r in repo.revisions} == {"main", "step8"}

# huggingface_hub downloads, lmz finds.
theirs = work / "theirs"
for revision in paths:
    for name in NAMES:
        huggingface_hub.hf_hub_download("org/tiny", name, cache_dir=theirs, revision=revision)
before = tree(theirs)
assert before == tree(ours), set(before) ^ set(tree(ours))
for revision, path in paths.items():
    assert lmz("pull", f"org/tiny@{revision}", cache=theirs, offline=True).strip() == path.replace(str(ours), str(theirs))
    lmz("pull", f"org/tiny@{revision}", cache=theirs)
assert tree(theirs) == before
listed = [m for m in json.loads(lmz("list", "--json", cache=theirs)) if m["commit"]]
assert {(n, m["state"]) for m in listed for n in m["names"]} == {("org/tiny", "complete"), ("org/tiny@step8", "complete")}, listed

# Each removes what the other made.
strategy = report.delete_revisions(pathlib.Path(paths["step8"]).name)
strategy.execute()
assert "org/tiny@step8" not in lmz("list", cache=ours) and "org/tiny" in lmz("list", cache=ours)
print(lmz("rm", "org/tiny@step8", cache=theirs).strip(), "by lmz,", strategy.expected_freed_size, "by huggingface_hub")
report = huggingface_hub.scan_cache_dir(theirs)
assert not report.warnings and [next(iter(r.refs)) for repo in report.repos for r in repo.revisions] == ["main"]
lmz("rm", "org/tiny", cache=theirs)
assert not huggingface_hub.scan_cache_dir(theirs).repos

server.stdin.close()
print(f"lmz and huggingface_hub {huggingface_hub.__version__} agree, Python {sys.version.split()[0]}")

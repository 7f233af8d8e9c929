"""The wheel of both apps: what is in it, and how it goes with packages of a site that have our names."""

import subprocess
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.specifiers import SpecifierSet

from config.package.commands import LEFT_OUT
from tests.conftest import PROJECT
from tests.support.packaging.environments import Overlay, canonical, dependencies, output_of, pins
from tests.support.packaging.wheel import python_of_the_wheel

pytestmark = pytest.mark.any_database


def names_in(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def kept_files(*folders: str) -> set[str]:
    listed = output_of(["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders], cwd=PROJECT)
    return {name for name in listed.splitlines() if (PROJECT / name).is_file()}


def test_all_is_below_one_name(wheel: Path) -> None:
    version = wheel.name.split("-")[1]
    assert {name.partition("/")[0] for name in names_in(wheel)} == {
        "oauth_mcp",
        f"oauth_mcp_server-{version}.dist-info",
    }
    assert f'version = "{version}"' in (PROJECT / "pyproject.toml").read_text()


def test_templates_static_files_migrations_and_texts_are_in_it(wheel: Path) -> None:
    files = {f"oauth_mcp/{name}" for name in kept_files("accounts", "mcp_api") - LEFT_OUT}
    assert "oauth_mcp/mcp_api/skills/using-this-server/SKILL.md" in files
    assert {name for name in names_in(wheel) if name.count("/") > 1 and ".dist-info" not in name} == files


def test_each_module_can_be_imported_beside_packages_of_the_site_with_our_names(
    installed: Overlay, tmp_path: Path
) -> None:
    for name in ("accounts", "mcp_api"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "models.py").write_text("raise AssertionError('This module is nothing of ours.')\n")
    script = Path(__file__).with_name("import_all.py").read_text()
    assert output_of([installed.python, "-W", "error::ImportWarning", "-c", script], cwd=tmp_path).strip() == ""


def test_traceback_has_the_lines_of_the_source(installed: Overlay) -> None:
    with pytest.raises(RuntimeError) as raised:
        output_of([installed.python, "-c", "import oauth_mcp.mcp_api; oauth_mcp.mcp_api.missing"])
    lines = (PROJECT / "mcp_api" / "__init__.py").read_text().splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if "raise AttributeError" in line]
    assert f'oauth_mcp/mcp_api/__init__.py", line {number}, in __getattr__' in str(raised.value)


def test_installing_for_editing_is_refused_with_a_sentence(tmp_path: Path) -> None:
    site = Overlay(python_of_the_wheel(), tmp_path)
    with pytest.raises(RuntimeError, match=r"cannot be installed with --editable.*Run `pip install .` again"):
        site.pip("install", "--no-deps", "--no-build-isolation", "--editable", PROJECT)


def test_building_writes_nothing_into_the_checkout(wheel: Path) -> None:
    assert not list(PROJECT.glob("*.egg-info"))
    assert not (PROJECT / "build").exists()


def test_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    build = "from config.package import backend; import sys; print(backend.{}(sys.argv[1]))"
    subprocess.run([python_of_the_wheel(), "-c", build.format("build_sdist"), tmp_path], cwd=PROJECT, check=True)
    (packed,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / packed.name.removesuffix(".tar.gz")
    subprocess.run([python_of_the_wheel(), "-c", build.format("build_wheel"), tmp_path], cwd=unpacked, check=True)
    with ZipFile(wheel) as one, ZipFile(tmp_path / wheel.name) as other:
        assert [(name, one.read(name)) for name in sorted(one.namelist())] == [
            (name, other.read(name)) for name in sorted(other.namelist())
        ]


@pytest.mark.parametrize(("name", "range_"), [(name, range_) for name, _, range_ in dependencies("allauth")])
def test_range_of_a_dependency_has_the_version_that_the_tests_have_seen(name: str, range_: str) -> None:
    assert pins()[canonical(name)] in SpecifierSet(range_)

# SPDX-License-Identifier: Apache-2.0
"""The check of ITK's functions: what it takes for a change and what not, and its table."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAM = REPOSITORY / "test/upstream/check_functions.py"
TABLE = REPOSITORY / "test/upstream/functions.toml"

SOURCE = """
namespace itk {
template <class T, class U = Traits<T>> class Filter;
template <class Filter> class Other { int m_Count{ 7 }; void Run() { m_Count = 0; } };

/** A filter. { */
template <typename T>
class ITK_TEMPLATE_EXPORT Filter : public Base<T, 3>, public Helper<Pair<T>>
{
public:
  void Run() override;
  int Get() const noexcept(true) { return m_Count; } // inline
protected:
  bool m_IsSet{};
  std::vector<typename Base<T>::Pointer> m_Pointers{ 1, 2 };
private:
  int m_Count = 0;
};

template <typename T>
Filter<T>::Filter()
  : Base<T, 3>(2)
  , m_IsSet{ true }
{
  Other<T>::Run();
}

template <typename T>
void
Filter<T>::Run()
{
  itkExceptionMacro("a { in // a string" << '{' << '\\'');
  Base<T>::Run(1);
}

template <typename T>
void
Filter<T>::Run(int n) const
{
  for (int i = 0; i < n; ++i) { this->Run(); }
}

template <typename T>
auto
Filter<T>::Make(const T * t) const -> typename Base<T>::Pointer
{
  return Filter<T>::Find(t);
}

template <typename T> void Other<T>::Run() {}
} // namespace itk
"""


def make_itk(folder: Path, text: str, version: str = "5.4.7") -> Path:
    numbers = zip(("MAJOR", "MINOR", "PATCH"), version.split("."), strict=True)
    (folder / "CMake").mkdir(parents=True, exist_ok=True)
    (folder / "CMake/itkVersion.cmake").write_text("".join(f'set(ITK_VERSION_{k} "{v}")\n' for k, v in numbers))
    (folder / "itkFilter.h").write_text(text)
    return folder


def check(itk: Path, table: Path, *options: str | Path) -> tuple[int, str]:
    command = [sys.executable, PROGRAM, itk, "--table", table, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def make_table(folder: Path, name: str, text: str = SOURCE) -> Path:
    """A table with the hash that the program itself says is to be added."""
    table = folder / "table.toml"
    entry = f'[[upstream]]\nname = "Filter::{name}"\nfile = "itkFilter.h"\nours = ["Ours"]\nwhy = "done again"\n'
    table.write_text(entry + 'checked."5.4.6" = "0"\n')
    code, output = check(make_itk(folder / "first", text), table)
    assert code == 1
    line = re.search(r'^ *(checked\."5\.4\.7" = "[0-9a-f]{16}")$', output, re.MULTILINE)
    assert line, output
    table.write_text(entry + line[1] + "\n")
    return table


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Filter", "m_IsSet{ true }\n{", "m_IsSet{ false }\n{"),
        ("Filter", "Other<T>::Run();", "Other<T>::Run(1);"),
        ("Run", "Base<T>::Run(1);", "Base<T>::Run(2);"),
        ("Run", "a { in // a string", "a { in // a  string"),  # in a string, white space counts
        ("Run", "++i", "--i"),  # of the second function of that name
        ("Make", "return Filter<T>::Find(t);", "return nullptr;"),
        ("Make", "-> typename Base<T>::Pointer", "-> T *"),
        ("Get", "return m_Count;", "return m_Count + 1;"),
        ("m_IsSet", "bool m_IsSet{};", "bool m_IsSet{ true };"),
        ("m_Pointers", "std::vector<typename", "std::deque<typename"),
        ("m_Count", "int m_Count = 0;", "long m_Count = 0;"),
    ],
)
def test_change_is_found_and_nothing_else(tmp_path: Path, name: str, old: str, new: str) -> None:
    table = make_table(tmp_path, name)
    assert SOURCE.count(old) == 1
    changed = make_itk(tmp_path / "changed", SOURCE.replace(old, new), "6.0.0")
    code, output = check(changed, table)
    assert code == 1
    assert f"Filter::{name} of ITK 6.0.0 is not as in 5.4.7" in output
    assert "Ours depends on it: done again" in output
    assert 'checked."6.0.0" = ' in output
    assert "--since" in output

    # With comments and white space the same, and with changes of everything else.
    rest = SOURCE.replace(" override;", " final;").replace("Other<T>::Run() {}", "Other<T>::Run() { ++m_Count; }")
    cosmetic = rest.replace("  ", "\n\t").replace("{\n", "{ // now\n/* if (true) { */").replace("T * t", "T* t")
    code, output = check(make_itk(tmp_path / "cosmetic", cosmetic, "6.0.0"), table)
    assert code == 0, output


def test_difference_is_shown(tmp_path: Path) -> None:
    table = make_table(tmp_path, "Run")
    changed = make_itk(tmp_path / "changed", SOURCE.replace("Run(1)", "Run(2)"), "6.0.0")
    code, output = check(changed, table, "--since", tmp_path / "first")
    assert code == 1
    assert "| -Base < T > :: Run ( 1 ) ;" in output
    assert "| +Base < T > :: Run ( 2 ) ;" in output


@pytest.mark.parametrize("gone", ["function", "file"])
def test_function_that_is_gone_is_reported(tmp_path: Path, gone: str) -> None:
    table = make_table(tmp_path, "Make")
    itk = make_itk(tmp_path / "changed", SOURCE.replace("Filter<T>::Make", "Filter<T>::Create"), "6.0.0")
    if gone == "file":
        (itk / "itkFilter.h").unlink()
    code, output = check(itk, table)
    assert code == 1
    assert "It is not there any more" in output


def test_several_versions_can_be_right(tmp_path: Path) -> None:
    table = make_table(tmp_path, "Run")
    changed = make_itk(tmp_path / "changed", SOURCE.replace("Run(1)", "Run(2)"), "6.0.0")
    line = re.search(r'checked\."6\.0\.0" = ".*"', check(changed, table)[1])
    assert line
    with table.open("a") as stream:
        stream.write(line[0] + "\n")
    assert check(changed, table)[0] == 0
    assert check(tmp_path / "first", table)[0] == 0


def test_table_names_classes_that_there_are() -> None:
    entries = tomllib.loads(TABLE.read_text())["upstream"]
    assert len(entries) > 50
    assert len({(entry["file"], entry["name"]) for entry in entries}) == len(entries)
    headers = {path.name for folder in ("include", "src") for path in (REPOSITORY / folder).rglob("itk*.h")}
    missing = {ours for entry in entries for ours in entry["ours"] if f"itk{ours}.h" not in headers}
    assert not missing, "say in functions.toml which classes depend on it now"

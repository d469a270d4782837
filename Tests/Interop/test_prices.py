"""The compiled-in prices and the fixtures they are tested with are what genai-prices says."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_fixtures():
    command = [sys.executable, ROOT / "Tests/Interop/prices_oracle.py", ROOT / "Tests/RecordsTests/Fixtures", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_table():
    command = [sys.executable, ROOT / "Tests/Tools/generate_prices.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "Sources/Records/Prices/BuiltInPrices.swift").read_text()

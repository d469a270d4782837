"""As much of DuckDB's command line as documents use: -c with statements and `.read FILE`, by DuckDB's library."""

import pathlib
import sys

import duckdb

assert sys.argv[1] == "-c" and len(sys.argv) == 3, sys.argv
connection = duckdb.connect()
statements: list[str] = []


def execute() -> None:
    text = "\n".join(statements)
    statements.clear()
    if text.strip():
        connection.execute(text)
        if connection.description and connection.description[0][0] != "Success":
            for row in connection.fetchall():
                print(*row, sep="|")


for line in sys.argv[2].splitlines():
    if line.startswith(".read "):
        execute()
        statements.append(pathlib.Path(line.removeprefix(".read ")).read_text())
        execute()
    else:
        statements.append(line)
execute()

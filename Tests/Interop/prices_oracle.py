#!/usr/bin/env python3
"""Writes the price tests' fixtures with genai-prices as the oracle.

    python3 -m venv /tmp/prices && /tmp/prices/bin/pip install genai-prices==0.2.3
    /tmp/prices/bin/python Tests/Interop/prices_oracle.py Tests/RecordsTests/Fixtures

price_oracle.jsonl: every model that has a price per token, on each side of every date, hour and
threshold, with mixes of cached, written, thinking and plain tokens. A line is
[provider, model, time, [input, cache read, cache write, of it 1 h, output, reasoning], nanodollars].

match_oracle.jsonl: ids near every spelling of every model. A line is [provider, id, model], the
model null where no price is to be found.

With --check the files are compared with what would be written.
"""

import json
import random
import re
import sys
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from genai_prices import Usage, calc_price, data
from genai_prices.types import StartDateConstraint, TieredPrices, TimeOfDateConstraint

OURS = {"x-ai": "xai"}
THEIRS = [
    "anthropic", "cohere", "deepseek", "google", "groq", "mistral", "moonshotai", "openai",
    "perplexity", "x-ai",
]  # fmt: skip
PROVIDERS = {p.id: p for p in data.providers if p.id in THEIRS}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def prices_of(model):
    if isinstance(model.prices, list):
        return [(c.prices, c.constraint) for c in model.prices]
    return [(model.prices, None)]


def is_listed(model):
    """We list a model if text tokens can be charged by what it says, or if it is free."""
    keys = {k for prices, _ in prices_of(model) for k, v in vars(prices).items() if v is not None}
    other_output = keys & {"output_image_mtok", "output_audio_mtok", "output_video_mtok"}
    return not keys or ("input_mtok" in keys and not (other_output and "output_mtok" not in keys))


def times(model):
    found = {NOON}
    second = timedelta(seconds=1)
    for _, constraint in prices_of(model):
        if isinstance(constraint, StartDateConstraint):
            start = datetime.combine(constraint.start_date, datetime.min.time(), tzinfo=UTC)
            found |= {start - second, start, start + timedelta(hours=12)}
        elif isinstance(constraint, TimeOfDateConstraint):
            for time in (constraint.start_time, constraint.end_time):
                edge = datetime.combine(NOON.date(), time.replace(tzinfo=None), tzinfo=UTC)
                found |= {edge - second, edge, edge + second}
                found.add(edge.replace(year=2026, month=3, day=5))
    return sorted(found)


def usages(model, rng):
    """[input, cache read, cache write, of it 1 h, output, reasoning], parts within their wholes."""
    sizes = {1, 1000, 123_457}
    for prices, _ in prices_of(model):
        for value in vars(prices).values():
            if isinstance(value, TieredPrices):
                for tier in value.tiers:
                    sizes |= {tier.start, tier.start + 1}
    for size in sorted(sizes):
        output = rng.randrange(1, 9000)
        yield [size, 0, 0, 0, output, 0]
        read = rng.randrange(0, size + 1)
        write = rng.randrange(0, size - read + 1)
        hour = rng.randrange(0, write + 1)
        yield [size, read, write, hour, output, rng.randrange(0, output + 1)]
    yield [5000, 5000, 0, 0, 0, 0]
    yield [5000, 0, 5000, 5000, 7, 7]
    yield [0, 0, 0, 0, 0, 0]


def nanodollars(provider, model, usage, time):
    read_keys = (
        "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
        "output_tokens", "output_reasoning_tokens",
    )  # fmt: skip
    price = calc_price(
        Usage(**dict(zip(read_keys, usage))), model, provider_id=provider,
        genai_request_timestamp=time,
    )  # fmt: skip
    return int((price.total_price * 10**9).quantize(Decimal(1), ROUND_HALF_UP))


def price_lines():
    rng = random.Random(20261121)
    for provider in THEIRS:
        for model in PROVIDERS[provider].models:
            if not is_listed(model):
                continue
            # The id itself, unless an earlier model claims it.
            name = next((n for n in [model.id, *spellings(model.match)] if found(provider, n) is model), None)
            if name is None:
                continue
            for time in times(model):
                for usage in usages(model, rng):
                    yield [
                        OURS.get(provider, provider), name, f"{time:%Y-%m-%dT%H:%M:%SZ}", usage,
                        nanodollars(provider, name, usage, time),
                    ]  # fmt: skip


def spellings(clause):
    """A text each leaf of the clause accepts."""
    kind = type(clause).__name__
    if kind == "ClauseOr":
        return [text for part in clause.or_ for text in spellings(part)]
    if kind == "ClauseAnd":
        return [text for part in clause.and_ for text in spellings(part)]
    if kind == "ClauseRegex":
        if "(?" in clause.regex:
            return []
        text = clause.regex.strip("^$").replace("\\.", ".").replace("[-@]", "-")
        return [re.sub(r"\\d(?:\{(\d)\})?", lambda m: "20260401"[: int(m.group(1) or 1)], text)]
    return [next(iter(vars(clause).values()))]


def found(provider, name):
    return PROVIDERS[provider].find_model(name, all_providers=list(PROVIDERS.values()))


def match_lines():
    endings = [
        "", "-preview", "-x", "x", "-", "-tts", "-preview-tts", "-preview-tts-2", "-preview-ttsx",
        "-preview-TTS", "-20260401", "-2026-04-01", "-2026-4-1", "-202604011", "@20260401",
        "-20261399", "-v1", ":thinking-x", "-1x", "-0x",
    ]  # fmt: skip
    ours_alone = re.compile(r"(-|@)(20\d{6}|20\d\d-\d\d-\d\d|latest)$")
    for provider in THEIRS:
        seen = set()
        for model in PROVIDERS[provider].models:
            for text in [model.id, *spellings(model.match)]:
                for ending in endings:
                    for name in [text + ending] + (["a" + text] if ending == "" else []):
                        if name in seen:
                            continue
                        seen.add(name)
                        match = found(provider, name)
                        # Dated names of a model that lists no dated names: ours finds the model.
                        if match is None and (ours_alone.search(name) or "@" in name):
                            continue
                        # Most refusals tell the same: every third is enough.
                        if match is None and len(seen) % 3:
                            continue
                        yield [OURS.get(provider, provider), name, _listed(match)]
            yield [OURS.get(provider, provider), model.id.upper(), _listed(found(provider, model.id))]


def _listed(model):
    return model.id if model is not None and is_listed(model) else None


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    (folder,) = map(Path, arguments)
    failed = False
    for name, lines in (("price", price_lines()), ("match", match_lines())):
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        file = folder / f"{name}_oracle.jsonl"
        if "--check" in sys.argv:
            same = file.read_text() == text
            print(f"{file}: {'as genai-prices says' if same else 'DIFFERS'}")
            failed |= not same
        else:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            print(f"{file}: {text.count(chr(10))} lines")
    sys.exit(failed)


main()

#!/usr/bin/env python3
"""Writes Sources/Records/Prices/BuiltInPrices.swift from the data of genai-prices.

    python3 -m venv /tmp/prices && /tmp/prices/bin/pip install genai-prices==0.2.3
    /tmp/prices/bin/python Tests/Tools/generate_prices.py > Sources/Records/Prices/BuiltInPrices.swift

Only facts are taken: model ids, spellings, prices, dates. The line format is described in
Sources/Records/Prices/PriceTable+BuiltIn.swift. A regular expression that is not known here stops
the script: translate it by hand, then rerun Tests/Interop/prices_oracle.py, which compares the
patterns with Python's `re`.
"""

import re
import sys

import genai_prices
from genai_prices import data
from genai_prices.types import StartDateConstraint, TieredPrices, TimeOfDateConstraint

# Their provider id -> ours.
PROVIDERS = {
    "anthropic": "anthropic",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "google": "google",
    "groq": "groq",
    "mistral": "mistral",
    "moonshotai": "moonshotai",
    "openai": "openai",
    "perplexity": "perplexity",
    "x-ai": "xai",
}

# Letter -> their price key. `q` is per 1,000 requests, the others per million tokens.
RATES = [
    ("i", "input_mtok"),
    ("r", "cache_read_mtok"),
    ("w", "cache_write_mtok"),
    ("h", "cache_write_1h_mtok"),
    ("o", "output_mtok"),
    ("t", "output_reasoning_mtok"),
    ("q", "requests_kcount"),
]

NOT_TTS = r"^(?!.*-[tT][tT][sS](?:$|-))"

PEAK = "peak hours as on working days: DeepSeek's weekends are cheaper"
SOURCES_DISAGREE = "sources disagree (LiteLLM has other prices): genai-prices is followed"
NOTES = {
    ("deepseek", "deepseek-chat"): SOURCES_DISAGREE,
    ("deepseek", "deepseek-reasoner"): SOURCES_DISAGREE,
    ("deepseek", "deepseek-v3.2"): SOURCES_DISAGREE,
    ("deepseek", "deepseek-flash"): PEAK,
    ("deepseek", "deepseek-v4-flash"): f"{SOURCES_DISAGREE}; {PEAK}",
    ("deepseek", "deepseek-v4-pro"): f"{SOURCES_DISAGREE}; {PEAK}",
    ("xai", "grok-code-fast-1"): SOURCES_DISAGREE,
    ("perplexity", "sonar-deep-research"): "citation tokens and searches are not priced",
}


def decimal(value):
    text = format(value.normalize(), "f")
    return text


def patterns(clause):
    kind = type(clause).__name__
    if kind == "ClauseEquals":
        return [clause.equals.lower()]
    if kind == "ClauseStartsWith":
        return [clause.starts_with.lower() + "*"]
    if kind == "ClauseEndsWith":
        return ["*" + clause.ends_with.lower()]
    if kind == "ClauseContains":
        return ["*" + clause.contains.lower() + "*"]
    if kind == "ClauseOr":
        return [pattern for part in clause.or_ for pattern in patterns(part)]
    if kind == "ClauseAnd":
        prefix, exclusion = clause.and_
        if type(exclusion).__name__ == "ClauseRegex" and exclusion.regex == NOT_TTS:
            (pattern,) = patterns(prefix)
            return [pattern + "!-tts"]
    if kind == "ClauseRegex":
        return regex_patterns(clause.regex)
    sys.exit(f"no translation for {clause!r}")


def regex_patterns(regex):
    """`^name-\\d{8}$` and its like as patterns with one # a digit."""
    whole = re.fullmatch(r"\^((?:[a-z0-9/-]|\\\.)+)(\[-@\])?((?:\\d(?:\{\d\})?-?)+)(\$)?", regex)
    if not whole:
        sys.exit(f"no translation for the regular expression {regex!r}")
    name, either, digits, end = whole.groups()
    digits = re.sub(r"\\d(?:\{(\d)\})?", lambda m: "#" * int(m.group(1) or 1), digits)
    name = name.replace("\\.", ".")
    middles = ["-", "@"] if either else [""]
    return [name + middle + digits + ("" if end else "*") for middle in middles]


def period(prices, constraint):
    words = []
    tiers = {
        tuple(tier.start for tier in value.tiers)
        for key, value in vars(prices).items()
        if isinstance(value, TieredPrices) and key in dict((k, l) for l, k in RATES)
    }
    if isinstance(constraint, StartDateConstraint):
        words.append(f"@{constraint.start_date.isoformat()}")
    elif isinstance(constraint, TimeOfDateConstraint):
        # The data has whole minutes in UTC.
        start, end = constraint.start_time, constraint.end_time
        for time in (start, end):
            assert time.second == 0 and not (time.utcoffset() or 0), time
        words.append(f"~{start:%H:%M}-{end:%H:%M}")
    elif constraint is not None:
        sys.exit(f"unknown constraint {constraint!r}")
    if tiers:
        ((start,),) = tiers  # one tier, the same for every rate
        words.append(f">{start}")
    for letter, key in RATES:
        value = getattr(prices, key)
        if isinstance(value, TieredPrices):
            words.append(f"{letter}{decimal(value.base)}/{decimal(value.tiers[0].price)}")
        elif value is not None:
            words.append(f"{letter}{decimal(value)}")
    return " ".join(words)


def line(provider, model):
    conditional = model.prices if isinstance(model.prices, list) else None
    periods = (
        [(c.prices, c.constraint) for c in conditional] if conditional else [(model.prices, None)]
    )
    keys = {k for p, _ in periods for k, v in vars(p).items() if v is not None}
    note = NOTES.get((provider, model.id), "")
    if not keys:
        body = "i0 o0"
        note = "listed as free of charge"
    else:
        # Nothing to charge text tokens by, or output of another kind only.
        if "input_mtok" not in keys:
            return None
        other = {f"output_{kind}_mtok" for kind in ("image", "audio", "video")} & keys
        if other and "output_mtok" not in keys:
            return None
        if other and not note:
            note = "text tokens only: other output costs more"
        body = ";".join(period(p, c) for p, c in periods)
    spellings = patterns(model.match)
    names = "" if spellings == [model.id] else " ".join(spellings)
    assert "|" not in model.id + names + note and "\\" not in names
    return f"{model.id}|{names}|{body}|{note}".rstrip("|")


print(
    f"""\
// swift-format-ignore-file
// Generated by Tests/Tools/generate_prices.py from the data of genai-prices {genai_prices.__version__}.
// Copyright Pydantic Services Inc. MIT licence: https://github.com/pydantic/genai-prices
// Do not edit. What is wrong here is wrong there, or wants an override.

/// Prices of text tokens in the line format of `PriceTable.parse(builtIn:)`. A literal, so that it
/// costs nothing until someone looks.
enum BuiltInPrices {{
    static let source = "genai-prices {genai_prices.__version__}"

    static let text: StaticString = \"\"\""""
)
for theirs, ours in sorted(PROVIDERS.items(), key=lambda pair: pair[1]):
    (provider,) = [p for p in data.providers if p.id == theirs]
    print(f"        ={ours}")
    for model in provider.models:
        text = line(ours, model)
        if text is not None:
            print(f"        {text}")
print('        """\n}')

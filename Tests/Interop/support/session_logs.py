"""Session logs as the clients write them, made up from a seed, and what is in them, counted naively.

The twin reads whole files with `json.loads`, keeps everything in dictionaries and knows nothing of offsets,
windows or ledgers: slow and obvious, it is the oracle of the importer's tests.
"""

import datetime
import json
import pathlib
import random
import re
import urllib.parse
import uuid

ZERO = datetime.datetime(2026, 8, 1, tzinfo=datetime.UTC)
CLAUDE_MODELS = ["claude-opus-4-6", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "glm-4.6"]
WORDS = ['"usage":{"input_tokens":1}', "token_count", "turn_completed", '"tokens"', "plain", "\n\t\\", "é😀", '"']
FIELDS = ("input", "cached", "write", "write_1h", "output", "reasoning")


def dump(value) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def stamp(seconds: float) -> str:
    return (ZERO + datetime.timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Maker:
    """One tree of logs under a home directory."""

    def __init__(self, home: pathlib.Path, seed: int):
        self.home = home
        self.random = random.Random(seed)
        self.clock = 0.0
        self.count = 0

    def make(self) -> None:
        for _ in range(self.random.randint(0, 3)):
            self.claude()
        for _ in range(self.random.randint(0, 2)):
            self.codex()
        for _ in range(self.random.randint(0, 2)):
            self.gemini()
        for _ in range(self.random.randint(0, 2)):
            self.grok()

    def id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.random.getrandbits(64):016x}{self.count}"

    def tick(self) -> str:
        self.clock += self.random.choice([0.001, 0.5, 3, 70])
        return stamp(self.clock)

    def text(self) -> str:
        return "".join(self.random.choice(WORDS) for _ in range(self.random.choice([1, 3, 40])))

    def write(self, path: pathlib.Path, lines: list[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(line + "\n" for line in lines)
        if self.random.random() < 0.2:  # the writer is in the middle of a line
            text += '{"type":"assistant","message":{"usage":{"input_tok'
        elif self.random.random() < 0.1 and text:  # no newline yet, but all of the line
            text = text[:-1]
        path.write_text(text)

    # Claude Code

    def claude(self) -> None:
        root = self.random.choice([self.home / ".claude", self.home / ".config" / "claude"])
        session = str(uuid.UUID(int=self.random.getrandbits(128)))
        folder = root / "projects" / "-w-demo"
        lines, messages = [], []
        for _ in range(self.random.randint(0, 12)):
            self.claude_message(lines, messages, session)
        self.noise(lines)
        place = folder / f"{session}.jsonl" if self.random.random() < 0.8 else folder / session / "log.jsonl"
        self.write(place, lines)
        if messages and self.random.random() < 0.4:
            self.subagent(folder, session, messages)
        if messages and self.random.random() < 0.3:  # resumed: the history is copied into a new session
            other = str(uuid.UUID(int=self.random.getrandbits(128)))
            copy = [line.replace(session, other) for line in lines]
            self.claude_message(copy, messages, other)
            self.write(folder / f"{other}.jsonl", copy)

    def claude_line(self, session: str, message: dict, **extra) -> dict:
        line = {"parentUuid": self.id("p"), "isSidechain": False, "userType": "external", "cwd": "/w/demo"}
        line |= {"sessionId": session, "version": "2.1.230", "message": message, "type": "assistant"}
        line |= {"uuid": self.id("u"), "timestamp": self.tick()} | extra
        if self.random.random() < 0.3:  # any order
            keys = list(line)
            self.random.shuffle(keys)
            line = {key: line[key] for key in keys}
        return line

    def claude_message(self, lines: list[str], messages: list[dict], session: str) -> None:
        chance = self.random.random()
        if chance < 0.1:
            usage = {"input_tokens": 0, "output_tokens": 0}
            message = {"id": self.id("x"), "model": "<synthetic>", "role": "assistant", "usage": usage}
            lines.append(dump(self.claude_line(session, message, isApiErrorMessage=chance < 0.05)))
            return
        usage = {"input_tokens": self.random.randint(0, 9), "output_tokens": self.random.randint(1, 9)}
        if self.random.random() < 0.8:
            five, hour = self.random.randint(0, 3000), self.random.choice([0, 0, 700])
            usage["cache_creation_input_tokens"] = five + hour
            usage["cache_read_input_tokens"] = self.random.randint(0, 90000)
            usage["cache_creation"] = {"ephemeral_5m_input_tokens": five, "ephemeral_1h_input_tokens": hour}
        usage["service_tier"] = "standard"
        message = {"id": self.id("msg_"), "type": "message", "role": "assistant"}
        message |= {"model": self.random.choice(CLAUDE_MODELS), "stop_reason": None, "usage": usage}
        request = {} if self.random.random() < 0.2 else {"requestId": self.id("req_")}
        final = usage["output_tokens"] + self.random.randint(0, 4000)
        blocks = self.random.randint(1, 4)
        for number in range(blocks):
            usage = dict(message["usage"])
            if number == blocks - 1:
                usage["output_tokens"] = final
            block = {"type": "text", "text": self.text()}
            tool = self.id("toolu_")
            if self.random.random() < 0.4:
                block = {"type": "tool_use", "id": tool, "name": "mcp__x__ask", "input": {"prompt": self.text()}}
            line = self.claude_line(session, message | {"content": [block], "usage": usage}, **request)
            lines.append(dump(line))
            if block["type"] == "tool_use":
                result = {"tool_use_id": tool, "type": "tool_result", "content": self.text()}
                user = {"role": "user", "content": [result]}
                extra = {"type": "user", "toolUseResult": {"usage": {"input_tokens": 5, "output_tokens": 5}}}
                lines.append(dump(self.claude_line(session, user, **extra)))
        messages.append(line)

    def subagent(self, folder: pathlib.Path, session: str, messages: list[dict]) -> None:
        lines = []
        for parent in self.random.sample(messages, self.random.randint(1, len(messages))):
            replay = dict(parent) | {"isSidechain": True, "requestId": self.id("req_"), "agentId": "a1"}
            replay |= {"timestamp": self.tick(), "uuid": self.id("u")}
            lines.append(dump(replay))
        own: list[dict] = []
        more: list[str] = []
        self.claude_message(more, own, session)
        lines += [dump(json.loads(line) | {"isSidechain": True, "agentId": "a1"}) for line in more]
        if self.random.random() < 0.7:
            self.write(folder / session / "subagents" / "agent-a1.jsonl", lines)
        else:
            self.write(folder / "agent-a1.jsonl", lines)

    def noise(self, lines: list[str]) -> None:
        for _ in range(self.random.randint(0, 4)):
            line = self.random.choice(
                [
                    '{"type":"summary","summary":"compacted","leafUuid":"x"}',
                    '{"type":"system","subtype":"compact_boundary","compactMetadata":{"preTokens":155000}}',
                    '{"type":"file-history-snapshot","messageId":"m","snapshot":{"usage":{"input_tokens":3}}}',
                    '{"type":"assistant","message":{"id":"cut","usage":{"inp{"type":"user"}',
                    "not json at all",
                    "",
                    '{"type":"user","message":{"role":"user","content":"half \\ud83d"}}',
                    dump({"type": "user", "message": {"role": "user", "content": self.text()}}),
                ]
            )
            lines.insert(self.random.randint(0, len(lines)), line)
        if lines and not lines[0].startswith("{"):
            lines.insert(0, '{"type":"summary"}')

    # Codex

    def codex(self) -> None:
        root = self.home / ".codex"
        session = str(uuid.UUID(int=self.random.getrandbits(128)))
        name = f"rollout-2026-08-01T00-00-00-{session}.jsonl"
        meta: dict = {"id": session, "cwd": "/w/demo", "model_provider": "openai", "instructions": self.text()}
        fork = self.random.random()
        if fork < 0.2:
            meta["forked_from_id"] = "parent"
        elif fork < 0.4:
            meta["source"] = {"subagent": {"thread_spawn": {"parent_thread_id": "p"}}}
        else:
            meta["source"] = "cli"
        lines = [dump({"timestamp": self.tick(), "type": "session_meta", "payload": meta})]
        totals = {"input_tokens": 0, "cached_input_tokens": 0, "output_tokens": 0, "reasoning_output_tokens": 0}
        if fork < 0.4 and self.random.random() < 0.8:
            self.clock = float(int(self.clock) + 2)
            for _ in range(self.random.randint(2, 4)):
                self.clock += 0.01
                lines.append(self.codex_count(totals, stamp(self.clock)))
            self.clock += 5
        model = {"cwd": "/w/demo", "model": self.random.choice(["gpt-5-codex", "gpt-5.1", "o9"]), "summary": "auto"}
        lines.append(dump({"timestamp": self.tick(), "type": "turn_context", "payload": model}))
        for _ in range(self.random.randint(0, 8)):
            self.clock += 1.5
            count = self.codex_count(totals, stamp(self.clock))
            lines.append(count)
            if self.random.random() < 0.2:  # the limits changed: the same figures again
                lines.append(count)
            if self.random.random() < 0.2:
                payload = {"type": "token_count", "info": None, "rate_limits": {"primary": 1}}
                lines.append(dump({"timestamp": self.tick(), "type": "event_msg", "payload": payload}))
            if self.random.random() < 0.5:
                payload = {"type": "message", "content": [{"type": "output_text", "text": self.text()}]}
                lines.append(dump({"timestamp": self.tick(), "type": "response_item", "payload": payload}))
        place = root / "sessions" / "2026" / "08" / "01" / name
        archived = root / "archived_sessions" / name
        if self.random.random() < 0.2:
            self.write(archived, lines)
        else:
            self.write(place, lines)
            if self.random.random() < 0.2:
                self.write(archived, lines[: len(lines) // 2])

    def codex_count(self, totals: dict, time: str) -> str:
        last = {"input_tokens": self.random.randint(1, 9000), "output_tokens": self.random.randint(1, 900)}
        last["cached_input_tokens"] = self.random.randint(0, last["input_tokens"])
        last["reasoning_output_tokens"] = self.random.randint(0, last["output_tokens"])
        for key, value in last.items():
            totals[key] += value
        info = {"total_token_usage": dict(totals), "last_token_usage": last, "model_context_window": 272000}
        if self.random.random() < 0.2:
            del info["last_token_usage"]
        payload = {"type": "token_count", "info": info, "rate_limits": None}
        return dump({"timestamp": time, "type": "event_msg", "payload": payload})

    # Gemini CLI

    def gemini(self) -> None:
        session = str(uuid.UUID(int=self.random.getrandbits(128)))
        chats = self.home / ".gemini" / "tmp" / f"{self.random.getrandbits(256):064x}" / "chats"
        head = {"sessionId": session, "projectHash": "h", "startTime": self.tick(), "kind": "main"}
        messages = []
        for _ in range(self.random.randint(0, 8)):
            messages.append({"id": self.id("u"), "timestamp": self.tick(), "type": "user", "content": self.text()})
            message = {"id": self.id("g"), "timestamp": self.tick(), "type": "gemini", "content": self.text()}
            message["model"] = self.random.choice(["gemini-2.5-pro", "gemini-3-flash"])
            messages.append(message)
            for _ in range(self.random.randint(0, 2)):
                messages.append(message | {"tokens": self.gemini_tokens()})
        name = f"session-2026-08-01T00-00-{session[:8]}"
        if self.random.random() < 0.3:
            path = chats / f"{name}.json"
            path.parent.mkdir(parents=True)
            last = {message["id"]: message for message in messages}
            path.write_text(json.dumps(head | {"messages": list(last.values())}, indent=2))
        else:
            folder = chats if self.random.random() < 0.7 else chats / "parent"
            self.write(folder / f"{name}.jsonl", [dump(line) for line in [head, *messages]])

    def gemini_tokens(self) -> dict:
        tokens = {"input": self.random.randint(0, 9000), "output": self.random.randint(0, 900)}
        tokens["cached"] = self.random.randint(0, tokens["input"])
        tokens |= {"thoughts": self.random.randint(0, 300), "tool": self.random.choice([0, 40])}
        return tokens | {"total": sum(tokens.values()) - tokens["cached"]}

    # Grok Build

    def grok(self) -> None:
        session = str(uuid.UUID(int=self.random.getrandbits(128)))
        folder = self.home / ".grok" / "sessions" / urllib.parse.quote("/w/demo", safe="") / session
        lines = []
        for _ in range(self.random.randint(0, 6)):
            update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": self.text()}}
            parameters = {"sessionId": session, "update": update, "_meta": {"totalTokens": 71784}}
            lines.append(dump({"timestamp": 1, "method": "session/update", "params": parameters}))
            names = self.random.choice([[], ["grok-4.6-build"], ["grok-4.6-build", "grok-code-fast-1"]])
            parts = {name: self.grok_usage() for name in names}
            usage = self.grok_usage()
            if parts:
                usage = {key: sum(part[key] for part in parts.values()) for key in usage}
                usage["modelUsage"] = parts
            update = {"sessionUpdate": "turn_completed", "prompt_id": self.id("pr"), "usage": usage}
            self.clock += 3
            milliseconds = int((ZERO.timestamp() + self.clock) * 1000)
            parameters = {"sessionId": session, "update": update}
            parameters["_meta"] = {"eventId": self.id("ev"), "agentTimestampMs": milliseconds}
            line = {"timestamp": milliseconds // 1000, "method": "_x.ai/session/update", "params": parameters}
            lines.append(dump(line))
            if self.random.random() < 0.2:
                lines.append(dump(line | {"method": "session/update"}))
        self.write(folder / "updates.jsonl", lines)
        (folder / "signals.json").write_text('{"contextTokensUsed":5,"primaryModelId":"grok-4.5-build"}')

    def grok_usage(self) -> dict:
        usage = {"inputTokens": self.random.randint(1, 90000), "outputTokens": self.random.randint(1, 900)}
        usage["totalTokens"] = usage["inputTokens"] + usage["outputTokens"]
        usage["cachedReadTokens"] = self.random.randint(0, usage["inputTokens"])
        usage["cacheCreationTokens"] = 0
        usage["reasoningTokens"] = self.random.randint(0, usage["outputTokens"])
        return usage | {"modelCalls": self.random.randint(1, 9), "costUsdTicks": self.random.randint(0, 10**10)}


def counts(entry: dict) -> tuple:
    return tuple(entry.get(field) for field in FIELDS)


def objects(path: pathlib.Path):
    for line in path.read_text(errors="surrogatepass").split("\n"):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def twin(home: pathlib.Path) -> list[tuple]:
    """Every model call in the logs: client, session's model and tokens, sorted."""
    found = [*twin_claude(home), *twin_codex(home), *twin_gemini(home), *twin_grok(home)]
    return sorted(found, key=str)


def twin_claude(home: pathlib.Path) -> list[tuple]:
    by_id: dict[str, list[dict]] = {}
    for root in (home / ".config" / "claude", home / ".claude"):
        for path in sorted(root.rglob("*.jsonl")):
            for line in objects(path):
                usage = line.get("message", {}).get("usage")
                if line.get("type") != "assistant" or not usage or line["message"]["model"] == "<synthetic>":
                    continue
                by_id.setdefault(line["message"]["id"], []).append(line)
    result = []
    for lines in by_id.values():
        rank = [(not line.get("isSidechain"), line["message"]["usage"]["output_tokens"]) for line in lines]
        best = lines[rank.index(max(rank))]["message"]
        usage = best["usage"]
        read, write = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
        entry = {"input": usage["input_tokens"] + (read or 0) + (write or 0), "cached": read, "write": write}
        entry["write_1h"] = usage.get("cache_creation", {}).get("ephemeral_1h_input_tokens")
        entry["output"] = usage["output_tokens"]
        if entry["input"] + entry["output"]:
            result.append(("claude-code", best["model"], counts(entry)))
    return result


def twin_codex(home: pathlib.Path) -> list[tuple]:
    paths = {path.name: path for path in (home / ".codex" / "archived_sessions").rglob("*.jsonl")}
    paths |= {path.name: path for path in (home / ".codex" / "sessions").rglob("*.jsonl")}
    result = []
    for path in paths.values():
        meta, model, before = None, None, dict.fromkeys(range(4), 0)
        events = []
        for line in objects(path):
            payload = line.get("payload", {})
            if line.get("type") == "session_meta" and meta is None:
                meta = payload
            elif line.get("type") == "turn_context":
                model = payload["model"]
            elif payload.get("type") == "token_count" and payload["info"]:
                events.append((line["timestamp"], model, payload["info"]))
        source = (meta or {}).get("source")
        is_fork = bool((meta or {}).get("forked_from_id")) or isinstance(source, dict)
        seconds = [event[0][:19] for event in dict((json.dumps(event[2]), event) for event in events).values()]
        replay = seconds[0] if is_fork and len(seconds) > 1 and seconds[0] == seconds[1] else None
        names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
        for time, model, info in events:
            total = dict(enumerate(info["total_token_usage"][name] for name in names))
            last = {key: total[key] - before[key] for key in total}
            is_same, before = total == before, total
            if replay and time[:19] == replay:
                continue
            replay = None
            if is_same:
                continue
            entry = {"input": last[0], "cached": last[1], "output": last[2], "reasoning": last[3]}
            result.append(("codex", model, counts(entry)))
    return result


def twin_gemini(home: pathlib.Path) -> list[tuple]:
    last: dict[str, dict] = {}
    for path in (home / ".gemini" / "tmp").rglob("*.json*"):
        if path.suffix == ".json":
            messages = json.loads(path.read_text())["messages"]
        else:
            messages = objects(path)
        for message in messages:
            if message.get("type") == "gemini" and "tokens" in message:
                last[message["id"]] = message
    result = []
    for message in last.values():
        tokens = message["tokens"]
        entry = {"input": tokens["input"] + tokens["tool"], "cached": tokens["cached"]}
        entry |= {"output": tokens["output"] + tokens["thoughts"], "reasoning": tokens["thoughts"]}
        if entry["input"] + entry["output"]:
            result.append(("gemini-cli", message["model"], counts(entry)))
    return result


def twin_grok(home: pathlib.Path) -> list[tuple]:
    result = []
    for path in (home / ".grok" / "sessions").rglob("updates.jsonl"):
        for line in objects(path):
            update = line.get("params", {}).get("update", {})
            if line.get("method") != "_x.ai/session/update" or update.get("sessionUpdate") != "turn_completed":
                continue
            parts = update["usage"].get("modelUsage") or {"grok-4.5-build": update["usage"]}
            for model, usage in parts.items():
                entry = {"input": usage["inputTokens"], "cached": usage["cachedReadTokens"]}
                entry |= {"write": usage["cacheCreationTokens"], "output": usage["outputTokens"]}
                entry["reasoning"] = usage["reasoningTokens"]
                result.append(("grok-build", model, counts(entry)))
    return result


def imported(records: list[dict]) -> list[tuple]:
    """What the ledger's `usage` records say, in the twin's terms; the last of an id counts."""
    keys = ("input", "cached_input", "cache_write", "cache_write_1h", "output", "reasoning")
    last = {record["id"]: record for record in records if record["kind"] == "usage"}
    found = []
    for record in last.values():
        usage = record["usage"]
        assert usage["source"] == "session_log"
        found.append((record["client"], record.get("model"), tuple(usage.get(f"{key}_tokens") for key in keys)))
    return sorted(found, key=str)


def lines_of(text: str) -> list[str]:
    return [line for line in re.split("\n", text) if line]

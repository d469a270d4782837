"use strict";
const $ = id => document.getElementById(id);
const HOUR = 3600e3;
const palette = ["#0b6bcb", "#e07a1f", "#2e9e6b", "#9a5bd0", "#c8435e", "#8a8f14", "#1f9bb0", "#7a6a5a"];

// Money: nano-dollars, whole numbers, which doubles hold exactly up to nine million dollars.
const usd = nanos => {
  const value = nanos / 1e9;
  const digits = value === 0 || value >= 100 ? 2 : value >= 0.01 ? 4 : 6;
  return "$" + value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: digits });
};
const count = n => n.toLocaleString("en-US");
const short = n => n < 10000 ? count(n) : n < 1e6 ? (n / 1e3).toFixed(1) + "k" : (n / 1e6).toFixed(2) + "M";
const took = ms => ms < 1000 ? Math.round(ms) + " ms" : ms < 60000 ? (ms / 1000).toFixed(1) + " s" : (ms / 60000).toFixed(1) + " min";
const clock = time => {
  const date = new Date(time);
  const same = date.toDateString() === new Date().toDateString();
  return same ? date.toLocaleTimeString([], { hour12: false }) : date.toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
};
const money = sum => sum.calls && sum.unpriced === sum.calls ? "unpriced" : (sum.estimatedNanos ? "~" : "") + usd(sum.nanos);

const empty = () => ({ calls: 0, errors: 0, tokens: 0, estimatedTokens: 0, nanos: 0, estimatedNanos: 0, unpriced: 0 });
function add(sum, row) {
  sum.calls += row.calls; sum.errors += row.errors; sum.tokens += row.tokens; sum.estimatedTokens += row.estimatedTokens;
  sum.nanos += row.nanos; sum.estimatedNanos += row.estimatedNanos; sum.unpriced += row.unpriced;
}
function rows(data) {
  return data.hours.map(r => ({
    time: r[0] * HOUR, provider: r[1], model: r[2], server: r[3], tool: r[4], agent: r[5], direction: r[6],
    calls: r[7], errors: r[8], tokens: r[9], estimatedTokens: r[10], nanos: r[11], estimatedNanos: r[12], unpriced: r[13],
  }));
}
function grouped(list, key) {
  const groups = new Map();
  for (const row of list) {
    const name = key(row);
    if (!groups.has(name)) groups.set(name, empty());
    add(groups.get(name), row);
  }
  return [...groups].sort((a, b) => b[1].nanos - a[1].nanos || b[1].calls - a[1].calls || (a[0] < b[0] ? -1 : 1));
}

// Everything that came from outside is text, never markup.
function cell(text, kind, tag = "td") {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (text instanceof Node) element.append(text); else element.textContent = text;
  return element;
}
function line(cells, kind) {
  const row = document.createElement("tr");
  if (kind) row.className = kind;
  row.append(...cells);
  return row;
}
function fill(body, lines, columns, nothing) {
  if (!lines.length) {
    const row = line([cell(nothing, "none")]);
    row.firstChild.colSpan = columns;
    lines = [row];
  }
  body.replaceChildren(...lines);
}

let state = { rows: [], escalations: [], now: Date.now() };
const open = new Set();
const turns = new Map();

function days(n) {
  const start = new Date(state.now);
  start.setHours(0, 0, 0, 0);
  start.setDate(start.getDate() - (n - 1));
  return start.getTime();
}
function showCards() {
  for (const [id, from] of [["today", days(1)], ["7", days(7)], ["30", days(30)]]) {
    const sum = empty();
    for (const row of state.rows) if (row.time >= from) add(sum, row);
    $("spend-" + id).textContent = sum.calls ? money(sum) : usd(0);
    const parts = [count(sum.calls) + (sum.calls === 1 ? " call" : " calls"), short(sum.tokens) + " tokens"];
    if (sum.errors) parts.push(count(sum.errors) + " failed");
    if (sum.unpriced && sum.unpriced < sum.calls) parts.push(count(sum.unpriced) + " unpriced");
    $("detail-" + id).textContent = parts.join(" · ");
  }
}

function showTimeline() {
  const range = document.querySelector("input[name=range]:checked").value;
  const hourly = range === "24h";
  const steps = hourly ? 24 : range === "7d" ? 7 : 30;
  const starts = [];
  const end = new Date(state.now);
  if (hourly) end.setMinutes(0, 0, 0); else end.setHours(0, 0, 0, 0);
  for (let i = steps - 1; i >= 0; i--) {
    const start = new Date(end);
    if (hourly) start.setTime(start.getTime() - i * HOUR); else start.setDate(start.getDate() - i);
    starts.push(start.getTime());
  }
  const inside = state.rows.filter(row => row.time >= starts[0]);
  const models = grouped(inside, row => row.model || "unknown").filter(([, sum]) => sum.nanos > 0);
  const named = models.slice(0, palette.length - 1).map(([name]) => name);
  const names = models.length > named.length ? [...named, "other models"] : named;
  const bars = starts.map(() => new Map());
  for (const row of inside) {
    let place = starts.length - 1;
    while (place > 0 && starts[place] > row.time) place--;
    const name = named.includes(row.model || "unknown") ? row.model || "unknown" : "other models";
    bars[place].set(name, (bars[place].get(name) || 0) + row.nanos);
  }
  const totals = bars.map(bar => [...bar.values()].reduce((a, b) => a + b, 0));
  const top = Math.max(...totals, 1);
  const svg = $("timeline");
  const make = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  // Drawn in the pixels it has, so that letters are not stretched.
  const width = svg.clientWidth || 1080, height = 190, left = 64, bottom = 22, high = height - bottom - 10;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const parts = [];
  for (const share of [0, 0.5, 1]) {
    const y = 10 + high * (1 - share);
    parts.push(make("line", { x1: left, x2: width, y1: y, y2: y }));
    const label = make("text", { x: left - 8, y: y + 4, "text-anchor": "end" });
    label.textContent = totals.some(t => t > 0) || share === 0 ? usd(top * share) : "";
    if (totals.some(t => t > 0) || share === 0) parts.push(label);
  }
  const step = (width - left) / steps;
  bars.forEach((bar, place) => {
    let y = 10 + high;
    names.forEach((name, index) => {
      const nanos = bar.get(name) || 0;
      if (!nanos) return;
      const size = high * nanos / top;
      y -= size;
      const rect = make("rect", { x: left + place * step + step * 0.14, y, width: step * 0.72, height: size, fill: palette[index], rx: 1.5 });
      const title = make("title", {});
      title.textContent = `${name}: ${usd(nanos)}`;
      rect.append(title);
      parts.push(rect);
    });
    const every = Math.ceil(steps / Math.max(1, Math.floor((width - left) / 62)));
    if ((steps - 1 - place) % every === 0) {
      const label = make("text", { x: left + place * step + step / 2, y: height - 6, "text-anchor": "middle" });
      const date = new Date(starts[place]);
      label.textContent = hourly ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false }) : date.toLocaleDateString([], { month: "short", day: "numeric" });
      parts.push(label);
    }
  });
  svg.replaceChildren(...parts);
  $("timeline-words").textContent = totals.some(t => t > 0)
    ? models.map(([name, sum]) => `${name} ${usd(sum.nanos)}`).join(", ") : "No spend in this time.";
  $("legend").replaceChildren(...names.map((name, index) => {
    const item = document.createElement("li");
    const mark = document.createElement("i");
    mark.style.background = palette[index];
    const all = models.filter(([model]) => model === name || (name === "other models" && !named.includes(model)));
    item.append(mark, `${name} ${usd(all.reduce((sum, [, each]) => sum + each.nanos, 0))}`);
    return item;
  }));
}

function showTables() {
  const month = state.rows.filter(row => row.time >= days(30));
  const figures = sum => [cell(count(sum.calls), "number"), cell(count(sum.errors), sum.errors ? "number bad" : "number"), cell((sum.estimatedTokens ? "~" : "") + short(sum.tokens), "number"), cell(money(sum), "number")];
  const tools = grouped(month, row => (row.tool || (row.direction === "client" ? "the client itself" : "–")) + "\u0000" + (row.server || "–"));
  fill($("tools"), tools.slice(0, 30).map(([name, sum]) => line([cell(name.split("\u0000")[0]), cell(name.split("\u0000")[1]), ...figures(sum)])), 6, "No model was called in the last 30 days.");
  fill($("agents"), grouped(month, row => row.agent || "–").slice(0, 30).map(([name, sum]) => line([cell(name), ...figures(sum)])), 5, "No model was called in the last 30 days.");
}

const tokens = (usage, part) => usage && usage[part] !== undefined ? (usage.source === "estimated" ? "~" : "") + count(usage[part]) : "–";
const price = record => !record.cost ? "–" : record.cost.usd_nanos === undefined ? "unpriced" : (record.usage && record.usage.source === "estimated" ? "~" : "") + usd(record.cost.usd_nanos);
const ending = record => record.outcome === "ok" ? "ok" : record.error_type || record.outcome;

function callLine(call, kind) {
  return line([
    cell(clock(call.time)), cell(call.kind === "usage" ? call.client || "client" : call.tool || call.method), cell(call.model || "–"),
    cell(tokens(call.usage, "input_tokens"), "number"), cell(tokens(call.usage, "output_tokens"), "number"),
    cell(took(call.duration_ms), "number"), cell(price(call), "number"), cell(ending(call), call.outcome === "ok" ? "" : "bad"),
  ], kind);
}

function showEscalations() {
  const lines = [];
  for (const trace of state.escalations) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = (open.has(trace.trace_id) ? "▾ " : "▸ ") + (trace.tool || trace.event_type || "escalation");
    button.setAttribute("aria-expanded", open.has(trace.trace_id));
    button.dataset.trace = trace.trace_id;
    lines.push(line([
      cell(clock(trace.time)), cell(button), cell(trace.escalation_reason || "–", "wrap"), cell(trace.outcome === "ok" ? trace.end : ending(trace), trace.outcome === "ok" ? "" : "bad"),
      cell(count(trace.turns + trace.client_turns), "number"), cell(trace.cost.usd_nanos === undefined ? "unpriced" : usd(trace.cost.usd_nanos), "number"),
      cell(trace.quality === undefined ? "–" : trace.quality.toFixed(2), "number"),
      cell(trace.quality_per_dollar === undefined ? "–" : trace.quality_per_dollar.toFixed(1), "number"),
    ]));
    if (open.has(trace.trace_id)) {
      const list = turns.get(trace.trace_id);
      if (!list || !list.length) {
        const row = line([cell(list ? "Its calls are no longer among the latest." : "…", "none")], "turn");
        row.firstChild.colSpan = 8;
        lines.push(row);
      } else for (const call of [...list].reverse()) lines.push(callLine(call, "turn"));
    }
  }
  const focused = document.activeElement && document.activeElement.dataset && document.activeElement.dataset.trace;
  fill($("escalations"), lines, 8, "No escalation yet.");
  if (focused) for (const button of $("escalations").querySelectorAll("button")) if (button.dataset.trace === focused) button.focus();
}

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error("HTTP " + answer.status);
  return answer.json();
}

let known = new Set();
let lastSummary = 0;
function showCalls(calls) {
  const first = known.size === 0;
  fill($("calls"), calls.slice(0, 25).map(call => callLine(call, first || known.has(call.id) ? "" : "new")), 8, "No call yet. Put mcp-meter in front of a server in .mcp.json, and its calls appear here.");
  const changed = calls.some(call => !known.has(call.id));
  known = new Set(calls.map(call => call.id));
  return changed;
}
async function refresh() {
  try {
    const { calls } = await ask("/api/calls?limit=100");
    const changed = showCalls(calls);
    if (changed || Date.now() - lastSummary > 15000) {
      const data = await ask("/api/summary");
      lastSummary = Date.now();
      state = { rows: rows(data), escalations: data.escalations, now: Date.parse(data.now) };
      $("version").textContent = "mcp-meter " + data.version + ".";
      $("running").textContent = count(data.calls_in_flight) + (data.calls_in_flight === 1 ? " call" : " calls");
      $("detail-running").textContent = count(data.sessions_active) + (data.sessions_active === 1 ? " session open" : " sessions open");
      showCards(); showTimeline(); showTables(); showEscalations();
    }
    $("state").textContent = "live";
    $("state").className = "state";
  } catch (error) {
    $("state").textContent = "not connected: the figures are those of " + new Date(lastSummary || Date.now()).toLocaleTimeString();
    $("state").className = "state gone";
  }
  setTimeout(refresh, document.hidden ? 10000 : 1500);
}

$("range").addEventListener("change", showTimeline);
addEventListener("resize", showTimeline);
$("escalations").addEventListener("click", async event => {
  const trace = event.target.dataset.trace;
  if (!trace) return;
  if (open.has(trace)) open.delete(trace); else open.add(trace);
  showEscalations();
  if (!open.has(trace)) return;
  turns.set(trace, (await ask("/api/calls?limit=500&trace_id=" + trace)).calls);
  showEscalations();
});
refresh();

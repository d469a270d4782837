"use strict";
const $ = id => document.getElementById(id);
const HOUR = 3600;
const POLL = 1500, POLL_HIDDEN = 10000;
const COLOURS = 8;

// MARK: Figures as text

const dollars = nanos => {
  const value = nanos / 1e9;
  if (value > 0 && value < 0.00005) return "<$0.0001";
  return "$" + value.toLocaleString("en-US", { minimumFractionDigits: 4, maximumFractionDigits: 4 });
};
// Large letters need fewer digits.
const roughly = nanos => nanos === 0 || nanos >= 1e9 ? "$" + (nanos / 1e9).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : dollars(nanos);
const exactly = nanos => {
  const digits = String(nanos).padStart(10, "0");
  return (digits.slice(0, -9) + "." + digits.slice(-9)).replace(/0{1,7}$/, "");
};
const count = n => n.toLocaleString("en-US");
const plural = (n, word) => count(n) + " " + word + (n === 1 ? "" : "s");
const short = n => n < 10000 ? count(n) : n < 999950 ? (n / 1e3).toFixed(1) + "k" : n < 999995e3 ? (n / 1e6).toFixed(2) + "M" : (n / 1e9).toFixed(2) + "B";
const took = ms => ms < 999.5 ? Math.round(ms) + " ms" : ms < 59950 ? (ms / 1000).toFixed(1) + " s" : (ms / 60000).toFixed(1) + " min";
const hourText = date => date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayText = date => date.toLocaleDateString([], { month: "short", day: "numeric" });

// MARK: Elements. What came from outside is text, never markup, in a direction of its own.

function element(tag, kind, ...content) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.append(...content);
  return made;
}
const named = text => element("bdi", "", text);
// A name that may be broken where it has a joint.
const jointed = text => element("bdi", "", ...text.split(/(?<=[_\-/.:])/).flatMap(part => [document.createElement("wbr"), part]).slice(1));
function when(time) {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  const made = element("time", "", isToday ? date.toLocaleTimeString([], { hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" }) : `${dayText(date)}, ${hourText(date)}`);
  made.dateTime = time;
  made.title = date.toLocaleString();
  return made;
}
// The figure as it is kept, for whoever points at it or reads it by machine.
function figure(text, value, title) {
  const made = element("data", "", text);
  made.value = value;
  made.title = title;
  return made;
}
function money(sum, text = dollars) {
  if (sum.unpriced && !sum.usd_nanos) return "unpriced";
  const made = figure((sum.estimated_usd_nanos ? "~" : "") + text(sum.usd_nanos), sum.usd_nanos, "$" + exactly(sum.usd_nanos));
  if (!sum.unpriced || text !== dollars) return made;
  return element("span", "", made, element("small", "", count(sum.unpriced) + " unpriced"));
}
const tokensOf = sum => figure((sum.estimated_tokens ? "~" : "") + short(sum.tokens), sum.tokens, count(sum.tokens) + " tokens");
const callsOf = sum => element("span", "", figure(count(sum.calls), sum.calls, plural(sum.calls, "call")), ...(sum.errors ? [element("small", "bad", count(sum.errors) + " failed")] : []));
const cell = (content, kind = "", tag = "td") => element(tag, kind, content);
const heading = (content, kind, scope = "row") => { const made = cell(content, kind, "th"); made.scope = scope; return made; };

// Makes the rows of a table those of `items`: what is unchanged stays, and with it the focus.
const signs = new WeakMap();
function show(body, items, isNews = false) {
  const old = new Map([...body.children].map(row => [row.dataset.key, row]));
  let next = body.firstElementChild;
  for (const { key, sign, make } of items) {
    let row = old.get(key);
    old.delete(key);
    if (!row || signs.get(row) !== sign) {
      const made = make();
      made.dataset.key = key;
      signs.set(made, sign);
      if (row) { if (next === row) next = made; row.replaceWith(made); } else if (isNews) made.classList.add("new");
      row = made;
    }
    if (row === next) next = row.nextElementSibling; else body.insertBefore(row, next);
  }
  for (const row of old.values()) row.remove();
}
function nothing(columns, ...words) {
  const made = cell("", "none");
  made.append(...words);
  made.colSpan = columns;
  return [{ key: "nothing", sign: "", make: () => element("tr", "", made) }];
}
// The first rows, and a button for the rest.
const unfolded = new Set();
function fold(id, rows, limit) {
  const more = $(id + "-more");
  more.hidden = rows.length <= limit;
  more.textContent = unfolded.has(id) ? "Show fewer" : `Show all ${rows.length}`;
  more.setAttribute("aria-expanded", unfolded.has(id));
  return unfolded.has(id) ? rows : rows.slice(0, limit);
}

// MARK: Sums

let columns = [];
const empty = () => Object.fromEntries(columns.map(name => [name, 0]));
const sumOf = values => Object.fromEntries(columns.map((name, place) => [name, values[place]]));
function total(rows, from = 0) {
  const sum = empty();
  for (const [place, ...values] of rows) if (place >= from) columns.forEach((name, i) => { sum[name] += values[i]; });
  return sum;
}

// The reader's own last 30 days and 24 hours, in seconds; n periods have n + 1 bounds.
function bounds() {
  const now = new Date();
  const days = [], hours = [];
  for (let i = -29; i <= 1; i++) days.push(Math.floor(new Date(now.getFullYear(), now.getMonth(), now.getDate() + i) / 1000));
  // Not by setMinutes: the hour that is there twice would be the wrong one.
  const offset = now.getTimezoneOffset() * 60, seconds = Math.floor(now / 1000);
  const last = Math.floor((seconds - offset) / HOUR) * HOUR + offset;
  for (let i = -23; i <= 1; i++) hours.push(last + i * HOUR);
  return { days, hours };
}

function showCards(data) {
  const rows = data.models.flatMap(model => model.days);
  for (const [id, from] of [["today", 29], ["week", 23], ["month", 0]]) {
    const sum = total(rows, from);
    $("spend-" + id).replaceChildren(money(sum, roughly));
    const trouble = [sum.errors && count(sum.errors) + " failed", sum.unpriced && sum.usd_nanos && count(sum.unpriced) + " unpriced"].filter(Boolean);
    $("detail-" + id).replaceChildren(element("span", "", plural(sum.calls, "call") + " · ", tokensOf(sum), " tokens"), element("span", "", trouble.join(" · ")));
  }
  $("running").textContent = plural(data.calls_in_flight, "call");
  $("detail-running").textContent = plural(data.sessions_active, "session") + " open";
}

// MARK: The chart

const chosen = name => document.querySelector(`input[name=${name}]:checked`).value;
const measures = {
  cost: { of: "usd_nanos", estimated: "estimated_usd_nanos", text: roughly, axis: axisDollars, cell: nanos => figure(dollars(nanos), nanos, "$" + exactly(nanos)), none: "No cost in this time.", nonePriced: "No call in this time has a price: see Tokens." },
  tokens: { of: "tokens", estimated: "estimated_tokens", text: short, axis: (value, step) => short(value), cell: n => figure(short(n), n, count(n) + " tokens"), none: "No tokens in this time." },
};
function axisDollars(nanos, step) {
  const digits = step >= 1e9 ? 0 : Math.min(9, Math.max(2, Math.ceil(9 - Math.log10(step) - 1e-9)));
  return "$" + (nanos / 1e9).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
// 1, 2 or 5 times a power of ten, so that at most four lines are needed.
function stepFor(top) {
  const power = 10 ** Math.floor(Math.log10(top / 4));
  return power * [1, 2, 5, 10].find(factor => factor * power * 4 >= top);
}

// What the chart, its legend and its table show: periods, and a row of figures for each model.
function series(data) {
  const range = chosen("range"), measure = measures[chosen("measure")];
  const isHourly = range === "24h";
  const all = isHourly ? data.hours : data.days;
  const first = range === "7d" ? 23 : 0;
  const starts = all.slice(first, -1).map(seconds => new Date(seconds * 1000));
  const twice = new Set(data.models.map(m => m.model).filter((name, i, names) => names.indexOf(name) !== i));
  const models = data.models.map(model => {
    const rows = (isHourly ? model.hours : model.days).filter(row => row[0] >= first);
    const values = starts.map(() => 0);
    for (const [place, ...sum] of rows) values[place - first] = sumOf(sum)[measure.of];
    const name = !model.model ? (model.provider || "model") + ", unnamed" : twice.has(model.model) ? `${model.model} (${model.provider})` : model.model;
    return { name, values, sum: total(rows) };
  });
  // A colour is a model's for good, whatever the chosen time; the last is for all the others.
  const own = models.slice(0, COLOURS - 1).map((model, place) => ({ ...model, colour: "c" + place }));
  const rest = models.slice(COLOURS - 1);
  if (rest.length) {
    const sum = empty();
    for (const model of rest) for (const name of columns) sum[name] += model.sum[name];
    own.push({ name: plural(rest.length, "other model"), colour: "c7", sum, values: starts.map((_, i) => rest.reduce((a, model) => a + model.values[i], 0)) });
  }
  return { starts, isHourly, measure, models: own.filter(model => model.sum.calls) };
}
const periodText = (date, isHourly, isLong) => isHourly ? (isLong ? `${dayText(date)}, ` : "") + hourText(date) : isLong ? date.toLocaleDateString([], { weekday: "short", month: "short", day: "numeric" }) : dayText(date);
const legendText = (model, measure) => measure.of === "usd_nanos" && model.sum.unpriced && !model.sum.usd_nanos ? "unpriced" : (model.sum[measure.estimated] ? "~" : "") + measure.text(model.sum[measure.of]);

function showChart() {
  if (!current) return;
  const { starts, isHourly, measure, models } = series(current);
  const svg = $("timeline");
  const make = (tag, attributes, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const totals = starts.map((_, place) => models.reduce((sum, model) => sum + model.values[place], 0));
  const most = Math.max(...totals, 0);
  const step = most ? stepFor(most) : 0, ticks = most ? Math.ceil(most / step) : 0;
  const labels = Array.from({ length: ticks + 1 }, (_, i) => measure.axis(i * step, step));
  // In pixels as they are, so that no letter is stretched.
  const width = svg.clientWidth || 1080, height = svg.clientHeight || 220;
  const left = most ? Math.max(...labels.map(label => label.length)) * 6.7 + 10 : 0;
  const high = height - 34, y = value => 10 + high * (1 - (most ? value / (ticks * step) : 0));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const parts = labels.flatMap((label, i) => [
    make("line", { x1: left, x2: width, y1: y(i * step), y2: y(i * step) }),
    ...(most ? [make("text", { x: left - 8, y: y(i * step) + 4, "text-anchor": "end" }, label)] : []),
  ]);
  const wide = (width - left) / starts.length;
  const bar = Math.min(wide * 0.74, 54);
  const every = Math.ceil(starts.length / Math.max(1, Math.floor((width - left) / 58)));
  starts.forEach((start, place) => {
    const x = left + place * wide;
    const column = make("g", { class: "column" });
    column.dataset.place = place;
    column.append(make("rect", { class: "hit", x, y: 10, width: wide, height: high }));
    let sum = 0;
    for (const model of models) {
      if (!model.values[place]) continue;
      const low = y(sum);
      sum += model.values[place];
      const size = Math.max(low - y(sum), 0.5);
      column.append(make("rect", { class: model.colour, x: x + (wide - bar) / 2, y: low - size, width: bar, height: Math.max(size - (size > 3 ? 1 : 0), 0.5), rx: Math.min(1, size / 2) }));
    }
    parts.push(column);
    const isLast = place === starts.length - 1 && wide < 44;
    if ((starts.length - 1 - place) % every === 0) parts.push(make("text", { x: isLast ? width : x + wide / 2, y: height - 6, "text-anchor": isLast ? "end" : "middle" }, periodText(start, isHourly, false)));
  });
  const words = models.length && measure.nonePriced || measure.none;
  if (!most) parts.push(make("text", { class: "words", x: width / 2, y: height / 2, "text-anchor": "middle" }, words));
  svg.replaceChildren(...parts);
  $("timeline-words").textContent = models.length ? models.map(model => `${model.name}: ${legendText(model, measure)}`).join("; ") : words;
  $("legend").replaceChildren(...models.map(model => {
    const text = legendText(model, measure);
    return element("li", "", element("i", model.colour), named(model.name), element("span", "soft", text === "unpriced" ? text : figure(text, model.sum[measure.of], text)));
  }));
  showFigures();
}
function showFigures() {
  if (!current || !$("figures").open) return;
  const { starts, isHourly, measure, models } = series(current);
  $("figures-head").replaceChildren(element("tr", "", ...[isHourly ? "Hour" : "Day", ...models.map(model => jointed(model.name)), "All"].map((name, i) => heading(name, i ? "number name" : "", "col"))));
  $("figures-body").replaceChildren(...starts.map((start, place) => {
    const values = models.map(model => model.values[place]);
    values.push(values.reduce((a, b) => a + b, 0));
    return element("tr", "", heading(periodText(start, isHourly, true)), ...values.map(value => cell(!value ? "–" : measure.cell(value), "number")));
  }).reverse());
  markScrollable();
}
function showTip(event) {
  const column = event.target.closest && event.target.closest(".column");
  const tip = $("tip");
  tip.hidden = !column;
  if (!column) return;
  const { starts, isHourly, measure, models } = series(current);
  const place = Number(column.dataset.place);
  const parts = models.filter(model => model.values[place]).map(model => element("p", "", element("i", model.colour), named(model.name), element("span", "", measure.text(model.values[place]))));
  const sum = models.reduce((a, model) => a + model.values[place], 0);
  tip.replaceChildren(element("p", "", element("strong", "", periodText(starts[place], isHourly, true)), element("strong", "", measure.text(sum))), ...parts);
  const box = column.getBoundingClientRect(), chart = $("chart").getBoundingClientRect();
  const right = box.right - chart.left + 8;
  tip.style.left = (right + tip.offsetWidth <= chart.width ? right : Math.max(0, box.left - chart.left - tip.offsetWidth - 8)) + "px";
}

// MARK: Tables

function sumRows(id, list, name) {
  const rows = list.map(row => {
    const sum = sumOf(row.sum);
    return { key: JSON.stringify({ ...row, sum: 0 }), sign: row.sum.join(), make: () => element("tr", "", heading(name(row), "name"), cell(money(sum), "number"), cell(callsOf(sum), "number"), cell(tokensOf(sum), "number")) };
  });
  show($(id), rows.length ? fold(id, rows, 10) : nothing(4, "No model was called in the last 30 days."));
}
const under = (text, below) => element("span", "", jointed(text), ...(below ? [element("small", "", jointed(below))] : []));
function showTables() {
  sumRows("tools", current.tools, row => under(row.tool || (row.direction === "client" ? "the client’s own turns" : row.direction === "server_to_client" ? "sampling" : "no tool"), row.server));
  sumRows("agents", current.agents, row => under(row.agent_id || "no agent named"));
}

const actions = { blocked: "not sent", routed: "sent to another model", delayed: "held back", warned: "warned of", passed: "not judged" };
const reasons = { budget: "a budget", evalops: "EvalOps", rate_limit: "a rate limit", retry_after: "the provider’s own word", route: "a route", malformed: "no JSON", batch: "a batch", too_long: "too long", unavailable: "spend not readable" };
function policyRow(row) {
  const models = row.routed_model ? `${row.asked_model || "no model"} → ${row.routed_model}` : "";
  return element("tr", "", heading(under(actions[row.action] || row.action, models), "name"), cell(under(row.rule || reasons[row.reason] || row.reason, row.rule ? reasons[row.reason] || row.reason : ""), "name"),
    cell(figure(count(row.calls), row.calls, plural(row.calls, "call")), "number"), cell(row.saved_usd_nanos ? figure((row.saved_usd_nanos < 0 ? "−" : "") + dollars(Math.abs(row.saved_usd_nanos)), row.saved_usd_nanos, "$" + exactly(Math.abs(row.saved_usd_nanos))) : "–", "number"),
    cell(row.waited_us ? took(row.waited_us / 1000) : "–", "number"));
}
function budgetRow(row) {
  const share = row.spent_usd_nanos / row.limit_usd_nanos;
  const meter = element("meter", "");
  [meter.min, meter.max, meter.high, meter.optimum, meter.value] = [0, 1, 0.8, 0, Math.min(1, share)];
  const text = (share * 100).toFixed(share < 0.1 ? 1 : 0) + " %";
  meter.setAttribute("aria-label", text);
  return element("tr", "", heading(jointed(row.budget), "name"), cell(figure(dollars(row.spent_usd_nanos), row.spent_usd_nanos, "$" + exactly(row.spent_usd_nanos)), "number"), cell(figure(dollars(row.limit_usd_nanos), row.limit_usd_nanos, "$" + exactly(row.limit_usd_nanos)), "number"), cell(element("span", share < 1 ? "" : "bad", meter, " " + text)));
}
function showPolicies() {
  const sign = row => JSON.stringify(row);
  const budgets = current.budgets.map(row => ({ key: row.budget, sign: sign(row), make: () => budgetRow(row) }));
  const policies = current.policies.map(row => ({ key: sign({ ...row, calls: 0, saved_usd_nanos: 0, waited_us: 0 }), sign: sign(row), make: () => policyRow(row) }));
  $("policy").hidden = !budgets.length && !policies.length;
  $("budgets-box").hidden = !budgets.length;
  $("policies-box").hidden = !policies.length;
  show($("budgets"), budgets);
  show($("policies"), fold("policies", policies, 10));
}

const isEstimated = record => record.usage && record.usage.source === "estimated";
const tokens = (record, part) => record.usage && record.usage[part] !== undefined ? (isEstimated(record) ? "~" : "") + count(record.usage[part]) : "–";
function price(record) {
  if (!record.cost) return "–";
  const nanos = record.cost.usd_nanos;
  if (nanos === undefined) return "unpriced";
  return figure((isEstimated(record) && record.cost.source === "priced" ? "~" : "") + dollars(nanos), nanos, "$" + exactly(nanos));
}
const notedBy = call => call.policy && call.policy.action !== "blocked" ? (actions[call.policy.action] || call.policy.action) + (call.policy.rule ? ": " + call.policy.rule : "") : "";
const failure = record => record.outcome === "ok" ? "" : (record.error_type && record.error_type !== record.outcome ? record.error_type : record.outcome).replaceAll("_", " ");
const callName = call => call.kind === "usage" && call.direction === "client" ? call.client || "the client" : call.tool || call.method;
function callRow(call, isTurn) {
  const side = call.direction === "client" ? "client’s own turn" : call.direction === "server_to_client" ? "asked by the server" : "";
  return element("tr", "", cell(when(call.time)), cell(under(callName(call), [isTurn ? "" : call.server, side, notedBy(call)].filter(Boolean).join(" · ")), "name"), cell(jointed(call.model || "–"), call.model ? "name" : "faint"),
    cell(price(call), "number"), cell(tokens(call, "input_tokens"), "number"), cell(tokens(call, "output_tokens"), "number"),
    cell(call.direction === "client" && !call.duration_ms ? "–" : took(call.duration_ms), "number"), cell(failure(call) || "ok", failure(call) ? "bad" : "faint"));
}
function showCalls(isFirst) {
  const rows = calls.map(call => ({ key: call.kind + call.id, sign: new Date().toDateString(), make: () => callRow(call) }));
  show($("calls"), rows.length ? fold("calls", rows, 15) : nothing(8, "No call yet. Put ", element("code", "", "mcp-meter"), " in front of a server’s command in ", element("code", "", ".mcp.json"), ", with ", element("code", "", "MCP_METER=on"), " in its environment, and its calls appear here as they are made."), !isFirst);
}

const opened = new Set();
const turns = new Map();
function traceRow(trace) {
  const button = element("button", "", jointed(trace.tool || trace.event_type || "escalation"));
  button.type = "button";
  button.dataset.trace = trace.trace_id;
  button.setAttribute("aria-expanded", opened.has(trace.trace_id));
  if (opened.has(trace.trace_id)) button.setAttribute("aria-controls", "turns-" + trace.trace_id);
  const isUnpriced = trace.cost.usd_nanos === undefined;
  const cost = isUnpriced ? "unpriced" : element("span", "", figure((current.estimated_traces.includes(trace.trace_id) ? "~" : "") + dollars(trace.cost.usd_nanos), trace.cost.usd_nanos, "$" + exactly(trace.cost.usd_nanos)), ...(trace.unpriced_turns ? [element("small", "", plural(trace.unpriced_turns, "turn") + " unpriced")] : []));
  return element("tr", "", cell(when(trace.time)), heading(element("span", "", button, ...(trace.server ? [element("small", "", jointed(trace.server))] : [])), "name"),
    cell(cost, "number"), cell(trace.quality === undefined ? "–" : trace.quality.toFixed(2), "number"),
    cell(trace.quality_per_dollar === undefined ? "–" : trace.quality_per_dollar.toLocaleString("en-US", { maximumFractionDigits: 1, minimumFractionDigits: 1 }), "number"),
    cell(count(trace.turns + trace.client_turns), "number"), cell(failure(trace) || trace.end, failure(trace) ? "bad" : ""),
    cell(named(trace.escalation_reason || "–"), trace.escalation_reason ? "wrap" : "faint"));
}
function turnsRow(trace) {
  const list = turns.get(trace.trace_id);
  let content;
  if (!list) content = element("p", "soft", "Asking for its turns …");
  else if (!list.length) content = element("p", "soft", "Its turns are no longer among the latest; in the ledger they have the trace id ", element("code", "", trace.trace_id), ".");
  else {
    const names = ["When", "Turn", "Model", "Cost", "Input", "Output", "Took", "Outcome"];
    content = element("table", "", element("thead", "", element("tr", "", ...names.map((name, i) => heading(name, i > 2 && i < 7 ? "number" : "", "col")))), element("tbody", "", ...[...list].reverse().map(call => callRow(call, true))));
    content.setAttribute("aria-label", "Turns of " + (trace.tool || "this escalation"));
  }
  const made = cell(content, "inside");
  made.colSpan = 8;
  const row = element("tr", "", made);
  row.id = "turns-" + trace.trace_id;
  return row;
}
function showEscalations(isNews) {
  const traces = current.escalations;
  const both = traces.filter(trace => trace.quality !== undefined && trace.quality_per_dollar !== undefined);
  const rated = traces.filter(trace => trace.quality !== undefined);
  const words = [];
  if (rated.length) words.push(`mean quality ${(rated.reduce((sum, trace) => sum + trace.quality, 0) / rated.length).toFixed(2)}`);
  const nanos = both.reduce((sum, trace) => sum + (trace.cost.usd_nanos || 0), 0);
  if (nanos) words.push(`${(both.reduce((sum, trace) => sum + trace.quality, 0) / nanos * 1e9).toLocaleString("en-US", { maximumFractionDigits: 1 })} quality\u00a0per\u00a0$`);
  $("escalations-sum").textContent = traces.length ? [`The latest ${traces.length === 1 ? "one" : traces.length}`, ...words].join(" · ") : "";
  const day = new Date().toDateString();
  const shown = fold("escalations", traces, 10);
  const rows = shown.flatMap(trace => [
    { key: trace.trace_id, sign: day, make: () => traceRow(trace) },
    ...(opened.has(trace.trace_id) ? [{ key: "turns " + trace.trace_id, sign: day + JSON.stringify((turns.get(trace.trace_id) || [0]).map(call => call.id)), make: () => turnsRow(trace) }] : []),
  ]);
  show($("escalations"), rows.length ? rows : nothing(8, "No escalation yet: a tool call that used a model, or a conversation of them, is one as soon as it is over."), isNews);
  for (const button of $("escalations").querySelectorAll("button[data-trace]")) {
    const isOpen = opened.has(button.dataset.trace);
    button.setAttribute("aria-expanded", isOpen);
    if (isOpen) button.setAttribute("aria-controls", "turns-" + button.dataset.trace); else button.removeAttribute("aria-controls");
  }
  markScrollable();
}

// Only what scrolls is a stop for the keyboard.
function markScrollable() {
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; box.setAttribute("role", "group"); } else { box.removeAttribute("tabindex"); box.removeAttribute("role"); }
  }
}

// MARK: Asking

let current = null, calls = [];
const marks = new Map();
class Refused extends Error {}

// The answer as JSON; null when it is the one we had.
async function ask(path, kind) {
  const headers = {};
  const token = sessionStorage.getItem("token");
  if (token) headers.Authorization = "Bearer " + token;
  const mark = marks.get(kind);
  if (mark && mark.path === path) headers["If-None-Match"] = mark.tag;
  const answer = await fetch(path, { cache: "no-store", credentials: "omit", redirect: "error", headers, signal: AbortSignal.timeout(10000) });
  if (answer.status === 304) return null;
  if (answer.status === 401) throw new Refused();
  if (!answer.ok) throw new Error("HTTP " + answer.status);
  const data = await answer.json();
  if (kind) marks.set(kind, { path, tag: answer.headers.get("ETag") });
  return data;
}

// A status that is read out only when it is another.
function say(text, kind) {
  if ($("state").textContent !== text) $("state").textContent = text;
  $("state").className = "state " + kind;
}
let lastAnswer = null, timer, isAsking = false;
async function refresh() {
  if (isAsking) return;
  isAsking = true;
  clearTimeout(timer);
  try {
    const { days, hours } = bounds();
    const data = await ask(`/api/summary?days=${days}&hours=${hours}`, "summary");
    if (data) {
      const isFirst = !current;
      const latest = await ask("/api/calls?limit=50", "calls");
      if (latest) calls = latest.calls;
      columns = data.columns;
      current = data;
      $("version").textContent = `mcp-meter ${data.version}.`;
      showCards(data); showChart(); showTables(); showPolicies(); showEscalations(!isFirst); showCalls(isFirst);
    }
    lastAnswer = new Date();
    gate(false);
    if (current.ready) say("live", "live"); else say("reading the ledger", "");
  } catch (error) {
    // The next answer must be a whole one.
    marks.clear();
    if (error instanceof Refused) gate(true);
    else say(lastAnswer ? "not connected: figures of " + lastAnswer.toLocaleTimeString([], { hourCycle: "h23" }) : "not connected", "gone");
  }
  isAsking = false;
  if ($("gate").hidden) timer = setTimeout(refresh, document.hidden ? POLL_HIDDEN : POLL);
}

function gate(isClosed) {
  if (isClosed) {
    say("token needed", "");
    $("refusal").textContent = sessionStorage.getItem("token") ? "That token was refused." : "";
    sessionStorage.removeItem("token");
  }
  if ($("gate").hidden !== isClosed) return;
  $("gate").hidden = !isClosed;
  $("board").hidden = isClosed;
  if (isClosed) $("token").focus();
}
$("gate").addEventListener("submit", event => {
  event.preventDefault();
  const token = $("token").value.trim();
  $("token").value = "";
  if (!/^[\x21-\x7e]+$/.test(token)) { $("refusal").textContent = "A token has no blanks and no letters beyond ASCII."; return; }
  $("refusal").textContent = "";
  sessionStorage.setItem("token", token);
  refresh();
});

for (const input of document.querySelectorAll(".choice input")) input.addEventListener("change", showChart);
for (const id of ["tools", "agents", "policies", "escalations", "calls"]) $(id + "-more").addEventListener("click", () => {
  if (!unfolded.delete(id)) unfolded.add(id);
  showTables(); showPolicies(); showEscalations(false); showCalls(true);
});
$("figures").addEventListener("toggle", showFigures);
$("escalations").addEventListener("click", async event => {
  const button = event.target.closest("button[data-trace]");
  if (!button) return;
  const trace = button.dataset.trace;
  if (!opened.delete(trace)) opened.add(trace);
  showEscalations(false);
  if (!opened.has(trace)) return;
  try {
    turns.set(trace, (await ask("/api/calls?limit=500&trace_id=" + encodeURIComponent(trace))).calls);
    showEscalations(false);
  } catch { opened.delete(trace); showEscalations(false); refresh(); }
});
$("timeline").addEventListener("pointerover", showTip);
$("timeline").addEventListener("pointerleave", () => { $("tip").hidden = true; });
addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
new ResizeObserver(() => { showChart(); markScrollable(); }).observe($("chart"));
$("zone").textContent = Intl.DateTimeFormat().resolvedOptions().timeZone || "this browser";
refresh();

// The page of a sandbox. It shows what the control API tells and follows its events. Whatever
// comes from there is put into the page as text, never as markup.

const PAGE_SIZE = 25;
const MOST_REQUESTS = 2000; // kept, to filter among
const MOST_ROWS = 200; // shown
const RENDER_EVERY = 200; // milliseconds, however fast requests come
const COLORS = {
  ACTIVE: "good", SUCCEEDED: "good", ERROR: "bad", FAILED: "bad", IMPAIRED: "warn",
  BUILDING: "busy", CONFIGURING: "busy", UPDATING: "busy", RESIZING: "busy", DELIVERED: "busy",
  RUNNING: "busy", DELETING: "warn", DEACTIVATING: "warn",
};
const QUOTAS = { node_count: "nodes", ram: "ram, MB", disk: "disk, GB", vcpus: "vcpus" };

const state = {
  overview: null,
  clock: { time: 0, speed: 0, at: 0 },
  offset: 0,
  total: 0,
  requests: [], // newest last
  fresh: [], // came since they were last drawn
  paused: false,
};

const $ = (id) => document.getElementById(id);

/** Makes an element; children that are texts stay texts. */
function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const chip = (text, color = COLORS[text] ?? "") => element("span", { className: `chip ${color}` }, text);
const button = (text, onclick, className = "") => element("button", { type: "button", onclick, className }, text);

/* --- the control API --- */

const AWAY = 0;

/** What the control API has against a request, or that it did not answer. */
class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Asks the control API. */
async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.body = typeof body === "string" ? body : JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let answer;
  let text;
  try {
    answer = await fetch(path, options);
    text = await answer.text();
  } catch {
    throw new Refusal(AWAY, "The sandbox does not answer");
  }
  const content = text ? JSON.parse(text) : null;
  if (answer.ok) return content;
  throw new Refusal(answer.status, Object.values(content ?? {})[0]?.message ?? `status ${answer.status}`);
}

/** Does something for somebody who pressed a button, and says how it went. */
async function act(done, work) {
  try {
    const outcome = await work();
    notify(done);
    return outcome ?? true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    notify(firstLine(error));
    return null;
  }
}

const firstLine = (error) => String(error.message).split("\n")[0];

let noticeTimer = 0;
function notify(text) {
  $("notice").textContent = text;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { $("notice").textContent = ""; }, 5000);
}

/** Lets calls that come close together be one, and never two at a time. */
function debounced(work, wait = 250) {
  let timer = 0;
  let running = false;
  let again = false;
  const run = async () => {
    timer = 0;
    if (running) { again = true; return; }
    running = true;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status !== AWAY) notify(firstLine(error));
    }
    running = false;
    if (again) { again = false; schedule(); }
  };
  const schedule = () => { timer ||= setTimeout(run, wait); };
  return schedule;
}

/* --- time --- */

const now = () => state.clock.time + ((performance.now() - state.clock.at) / 1000) * state.clock.speed;

function setClock(time, speed) {
  state.clock = { time, speed, at: performance.now() };
}

const clockTime = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 19);
const moment = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");

/** A span as people say it: 2:10, 1:05:00. */
function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}

function drawClock() {
  if (state.overview === null) return;
  $("clock").textContent = moment(now());
  $("clock").dateTime = new Date(now() * 1000).toISOString();
  const { speed } = state.clock;
  $("speed").textContent = speed === 0 ? "stands still" : speed === 1 ? "UTC" : `UTC, \u00d7${speed}`;
  for (const row of document.querySelectorAll(".cluster")) drawProgress(row);
}

/* --- signing in --- */

const quoted = (text) => (/^[\w.:/@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const exportsText = () => Object.entries(state.overview.sign_in.environ)
  .map(([name, value]) => `export ${name}=${quoted(value)}\n`).join("");

function curlText() {
  const { username, api_key: apiKey, environ } = state.overview.sign_in;
  const body = { auth: { "RAX-KSKEY:apiKeyCredentials": { username, apiKey } } };
  return `curl -s ${quoted(`${environ.LAVA_AUTH_URL}/tokens`)} -H 'Content-Type: application/json' \\\n`
    + `  -d ${quoted(JSON.stringify(body))}\n`;
}

function pythonText() {
  const { username, api_key: apiKey, tenant_id: tenantId, environ } = state.overview.sign_in;
  const region = environ.LAVA_REGION_NAME;
  return "from lavaclient import Lava\n\n"
    + `lava = Lava(${python(username)}, region=${python(region)}, api_key=${python(apiKey)},\n`
    + `            tenant_id=${python(tenantId)}, auth_url=${python(environ.LAVA_AUTH_URL)})\n`
    + "print(lava.clusters.list())\n";
}

/** A JSON value as Python writes it. */
function python(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value).map(([name, inner]) => `${python(name)}: ${python(inner)}`).join(", ")}}`;
  }
  return JSON.stringify(value);
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    notify(`Copied: ${what}`);
  } catch {
    show(`Copy this: ${what}`, text); // no clipboard for pages that are not on this machine
    $("show-text").select();
  }
}

function show(title, text) {
  $("show-title").textContent = title;
  $("show-text").value = text;
  $("show").showModal();
}

/** Asks before what cannot be taken back. */
function confirmed(text, yes) {
  $("ask-text").textContent = text;
  $("ask-yes").textContent = yes;
  $("ask").returnValue = "";
  $("ask").showModal();
  return new Promise((resolve) => {
    $("ask").addEventListener("close", () => resolve($("ask").returnValue === "yes"), { once: true });
  });
}

/* --- what there is, apart from clusters --- */

const loadOverview = debounced(async () => {
  state.overview = await ask("GET", "overview");
  setClock(state.overview.time, state.overview.speed);
  const first = !$("account").value;
  drawOverview();
  if (first) loadHere();
});

function drawOverview() {
  const { sign_in: signIn, accounts, users, snapshots } = state.overview;
  $("address").textContent = location.origin;
  for (const id of ["copy-exports", "copy-curl", "copy-python"]) $(id).disabled = false;
  const facts = { user: signIn.username, key: signIn.api_key, tenant: signIn.tenant_id };
  $("sign-in").replaceChildren(...Object.entries(facts).map(([name, value]) => element("div", {},
    element("dt", {}, name), element("dd", { className: "mono" }, value))));
  const chosen = $("account").value || `${signIn.tenant_id}/${signIn.environ.LAVA_REGION_NAME}`;
  $("account").replaceChildren(...accounts.map((account) => {
    const value = `${account.tenant_id}/${account.region}`;
    const text = `${account.tenant_id} ${account.region} (${account.clusters})`;
    return element("option", { value, selected: value === chosen }, text);
  }));
  $("users").replaceChildren(...users.map((user) => element("li", {},
    element("span", { className: "grow" }, element("span", { className: "name" }, user.username), " ",
      element("span", { className: "muted" }, `tenant ${user.tenant_id}, ${user.roles.join(", ")}`)),
    user.enabled ? null : chip("disabled", "warn"),
    element("span", { className: "muted" }, tokens(user)),
  )));
  $("snapshots").replaceChildren(...snapshots.map((name) => element("li", {},
    element("span", { className: "grow name" }, name),
    element("button", { type: "button", "aria-label": `Restore ${name}`, onclick: () => restore(name) }, "Restore"))));
  drawClock();
}

function tokens(user) {
  if (user.tokens === 0) return "no token";
  return `${user.tokens} ${user.tokens === 1 ? "token" : "tokens"}, good until ${moment(user.expires)}`;
}

const accountPath = () => {
  const [tenant, region] = ($("account").value || "/").split("/");
  return `accounts/${encodeURIComponent(tenant)}/${encodeURIComponent(region)}`;
};

const loadAccount = debounced(async () => {
  if (!$("account").value) return;
  const account = await ask("GET", accountPath());
  $("quotas").replaceChildren(...account.quotas.map(drawQuota));
  const lists = {
    Keys: account.credentials.filter((credential) => credential.detail === "ssh_keys"),
    Credentials: account.credentials.filter((credential) => credential.detail !== "ssh_keys"),
    Scripts: account.scripts,
    Stacks: account.stacks,
  };
  $("things").replaceChildren(...Object.entries(lists).map(([title, items]) => element("div", {},
    element("h3", {}, `${title} (${items.length})`),
    element("ul", {}, ...items.slice(0, 50).map((item) => element("li", {}, item.name, " ",
      title === "Keys" ? null : element("span", { className: "muted" }, item.detail)))))));
});

function drawQuota({ name, used, limit }) {
  const share = limit > 0 ? used / limit : 1;
  const fill = element("div", { className: `fill ${share >= 0.9 ? "bad" : share >= 0.7 ? "warn" : ""}` });
  fill.style.width = `${Math.min(100, share * 100)}%`;
  const label = QUOTAS[name] ?? name;
  const track = element("div", {
    className: "track", role: "meter", "aria-label": label, "aria-valuemin": 0,
    "aria-valuemax": limit, "aria-valuenow": used, "aria-valuetext": `${used} of ${limit}`,
  }, fill);
  return element("li", {}, element("div", { className: "line" }, element("span", {}, label),
    element("span", { className: "muted" }, `${used.toLocaleString("en")} / ${limit.toLocaleString("en")}`)), track);
}

/* --- clusters --- */

const loadClusters = debounced(async () => {
  if (!$("account").value) return;
  const query = new URLSearchParams({ offset: state.offset, limit: PAGE_SIZE, search: $("search").value });
  const page = await ask("GET", `${accountPath()}/clusters?${query}`);
  if (page.clusters.length === 0 && page.total > 0) {
    state.offset = Math.floor((page.total - 1) / PAGE_SIZE) * PAGE_SIZE;
    loadClusters();
    return;
  }
  state.total = page.total;
  drawClusters(page.clusters);
});

/** Draws a page of clusters; rows that stay keep their place in the keyboard's way. */
function drawClusters(clusters) {
  const list = $("cluster-list");
  const rows = new Map([...list.children].map((row) => [row.dataset.id, row]));
  clusters.forEach((cluster, place) => {
    const row = rows.get(cluster.id) ?? newClusterRow(cluster);
    rows.delete(cluster.id);
    drawCluster(row, cluster);
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
  for (const row of rows.values()) row.remove();
  $("no-clusters").hidden = clusters.length > 0;
  $("no-clusters").textContent = $("search").value ? "No cluster is like this." : "No cluster here. Build one from a script, and watch it here.";
  $("pager").hidden = state.total <= PAGE_SIZE;
  const last = Math.min(state.offset + PAGE_SIZE, state.total);
  $("range").textContent = `${state.offset + 1}\u2013${last} of ${state.total.toLocaleString("en")}`;
  $("previous").disabled = state.offset === 0;
  $("next").disabled = last >= state.total;
}

function newClusterRow(cluster) {
  const details = element("details", {},
    element("summary", {},
      element("span", { className: "name" }), element("span", { className: "status" }),
      element("span", { className: "track", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 },
        element("span", { className: "fill" })),
      element("span", { className: "percent" }), element("span", { className: "facts" })),
    element("div", { className: "body" }));
  const row = element("li", { className: "cluster" }, details);
  row.dataset.id = cluster.id;
  details.addEventListener("toggle", () => { if (details.open) loadCluster(row); });
  return row;
}

function drawCluster(row, cluster) {
  row.cluster = cluster;
  row.querySelector(".name").textContent = cluster.name;
  row.querySelector(".status").replaceChildren(chip(cluster.status));
  const count = `${cluster.nodes} ${cluster.nodes === 1 ? "node" : "nodes"}`;
  row.querySelector(".facts").textContent = `${cluster.stack_id}, ${count}, made ${moment(cluster.created)}`;
  row.querySelector(".track").setAttribute("aria-label", `Progress of ${cluster.name}`);
  drawProgress(row);
  if (row.firstChild.open) loadCluster(row);
}

/** As the service counts: from 5 to 99 as long as it is under way. */
function drawProgress(row) {
  const { progress, status } = row.cluster;
  let percent = 100;
  let text = "";
  if (progress !== null) {
    const share = (now() - progress.started) / Math.max(progress.ends - progress.started, 1e-9);
    percent = Math.max(5, Math.min(99, 5 + Math.floor(95 * share)));
    text = `${percent} % ${span(progress.ends - now())}`;
  }
  row.querySelector(".track").hidden = progress === null;
  const fill = row.querySelector(".fill");
  const [width, color] = [`${percent}%`, `fill ${COLORS[status] ?? ""}`];
  if (fill.style.width !== width) fill.style.width = width;
  if (fill.className !== color) fill.className = color;
  row.querySelector(".track").setAttribute("aria-valuenow", percent);
  if (row.querySelector(".percent").textContent !== text) row.querySelector(".percent").textContent = text;
}

async function loadCluster(row) {
  try {
    const { cluster } = await ask("GET", `clusters/${encodeURIComponent(row.dataset.id)}`);
    drawDetails(row, cluster);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    row.querySelector(".body").replaceChildren(element("p", { className: "muted" }, firstLine(error)));
  }
}

/** Draws what an open row shows, unless that is what it shows already. */
function drawDetails(row, cluster) {
  const drawn = JSON.stringify(cluster);
  if (row.drawn === drawn) return;
  row.drawn = drawn;
  const path = `clusters/${encodeURIComponent(cluster.id)}`;
  const focused = row.querySelector(".body").contains(document.activeElement) ? document.activeElement.textContent : null;
  const buttons = element("div", { className: "buttons" },
    element("button", {
      type: "button", disabled: cluster.progress === null,
      onclick: () => act(`${cluster.name} is finished`, () => ask("POST", `${path}/finish`)),
    }, "Finish now"),
    button("Fail", () => act(`${cluster.name} has failed`, () => ask("POST", `${path}/fail`)), "danger"),
    button("Delete", () => act(`${cluster.name} is being deleted`, () => ask("DELETE", path)), "danger"),
    button("JSON", () => show(`Cluster ${cluster.name}`, JSON.stringify(cluster, null, 2))));
  row.querySelector(".body").replaceChildren(timeline(cluster), nodeList(cluster), facts(cluster), buttons);
  if (focused !== null) [...buttons.children].find((other) => other.textContent === focused)?.focus();
}

function timeline(cluster) {
  const current = cluster.timeline.filter((step) => step.reached).length - 1;
  return element("ol", { className: "timeline", "aria-label": `Timeline of ${cluster.name}` },
    ...cluster.timeline.map((step, place) => {
      const mark = step.reached ? chip(step.status) : chip(step.status, "ahead");
      mark.title = moment(step.at);
      return element("li", place === current ? { "aria-current": "step" } : {}, mark, " ",
        element("span", { className: "muted" }, clockTime(step.at)));
    }));
}

function nodeList(cluster) {
  if (cluster.nodes.length === 0) return element("p", { className: "muted" }, "No node is there yet.");
  return element("ul", { className: "nodes", "aria-label": `Nodes of ${cluster.name}` },
    ...cluster.nodes.slice(0, MOST_ROWS).map((node) => element("li", {},
      element("span", { className: "name" }, node.name), chip(node.status),
      element("span", { className: "muted" }, node.flavor_id),
      element("span", { className: "mono muted" }, node.public_ip),
      ...node.scripts.map((script) => element("span", {}, `${script.name} `, chip(script.detail))),
      element("span", { className: "components" }, node.components.join(", ")))));
}

function facts(cluster) {
  const credentials = cluster.credentials.map(({ name, detail }) => `${name} (${detail})`).join(", ");
  return element("p", { className: "muted" }, `Login ${cluster.username}; ${credentials || "no credentials"}; id `,
    element("span", { className: "mono" }, cluster.id));
}

/* --- requests --- */

function matches(request) {
  const [method, path, status] = [$("method").value, $("path").value, $("status").value];
  const first = request.status === 0 ? "0" : String(request.status)[0];
  return (!method || request.method === method) && (!path || request.path.includes(path)) && (!status || first === status);
}

function noteRequest(request) {
  state.requests.push(request);
  if (state.requests.length > MOST_REQUESTS) state.requests.splice(0, state.requests.length - MOST_REQUESTS);
  state.fresh.push(request);
  if (state.fresh.length > MOST_ROWS) state.fresh.splice(0, state.fresh.length - MOST_ROWS);
}

/** Draws the requests that came since the last time, however many they are. */
function drawFreshRequests() {
  if (state.paused || state.fresh.length === 0) return;
  const rows = state.fresh.filter(matches).reverse().map(requestRow);
  state.fresh = [];
  $("request-list").prepend(...rows);
  trimRequests();
}

function drawAllRequests() {
  state.fresh = [];
  const shown = state.requests.filter(matches).slice(-MOST_ROWS).reverse();
  $("request-list").replaceChildren(...shown.map(requestRow));
  trimRequests();
}

function trimRequests() {
  const list = $("request-list");
  while (list.children.length > MOST_ROWS) list.lastChild.remove();
  $("no-requests").hidden = list.children.length > 0;
  $("no-requests").textContent = state.requests.length > 0 ? "No request is like this."
    : "No request so far. Run a script beside this page: its requests show up here.";
}

function statusChip(status) {
  if (status === 0) return chip("reset", "bad");
  return chip(String(status), status >= 500 ? "bad" : status >= 400 ? "warn" : "good");
}

function duration(seconds) {
  const milliseconds = Math.round(seconds * 1000);
  if (milliseconds < 1) return "<1 ms";
  return milliseconds < 10_000 ? `${milliseconds} ms` : `${Math.round(seconds)} s`;
}

function requestRow(request) {
  const why = element("span", { className: "why" });
  if (request.message) why.append(request.message);
  for (const fault of request.faults) why.append(" ", element("span", { className: "fault" }, `fault ${fault}`));
  const body = element("div", { className: "body" });
  const details = element("details", {},
    element("summary", {}, element("span", { className: "when mono" }, clockTime(request.time)),
      element("span", { className: "method mono" }, request.method),
      element("span", { className: "path mono" }, request.path + (request.query ? `?${request.query}` : "")),
      statusChip(request.status),
      element("span", { className: "milliseconds" }, duration(request.seconds)),
      why.childNodes.length ? why : null),
    body);
  details.addEventListener("toggle", () => { if (details.open) loadRequest(request.number, body); });
  return element("li", { className: "request" }, details);
}

async function loadRequest(number, body) {
  try {
    const { request } = await ask("GET", `requests/${number}`);
    drawRequest(request, body);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    body.replaceChildren(element("p", { className: "muted" }, firstLine(error)));
  }
}

function drawRequest(request, body) {
  const part = (title, content) => element("div", {}, element("div", { className: "label" }, title),
    element("pre", { className: "mono", tabIndex: 0, role: "group", "aria-label": title },
      typeof content === "string" ? content : JSON.stringify(content, null, 2)));
  const why = [];
  if (request.faults.length) why.push(`A fault hit it: ${request.faults.join("; ")}. `);
  if (request.message) why.push(`It was refused: ${request.message}`);
  body.replaceChildren(
    ...(why.length ? [element("p", {}, ...why)] : []),
    ...(request.body === null ? [] : [part("Body", request.body)]),
    ...(request.answer === null ? [] : [part("Answer", request.answer)]),
    part("Headers", request.headers.map(([name, value]) => `${name}: ${value}`).join("\n")),
    element("div", { className: "buttons" },
      button("Copy as curl", () => copy(requestAsCurl(request), "the request as curl")),
      button("Copy as a test", () => copy(requestAsTest(request), "the request as a test"))));
}

function requestAsCurl(request) {
  const names = ["content-type", "accept"];
  const headers = request.headers.filter(([name]) => names.includes(name.toLowerCase()))
    .map(([name, value]) => ` \\\n  -H ${quoted(`${name}: ${value}`)}`);
  if (request.headers.some(([name]) => name.toLowerCase() === "x-auth-token")) {
    headers.push(' \\\n  -H "X-Auth-Token: $AUTH_TOKEN"');
  }
  const url = location.origin + request.path + (request.query ? `?${request.query}` : "");
  const body = request.body === null ? "" : ` \\\n  -d ${quoted(JSON.stringify(request.body))}`;
  return `curl -s -X ${request.method} ${quoted(url)}${headers.join("")}${body}\n`;
}

/** What a test says to have this request made, with lavaclient.testing. */
function requestAsTest(request) {
  const path = request.path.replace(/^\/[a-z]{3}\/v2\/[^/]+/i, "").replace(/^\/identity\/v2\.0/, "");
  const parts = [python(request.method), python(path)];
  const query = Object.fromEntries(new URLSearchParams(request.query));
  if (request.query) parts.push(`query=${python(query)}`);
  if (request.body !== null && typeof request.body === "object" && !JSON.stringify(request.body).includes("(hidden)")) {
    parts.push(`json=${python(request.body)}`);
  }
  return `lava_sandbox.assert_requested(${parts.join(", ")})\n`;
}

/* --- faults, snapshots, worlds --- */

const loadFaults = debounced(async () => {
  const { hits } = await ask("GET", "faults");
  $("no-faults").hidden = hits.length > 0;
  $("faults").replaceChildren(...hits.map(({ fault, line, hits: count }) => {
    const of = fault.times === null ? "" : ` of ${fault.times}`;
    const mark = count === 0 ? chip("never hit", "warn") : chip(`hit ${count}${of}`, "busy");
    return element("li", {}, element("span", { className: "grow mono" }, line), mark);
  }));
});

async function addFault(line) {
  $("fault-error").textContent = "";
  try {
    await ask("POST", "faults/line", { line });
    notify(`Fault added: ${line}`);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    $("fault-error").textContent = firstLine(error);
    return false;
  }
}

async function restore(name) {
  await act(`Restored ${name}`, () => ask("POST", `snapshots/${encodeURIComponent(name)}`));
}

/* --- events --- */

function loadHere() {
  loadAccount();
  loadClusters();
}

function loadAll() {
  loadOverview();
  loadFaults();
  loadHere();
}

function forgetRequests() {
  state.requests = [];
  drawAllRequests();
}

function onState(change) {
  if (change.what === "all") {
    loadAll();
    return;
  }
  if (change.what === "user" || change.what === "token" || change.what === "cluster") loadOverview();
  if (change.account === $("account").value) {
    loadAccount();
    if (change.what === "cluster") loadClusters();
  }
}

function follow() {
  const source = new EventSource("events?after=0");
  const on = (kind, work) => source.addEventListener(kind, (event) => work(JSON.parse(event.data)));
  const say = (text, color) => {
    $("connection").textContent = text;
    $("connection").className = `chip ${color}`;
  };
  source.onopen = () => { say("live", "good"); loadAll(); };
  source.onerror = () => {
    say("reconnecting", "warn");
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 1000); // it was refused
  };
  on("request", noteRequest);
  on("state", onState);
  on("fault", loadFaults);
  on("clock", (clock) => { setClock(clock.time, clock.speed); loadClusters(); });
  on("heartbeat", (clock) => setClock(clock.time, clock.speed));
  on("missed", () => { forgetRequests(); loadAll(); });
}

/* --- what people do --- */

function listen() {
  for (const step of document.querySelectorAll("[data-advance]")) {
    const seconds = Number(step.dataset.advance);
    step.onclick = () => act(`The clock is ${span(seconds)} ahead`, () => ask("POST", "clock", { advance: seconds }));
  }
  $("until-done").onclick = () => act("Nothing is under way", () => ask("POST", "clock", { until: "done" }));
  $("reset").onclick = async () => {
    if (!await confirmed("Forget all clusters, users, tokens, faults and requests?", "Reset")) return;
    if (await act("Everything is forgotten", () => ask("POST", "reset"))) forgetRequests();
  };
  $("copy-exports").onclick = () => copy(exportsText(), "the exports");
  $("copy-curl").onclick = () => copy(curlText(), "curl");
  $("copy-python").onclick = () => copy(pythonText(), "Python");
  $("expire").onclick = () => act("All tokens have expired", () => ask("POST", "tokens/expire"));
  $("fail-next").onclick = () => act("The next build fails after a minute", () => ask("POST", "clusters/fail-next", { after: 60 }));
  const firstPage = () => { state.offset = 0; loadAccount(); loadClusters(); };
  $("account").onchange = firstPage;
  $("search").oninput = firstPage;
  const turn = (pages) => { state.offset = Math.max(0, state.offset + pages * PAGE_SIZE); loadClusters(); };
  $("previous").onclick = () => turn(-1);
  $("next").onclick = () => turn(1);
  for (const id of ["method", "status"]) $(id).onchange = drawAllRequests;
  $("path").oninput = drawAllRequests;
  $("pause").onclick = () => {
    state.paused = !state.paused;
    $("pause").setAttribute("aria-pressed", String(state.paused));
    if (!state.paused) drawAllRequests();
  };
  listenToForms();
}

function listenToForms() {
  $("quick-fault").onsubmit = (event) => {
    event.preventDefault();
    const place = [$("fault-method").value, $("fault-path").value.trim()].filter(Boolean).join(" ");
    addFault(`${place}: ${event.submitter?.value ?? "503"}`);
  };
  $("line-fault").onsubmit = async (event) => {
    event.preventDefault();
    if (await addFault($("fault-line").value)) $("fault-line").value = "";
  };
  $("clear-faults").onclick = () => act("No fault is in force", () => ask("DELETE", "faults"));
  $("save-snapshot").onsubmit = async (event) => {
    event.preventDefault();
    const name = $("snapshot-name").value.trim();
    if (!name) return;
    if (!await act(`Saved ${name}`, () => ask("PUT", `snapshots/${encodeURIComponent(name)}`))) return;
    $("snapshot-name").value = "";
    loadOverview();
  };
  $("world-file").onchange = async () => {
    const [file] = $("world-file").files;
    if (file) await act(`Loaded ${file.name}`, async () => ask("PUT", "world", await file.text()));
    $("world-file").value = "";
  };
}

/** Between events clusters grow nodes: what is under way is looked at now and then. */
function lookAgain() {
  if ([...$("cluster-list").children].some((row) => row.cluster.progress !== null)) loadClusters();
}

listen();
follow();
setInterval(drawFreshRequests, RENDER_EVERY);
setInterval(drawClock, 500);
setInterval(lookAgain, 2000);

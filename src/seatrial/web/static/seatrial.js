// Copy buttons and keys. Everything works without them.
"use strict";

const KEYS_OFF = "seatrial-keys-off";
const status = document.getElementById("status");
let waiting = false;

function kept(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

function keep(name, value) {
  try { localStorage.setItem(name, value); } catch { /* a browser that keeps nothing */ }
}

async function copy(button) {
  const text = button.previousElementSibling.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // an address without TLS has no clipboard: leave it selected
    getSelection().selectAllChildren(button.previousElementSibling);
    return;
  }
  button.textContent = "Copied";
  status.textContent = `Copied: ${text}`;
  setTimeout(() => { button.textContent = "Copy"; status.textContent = ""; }, 2000);
}

function move(by) {
  const rows = [...document.querySelectorAll("main [data-row]")];
  const next = rows[rows.indexOf(document.activeElement) + by] ?? rows[by > 0 ? 0 : rows.length - 1];
  next?.focus();
}

function press(event) {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing && event.key === "Escape") typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || kept(KEYS_OFF)) return;
  const page = waiting && document.querySelector(`.rail [data-key="${CSS.escape(event.key)}"]`);
  const was = waiting;
  waiting = event.key === "g" && !was;
  if (page) location.href = page.href;
  else if (was) return;
  else if (event.key === "?") keys().open = !keys().open;
  else if (tagging(event)) event.preventDefault();
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "/") focusOn(event, document.querySelector("[data-filter]"));
  else if (event.key === ".") document.querySelector("main [data-copy]")?.click();
}

function focusOn(event, field) {
  if (!field) return;
  event.preventDefault();
  field.focus();
}

// Tagging: a key acts at once on the page and is confirmed by the server; the next row is loaded ahead.
const before = [];
let ahead = null;
let turn = Promise.resolve();  // keys that come while a row is being loaded act on that row

function form() {
  return document.querySelector("[data-case]");
}

function tagging(event) {
  if (!form()) return false;
  const key = event.key;
  const acts = { n: () => form().elements.new.focus(), j: forward, k: back, u: undo };
  if (!(key in acts) && !/^[1-9]$/.test(key)) return false;
  turn = turn.then(acts[key] ?? (() => pressTag(key)));
  return true;
}

function pressTag(key) {
  const button = [...form().querySelectorAll("[data-tag]")].find((each) => each.querySelector("kbd")?.textContent === key);
  if (button) toggle(button);
}

function given() {
  return [...form().querySelectorAll("[data-tag][aria-pressed=true]")].map((each) => each.value);
}

async function send(row, tags) {
  const body = new URLSearchParams({ row });
  for (const tag of tags) body.append("tag", tag);
  const answer = await fetch(form().action, { method: "POST", body, redirect: "manual" });
  const kept = answer.ok || answer.type === "opaqueredirect";
  status.textContent = kept ? `Kept: ${tags.join(", ") || "no tag"}` : "Not kept: the server refused it. Reload the page.";
  return kept;
}

function toggle(button) {
  before.push({ row: form().elements.row.value, tags: given(), case: form().elements.case.value });
  button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
  send(form().elements.row.value, given());
}

function add(text) {
  const known = [...form().querySelectorAll("[data-tag]")];
  const same = known.find((each) => each.value === text);
  if (same) { if (same.getAttribute("aria-pressed") !== "true") toggle(same); return; }
  toggle(offer(text));
}

function offer(text) {
  const button = document.createElement("button");
  button.className = "tagb";
  button.name = "toggle";
  button.value = text;
  button.dataset.tag = "";
  button.setAttribute("aria-pressed", "false");
  const place = form().querySelectorAll("[data-tag]").length + 1;
  if (place <= 9) button.append(Object.assign(document.createElement("kbd"), { textContent: place }));
  button.append(text);
  form().elements.new.before(button);
  return button;
}

async function forward() {
  const url = form().querySelector("[data-skip]")?.href;
  send(form().elements.row.value, given());
  if (url) await show(url);
}

async function back() {
  const url = form().querySelector("[data-back]")?.href;
  if (url) await show(url);
}

async function undo() {
  const last = before.pop();
  if (!last) return;
  await send(last.row, last.tags);
  await show(`${location.pathname}?of=${form().elements.of.value}&case=${last.case}`);
}

async function load(url) {
  const text = await (await fetch(url)).text();
  return new DOMParser().parseFromString(text, "text/html");
}

async function show(url) {
  const page = await (ahead?.url === url ? ahead.page : load(url));
  const known = [...form().querySelectorAll("[data-tag]")].map((each) => each.value);
  document.getElementById("case").replaceWith(page.getElementById("case"));
  const there = new Set([...form().querySelectorAll("[data-tag]")].map((each) => each.value));
  known.filter((each) => !there.has(each)).forEach(offer);  // given since the page was loaded ahead
  history.replaceState(null, "", url);
  prepare();
}

function prepare() {
  const shown = form();
  if (!shown) return;
  shown.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = shown.elements.new.value.trim();
    shown.elements.new.value = "";
    if (document.activeElement === shown.elements.new) shown.elements.new.blur();
    if (text) add(text);
    else if (event.submitter?.hasAttribute("data-tag")) toggle(event.submitter);
    else if (event.submitter?.hasAttribute("data-next")) turn = turn.then(forward);
  });
  for (const button of shown.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  const url = shown.querySelector("[data-skip]")?.href;
  ahead = url ? { url, page: load(url) } : null;
}

function keys() {
  return document.getElementById("keys");
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (button.closest("[data-case]")) continue;
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
document.addEventListener("keydown", press);
keys().hidden = false;
const off = document.getElementById("keys-off");
off.checked = kept(KEYS_OFF) !== null;
off.addEventListener("change", () => {
  if (off.checked) keep(KEYS_OFF, "1");
  else localStorage.removeItem(KEYS_OFF);
});
prepare();

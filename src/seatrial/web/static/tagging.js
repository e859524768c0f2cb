"use strict";

// Tagging: a key acts at once on the page and is confirmed by the server; the next row is loaded ahead.
const before = [];
let ahead = null;
let loading = false;
const held = [];

function form() {
  return document.querySelector("[data-case]");
}

window.tagging = function tagging(event) {
  if (!form()) return false;
  const key = event.key;
  const acts = { n: () => form().elements.new.focus(), j: forward, k: back, u: undo };
  if (!(key in acts) && !/^[1-9]$/.test(key)) return false;
  (acts[key] ?? (() => pressTag(key)))();
  return true;
};

// What is pressed while a row is being loaded is kept, and done on that row.
window.waitsForRow = function waitsForRow(event) {
  if (!loading || event.ctrlKey || event.metaKey || event.altKey) return false;
  event.preventDefault();
  held.push(event.key);
  return true;
};

function release() {
  loading = false;
  while (held.length && !loading) {
    const key = held.shift();
    const field = form().elements.new;
    if (document.activeElement !== field) window.tagging({ key });
    else if (key === "Enter") form().requestSubmit();
    else if (key === "Backspace") field.value = field.value.slice(0, -1);
    else if (key.length === 1) field.value += key;
  }
}

function pressTag(key) {
  const button = [...form().querySelectorAll("[data-tag]")].find((each) => each.querySelector("kbd")?.textContent === key);
  if (button) toggle(button);
}

function given() {
  return [...form().querySelectorAll("[data-tag][aria-pressed=true]")].map((each) => each.value);
}

let sent = Promise.resolve();  // one after the other, so that the newest tags of a row are the last

function send(row, tags) {
  sent = sent.then(() => post(row, tags));
  return sent;
}

async function post(row, tags) {
  const body = new URLSearchParams({ row, on: form().elements.on.value });
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
  loading = true;
  await send(last.row, last.tags);
  await show(`${location.pathname}?on=${form().elements.on.value}&of=${form().elements.of.value}&case=${last.case}`);
}

async function load(url) {
  const text = await (await fetch(url)).text();
  return new DOMParser().parseFromString(text, "text/html");
}

async function show(url) {
  loading = true;
  const page = await (ahead?.url === url ? ahead.page : load(url));
  const known = [...form().querySelectorAll("[data-tag]")].map((each) => each.value);
  document.getElementById("case").replaceWith(page.getElementById("case"));
  const there = new Set([...form().querySelectorAll("[data-tag]")].map((each) => each.value));
  known.filter((each) => !there.has(each)).forEach(offer);  // given since the page was loaded ahead
  history.replaceState(null, "", url);
  prepare();
  release();
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
    else if (event.submitter?.hasAttribute("data-next")) forward();
  });
  for (const button of shown.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  const url = shown.querySelector("[data-skip]")?.href;
  ahead = url ? { url, page: load(url) } : null;
}

prepare();

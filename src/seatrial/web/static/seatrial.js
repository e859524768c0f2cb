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
  if (window.waitsForRow?.(event)) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing && event.key === "Escape") typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || kept(KEYS_OFF)) return;
  const page = waiting && document.querySelector(`.rail [data-key="${CSS.escape(event.key)}"]`);
  const was = waiting;
  waiting = event.key === "g" && !was;
  if (page) location.href = page.href;
  else if (was) return;
  else if (event.key === "?") keys().open = !keys().open;
  else if (window.tagging?.(event)) event.preventDefault();
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

function keys() {
  return document.getElementById("keys");
}

for (const button of document.querySelectorAll("[data-copy]")) {
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

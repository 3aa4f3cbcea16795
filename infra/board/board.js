// Keeps a live page live: it is asked for again every few seconds, by its entity tag, and only what changed is changed.
// Without this script a page is complete, and as of when it was loaded.
import htmx from "htmx.org/dist/htmx.esm.js";
import { ago } from "./words.js";

const EVERY_MS = 5000;
const main = () => document.querySelector("main[data-live]");
const status = document.getElementById("live");

let lostAt = null;
let signedOut = false;

// Ages are told by the server's clock, as the page said it: a clock of a telephone may be wrong.
const made = document.querySelector("main")?.dataset.now;
const ahead = made ? Date.parse(made) - Date.now() : 0;

function tellAges() {
  const now = Date.now() + ahead;
  for (const one of document.querySelectorAll("time[data-ago]")) {
    const words = ago(Date.parse(one.dateTime), now);
    if (one.textContent !== words) one.textContent = words;
  }
}

function say(words, link) {
  if (!status || status.dataset.said === words) return;
  status.dataset.said = words;
  status.classList.toggle("lost", Boolean(lostAt || signedOut));
  status.textContent = words;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = "Sign in";
    status.append(" ", anchor);
  }
}

function clock(date) {
  return `${date.toISOString().slice(11, 16)} UTC`;
}

function reached() {
  lostAt = null;
  say("Live");
}

function lost() {
  lostAt ??= new Date(Date.now() + ahead);
  say(`Not reached since ${clock(lostAt)}: what you see is as of then. Trying again.`);
}

function ended() {
  signedOut = true;
  say(`You are signed out: what you see is as of ${clock(new Date(Date.now() + ahead))}.`, location.href);
}

function refresh() {
  tellAges();
  const live = main();
  if (live && !document.hidden && !signedOut) htmx.trigger(live, "refresh");
}

document.addEventListener("htmx:config:request", ({ detail }) => {
  const { request } = detail.ctx;
  request.action = location.pathname + location.search; // the page as it stands, whatever its conditions
  request.cache = "no-store"; // the tag below is the condition; the browser shall not answer for the server
  request.headers["If-None-Match"] = main()?.dataset.tag ?? "";
});

document.addEventListener("htmx:before:response", (event) => {
  const { response } = event.detail.ctx;
  if (response.status === 401) ended();
  else if (response.status === 200 || response.status === 304) reached();
  else lost();
  if (response.status !== 200) event.preventDefault();
});

document.addEventListener("htmx:error", lost);

document.addEventListener("htmx:after:swap", () => {
  tellAges();
  document.dispatchEvent(new CustomEvent("board:changed"));
});

// A form in which somebody writes stays as it is until it is sent or left.
document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("form[method=post]");
  if (form) form.dataset.written = "";
});

document.addEventListener("visibilitychange", refresh);
window.addEventListener("online", refresh);
setInterval(refresh, EVERY_MS);
if (main()) say("Live");

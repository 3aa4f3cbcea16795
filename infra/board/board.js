// Keeps a live page live: it is asked for again every few seconds, by its entity tag, and only what changed is changed.
// Without this script a page is complete, and as of when it was loaded.
import htmx from "htmx.org/dist/htmx.esm.js";
import { ago, ahead } from "./words.js";

const EVERY_MS = 5000;
const OVER = [403, 404, 410]; // asking again would tell the same
const main = () => document.querySelector("main[data-live]");
const status = document.getElementById("live");

let lostAt = null;
let isOver = false;

// Ages are told by the server's clock: a clock of a telephone may be wrong. The page says when it was made; a browser
// that kept it shows it later as it was, so each answer says what the time is.
const made = document.querySelector("main")?.dataset.now;
let offBy = made ? Date.parse(made) - Date.now() : 0;
const serverNow = () => Date.now() + offBy;

function tellTimes() {
  const now = serverNow();
  for (const one of document.querySelectorAll("time[data-ago], time[data-ahead]")) {
    const words = ("ago" in one.dataset ? ago : ahead)(Date.parse(one.dateTime), now);
    if (one.textContent !== words) one.textContent = words;
  }
}

// Nothing changes in the table when a time runs out, and yet the page says something else then.
function isDue() {
  const now = serverNow();
  return [...document.querySelectorAll("main time[data-ahead]")].some((one) => Date.parse(one.dateTime) <= now);
}

function say(words, link, name) {
  if (!status || status.dataset.said === words) return;
  status.dataset.said = words;
  status.classList.toggle("lost", Boolean(lostAt || isOver));
  status.textContent = words;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = name;
    status.append(" ", anchor);
  }
}

function clock(date) {
  return `${date.toISOString().slice(11, 16)} UTC`;
}

function asOfNow() {
  return `what you see is as of ${clock(new Date(serverNow()))}.`;
}

function reached(response) {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (!Number.isNaN(date)) offBy = date - Date.now();
  lostAt = null;
  say("Live");
  tellTimes();
}

function lost() {
  lostAt ??= new Date(serverNow());
  say(`Not reached since ${clock(lostAt)}: what you see is as of then. Trying again.`);
}

function over(words, name) {
  isOver = true;
  say(`${words}: ${asOfNow()}`, location.href, name);
}

function refresh() {
  tellTimes();
  const live = main();
  if (live && !document.hidden && !isOver) htmx.trigger(live, "refresh");
}

document.addEventListener("htmx:config:request", ({ detail }) => {
  const { request } = detail.ctx;
  request.action = location.pathname + location.search; // the page as it stands, whatever its conditions
  request.cache = "no-store"; // the tag below is the condition; the browser shall not answer for the server
  request.headers["If-None-Match"] = (!isDue() && main()?.dataset.tag) || "";
});

document.addEventListener("htmx:before:response", (event) => {
  const { response } = event.detail.ctx;
  if (response.status === 401) over("You are signed out", "Sign in");
  else if (OVER.includes(response.status)) over("The page is not shown to you any more", "Reload");
  else if (response.status === 200 || response.status === 304) reached(response);
  else lost();
  if (response.status !== 200) event.preventDefault();
});

document.addEventListener("htmx:error", lost);

document.addEventListener("htmx:after:swap", () => {
  tellTimes();
  if (!main()) say(""); // what is over does not change any more, and is not asked for again
  document.dispatchEvent(new CustomEvent("board:changed"));
});

// Actions among which somebody writes stay as they are until they send it, or take it back (see morphSkip in pages.html).
document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("form[method=post]");
  if (!form) return;
  const isWritten = [...form.elements].some((one) => one.matches("input:not([type=hidden]), textarea, select") && one.value);
  form.toggleAttribute("data-written", isWritten);
});

document.addEventListener("visibilitychange", refresh);
window.addEventListener("online", refresh);
window.addEventListener("pageshow", refresh); // at once: it may be a page that the browser had kept
setInterval(refresh, EVERY_MS);
if (main()) say("Live");

// On a telephone the navigation is one line, to be shoved: the page that one is on shall be in sight.
// (Not by scrollIntoView: the first Tab would then begin there and not at the skip link.)
const current = document.querySelector("nav [aria-current]");
if (current) {
  const nav = current.closest("nav");
  nav.scrollLeft = current.offsetLeft - nav.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;
}

// Ages in the words of the server (shared/leitplanke/domain/plain_text.py, `ago` and `span`).
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

function counted(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

function span(seconds) {
  if (seconds < MINUTE) return "less than a minute";
  if (seconds < 2 * HOUR) return counted(Math.floor(seconds / MINUTE), "minute");
  if (seconds < 2 * DAY) return counted(Math.floor(seconds / HOUR), "hour");
  return counted(Math.floor(seconds / DAY), "day");
}

export function ago(momentMs, nowMs) {
  const seconds = Math.floor((nowMs - momentMs) / 1000);
  return seconds < MINUTE ? "just now" : `${span(seconds)} ago`;
}

export function ahead(momentMs, nowMs) {
  return `in ${span(Math.floor((momentMs - nowMs) / 1000))}`;
}

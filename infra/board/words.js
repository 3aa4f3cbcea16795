// Ages in the words of the server (shared/leitplanke/domain/plain_text.py, `ago` and `span`).
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

function counted(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

export function ago(momentMs, nowMs) {
  const seconds = Math.floor((nowMs - momentMs) / 1000);
  if (seconds < MINUTE) return "just now";
  if (seconds < 2 * HOUR) return `${counted(Math.floor(seconds / MINUTE), "minute")} ago`;
  if (seconds < 2 * DAY) return `${counted(Math.floor(seconds / HOUR), "hour")} ago`;
  return `${counted(Math.floor(seconds / DAY), "day")} ago`;
}

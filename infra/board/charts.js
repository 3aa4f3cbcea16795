// Draws every figure of numbers from its own table, so that picture and numbers cannot differ.
//
//   figure[data-chart=line|bars|stacked|across] (several parts across lie on each other) figcaption, [data-drawing], table: th are labels, td[data-value] numbers
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
} from "chart.js";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
);

// Colour is never the only sign: lines differ in dashes and points, parts of bars in the width of their edge.
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3], [1, 2], [8, 2]];
const POINTS = ["circle", "rect", "triangle", "rectRot", "cross", "star"];
const BAR_PX = 26;
const drawn = new Map();

// light-dark() is only a colour where it is used as one: ask for what it comes to.
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// Stripes, dots and the like, for parts of bars that lie on each other.
function pattern(paint, place) {
  if (place === 0) return paint;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = pen.fillStyle = paint;
  pen.lineWidth = 2;
  pen.globalAlpha = 0.35;
  pen.fillRect(0, 0, 8, 8);
  pen.globalAlpha = 1;
  pen.beginPath();
  if (place % 3 === 1) {
    pen.moveTo(0, 8);
    pen.lineTo(8, 0);
  } else if (place % 3 === 2) {
    pen.arc(4, 4, 2, 0, 7);
    pen.fill();
  } else {
    pen.moveTo(0, 4);
    pen.lineTo(8, 4);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

function read(figure) {
  const [head, ...rows] = figure.querySelectorAll("tr");
  const names = [...head.cells].slice(1).map((cell) => cell.textContent.trim());
  const labels = rows.map((row) => row.cells[0].textContent.trim());
  const number = (cell) => (cell?.dataset.value === undefined ? null : Number(cell.dataset.value));
  const series = names.map((name, place) => ({
    name,
    values: rows.map((row) => number(row.cells[place + 1])),
  }));
  return { labels, series };
}

function draw(figure) {
  const { labels, series } = read(figure);
  const kind = figure.dataset.chart;
  const unit = figure.dataset.unit ?? "";
  const across = kind === "across";
  const line = kind === "line";
  const stacked = kind === "stacked" || (across && series.length > 1);
  const ink = colour("ink");
  const quiet = colour("quiet");
  const grid = colour("line");

  const space = figure.querySelector("[data-drawing]");
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${figure.querySelector("figcaption").textContent.trim()}. The numbers are below.`);
  space.replaceChildren(canvas);
  if (across) space.style.height = `${Math.max(6, labels.length + 2) * BAR_PX}px`;

  const isWhole = series.every((one) => one.values.every((value) => value === null || Number.isInteger(value)));
  const values = {
    beginAtZero: true,
    stacked,
    grid: { color: grid },
    ticks: { color: quiet, ...(isWhole && { precision: 0 }) },
    title: { display: Boolean(unit), text: unit, color: quiet },
  };
  const names = { stacked, grid: { display: false }, ticks: { color: quiet, autoSkip: !across, maxRotation: 0 } };
  return new Chart(canvas, {
    type: line ? "line" : "bar",
    data: {
      labels,
      datasets: series.map(({ name, values: data }, place) => {
        const paint = colour(`series-${(place % 6) + 1}`);
        return {
          label: name,
          data,
          borderColor: paint,
          backgroundColor: line ? paint : pattern(paint, place),
          borderWidth: line ? 2 : 1,
          borderDash: line ? DASHES[place % 6] : [],
          pointStyle: POINTS[place % 6],
          pointRadius: line ? 3 : 0,
          maxBarThickness: BAR_PX,
          spanGaps: true,
        };
      }),
    },
    options: {
      indexAxis: across ? "y" : "x",
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false, axis: across ? "y" : "x" },
      scales: across ? { x: values, y: names } : { x: names, y: values },
      plugins: {
        legend: { display: series.length > 1, labels: { color: ink, usePointStyle: line, boxHeight: 10 } },
        tooltip: {
          callbacks: {
            label: ({ dataset, raw }) =>
              `${dataset.label}: ${raw === null ? "-" : `${raw.toLocaleString("en")}${unit ? ` ${unit}` : ""}`}`,
          },
        },
      },
    },
  });
}

function drawAll() {
  for (const [figure, chart] of drawn) {
    chart.destroy();
    if (!figure.isConnected) drawn.delete(figure);
  }
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const isFirst = !drawn.has(figure);
    drawn.set(figure, draw(figure));
    // Without a picture the numbers stand open; with one they are there for whoever asks.
    if (isFirst) figure.querySelector("details").open = false;
  }
}

Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
drawAll();
document.addEventListener("board:changed", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
